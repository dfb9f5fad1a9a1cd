"""docs/coming-from-polyaxon.md: its example is right, its table is true, and no difference of the contract lacks."""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from joinery.cli.app import build
from joinery.client.run import Run
from joinery.joins.globals import make_globals
from joinery.manifests import read_documents
from joinery.validation import check_manifest
from joinery.validation.pods.tables import OWN_VARIABLES

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "coming-from-polyaxon.md").read_text()
POLYAXONFILE, OPERATION = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
RULES = re.findall(r"^\| (operation|component) \| `(\w+)` \| (accepted|warned|refused)", TEXT, re.MULTILINE)
MARK = re.compile(r"\[differs: (.*?)\]")


def value(text: str) -> dict[str, Any]:
    manifest: dict[str, Any] = read_documents(text)[0].value
    return manifest


def told(text: str) -> list[str]:
    """The second column of the table of differences."""
    table = text.partition("## Where the same line means something else")[2]
    return [line.split(" | ")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]


def test_the_operation_holds_the_polyaxonfiles_parts_as_they_are() -> None:
    before, after = value(POLYAXONFILE), value(OPERATION)
    assert after["metadata"]["name"] == before["name"]
    for part in ("joins", "params", "component", "tags"):
        assert after["spec"][part] == before[part]


def test_lint_finds_nothing_in_the_operation_and_says_of_a_polyaxonfile_what_to_do(tmp_path: Path) -> None:
    for name, text in (("operation.yaml", OPERATION), ("polyaxonfile.yaml", POLYAXONFILE)):
        (tmp_path / name).write_text(text)
    right = CliRunner().invoke(build(), ["lint", str(tmp_path / "operation.yaml")])
    assert right.exit_code == 0, right.output
    assert "1 object in 1 file: no problems" in right.output
    wrong = CliRunner().invoke(build(), ["lint", str(tmp_path / "polyaxonfile.yaml")])
    assert wrong.exit_code != 0
    assert "this looks like a Polyaxonfile: put its contents under `spec`" in wrong.output


SAMPLES: dict[str, Any] = {
    "tags": ["a"],
    "strictParams": True,
    "termination": {"maxRetries": 2, "timeout": 60, "ttl": 60},
    "version": 1.1,
    "kind": "component",
}


@pytest.mark.parametrize(("where", "key", "verdict"), RULES)
def test_each_key_is_accepted_warned_of_or_refused_as_the_table_says(where: str, key: str, verdict: str) -> None:
    manifest = deepcopy(value(OPERATION))
    place = manifest["spec"] if where == "operation" else manifest["spec"]["component"]
    place[key] = SAMPLES.get(key, "anything")
    findings = check_manifest(manifest)
    path = f"spec.{key}" if where == "operation" else f"spec.component.{key}"
    errors = [str(problem) for problem in findings.errors if path in str(problem)]
    warnings = [str(problem) for problem in findings.warnings if path in str(problem)]
    assert (bool(errors), bool(warnings)) == (verdict == "refused", verdict == "warned"), [*errors, *warnings]


def test_the_table_of_keys_is_whole() -> None:
    assert len(RULES) == TEXT.count("\n| operation | ") + TEXT.count("\n| component | ")
    page = (DOCS / "spec" / "4-workload.md").read_text()
    promised = re.search(r"no meaning here: `(.*?)` are accepted; `(.*?)` accepted with a warning; `(.*?)` and", page)
    assert promised is not None
    for names, verdict in zip(promised.groups(), ("accepted", "warned", "refused"), strict=True):
        assert {("component", name, verdict) for name in names.split()} <= set(RULES)


def test_every_difference_of_the_contract_is_told() -> None:
    promised: Counter[str] = Counter()
    for page in sorted((DOCS / "spec").glob("*.md")):
        for text in MARK.findall(page.read_text()):
            promised[text] += 1
    assert sum(promised.values()) > 20
    column = Counter(told(TEXT))
    # A mark may hold what two rows tell; each row tells it in the mark's own words.
    missing = {text: count for text, count in promised.items() if column[text] < count}
    assert not missing
    unmarked = [
        line
        for page in sorted((DOCS / "spec").glob("*.md"))
        for line in page.read_text().splitlines()
        if "**[differs]**" in line and not line.startswith(("from Polyaxon on purpose", "Every query that"))
    ]
    assert [line.partition(":")[0] for line in unmarked] == ["* No hidden filter"]
    assert "No hidden filter" in TEXT


def test_no_difference_is_told_that_the_contract_does_not_make() -> None:
    pages = "".join(page.read_text() for page in sorted((DOCS / "spec").glob("*.md")))
    untold = [text for text in told(TEXT) if text not in MARK.findall(pages)]
    assert untold == ["the last 30 days, and none that is archived, unless asked for"]


def test_what_training_code_is_told_to_use_is_there() -> None:
    section = TEXT.partition("## In the training code")[2].partition("\n## ")[0]
    here = "".join(line.split(" | ")[1] for line in section.splitlines() if line.startswith("| `"))
    calls, variables = set(re.findall(r"run\.(\w+)\(", here)), set(re.findall(r"\$(JOINERY_\w+)", here))
    assert calls == {"log_metrics", "log_inputs", "log_outputs", "log_artifact", "set_tags"}
    assert all(callable(getattr(Run, name)) for name in calls)
    assert variables <= set(OWN_VARIABLES)
    assert set(re.findall(r"globals\.(\w+)", here)) <= set(globals_of_a_run())


def globals_of_a_run() -> dict[str, Any]:
    return make_globals(uuid="0a" * 16, name="n", namespace="lab", project=None, created=0, user=None)


def test_its_links_lead_somewhere() -> None:
    for target in set(re.findall(r"\]\(([\w-]+\.md)\)", TEXT)):
        assert (DOCS / target).is_file(), target
