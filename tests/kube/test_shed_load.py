"""An API server that sheds load, made of aiohttp: 429, 500 and nonsense, as many times as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from recording import RecordingSink, running

from joinery.kube import errors
from joinery.kube.client import KubeClient
from joinery.kube.config import Access
from joinery.kube.reflector import Patience, Reflector
from joinery.kube.transport import Transport

Answer = Callable[[web.Request], web.StreamResponse]


class Script:
    """Answers in order; the last one for good. ``asked`` holds (method, path, resourceVersion, loop time)."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[tuple[str, str, str | None, float]] = []
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        now = asyncio.get_running_loop().time()
        self.asked.append((request.method, request.path, request.query.get("resourceVersion"), now))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            response: web.StreamResponse = await answer(request)
            return response
        status, body, headers = answer
        return web.json_response(body, status=status, headers=headers)


@pytest_asyncio.fixture
async def script() -> AsyncIterator[Script]:
    script = Script()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", script.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    script.port = runner.addresses[0][1]
    yield script
    await runner.cleanup()


@pytest_asyncio.fixture
async def client(script: Script) -> AsyncIterator[KubeClient]:
    async def authorization() -> str | None:
        return None

    access = Access(server=f"http://127.0.0.1:{script.port}", ssl=None, authorization=authorization)
    async with KubeClient(Transport(access, timeout=60)) as client:
        yield client


def shed(seconds: int | None = None) -> Any:
    return 429, {"kind": "Status", "message": "too many"}, {"Retry-After": str(seconds)} if seconds is not None else {}


OK = (200, {"kind": "ConfigMap", "metadata": {"name": "a"}}, {})


async def test_what_was_shed_is_asked_again(client: KubeClient, script: Script) -> None:
    script.answers = [shed(1), shed(), OK]
    assert await client.get("ConfigMap", "lab", "a") == OK[1]
    times = [asked[3] for asked in script.asked]
    assert times[1] - times[0] >= 1, "not before the time that it asked for"
    assert len(times) == 3


async def test_a_write_that_was_shed_is_sent_again_too(client: KubeClient, script: Script) -> None:
    """429 says that nothing was done."""
    script.answers = [shed(), OK]
    await client.create("ConfigMap", {"metadata": {"name": "a", "namespace": "lab"}})
    assert [asked[0] for asked in script.asked] == ["POST", "POST"]


async def test_there_is_an_end_to_asking_again(client: KubeClient, script: Script) -> None:
    script.answers = [shed()]
    with pytest.raises(errors.TooManyRequests, match="too many"):
        await client.get("ConfigMap", "lab", "a")
    assert len(script.asked) == 4


async def test_whoever_asks_for_an_hour_is_not_waited_for(client: KubeClient, script: Script) -> None:
    script.answers = [shed(3600)]
    with pytest.raises(errors.Unreachable, match="no answer within 1 s"):
        await client.transport.request("GET", "/api/v1/namespaces/lab/configmaps/a", timeout=1)
    assert len(script.asked) == 1


async def test_a_failure_is_not_asked_again_by_itself(client: KubeClient, script: Script) -> None:
    """500 may have been done: only who knows the object can say whether to try again."""
    script.answers = [(500, {"kind": "Status", "message": "etcd is away"}, {}), OK]
    with pytest.raises(errors.ServerError, match="etcd is away"):
        await client.create("ConfigMap", {"metadata": {"name": "a", "namespace": "lab"}})
    assert len(script.asked) == 1


async def test_an_answer_that_is_no_json(client: KubeClient, script: Script) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>a login page</html>")

    script.answers = [page]
    with pytest.raises(errors.ServerError, match="is this an API server"):
        await client.get("ConfigMap", "lab", "a")


def stream(*lines: bytes, hang: bool = False) -> Any:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in lines:
            await response.write(line + b"\n")
        if hang:
            await asyncio.sleep(30)
        return response

    return answer


def run(name: str, version: int) -> bytes:
    return b'{"type":"ADDED","object":{"metadata":{"name":"%s","uid":"%s","resourceVersion":"%d"}}}' % (
        name.encode(),
        name.encode(),
        version,
    )


def bookmark(version: int, **annotations: str) -> bytes:
    meta = {"resourceVersion": str(version), "annotations": annotations}
    return orjson.dumps({"type": "BOOKMARK", "object": {"metadata": meta}})


END = bookmark(10, **{"k8s.io/initial-events-end": "true"})


def trouble(code: int, reason: str = "", **details: Any) -> bytes:
    import orjson

    return orjson.dumps(
        {"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": reason, "details": details}}
    )


async def test_a_watch_survives_every_refusal(client: KubeClient, script: Script) -> None:
    """Refused, failing, cut off, nonsense: it goes on from the last version that was applied."""
    script.answers = [
        shed(),
        (500, {}, {}),
        (503, {"kind": "Status", "message": "starting"}, {"Retry-After": "0"}),
        stream(run("a", 3), END),
        stream(run("b", 11), trouble(500)),
        stream(b"nonsense"),
        stream(),
        stream(run("c", 12), b'{"type":"ADDED","object":'),
        stream(run("d", 13), hang=True),
    ]
    sink = RecordingSink()
    async with running(Reflector(client, sink, patience=Patience(longest_pause=0.05))):
        await sink.until(lambda: "d" in sink.names)
    assert sink.names == {"a", "b", "c", "d"}
    assert sink.loads == 1
    assert [asked[2] for asked in script.asked[3:]] == ["", "10", "11", "11", "11", "12"]


@pytest.mark.parametrize(
    "lost",
    [
        stream(trouble(410, "Expired")),
        (410, {"kind": "Status", "reason": "Expired"}, {}),
        stream(run("old", 4)),
        stream(trouble(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}])),
    ],
    ids=["410 in a stream", "410 as an answer", "an older version", "a version that is too large"],
)
async def test_a_lost_place_is_loaded_anew(client: KubeClient, script: Script, lost: Any) -> None:
    script.answers = [
        stream(run("gone", 3), END),
        lost,
        stream(run("there", 3), END),
        stream(bookmark(20), hang=True),
    ]
    sink = RecordingSink()
    async with running(Reflector(client, sink, patience=Patience(longest_pause=0.05))) as reflector:
        await sink.until(lambda: sink.loads == 2)
        assert sink.names == {"there"}
        assert reflector.synced


async def test_a_load_that_never_ends_is_read_page_by_page(client: KubeClient, script: Script) -> None:
    """An API server that ignores the question for initial events sends them, and no end."""
    listed = {"metadata": {"resourceVersion": "30"}, "items": [{"metadata": {"name": "a", "uid": "a"}}]}
    script.answers = [
        stream(run("a", 3), hang=True),
        (200, listed, {}),
        stream(run("b", 31), hang=True),
    ]
    sink = RecordingSink()
    async with running(Reflector(client, sink, patience=Patience(stall=0.3, longest_pause=0.05))):
        await sink.until(lambda: sink.names == {"a", "b"})
    assert script.asked[2][2] == "30"


async def test_a_server_that_only_ever_says_expired_is_not_asked_in_a_loop(client: KubeClient, script: Script) -> None:
    script.answers = [(410, {"kind": "Status", "reason": "Expired"}, {})]
    sink = RecordingSink()
    async with running(Reflector(client, sink)):
        await asyncio.sleep(1)
    assert len(script.asked) < 10
