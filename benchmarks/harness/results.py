"""Results as JSON files, one for each contest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results"


def write_result(result: dict[str, Any], folder: Path) -> Path:
    """`GROUP-N.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['group']}-{'wide-' if result.get('wide') else ''}{result['runs']}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return path


def read_results(folder: Path) -> list[dict[str, Any]]:
    """All of a folder, by group and size."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda one: (one["group"], one.get("wide", False), one["runs"]))


def ratio(result: dict[str, Any], question: str, rival: str, ours: str = "joinery") -> float | None:
    """How many times as long the rival takes, by the clock at the median. None where one was not asked, or is wrong."""
    asked: dict[str, Any] = next((one["asked"] for one in result["questions"] if one["name"] == question), {})
    theirs, own = asked.get(rival, {}), asked.get(ours, {})
    if "wall" not in theirs or "wall" not in own or theirs["wrong"] or own["wrong"]:
        return None
    return float(theirs["wall"]["p50"] / own["wall"]["p50"])
