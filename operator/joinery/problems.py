"""What is wrong, where, and what to do: the one shape of every error and warning.

Every room reports with these types, so that the command line, the admission
check, the operator and a notebook all say the same thing of the same mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong (or, as a warning, that a person should know).

    * ``path``: where in the object, as kubectl writes it: ``spec.joins[0].query``; empty for the whole.
    * ``rule``: a stable kebab-case name of the kind of problem (``unknown-field``), for SARIF and for tests.
    * ``hint``: what was probably meant, or what to do.
    * ``position``: offset in characters (from 0) into ``text``, the query, sort or template at fault;
      ``length`` is how many characters from there are at fault (for the caret).
    * ``file``, ``line``, ``column``: the place in a file; both count from 1.
    """

    message: str
    path: str = ""
    rule: str = "invalid"
    hint: str | None = None
    text: str | None = None
    position: int | None = None
    length: int = 1
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def at(self, prefix: str) -> Problem:
        """The same problem seen from an enclosing object: ``prefix`` goes before ``path``."""
        if not prefix:
            return self
        joint = "" if not self.path or self.path.startswith("[") else "."
        return replace(self, path=f"{prefix}{joint}{self.path}")

    def caret(self, *, width: int = 100) -> str:
        """``text`` with a caret under ``position``, two lines; empty when there is no position.

        A long text is cut to ``width`` characters around the caret; control
        characters are shown as spaces so that the caret stays under its place.
        """
        if self.text is None or self.position is None:
            return ""
        shown = "".join(c if c.isprintable() else " " for c in self.text)
        start = max(0, min(self.position - width // 2, len(shown) - width))
        stop = start + width
        left, right = ("…" if start else ""), ("…" if stop < len(shown) else "")
        lead = len(left) + self.position - start
        marks = "^" * max(1, min(self.length, len(shown) - self.position, stop - self.position))
        return f"{left}{shown[start:stop]}{right}\n{' ' * lead}{marks}"

    @property
    def place(self) -> str:
        """``FILE:LINE:COLUMN: `` as far as it is known, for the front of a message."""
        if self.file is None:
            return ""
        parts = [self.file, *(str(part) for part in (self.line, self.column if self.line else None) if part)]
        return "".join(f"{part}:" for part in parts) + " "

    def in_one_line(self) -> str:
        """Path, message and hint, to stand in a sentence about something else."""
        where = f"{self.path}: " if self.path else ""
        return " ".join(f"{where}{self.message}{f' ({self.hint})' if self.hint else ''}".split())

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        lines = [f"{self.place}{where}{self.message}"]
        if caret := self.caret():
            lines += [f"  {line}" for line in caret.splitlines()]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class JoineryError(Exception):
    """Base of all errors that are for people. ``problems`` holds every one found, never only the first."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidQuery(JoineryError, ValueError):
    """A query or a sort that cannot be read, or whose fields and operands do not fit."""


class InvalidTemplate(JoineryError, ValueError):
    """A ``{{ }}`` template that cannot be read, or that cannot be rendered with what it was given."""


class InvalidValue(JoineryError, ValueError):
    """A value that its declared input or output type does not take."""


class InvalidManifest(JoineryError, ValueError):
    """A YAML or JSON document that cannot be read, or is not what its ``kind`` says."""


class InvalidOperation(JoineryError, ValueError):
    """An operation that cannot be resolved. ``reason`` is the condition reason that says why.

    ``partial`` is the ``Resolution`` as far as it went, where there is one (``TooFewRuns`` carries it).
    """

    def __init__(self, problems: Problem | Iterable[Problem], *, reason: str = "Invalid", partial: Any = None) -> None:
        super().__init__(problems)
        self.reason = reason
        self.partial = partial


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The names in ``known`` that look most like ``word``, best first; empty when none is near."""
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    return [folded[match] for match in get_close_matches(word.casefold()[:256], folded, n=most, cutoff=0.6)]


def did_you_mean(word: str, known: Sequence[str] | Iterable[str], *, prefix: str = "") -> str | None:
    """A hint naming the nearest known names, or None: ``did you mean `metrics`?``. ``prefix`` goes before each."""
    match [f"`{prefix}{name}`" for name in nearest(word, known)]:
        case []:
            return None
        case [only]:
            return f"did you mean {only}?"
        case [*several, last]:
            return f"did you mean {', '.join(several)} or {last}?"
    return None
