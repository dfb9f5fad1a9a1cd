"""Facts about a run that nobody has to tell: its names, the time, the commit. No program is started for them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST = 1 << 20  # bytes of a file of git's that are read


def now() -> str:
    """This moment, as Kubernetes writes times."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def object_name(name: str, uuid: str) -> str:
    """A name that Kubernetes takes, and that no other run has: ``mnist-1a2b3c4d``."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())[:60].strip("-") or "run"
    return f"{slug}-{uuid[:8]}"


def commit(folder: Path) -> str | None:
    """The commit that is checked out in the git repository around ``folder``; None where there is none."""
    try:
        for parent in (folder, *folder.parents):
            git = parent / ".git"
            if git.is_file():  # a worktree or a submodule
                git = parent / _read(git).removeprefix("gitdir:").strip()
            if (git / "HEAD").is_file():
                return _resolved(git)
    except (OSError, ValueError):
        return None
    return None


def _resolved(git: Path) -> str | None:
    head = _read(git / "HEAD").strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else None
    name = head.removeprefix("ref:").strip()
    if not name.startswith("refs/") or ".." in name:
        return None
    common = git / _read(git / "commondir").strip() if (git / "commondir").is_file() else git
    for place in (git, common):
        if (place / name).is_file():
            found = _read(place / name).strip()
            return found if _COMMIT.fullmatch(found) else None
    if (common / "packed-refs").is_file():
        for line in _read(common / "packed-refs").splitlines():
            found, _, ref = line.partition(" ")
            if ref == name and _COMMIT.fullmatch(found):
                return found
    return None


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST).decode(errors="replace")
