"""Against a real API server: the operation's Run, a Run of one's own, and no right to either."""

from __future__ import annotations

import logging
import math

import pytest
from client_cluster import ALL, PATCH, UUID
from cluster import credentials

from api_proxy import ApiProxy
from joinery.client.notes import LOG
from joinery.runs import read_run
from joinery.tracking import start_run


def test_the_run_of_an_operation_gets_what_was_logged(operation, in_pod, runs, tmp_path, caplog):
    in_pod(rules=[ALL])
    (tmp_path / "model.pt").write_text("weights")
    (operation["outputs"] / "deep").mkdir()
    (operation["outputs"] / "deep" / "log.txt").write_text("lines")
    with start_run(project="other", inputs={"seed": 7, "grid": [1, None]}, tags=["baseline"]) as run:
        run.log_metrics(loss=0.5, step=1)
        assert run.flush()
        run.log_metrics(loss=math.nan, step=2)
        run.log_metrics({"val/acc@5": 0.9})
        run.log_outputs({"nested": {"new": None}, "plain": 1, "a/b~c": {"d": 1}, "none": None})
        run.log_artifact("model.pt", kind="model")
        run.log_artifact(operation["outputs"] / "deep" / "log.txt")
        run.log_artifact(tmp_path / "serviceaccount" / "namespace", name="data", is_input=True)
    found = runs("op-1")
    assert (run.name, run.uuid) == ("op-1", UUID)
    assert found["status"]["metrics"] == {
        "loss": {"last": "NaN", "min": 0.5, "max": 0.5, "step": 2}, "val/acc@5": {"last": 0.9, "min": 0.9, "max": 0.9},
    }  # fmt: skip
    assert found["status"]["outputs"] == {"nested": {"new": None}, "plain": 1, "a/b~c": {"d": 1}, "none": None}
    assert found["status"]["artifacts"] == [
        {"name": "model.pt", "kind": "model", "path": "outputs/model.pt"},
        {"name": "log.txt", "kind": "file", "path": "outputs/deep/log.txt"},
        {"name": "data", "kind": "file", "path": str(tmp_path / "serviceaccount" / "namespace"), "isInput": True},
    ]
    assert (operation["outputs"] / "model.pt").read_text() == "weights"
    assert found["spec"] == {
        "uuid": UUID, "managedBy": "joinery", "tags": ["sweep", "baseline"],
        "inputs": {"lr": 0.1, "seed": 7, "grid": [1, None]},
    }  # fmt: skip
    # The phase is the operator's, and the message is left empty for the last lines of a failure.
    assert (found["status"]["phase"], "finishedAt" in found["status"]) == ("Running", False)
    assert operation["message"].read_text() == ""
    assert "managedFields" not in found["metadata"]
    assert found["metadata"]["labels"] == {"kept": "yes"}
    assert caplog.messages == []
    assert read_run(found).metrics["loss"].step == 2


def test_of_two_attempts_the_later_ones_results_stand_alone(operation, in_pod, runs, monkeypatch):
    """The first one's files are gone, and what it came to is not what this one comes to."""
    in_pod(rules=[ALL])
    before = runs("op-1")["status"]
    for attempt in ("op-abcde", "op-abcde", "op-fghij"):
        monkeypatch.setattr("socket.gethostname", lambda attempt=attempt: attempt)
        found = runs("op-1")["status"]
        with start_run(inputs={attempt: 1}, tags=[attempt]) as run:
            run.log_outputs({f"of {attempt}": len(found["outputs"])})
            run.log_metrics({attempt: 1})
            run.log_artifact(f"s3://bucket/{attempt}")
    found = runs("op-1")
    assert found["status"]["outputs"] == {"of op-fghij": len(before["outputs"]) + 1}
    assert set(found["status"]["metrics"]) == {"op-fghij"}
    assert [one["name"] for one in found["status"]["artifacts"]] == ["op-fghij"]
    assert {"op-abcde", "op-fghij"} <= set(found["spec"]["tags"])
    assert {"lr", "op-abcde", "op-fghij"} <= set(found["spec"]["inputs"])
    assert found["status"]["phase"] == before["phase"]


def test_the_right_to_patch_is_enough(operation, in_pod, runs, caplog):
    in_pod(rules=[PATCH])
    with start_run() as run:
        run.log_metrics(loss=0.5)
        run.log_artifact("s3://bucket/model.pt", kind="model")
    assert runs("op-1")["status"]["metrics"]["loss"]["last"] == 0.5
    assert [item["name"] for item in runs("op-1")["status"]["artifacts"]] == ["model.pt"]
    assert caplog.messages == []


