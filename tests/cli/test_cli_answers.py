"""What the commands answer: files, references, namespaces, damaged runs, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_parts import DATA, RUNS, Invoke, run_manifest


def test_several_paths_may_follow_one_another(invoke: Invoke, tmp_path: Path) -> None:
    more = tmp_path / "more.json"
    more.write_text(json.dumps(run_manifest("extra")))
    shell = invoke("search", "", "--runs", "runs.yaml", more, "-o", "name")
    assert len(shell.stdout.splitlines()) == 7
    assert invoke("search", "", "--runs", "runs.yaml", "--runs", more, "-o", "name").stdout == shell.stdout


def test_references_stand_beside_the_operation_or_the_runs(invoke: Invoke, tmp_path: Path) -> None:
    documents = (DATA / "component.yaml").read_text().split("---\n")
    (tmp_path / "op.yaml").write_text(documents[2])
    (tmp_path / "shared.yaml").write_text("---\n".join(documents[:2]))
    args = ("resolve", "-f", tmp_path / "op.yaml", *RUNS, "-o", "name")
    found = invoke(*args, "--runs", tmp_path / "shared.yaml")
    assert (found.exit_code, found.stdout) == (0, "run.joinery.dev/train-3\n")
    assert invoke(*args, "-f", tmp_path / "shared.yaml").stdout == found.stdout
    missing = invoke(*args)
    assert missing.exit_code == 1
    assert "there is no Component `reporter`" in missing.stderr
    assert "`good`" in missing.stderr


def test_one_of_several_operations_is_chosen_by_name(invoke: Invoke) -> None:
    args = ("resolve", "operation.yaml", "component.yaml", *RUNS, "-o", "name")
    assert invoke(*args).exit_code == 1
    assert invoke(*args, "--operation", "by-reference").stdout == "run.joinery.dev/train-3\n"
    unknown = invoke(*args, "--operation", "nope")
    assert unknown.exit_code == 1
    assert "holds an Operation `nope`" in unknown.stderr


def test_a_namespace_is_never_left(invoke: Invoke, tmp_path: Path) -> None:
    elsewhere = invoke("search", "", "--runs", "runs.yaml", "-n", "team-a")
    assert "6 taken of 6" in elsewhere.stdout  # the files name none: they are read as team-a's
    manifest = run_manifest("there")
    manifest["metadata"]["namespace"] = "team-b"
    (tmp_path / "b.json").write_text(json.dumps(manifest))
    found = invoke("search", "", "--runs", tmp_path / "b.json", "-n", "team-a")
    assert "0 taken of 0 matched of 0 candidates" in found.stdout
    assert "namespace `team-a` holds no runs; these do: `team-b` (1)" in found.stdout
    operation = (DATA / "operation.yaml").read_text().replace("  name: report", "  name: report\n  namespace: team-b")
    (tmp_path / "op.yaml").write_text(operation)
    refused = invoke("resolve", tmp_path / "op.yaml", *RUNS, "-n", "team-a")
    assert refused.exit_code == 2
    assert "says namespace `team-b`, not `team-a`" in refused.stderr


@pytest.mark.spec("1:43", "1:44")
def test_too_few_runs_shows_what_there_is_and_ends_with_one(invoke: Invoke, tmp_path: Path) -> None:
    text = (DATA / "operation.yaml").read_text().replace("limit: 2", "limit: 5\n      minRuns: 5\n      waitFor: 30m")
    (tmp_path / "op.yaml").write_text(text)
    result = invoke("resolve", tmp_path / "op.yaml", *RUNS)
    assert result.exit_code == 1
    assert "3 taken of 3 matched" in result.stdout
    assert f"{tmp_path / 'op.yaml'}:" in result.stderr
    data = invoke("resolve", tmp_path / "op.yaml", *RUNS, "-o", "json")
    assert json.loads(data.stdout)["reason"] == "TooFewRuns"


def test_a_phase_that_was_not_asked_for_is_not_shown_as_none(invoke: Invoke, tmp_path: Path) -> None:
    text = (DATA / "operation.yaml").read_text().replace("globals.name", "artifacts.base")
    (tmp_path / "op.yaml").write_text(text)
    shown = invoke("resolve", tmp_path / "op.yaml", *RUNS, "-o", "wide")
    assert "CREATED" in shown.stdout
    assert "STATUS" not in shown.stdout


@pytest.mark.spec("1:143")
def test_explain_says_which_recorded_runs_have_changed_since(invoke: Invoke, tmp_path: Path) -> None:
    recorded = [
        {"name": "train-3", "uuid": f"{3:032x}", "resourceVersion": ""},
        {"name": "train-2", "uuid": f"{2:032x}", "resourceVersion": "7"},
        {"name": "train-9", "uuid": f"{9:032x}", "resourceVersion": "8"},
    ]
    status = json.dumps({"joins": [{"runs": recorded}]})
    (tmp_path / "op.yaml").write_text((DATA / "operation.yaml").read_text() + f"status: {status}\n")
    args = ("explain", tmp_path / "op.yaml", *RUNS, "--run", "train-3")
    changed = json.loads(invoke(*args, "-o", "json").stdout)["changedSince"]
    assert [(one["name"], one["change"]) for one in changed] == [("train-2", "changed"), ("train-9", "gone")]
    assert "2 of its runs are not what they were" in invoke(*args).stdout


def test_a_damaged_run_is_named_and_the_others_answer(invoke: Invoke, tmp_path: Path) -> None:
    damaged = run_manifest("broken-one")
    damaged["status"] = {"phase": "Nowhere"}
    (tmp_path / "runs.jsonl").write_text(
        "\n".join(json.dumps(run_manifest(f"run-{number}")) for number in range(50)) + "\n" + json.dumps(damaged)
    )
    result = invoke("search", "", "--runs", tmp_path / "runs.jsonl", "--limit", "1")
    assert result.exit_code == 0
    assert "1 taken of 50 matched of 50 candidates" in result.stdout
    assert "broken-one" in result.stdout
    assert "status.phase" in result.stdout
