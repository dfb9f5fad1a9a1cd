"""Artifacts by init container, and connections of the main one. Spec 4."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.problems import InvalidOperation
from joinery.workload import WorkloadSettings, connections_needed
from workload.making import (
    BUCKET,
    CLAIM,
    RUN_A,
    RUN_B,
    component,
    connections,
    document,
    init,
    made,
    main,
    mounts,
    pod,
    volume,
)

FILES = {"name": "files", "type": "artifacts", "toInit": True}
KEY = "manifest.json.gz"


def form(*files: Any, dirs: Any = (), **flags: Any) -> dict[str, Any]:
    return {"value": {"files": list(files), "dirs": list(dirs)}, "type": "artifacts", "toInit": True, **flags}


def item(source: str, kind: str, destination: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "run": source[:32],
        "source": source,
        "destination": destination or source,
        "kind": kind,
        "onMissing": "Fail",
        "param": "files",
        **more,
    }


def test_from_the_default_connection() -> None:
    params = {
        "files": form(f"{RUN_A}/m.pt", [f"{RUN_A}/x", f"{RUN_A}/y/z"], dirs=[f"{RUN_B}/logs"]),
        "paths": {
            "value": [f"{RUN_B}/m.pt", None],
            "type": "path",
            "isList": True,
            "toInit": True,
            "onMissing": "Skip",
        },
        "one": {"value": f"{RUN_B}/f", "type": "file", "toInit": True},
        "untouched": {"value": [f"{RUN_B}/n"], "type": "path", "isList": True},
    }
    workload = made(component(FILES), params=params, connections=connections(data={**CLAIM, "default": True}))
    assert document(workload, "fetch", KEY) == {
        "version": 1,
        "connection": {
            "name": "data",
            "kind": "volumeClaim",
            "schema": {"claim": "data", "path": "runs"},
            "root": "/joinery/stores/data/runs",
            "secretPath": None,
        },
        "items": [
            item(f"{RUN_A}/m.pt", "file"),
            item(f"{RUN_A}/x", "file", f"{RUN_A}/y/z"),
            item(f"{RUN_B}/logs", "dir"),
            item(f"{RUN_B}/m.pt", "any", onMissing="Skip", param="paths"),
            item(f"{RUN_B}/f", "file", param="one"),
        ],
    }
    container = init(workload)["init-artifacts-data"]
    assert container["command"] == ["joinery"]
    assert container["args"] == [
        "fetch",
        "--manifest",
        "/joinery/manifest/part-0000",
        "--destination",
        "/joinery/artifacts",
    ]
    assert mounts(container)["/joinery/stores/data"]["readOnly"] is True
    assert volume(workload, "joinery-store-data")["persistentVolumeClaim"] == {"claimName": "data"}
    assert workload.fetchers == {"data": "init-artifacts-data"}


def test_one_init_container_a_connection_with_that_connections_secret_only() -> None:
    params = {"files": form(f"{RUN_A}/m"), "more": form(f"{RUN_A}/n", connection="s3.eu")}
    what = component(
        FILES, {"name": "more", "type": "artifacts", "toInit": True}, init=[{"name": "own", "image": "busybox"}]
    )
    given = connections(data={**CLAIM, "default": True}, **{"s3.eu": BUCKET})
    workload = made(what, params=params, connections=given)
    order = list(init(workload))
    assert order[-1] == "own"
    first, second = (init(workload)[name] for name in ("init-artifacts-data", workload.fetchers["s3.eu"]))
    assert "env" not in first
    assert "envFrom" not in first
    assert "/joinery/secrets/s3.eu" not in mounts(first)
    assert [one["valueFrom"]["secretKeyRef"] for one in second["env"]] == [
        {"name": "s3-keys", "key": key} for key in BUCKET["secret"]["items"]
    ]
    assert mounts(second)["/joinery/secrets/s3.eu"]["readOnly"] is True
    assert "/joinery/stores/data" not in mounts(second)
    assert second["args"][-1] == "/joinery/artifacts/s3.eu"
    secret = mounts(second)["/joinery/secrets/s3.eu"]["name"]
    assert [one["key"] for one in volume(workload, secret)["secret"]["items"]] == BUCKET["secret"]["items"]
    assert not [one for one in main(workload)["env"] if "valueFrom" in one]
    assert secret not in {mount["name"] for mount in main(workload)["volumeMounts"]}
    assert "/joinery/artifacts" in mounts(init(workload)["own"])


def test_names_of_containers_fit_whatever_a_connection_is_called() -> None:
    name = "a.very.long.name." + "x" * 200
    workload = made(
        component(FILES),
        params={"files": form(f"{RUN_A}/m", connection=name)},
        connections=connections(**{name: BUCKET}),
    )
    [found] = init(workload)
    assert len(found) <= 63
    assert found.startswith("init-artifacts-a-very-long-name-")
    assert all(len(one["name"]) <= 63 and "." not in one["name"] for one in pod(workload)["volumes"])


def test_five_thousand_runs_with_ten_files_each() -> None:
    runs = [f"{number:032x}" for number in range(5000)]
    paths = [f"{run}/outputs/file-{number}.bin" for run in runs for number in range(10)]
    workload = made(
        component(FILES), params={"files": form(*paths)}, connections=connections(data={**CLAIM, "default": True})
    )
    assert [one["source"] for one in document(workload, "fetch", KEY)["items"]] == paths
    for container in (main(workload), *init(workload).values()):
        assert len(str(container)) < 5000


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (form("/etc/passwd"), "is absolute"),
        (form(f"{RUN_A}/../../etc"), "holds `..`"),
        (form([f"{RUN_A}/x", "/root/x"]), "is absolute"),
        (form(dirs=["s3://other/x"]), "is absolute"),
        ({"value": ["ok", "a\0b"], "type": "path", "toInit": True}, "holds a NUL"),
        (form([f"{RUN_A}/x", f"{RUN_A}/z"], [f"{RUN_A}/y", f"{RUN_A}/./z"]), "would both become"),
    ],
)
def test_paths_that_are_refused(value: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidOperation) as caught:
        made(component(FILES), params={"files": value}, connections=connections(data={**CLAIM, "default": True}))
    assert said in str(caught.value)
    assert caught.value.reason == "Invalid"


def test_a_file_that_two_params_want_is_fetched_once_and_missed_if_one_needs_it() -> None:
    params = {"files": form(f"{RUN_A}/m", onMissing="Skip"), "other": form(f"{RUN_A}/m")}
    workload = made(component(FILES), params=params, connections=connections(data={**CLAIM, "default": True}))
    assert document(workload, "fetch", KEY)["items"] == [item(f"{RUN_A}/m", "file", onMissing="Fail")]


@pytest.mark.parametrize(
    ("given", "param", "reason", "said"),
    [
        ({}, form("x"), "ConnectionNotFound", "no Connection of this namespace is the default"),
        ({"other": CLAIM}, form("x"), "ConnectionNotFound", "`toInit`"),
        ({"data": CLAIM}, form("x", connection="dta"), "ConnectionNotFound", "did you mean `data`?"),
        (
            {"a": {**CLAIM, "default": True}, "b": {**BUCKET, "default": True}},
            form("x"),
            "ConnectionAmbiguous",
            "`a`, `b` all say `default: true`",
        ),
        ({"h": {"kind": "hostPath", "schema": {"path": "/d"}}}, form("x", connection="h"), "Invalid", "allowedHost"),
        ({"c": {**CLAIM, "schema": {"claim": "c", "path": "../x"}}}, form("x", connection="c"), "Invalid", "`..`"),
        ({"s": {"kind": "s3", "schema": {}}}, form("x", connection="s"), "Invalid", "schema.bucket"),
    ],
)  # fmt: skip
def test_connections_that_do_not_serve(given: Any, param: Any, reason: str, said: str) -> None:
    with pytest.raises(InvalidOperation) as caught:
        made(component(FILES), params={"files": param}, connections=connections(**given))
    assert caught.value.reason == reason
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("path", "fine"),
    [
        ("/data", True),
        ("/data/x/y", True),
        ("/database", False),
        ("/data/../etc", False),
        ("data", False),
        ("/", False),
    ],
)
def test_host_paths_lie_under_an_allowed_one(path: str, fine: bool) -> None:
    given = connections(h={"kind": "hostPath", "schema": {"path": path}, "default": True})
    settings = WorkloadSettings(allowed_host_paths=("/data/",))
    if fine:
        workload = made(component(FILES), params={"files": form(f"{RUN_A}/x")}, connections=given, settings=settings)
        assert volume(workload, "joinery-store-h")["hostPath"] == {"path": path, "type": "Directory"}
    else:
        with pytest.raises(InvalidOperation):
            made(component(FILES), params={"files": form(f"{RUN_A}/x")}, connections=given, settings=settings)


def test_only_the_runs_own_connections_reach_the_main_container() -> None:
    what = component(
        connections=["data", "s3", "shared"],
        container={"args": ["{{ connections.s3.bucket }}", "{{ connections.data.mountPath }}"]},
    )
    given = connections(
        data=CLAIM,
        s3=BUCKET,
        shared={"kind": "volumeClaim", "schema": {"claim": "s", "mountPath": "/mnt/s", "readOnly": True}},
        hidden=BUCKET,
    )  # fmt: skip
    workload = made(what, connections=given)
    container = main(workload)
    assert container["args"] == ["models", "/joinery/connections/data"]
    assert mounts(container)["/joinery/connections/data"]["subPath"] == "runs"
    assert mounts(container)["/mnt/s"]["readOnly"] is True
    assert [one["name"] for one in container["env"] if "valueFrom" in one] == BUCKET["secret"]["items"]
    with pytest.raises(InvalidOperation, match=r"`hidden` is not defined"):
        made(component(container={"args": ["{{ connections.hidden.bucket }}"]}), connections=given)
    with pytest.raises(InvalidOperation, match=r"`secret` is not defined"):
        made(component(connections=["s3"], container={"args": ["{{ connections.s3.secret }}"]}), connections=given)


@pytest.mark.parametrize("path", ["/joinery", "/joinery/params", "//joinery/run/", "/joinery/connections/../artifacts"])
def test_a_connection_is_not_mounted_over_what_is_joinerys(path: str) -> None:
    given = connections(data={"kind": "volumeClaim", "schema": {"claim": "c", "mountPath": path}})
    with pytest.raises(InvalidOperation, match="in the folder of Joinery's own"):
        made(component(connections=["data"]), connections=given)


def test_a_secret_without_items_comes_whole() -> None:
    given = connections(s3={**BUCKET, "secret": {"name": "all"}})
    assert main(made(component(connections=["s3"]), connections=given))["envFrom"] == [{"secretRef": {"name": "all"}}]


def test_which_connections_are_needed() -> None:
    what = component(connections=["a"], collect={"connection": "b"})
    params = {"x": form("f", connection="c"), "y": {"value": 1, "connection": "d"}}
    assert connections_needed(what, params) == {"a", "b", "c"}
