"""The folder of outputs on a volume: made for everybody, anew for each attempt, or a message that says why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from joinery.fetch.init_outputs import OutputsRefused, init_outputs
from workload.making import UUID

BELOW = f"{UUID}/outputs"


def test_it_is_made_for_every_user_to_write_to(tmp_path: Path) -> None:
    made = init_outputs(tmp_path / "runs", BELOW)
    assert made == tmp_path / "runs" / UUID / "outputs"
    assert made.stat().st_mode & 0o7777 == 0o2777


def test_what_an_earlier_attempt_left_is_not_there(tmp_path: Path) -> None:
    earlier = init_outputs(tmp_path, BELOW)
    (earlier / "sub").mkdir()
    (earlier / "sub" / "model.pt").write_text("old")
    other = init_outputs(tmp_path, f"{'b' * 32}/outputs")
    (other / "kept").write_text("kept")
    assert list(init_outputs(tmp_path, BELOW).iterdir()) == []
    assert [path.name for path in (tmp_path / UUID).iterdir()] == ["outputs"]
    assert (other / "kept").read_text() == "kept"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_what_may_not_be_deleted_of_an_earlier_attempt_is_not_in_the_runs_folder(open_folder: Path) -> None:
    """The main container is another user, whose folders ours cannot empty; a join may take a run's folder whole."""
    root = open_folder / "root"
    root.mkdir()
    root.chmod(0o777)
    code = (
        "import os, sys; from pathlib import Path; from joinery.fetch.init_outputs import init_outputs\n"
        "os.setgroups([]); os.setgid(65532); os.setuid(65532)\n"
        "init_outputs(Path(sys.argv[1]), sys.argv[2])\n"
    )
    command = [sys.executable, "-c", code, str(root), BELOW]
    subprocess.run(command, check=True, timeout=60)
    sub = root / BELOW / "sub"
    sub.mkdir(mode=0o755)
    (sub / "model.pt").write_text("old")
    os.chown(sub, 1000, 1000)
    subprocess.run(command, check=True, timeout=60)
    assert [path.name for path in (root / UUID).iterdir()] == ["outputs"]
    assert list((root / BELOW).iterdir()) == []


@pytest.mark.parametrize("below", ["", "/etc/x", "../x", f"{UUID}/../../x"])
def test_it_never_leaves_the_volume(tmp_path: Path, below: str) -> None:
    with pytest.raises(OutputsRefused, match="no folder below the volume"):
        init_outputs(tmp_path, below)


@pytest.mark.parametrize("part", [UUID, BELOW])
def test_a_link_is_not_followed(tmp_path: Path, part: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    (root / part).parent.mkdir(parents=True)
    (root / part).symlink_to(outside)
    with pytest.raises(OutputsRefused, match="is a link"):
        init_outputs(root, BELOW)
    assert list(outside.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_volume_that_this_user_may_not_write_to_is_named(open_folder: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from joinery.fetch.init_outputs import init_outputs\n"
        "from joinery.problems import JoineryError\n"
        "os.setgroups([]); os.setgid(65532); os.setuid(65532)\n"
        "try: init_outputs(Path(sys.argv[1]), sys.argv[2])\n"
        "except JoineryError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(open_folder), BELOW], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Permission denied (user 65532, groups 65532)" in done.stdout
    assert "the root of the volume must be writable for the pod's group" in done.stdout


def test_the_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "joinery.cli.main", "init-outputs", "--root", str(tmp_path), BELOW]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"made {tmp_path}/{BELOW}\n"
