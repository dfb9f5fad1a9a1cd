"""Killed anywhere, refused, delayed: the end state is the same, and nothing is done twice."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from api_proxy import ApiProxy
from joinery.runs import parse_time
from operator_fixtures import Objects, Operator, conditions, operation, run, until

Start = Callable[..., Operator]


def large(name: str) -> dict[str, Any]:
    """An operation whose results do not fit into status."""
    return operation(
        name,
        {"query": "kind: job", "params": {"losses": {"value": "metrics.loss"}, "whole": {"value": "inputs"}}},
        component={
            "inputs": [
                {"name": "losses", "type": "float", "isList": True, "isOptional": True},
                {"name": "whole", "type": "dict", "isList": True},
            ],
            "run": {"kind": "job", "container": {"image": "python:3.11"}},
        },
    )


def fill(objects: Objects, count: int = 40) -> None:
    for number in range(count):
        objects.create("runs", run(f"run-{number}", loss=number / 100, inputs={"text": f"{number} " * 300}))


def check_whole(objects: Objects, name: str) -> dict[str, Any]:
    """Status, ConfigMaps and Run agree; there is one of each."""
    done = objects.wait(name, "Resolved", "True")
    uid, digest = done["metadata"]["uid"], done["status"]["digest"]
    own = [found for found in objects.list("runs") if found["metadata"].get("labels", {}).get(
        "joinery.dev/operation-uid") == uid]  # fmt: skip
    assert len(own) == 1
    objects.wait_filled(done)
    maps = [found for found in objects.list("configmaps") if found["metadata"].get("labels", {}).get(
        "joinery.dev/operation-uid") == uid and "joinery.dev/result" in found["metadata"]["labels"]]  # fmt: skip
    assert sorted(found["metadata"]["name"] for found in maps) == sorted(done["status"]["configMaps"])
    assert {found["metadata"]["annotations"]["joinery.dev/digest"] for found in maps} == {digest}
    launched = objects.wait(name, "Launched", "True")
    jobs = [found for found in objects.list("jobs") if found["metadata"]["ownerReferences"][0]["uid"] == uid]
    assert [found["metadata"]["name"] for found in jobs] == [launched["status"]["jobRef"]["name"]] == [name]
    record = objects.get("runs", own[0]["metadata"]["name"])
    assert record["status"]["upstream"][0]["params"] == ["losses", "whole"]
    return done


@pytest.mark.spec("1:126")
def test_killed_before_and_after_each_write_it_ends_the_same(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    fill(objects)
    arguments = ("--namespace", namespace)
    running = start_operator(*arguments, kubeconfig=api_proxy.path)
    objects.create("operations", large("undisturbed"))
    check_whole(objects, "undisturbed")
    # The Run, a ConfigMap, the commit, the Run filled, a ConfigMap of params, the Job, its Run and status; and before
    # the commit perhaps that the Run's echo is awaited.
    count = len(api_proxy.writes)
    assert count >= 8, api_proxy.writes
    for number, after in [(number, after) for number in range(count) for after in (False, True)]:
        name = f"op-{number}-{'after' if after else 'before'}"
        enough = len(api_proxy.writes) + count - 1  # where the echo came at once there is one write less
        kill_at(api_proxy, running, len(api_proxy.writes) + number, after=after)
        objects.create("operations", large(name))
        until(partial(_ended_or_wrote, running, api_proxy, enough), told=lambda: api_proxy.writes[-count:])
        if running.process.poll() is None:
            running.until_quiet("writes")
        api_proxy.before = api_proxy.after = _ignore
        if number in (2, 3):
            # A new best Run, between ConfigMaps and commit or just after: there is one digest all the same.
            objects.create("runs", run(f"late-{name}", loss=0.0))
        if running.process.poll() is not None:
            assert running.process.returncode == -signal.SIGKILL, running.text()
            running = start_operator(*arguments, kubeconfig=api_proxy.path)
        else:
            assert number == count - 1, api_proxy.writes
        check_whole(objects, name)


def kill_at(proxy: ApiProxy, target: Operator, number: int, *, after: bool) -> None:
    """SIGKILL before or after the write of that number."""

    def kill(found: int, _line: str) -> None:
        if found == number and target.process.poll() is None:
            target.process.send_signal(signal.SIGKILL)
            target.process.wait()

    proxy.before, proxy.after = (_ignore, kill) if after else (kill, _ignore)


def _ended_or_wrote(running: Operator, proxy: ApiProxy, count: int) -> bool:
    return running.process.poll() is not None or len(proxy.writes) >= count


def _ignore(_number: int, _line: str) -> None:
    return


@pytest.mark.spec("1:139", "1:140")
def test_no_operation_resolves_before_its_run_has_come_back(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """The Run watch comes 5 s late: each operation joins every Run that was written before it, all the same."""
    objects.create("runs", run("early", loss=0.4))
    api_proxy.watch_delay = 5.0
    start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    api_proxy.watch_held = True
    objects.create("operations", operation("held"))
    waiting = objects.wait("held", "Resolved", "Unknown", reason="Resolving")
    assert conditions(waiting)["Reconciling"]["reason"] == "Resolving"
    api_proxy.watch_held = False
    count = 10
    for number in range(count):
        objects.create("runs", run(f"run-{number}", loss=number / 100))
        objects.create("operations", operation(f"op-{number}"))
    for number in range(count):
        done = objects.wait(f"op-{number}", "Resolved", "True")
        joined = {found["name"] for found in done["status"]["joins"][0]["runs"]}
        assert joined >= {"early", *(f"run-{earlier}" for earlier in range(number + 1))}
        own = objects.get("runs", done["status"]["runRef"]["name"])
        seconds = parse_time(done["status"]["resolvedAt"]) - parse_time(own["metadata"]["creationTimestamp"])
        assert seconds >= 4_000_000  # both are cut to whole seconds


def test_refusals_of_a_busy_server_are_waited_out(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    left = {429: 2, 500: 2}

    def answer(method: str, path: str) -> int | None:
        if method == "GET" or "/events" in path:
            return None
        code = next((code for code, count in left.items() if count), None)
        if code:
            left[code] -= 1
        return code

    api_proxy.answer = answer
    objects.create("runs", run("good", loss=0.1))
    objects.create("operations", operation("patient"))
    done = objects.wait("patient", "Resolved", "True")
    assert done["status"]["params"]["losses"]["value"] == [0.1]
    assert not any(left.values())


def test_at_most_four_writes_to_resolved_and_none_after(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    objects.create("runs", run("good", loss=0.1))
    running = start_operator("--namespace", namespace, "--no-launch", kubeconfig=api_proxy.path)
    objects.create("operations", operation("frugal"))
    objects.wait_filled(objects.wait("frugal", "Resolved", "True"))
    running.until_quiet()
    assert 3 <= len(api_proxy.writes) <= 4, api_proxy.writes
    written, passes = len(api_proxy.writes), running.counts()["passes"]
    objects.patch("operations", "frugal", {"metadata": {"labels": {"seen": "yes"}}})
    until(lambda: running.counts()["passes"] > passes)
    running.until_quiet()
    assert api_proxy.writes[written:] == []
