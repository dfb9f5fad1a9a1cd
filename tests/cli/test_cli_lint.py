"""What ``joinery lint`` reads, and what it holds against what."""

from __future__ import annotations

from pathlib import Path

from cli_parts import DATA, Invoke


def test_lint_reads_pipes_folders_and_leaves_other_kinds_alone(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "deployment.yaml").write_text("{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}")
    (tmp_path / "values.yaml").write_text("image: x")
    (tmp_path / "op.yaml").write_text((DATA / "operation.yaml").read_text())
    result = invoke("lint", tmp_path)
    assert result.exit_code == 0, result.output
    assert "1 object in 3 files: 0 errors, 1 warning (1 object of other kinds left alone)" in result.stdout
    assert invoke("lint", "--strict", tmp_path).exit_code == 1
    assert invoke("lint", "-", stdin=(DATA / "broken.yaml").read_text()).exit_code == 1
    assert invoke("lint").exit_code == 2


def test_lint_holds_operations_against_the_components_beside_them(invoke: Invoke, tmp_path: Path) -> None:
    text = (DATA / "component.yaml").read_text().replace("name: rates,", "name: paces,")
    (tmp_path / "all.yaml").write_text(text)
    result = invoke("lint", tmp_path / "all.yaml")
    assert result.exit_code == 1
    assert "`rates` is not declared" in result.stdout
    assert f"{tmp_path / 'all.yaml'}:2" in result.stdout