def test_without_the_right_the_termination_message_takes_it(operation, in_pod, runs, caplog):
    from joinery.control import outputs

    in_pod(rules=[])
    with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
        run.log_metrics(loss=math.inf, step=3)
        run.log_outputs(best="é", none=None)
        run.log_artifact("s3://bucket/model.pt", kind="model")
    said = outputs.read(operation["message"].read_text(), containers=1)
    assert said.outputs == {"best": "é", "none": None}
    assert said.metrics == {"loss": {"last": "Infinity", "min": "Infinity", "max": "Infinity", "step": 3}}
    assert [item["path"] for item in said.artifacts] == ["s3://bucket/model.pt"]
    assert len(caplog.messages) == 1
    assert "403 Forbidden" in caplog.messages[0]
    assert str(operation["message"]) in caplog.messages[0]
    assert "metrics" not in runs("op-1")["status"]


def test_a_run_of_ones_own(in_pod, runs, namespace, caplog):
    in_pod(rules=[ALL])
    run = start_run(project="mnist", inputs={"a": {"b": None}}, tags=["t"])

    def train() -> None:
        with run:
            run.log_metrics(loss=0.5, step=1)
            assert run.flush()
            assert runs(run.name)["status"]["phase"] == "Running"
            run.log_outputs(done={"x": 1})
            raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError):
        train()
    (found,) = runs()
    assert run.where == f"the Run {namespace}/{run.name}"
    assert (found["metadata"]["name"], found["spec"]["uuid"]) == (run.name, run.uuid)
    assert (found["spec"]["project"], found["spec"]["inputs"]) == ("mnist", {"a": {"b": None}})
    assert (found["status"]["phase"], found["status"]["outputs"]) == ("Failed", {"done": {"x": 1}})
    assert found["status"]["conditions"][0]["reason"] == "ZeroDivisionError"
    assert found["status"]["finishedAt"]
    assert "managedBy" not in found["spec"]
    assert "managedFields" not in found["metadata"]
    assert caplog.messages == []


def test_no_right_to_make_a_run_leaves_a_file(in_pod, runs, the_file, caplog):
    in_pod(rules=[PATCH])
    with caplog.at_level(logging.WARNING, LOG.name), start_run(project="mnist") as run:
        run.log_metrics(loss=0.5)
    assert (runs(), the_file()["status"]["phase"]) == ([], "Succeeded")
    assert the_file()["status"]["metrics"]["loss"]["last"] == 0.5
    assert any("cannot create" in line and run.where in line for line in caplog.messages), caplog.messages


def test_a_kubeconfig_is_used_where_a_namespace_is_named(make_identity, namespace, runs, monkeypatch, laptop, admin):
    monkeypatch.setenv("KUBECONFIG", str(make_identity(rules=[ALL])))
    with start_run() as run:
        pass
    assert run.where.startswith(str(laptop / "runs"))
    with start_run(namespace=namespace) as run:
        run.log_metrics(loss=1)
    assert runs(run.name)["status"]["phase"] == "Succeeded"
    # A kubeconfig of JSON, over plain HTTP, is read without PyYAML too.
    user = admin.server.users[credentials.ADMIN]
    with ApiProxy(target=admin.server.url, authority=admin.server.authority) as proxy:
        monkeypatch.setenv("KUBECONFIG", str(proxy.kubeconfig(laptop / "config", token=user.token)))
        monkeypatch.setitem(__import__("sys").modules, "yaml", None)
        with start_run(namespace=namespace) as run:
            pass
    assert runs(run.name)["status"]["phase"] == "Succeeded"


def test_two_programs_of_one_run(operation, make_identity, program, runs):
    code = """
        import sys
        from joinery.tracking import start_run
        with start_run(tags=[sys.argv[1]]) as run:
            for step in range(200):
                run.log_metrics({sys.argv[1]: step}, step=step)
            run.log_artifact("s3://bucket/" + sys.argv[1])
    """
    config = str(make_identity(rules=[ALL]))
    for process in [program(code, who, KUBECONFIG=config) for who in ("rank0", "rank1", "rank2")]:
        assert process.communicate(timeout=120) == ("", "")
    found = runs("op-1")
    assert sorted(found["status"]["metrics"]) == ["rank0", "rank1", "rank2"]
    assert all(metric["step"] == 199 for metric in found["status"]["metrics"].values())
    assert sorted(found["spec"]["tags"]) == ["rank0", "rank1", "rank2", "sweep"]
    assert sorted(item["name"] for item in found["status"]["artifacts"]) == ["data", "rank0", "rank1", "rank2"]
