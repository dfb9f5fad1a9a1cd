"""What holds of every object's conditions, whatever state it is in: Kubernetes API conventions, kstatus, spec 5."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from joinery.api.v1alpha1 import reasons

KNOWN = ("Accepted", "Resolved", "Launched", "Succeeded", "Ready")
ONLY_WHILE_TRUE = ("Reconciling", "Stalled")
FIELDS = {"type", "status", "reason", "message", "lastTransitionTime", "observedGeneration"}
NAMED_REASONS = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
ONE_WORD = re.compile(r"[A-Z][A-Za-z0-9]*")
SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

Reading = Literal["InProgress", "Failed", "Current", "Terminating"]


def conditions(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions by type."""
    return {item["type"]: item for item in manifest.get("status", {}).get("conditions", [])}


def kstatus(manifest: Mapping[str, Any]) -> Reading:
    """How kstatus reads an object of a kind that it does not know: its rules, in its order."""
    if manifest["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = manifest.get("status") or {}
    if "observedGeneration" in status and status["observedGeneration"] != manifest["metadata"]["generation"]:
        return "InProgress"
    found = conditions(manifest)
    if found.get("Reconciling", {}).get("status") == "True":
        return "InProgress"
    if found.get("Stalled", {}).get("status") == "True":
        return "Failed"
    if "Ready" in found and found["Ready"]["status"] != "True":
        return "InProgress"
    return "Current"


def assert_conditions_conform(manifest: Mapping[str, Any]) -> None:
    """An Operation as an API server gives it, visited or not."""
    status, name = manifest.get("status") or {}, manifest["metadata"]["name"]
    if not status.get("conditions"):
        assert status.get("observedGeneration") == -1, f"{name}: not visited, and yet {status}"
        assert kstatus(manifest) in ("InProgress", "Terminating")
        return
    types = [item["type"] for item in status["conditions"]]
    assert len(types) == len(set(types)), types
    assert set(types) - set(ONLY_WHILE_TRUE) == set(KNOWN), types
    assert 1 <= status["observedGeneration"] <= manifest["metadata"]["generation"]
    for item in status["conditions"]:
        _assert_condition(item, observed=status["observedGeneration"])
    _assert_together(conditions(manifest), status)
    # What a person must do something about is never called done, and what is done is called so.
    if status["observedGeneration"] == manifest["metadata"]["generation"] and kstatus(manifest) != "Terminating":
        assert (kstatus(manifest) == "Current") == (conditions(manifest)["Ready"]["status"] == "True")


def _assert_condition(item: Mapping[str, Any], *, observed: int) -> None:
    assert set(item) == FIELDS, item
    assert item["status"] in {"True", "False", "Unknown"}, item
    assert ONE_WORD.fullmatch(item["reason"]), item
    assert item["reason"] in NAMED_REASONS, f"{item['reason']} is not a named constant"
    assert len(item["message"]) <= 32_768
    assert item["observedGeneration"] == observed, item
    assert SECONDS.fullmatch(item["lastTransitionTime"]), item
    moment = datetime.fromisoformat(item["lastTransitionTime"])
    assert moment <= datetime.now(UTC) + timedelta(seconds=1), item


def _assert_together(found: Mapping[str, Any], status: Mapping[str, Any]) -> None:
    extra = [found[kind] for kind in ONLY_WHILE_TRUE if kind in found]
    assert len(extra) <= 1, "Reconciling and Stalled at once"
    assert all(item["status"] == "True" for item in extra)
    ready, succeeded, resolved = found["Ready"], found["Succeeded"], found["Resolved"]
    assert {item["reason"] for item in (ready, succeeded, *extra)} == {ready["reason"]}
    assert (ready["status"] == "True") == (succeeded["status"] == "True")
    if succeeded["status"] == "False":
        assert ready["status"] == "False"
        assert "Stalled" in found, "failed for good, and kstatus would go on waiting"
    if found["Accepted"]["status"] != "True":
        assert (resolved["status"], resolved["reason"]) == ("Unknown", "Pending")
    if resolved["status"] != "Unknown":
        assert SECONDS.fullmatch(status["resolvedAt"])
    assert (resolved["status"] == "True") == bool(status.get("digest"))
    if resolved["status"] == "False" and resolved["reason"] != "Stopped":
        assert (found["Launched"]["status"], found["Launched"]["reason"]) == ("False", "NotResolved")
    if found["Launched"]["status"] == "True":
        assert status["jobRef"]["name"]
