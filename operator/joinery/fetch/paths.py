"""Names of files, whoever gave them: a run's record, a store's listing, a person. All are data.

Source: spec 4, *Never outside its destination*.
"""

from __future__ import annotations

from joinery.fetch.errors import UnsafePath
from joinery.problems import Problem

MOST_NAME = 255  # bytes of one name, as Linux has it
MOST_PATH = 4095  # bytes of a whole path, as Linux has it
_SHOWN = 160


def shown(path: str) -> str:
    """The path as it may be printed: one line, nothing a terminal acts on, cut in the middle when long."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in path[: 4 * _SHOWN])
    if len(path) <= _SHOWN:
        return plain
    return f"{plain[: _SHOWN - 40]}… ({len(path):,} characters)"


def split(path: str) -> tuple[str, ...]:
    """The names of a relative path, without empty ones and ``.``; raises :class:`UnsafePath` for any other path."""
    if fault := path_fault(path):
        raise UnsafePath(
            Problem(
                message=f"the path `{shown(path)}` {fault}",
                rule="unsafe-path",
                hint="it is refused: a path lies under its own directory, whatever a record or a store says",
            )
        )
    return tuple(name for name in path.split("/") if name not in ("", "."))


def path_fault(path: str) -> str | None:
    """What is wrong with a path that must stay below a directory, or None."""
    if "\0" in path:
        return "holds a NUL character"
    if path.startswith("/"):
        return "is absolute"
    names = path.split("/")
    if ".." in names:
        return "holds `..`"
    if all(name in ("", ".") for name in names):
        return "names no file"
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "is not text that a file's name can be"
    if len(encoded) > MOST_PATH:
        return f"is {len(encoded):,} bytes long; Linux takes {MOST_PATH:,}"
    if any(len(name.encode()) > MOST_NAME for name in names):
        return f"has a name of more than {MOST_NAME} bytes"
    return None
