"""docs/operating.md names what there is: flags, chart values, metrics, alerts, and all of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

from joinery.cli.commands.operator import operator
from operator_fixtures import Objects, Operator, operation

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text()
RULES = (ROOT / "charts" / "joinery" / "templates" / "monitoring" / "prometheusrule.yaml").read_text()
OF_PROGRAMS = "python_|process_"  # what the Prometheus client adds by itself


def test_every_flag_that_is_named_exists() -> None:
    parameters = inspect.signature(operator).parameters
    named = set(re.findall(r"`--([a-z][a-z-]+)", PAGE))
    assert len(named) > 5
    for flag in named - {"runs"}:  # of the command line
        assert flag.replace("-", "_") in parameters, flag


def test_the_alerts_on_the_page_are_those_of_the_chart() -> None:
    rules = re.findall(r'\(list "(Joinery\w+)" "\w+" "(\d+)(m|h)" "(\w+)"', RULES)
    rows = re.findall(r"^\| `(Joinery\w+)` \| (\w+) \| (.*?) \|", PAGE, re.MULTILINE)
    assert {(name, severity) for name, severity, _ in rows} == {(name, severity) for name, _, _, severity in rules}
    told = {name: when for name, _, when in rows}
    for name, length, unit, _ in rules:
        assert ("for an hour" if unit == "h" else f"for {length} minutes") in told[name], name


def test_the_metrics_on_the_page_are_those_that_are_served(
    start_operator: Callable[..., Operator], objects: Objects
) -> None:
    running = start_operator("--namespace", objects.namespace, "--no-launch")
    objects.create("operations", operation("seen"))
    objects.wait("seen", "Resolved", "True")
    families = set(re.findall(r"^# TYPE (\w+) ", running.get("/metrics")[1], re.MULTILINE))
    served = {name for name in families if not re.match(OF_PROGRAMS, name) and not name.endswith("_created")}
    table = PAGE[PAGE.index("## Metrics") : PAGE.index("## Alerts")]
    named = set(re.findall(r"`((?:joinery|controller_runtime|workqueue|rest_client)_\w+)", table))
    assert named == served


def test_links_to_reasons_lead_somewhere() -> None:
    anchors = re.findall(r"\(troubleshooting\.md#([a-z]+)\)", PAGE)
    assert anchors
    reasons = re.findall(r"^### (\w+)$", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)
    assert set(anchors) <= {reason.lower() for reason in reasons}
