"""Fetching from web servers: credentials, redirects, faults, listings."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path

import pytest
from fetch_world import RUN, World, secret
from web_world import Answer, serving

from joinery.fetch.stores import web

BASIC = "Basic " + base64.b64encode(b"ann:pass:word").decode()


def _web(world: World, url: str, secret_path: str | None = None, **schema: str) -> World:
    world.connection = {"name": "web", "kind": "http", "schema": {"endpoint": url, **schema}, "secretPath": secret_path}
    return world


@pytest.mark.spec("4:47")
@pytest.mark.parametrize(
    ("keys", "wanted"),
    [({"username": "ann", "password": "pass:word"}, BASIC), ({"token": "abc.def"}, "Bearer abc.def"), ({}, None)],
)
def test_a_file_arrives_with_the_connections_credentials(
    world: World, keys: dict[str, str], wanted: str | None
) -> None:
    def answer(path: str, headers: dict[str, str]) -> Answer:
        if wanted and headers.get("authorization") != wanted:
            return 401, {}, b""
        return (200, {}, b"content") if path == f"/base/below/{RUN}/a%20b%3F%23.txt" else (404, {}, b"")

    with serving(answer) as site:
        path = secret(world.folder / "secret", **keys) if keys else None
        world = _web(world, f"{site.url}/base/", path, path="below")
        assert world.want(f"{RUN}/a b?#.txt").fetch() == 0
        assert (world.out / RUN / "a b?#.txt").read_bytes() == b"content"
        assert world.want(f"{RUN}/gone").fetch() == 3


@pytest.mark.spec("4:47")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_never_follow_a_redirect_to_another_host(world: World, status: int) -> None:
    """Another port is another server, and so is another name of the same one."""
    with serving(lambda path, headers: (200, {}, b"elsewhere")) as other:

        def answer(path: str, headers: dict[str, str]) -> Answer:
            if path.startswith("/same"):
                return 200, {}, b"same"
            if path.endswith("here"):
                return status, {"Location": f"/same/{RUN}"}, b""
            host = other.url if path.endswith("port") else other.url.replace("127.0.0.1", "localhost")
            return status, {"Location": host.replace("http://", "http://u:p@") + "/x"}, b""

        with serving(answer) as site:
            path = secret(world.folder / "secret", username="ann", password="pass:word")
            world = _web(world, site.url, path)
            for name in ("port", "name", "here"):
                world.want(f"{RUN}/{name}")
            assert world.fetch() == 0
            assert (world.out / RUN / "port").read_bytes() == b"elsewhere"
            assert (world.out / RUN / "here").read_bytes() == b"same"
            assert len(other.seen) == 2
            assert other.headers("Authorization") == {None}
            assert other.headers("Cookie") == {None}
            assert site.headers("Authorization") == {BASIC}
            assert "pass:word" not in world.said


@pytest.mark.spec("4:47")
def test_redirects_in_a_circle_or_to_nowhere_end(world: World) -> None:
    answers = {f"/{RUN}/circle": f"/{RUN}/circle", f"/{RUN}/file": "file:///etc/passwd", f"/{RUN}/none": ""}
    with serving(lambda path, headers: (302, {"Location": answers[path]}, b"")) as site:
        for name, said in (("circle", "more than 5 times"), ("file", "no address"), ("none", "no address")):
            world.items.clear()
            assert _web(world, site.url).want(f"{RUN}/{name}").fetch() == 1
            assert said in world.said


@pytest.mark.spec("4:46")
def test_faults_that_pass_are_tried_again_and_others_are_not(world: World) -> None:
    asked: Counter[str] = Counter()

    def answer(path: str, headers: dict[str, str]) -> Answer:
        asked[path] += 1
        first = asked[path] == 1
        match path.rpartition("/")[2]:
            case "busy":
                return (503, {}, b"") if asked[path] < 4 else (200, {}, b"whole content")
            case "short":  # the connection breaks in the middle
                return (200, {"Content-Length": "13"}, b"whole") if first else (200, {}, b"whole content")
            case "damaged":
                md5 = base64.b64encode(hashlib.md5(b"whole content").digest()).decode()
                return 200, {"Content-MD5": md5}, b"whale content" if first else b"whole content"
            case "refused":
                return 403, {}, b""
            case _:
                return 500, {}, b""

    with serving(answer) as site:
        for name in ("busy", "short", "damaged"):
            _web(world, site.url).want(f"{RUN}/{name}")
        assert world.fetch() == 0
        assert {path.read_bytes() for path in (world.out / RUN).iterdir()} == {b"whole content"}
        assert asked == {f"/{RUN}/busy": 4, f"/{RUN}/short": 2, f"/{RUN}/damaged": 2}
        for name, times in (("refused", 1), ("broken", 6)):
            world.items.clear()
            assert world.want(f"{RUN}/{name}").fetch() == 1
            assert asked[f"/{RUN}/{name}"] == times
            assert f"{RUN}/{name}" in world.said
        assert not list(world.out.rglob("*.part"))


@pytest.mark.spec("4:46")
def test_what_arrives_damaged_every_time_is_refused(world: World) -> None:
    with serving(lambda path, headers: (200, {"Content-MD5": base64.b64encode(b"0" * 16).decode()}, b"x")) as site:
        assert _web(world, site.url).want(f"{RUN}/a").fetch() == 1
        assert "checksum" in world.said
        assert not list((world.out / RUN).iterdir())


@pytest.mark.spec("4:47", "4:49")
def test_a_folder_that_a_server_lists(world: World) -> None:
    page = (
        '<a href="../">up</a><a href="?C=N">sort</a><a href="a.txt">a</a><a href=\'sub/\'>s</a>'
        '<a href="http://elsewhere.test/x">x</a><a href="/other">o</a><a href="%61.txt">again</a>'
    )
    pages = {
        f"/{RUN}/outputs/": page,
        f"/{RUN}/outputs/sub/": '<a href="b%20c">b</a>',
        f"/{RUN}/bad/": '<a href="..%2fx">',
    }

    def answer(path: str, headers: dict[str, str]) -> Answer:
        if path in pages:
            return 200, {"Content-Type": "text/html; charset=utf-8"}, pages[path].encode()
        return (404, {}, b"") if path.endswith("/") else (200, {}, path.encode())

    with serving(answer) as site:
        assert _web(world, site.url).want(f"{RUN}/outputs", kind="dir").fetch() == 0
        assert set(world.arrived) == {f"{RUN}/outputs/a.txt", f"{RUN}/outputs/sub/b c"}
        assert world.want(f"{RUN}/none", kind="dir").fetch() == 3
        world.items.clear()
        assert world.want(f"{RUN}/bad", kind="dir").fetch() == 3  # no link on the page lies in the folder
        assert not list(world.folder.rglob("x"))


@pytest.mark.spec("4:47")
def test_a_long_list_is_read_to_its_end_however_it_arrives(world: World) -> None:
    """A page comes in pieces; half of one would be half of the files, and nothing to show for it."""
    names = [f"{number:05}.txt" for number in range(300)]
    # Links are few on it, and it is far longer than what a connection holds at once.
    page = "".join(f'<a href="{name}">{"-" * 5_000}</a>' for name in names)

    def answer(path: str, headers: dict[str, str]) -> Answer:
        if path.endswith("/"):
            return 200, {"Content-Type": "text/html"}, page.encode()
        return 200, {}, b"x"

    with serving(answer) as site:
        assert _web(world, site.url).want(f"{RUN}/outputs", kind="dir").fetch() == 0
        assert sorted(world.arrived) == [f"{RUN}/outputs/{name}" for name in names]


@pytest.mark.spec("4:47")
def test_a_list_without_end_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_LISTING", 1_000)
    page = '<a href="a.txt">a</a>' * 100
    with serving(lambda path, headers: (200, {"Content-Type": "text/html"}, page.encode())) as site:
        assert _web(world, site.url).want(f"{RUN}/outputs", kind="dir").fetch() == 1
        assert "is 1,000 bytes or more" in world.said
        assert not list(world.out.rglob("a.txt"))


@pytest.mark.spec("4:47")
@pytest.mark.parametrize("kind", ["any", "file"])
def test_the_page_that_lists_a_folder_is_no_file(world: World, kind: str) -> None:
    """Servers send who asks for a folder by its bare name to the name with a slash."""

    def answer(path: str, headers: dict[str, str]) -> Answer:
        match path.removeprefix(f"/{RUN}/outputs"):
            case "":
                return 301, {"Location": f"{path}/"}, b""
            case "/":
                return 200, {"Content-Type": "text/html"}, b'<a href="a.txt">a</a>'
        return 200, {}, b"content"

    with serving(answer) as site:
        code = _web(world, site.url).want(f"{RUN}/outputs", kind=kind).fetch()
        if kind == "any":
            assert code == 0
            assert set(world.arrived) == {f"{RUN}/outputs/a.txt"}
        else:
            assert code == 3
            assert f"{RUN}/outputs" in world.said


@pytest.mark.spec("4:47")
@pytest.mark.parametrize(
    ("endpoint", "keys", "said"),
    [
        ("ftp://host/x", {}, "no http(s) address"),
        ("http://ann:pass@host/", {}, "holds a user or a password"),
        ("http://host/", {"username": "ann"}, "has `username` and no `password`"),
        ("http://host/", {"ca__crt": "none"}, "holds no certificate"),
    ],
)
def test_a_connection_that_cannot_work_is_explained(
    world: World, endpoint: str, keys: dict[str, str], said: str
) -> None:
    path = secret(world.folder / "secret", **keys)
    assert _web(world, endpoint, path).want(f"{RUN}/a").fetch() == 2
    assert said in world.said
    assert "ann:pass" not in world.said


@pytest.mark.spec("4:47")
def test_a_secret_that_is_not_mounted_is_explained(world: World, tmp_path: Path) -> None:
    assert _web(world, "http://host/", str(tmp_path / "none")).want(f"{RUN}/a").fetch() == 2
    assert "the Secret of the Connection `web` cannot be read" in world.said
