"""kubectl apply, and the status says what was found: against a real API server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from operator_fixtures import Objects, Operator, conditions, operation, run

Start = Callable[..., Operator]


@pytest.mark.spec("1:126", "1:127")
def test_an_operation_resolves_and_records_what_it_joined(start_operator: Start, objects: Objects) -> None:
    for name, loss in (("good", 0.1), ("better", 0.05), ("bad", 0.9)):
        objects.create("runs", run(name, loss=loss))
    start_operator()
    objects.create("operations", operation("best"))
    done = objects.wait("best", "Resolved", "True")
    status = done["status"]
    assert status["params"]["losses"]["value"] == [0.05, 0.1]
    assert [found["name"] for found in status["joins"][0]["runs"]] == ["better", "good"]
    assert (status["joins"][0]["candidates"], status["joins"][0]["matched"]) == (3, 2)
    assert status["digest"].startswith("sha256:")
    assert status["observedGeneration"] == 1
    own = objects.get("runs", status["runRef"]["name"])
    assert own["spec"]["managedBy"] == "joinery"
    assert own["metadata"].get("ownerReferences") is None


def test_an_invalid_operation_is_not_accepted_and_can_be_mended(start_operator: Start, objects: Objects) -> None:
    start_operator()
    wrong = operation("typo", {"query": "metrix.loss: <1", "params": {"losses": {"value": "metrics.loss"}}})
    objects.create("operations", wrong)
    refused = objects.wait("typo", "Accepted", "False", reason="Invalid")
    assert "metrics" in conditions(refused)["Accepted"]["message"]
    assert conditions(refused)["Stalled"]["status"] == "True"
    mended = operation("typo")["spec"]["joins"]
    objects.patch("operations", "typo", {"spec": {"joins": mended}})
    objects.wait("typo", "Resolved", "True")
