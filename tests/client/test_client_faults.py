"""Against a real API server that sheds load, is away, stays away, or refuses what is written."""

from __future__ import annotations

import json
import logging
import math
import time

from client_cluster import ALL
from client_waiting import wait_for
from cluster import credentials

from api_proxy import ApiProxy
from joinery.client import access
from joinery.client.notes import LOG
from joinery.tracking import start_run


def test_what_the_server_finds_invalid_is_lost_alone(operation, in_pod, runs, caplog):
    in_pod(rules=[ALL])
    with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
        run.log_metrics({f"m{number}": number for number in range(20)})
        run.log_artifact("s3://b/good", kind="model")
        run.log_artifact("s3://b/bad", kind="k" * 300)
        for number in range(4):  # an object of Kubernetes holds 1.5 MB or so
            run.log_outputs({f"big{number}": f"{number}" * 500_000})
    found = runs("op-1")["status"]
    assert len(found["metrics"]) == 20
    assert [item["name"] for item in found["artifacts"]] == ["data", "good"]
    stored = [name for name in found["outputs"] if name.startswith("big")]
    assert 1 <= len(stored) < 4
    left = json.loads((operation["outputs"] / "joinery-run.json").read_text())
    assert [item["name"] for item in left["status"]["artifacts"]] == ["good", "bad"]
    assert all(left["status"]["outputs"][f"big{number}"] == f"{number}" * 500_000 for number in range(4))
    assert any("artifacts bad was not recorded" in line and "Too long" in line for line in caplog.messages)


def test_at_most_one_write_a_second(operation, admin, runs, laptop, monkeypatch, namespace):
    user = admin.server.users[credentials.ADMIN]
    with ApiProxy(target=admin.server.url, authority=admin.server.authority) as proxy:
        monkeypatch.setenv("KUBECONFIG", str(proxy.kubeconfig(laptop / "config", token=user.token)))
        begun = time.monotonic()
        with start_run() as run:
            step = 0
            while len(proxy.writes) < 4:
                step += 1
                run.log_metrics(loss=step, step=step)
                time.sleep(0.001)
        took = time.monotonic() - begun
        # The first comes at once, after the one that says which attempt this is, and so does the last.
        assert len(proxy.writes) <= took + 3
    assert runs("op-1")["status"]["metrics"]["loss"] == {"last": step, "min": 1, "max": step, "step": step}


def test_a_server_that_sheds_load_and_comes_back(operation, admin, runs, laptop, monkeypatch, caplog):
    user = admin.server.users[credentials.ADMIN]
    with ApiProxy(target=admin.server.url, authority=admin.server.authority) as proxy:
        monkeypatch.setenv("KUBECONFIG", str(proxy.kubeconfig(laptop / "config", token=user.token)))
        proxy.answer = lambda method, path: 503
        with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
            run.log_metrics(loss=1, step=1)
            # After three tries in vain a copy is left, in case of a kill; it goes when the server is back.
            wait_for(operation["message"].read_text)
            run.log_metrics(loss=2, step=2)
            proxy.answer = lambda method, path: None
            assert run.flush(60)
        assert operation["message"].read_text() == ""
    assert runs("op-1")["status"]["metrics"]["loss"] == {"last": 2, "min": 1, "max": 2, "step": 2}
    assert len([line for line in caplog.messages if "tried again" in line]) == 1


def test_a_server_that_stops_and_starts_again(make_server, monkeypatch, laptop, caplog):
    from cluster_fixtures import Admin

    server = make_server()
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig()))
    with caplog.at_level(logging.WARNING, LOG.name), start_run(namespace="default") as run:
        run.log_metrics(loss=3, step=1)
        assert run.flush(60)
        server.stop("kube-apiserver", kill=True)
        run.log_metrics(loss=1, step=2)
        assert not run.flush(0.5)
        begun = time.monotonic()
        for step in range(3, 5_000):
            run.log_metrics({"loss": 2, f"m{step % 50}": step}, step=step)
        assert time.monotonic() - begun < 30  # nothing waited for a server that is not there
        server.start_api()
        assert run.flush(90)
    found = Admin(server).request("GET", f"/apis/joinery.dev/v1alpha1/namespaces/default/runs/{run.name}")
    assert found["status"]["metrics"]["loss"] == {"last": 2, "min": 1, "max": 3, "step": 4999}
    assert (len(found["status"]["metrics"]), found["status"]["phase"]) == (51, "Succeeded")
    assert not (laptop / "runs").exists() or not list((laptop / "runs").iterdir())


def test_a_server_that_stays_away_leaves_a_file_that_can_be_applied(
    make_identity, namespace, monkeypatch, laptop, caplog, kubectl, the_file, runs
):
    config = make_identity(rules=[ALL])
    (laptop / "config").write_text(
        config.read_text().replace(access.of_kubeconfig(config).server, "https://127.0.0.1:9")
    )
    monkeypatch.setenv("KUBECONFIG", str(laptop / "config"))
    with caplog.at_level(logging.WARNING, LOG.name), start_run(namespace=namespace, patience=0.5) as run:
        run.log_metrics(loss=math.nan, step=1)
        run.log_outputs(best={"a": 1})
    file = laptop / "runs" / f"{run.name}.json"
    assert any(str(file) in line and "not all has arrived" in line for line in caplog.messages), caplog.messages
    assert the_file()["status"]["phase"] == "Succeeded"
    kubectl("create", "-f", str(file))
    assert runs(run.name)["spec"]["uuid"] == run.uuid
    assert runs(run.name)["status"]["metrics"]["loss"]["last"] == "NaN"


def test_a_run_that_was_deleted_meanwhile(operation, in_pod, admin, namespace, caplog):
    in_pod(rules=[ALL])
    admin.request("DELETE", f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/runs/op-1")
    with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
        run.log_metrics(loss=1)
    assert json.loads(operation["message"].read_text())["metrics"]["loss"]["last"] == 1
    assert any("404 NotFound" in line for line in caplog.messages)
