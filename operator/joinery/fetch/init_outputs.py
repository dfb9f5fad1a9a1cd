"""The init container that makes a run's own folder on a volume, for the main container to write to.

Source: spec 4, *What a run leaves behind*: 2777, from the whole volume. What an earlier attempt of the same Job left
there is taken away first: the later attempt's artifacts alone count.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4

from joinery.problems import JoineryError, Problem

MODE = 0o2777  # whoever the main container runs as may write, and files keep the folder's group


class OutputsRefused(JoineryError):
    """The volume does not let this user make the folder."""


def init_outputs(root: Path, below: str) -> Path:
    """Make ``root/below`` anew and empty. Raises :class:`OutputsRefused` that names the folder and who was refused.

    ``below`` is relative (``UUID/outputs``); a part of it that is a link is refused.
    """
    parts = Path(below).parts
    if not parts or Path(below).is_absolute() or ".." in parts:
        raise OutputsRefused(Problem(message=f"`{below[:200]}` is no folder below the volume", rule="outputs-path"))
    place = root
    try:
        root.mkdir(parents=True, exist_ok=True)
        for part in parts:
            place = place / part
            if place.is_symlink():
                raise OutputsRefused(Problem(message=f"{place} is a link, and is not followed", rule="outputs-link"))
            if place == root.joinpath(*parts):
                _take_away(place, root / f".earlier-{parts[0]}-{uuid4().hex[:8]}")
            place.mkdir(exist_ok=True)
        place.chmod(MODE)
    except OSError as error:
        raise OutputsRefused(_refused(place, error)) from None
    return place


def _take_away(place: Path, aside: Path) -> None:
    """What stands there goes aside at once, and is then deleted as far as this user may. What must be left of it
    (folders of another user's) is no longer in the run's own folder, which a join may take whole."""
    if not place.exists():
        return
    place.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _refused(place: Path, error: OSError) -> Problem:
    groups = ", ".join(str(group) for group in sorted({os.getgid(), *os.getgroups()}))
    who = f"user {os.getuid()}, groups {groups}"
    return Problem(
        message=f"the folder for outputs, {place}, cannot be made: {error.strerror} ({who})",
        rule="outputs-refused",
        hint="the root of the volume must be writable for the pod's group: set `environment.securityContext.fsGroup`, "
        "or give the folder the mode 0777",
    )
