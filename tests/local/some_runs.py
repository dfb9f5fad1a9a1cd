"""Four runs, and an operation over them."""

from __future__ import annotations

from typing import Any

NOW = "2026-02-01T00:00:00Z"


def run(number: int, loss: Any, *, lr: Any = 0.1, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": f"run-{number}", "labels": {"team": "vision" if number % 2 else "audio"}},
        "spec": {
            "uuid": f"{number:032x}",
            "createdAt": f"2026-01-{number:02d}T00:00:00Z",
            "inputs": {"lr": lr, "optimizer": {"name": "adam"}},
            **spec,
        },
        "status": {
            "phase": "Succeeded",
            "startedAt": f"2026-01-{number:02d}T00:00:00Z",
            "metrics": {} if loss is None else {"loss": loss},
            "outputs": {"f1": 0.5},
        },
    }


def operation(**join: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "report"},
        "spec": {
            "joins": [
                {
                    "query": "metrics.loss: <0.4",
                    "sort": "metrics.loss",
                    **join,
                    "params": {"rates": {"value": "inputs.lr"}},
                }
            ],
            "component": {
                "inputs": [{"name": "rates", "type": "float", "isList": True}],
                "run": {"container": {"image": "python"}},
            },
        },
    }
