"""Value expressions: what a join param asks of each matched run. Source: spec 1, *Value expressions*.

``inputs.lr`` and ``{{ inputs.lr }}`` are the same path. Between braces, what is no path is an expression,
evaluated once for each run; text around braces makes a text for each run. A mapping is the artifacts form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from joinery.joins.entries import ArtifactsForm, parse_artifacts_form
from joinery.pql.ast import Stat
from joinery.problems import InvalidTemplate, InvalidValue, Problem, did_you_mean, nearest
from joinery.templates import Expression
from joinery.templates.expression import read_expression
from joinery.templates.scan import Piece, split

Root: TypeAlias = Literal["inputs", "outputs", "metrics", "artifacts", "io", "globals"]
ROOTS: tuple[Root, ...] = ("inputs", "outputs", "metrics", "artifacts", "io", "globals")
STATS: tuple[Stat, ...] = ("last", "min", "max", "step")
RUN_GLOBALS = (
    "uuid", "name", "namespace", "status", "condition", "owner_name", "project_name", "project_unique_name",
    "run_info", "kind", "created_at", "started_at", "finished_at", "schedule_at", "duration", "tags", "labels",
    "cloning_kind", "artifacts_path", "run_artifacts_path", "run_outputs_path", "context_path",
)  # fmt: skip
FORMS = (
    "`inputs`, `inputs.KEY`, `outputs`, `outputs.KEY`, `metrics`, `metrics.KEY`, `metrics.KEY[min]`, `artifacts`, "
    "`artifacts.NAME`, `io`, `globals.NAME`, `{{ an expression of these }}`, or a mapping with `files` and `dirs`"
)
_BRACED_KEY = re.compile(r"[\w./@#:-]+")  # between braces other characters make it an expression
_BARE_KEY = re.compile(r"[\w./@#+%:~-]+")
_STAT = re.compile(r"(?P<key>.*)\[(?P<stat>\w*)\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RunPath:
    """One place of a run: a root, and a key below it. ``stat`` is set for ``metrics.KEY`` alone."""

    root: Root
    key: str | None = None
    stat: Stat | None = None

    def __str__(self) -> str:
        text = self.root if self.key is None else f"{self.root}.{self.key}"
        return text if self.stat in (None, "last") else f"{text}[{self.stat}]"


@dataclass(frozen=True, slots=True)
class PerRun:
    """Texts, paths and expressions in a row, evaluated for each run; a single part keeps its type."""

    parts: tuple[str | RunPath | Expression, ...]
    text: str

    @property
    def names(self) -> frozenset[str]:
        """The root names that it needs, of the run and of the operation."""
        found: set[str] = set()
        for part in self.parts:
            match part:
                case RunPath(root=root):
                    found.add(root)
                case Expression():
                    found |= part.names
        return frozenset(found)

    def place_of(self, part: Expression) -> tuple[str, int]:
        """The text as it is written, and where in it the expression stands: for the caret."""
        at = self.text.find("{{" + part.text)
        return (part.text, 0) if at < 0 else (self.text, at + 2)


ValueExpression: TypeAlias = RunPath | PerRun | ArtifactsForm


def parse_value(value: Any, *, max_entries: int = 256) -> ValueExpression:
    """The expression that ``value`` (of a join param, or of a param with ``ref``) writes.

    Raises InvalidValue or InvalidTemplate with every problem; paths in them are relative to the value.
    """
    if isinstance(value, Mapping):
        return parse_artifacts_form(value, parse_value_text, max_entries=max_entries)
    if isinstance(value, str):
        return parse_value_text(value)
    kind = "null" if value is None else "a list" if isinstance(value, list | tuple) else f"the value {value!r:.80}"
    raise _refusal(f"{kind} is no value expression", hint=f"allowed are {FORMS}")


def parse_value_text(text: str) -> RunPath | PerRun:
    """A path, or a text with expressions in braces."""
    if "{{" not in text:
        return parse_path(text.strip())
    parts: list[str | RunPath | Expression] = []
    problems: list[Problem] = []
    for piece in split(text):
        if not piece.is_expression:
            parts.append(piece.text)
            continue
        try:
            parts.append(braced_path(piece.text.strip()) or _expression(piece, text))
        except (InvalidTemplate, InvalidValue) as error:
            problems += error.problems
    if problems:
        raise InvalidTemplate(problems)
    if len(parts) == 1 and isinstance(parts[0], RunPath):
        return parts[0]
    return PerRun(tuple(parts), text)


def _expression(piece: Piece, whole: str) -> Expression:
    """An expression over a run. A name of ``globals`` that no run has would be null for each of them: refused here."""
    for found in re.finditer(r"\bglobals\.(\w+)", piece.text):
        _global(found[1], found[0])
    return read_expression(piece.text, whole=whole, offset=piece.start)


def braced_path(text: str) -> RunPath | None:
    """The path that the text between braces is, or None when it is an expression. A name of ``globals``
    that no run has is refused either way."""
    root, dot, key = text.partition(".")
    if root not in ROOTS:
        return None
    if not dot:
        return parse_path(root)
    found = _STAT.fullmatch(key) if root == "metrics" else None
    bare = found["key"] if found else key
    if not _BRACED_KEY.fullmatch(bare) or (found and found["stat"] not in STATS):
        return None
    if root == "globals" and not re.fullmatch(r"\w+", bare):
        return None
    return None if root == "io" else parse_path(text)


def parse_path(text: str) -> RunPath:
    """A path of the table of spec 1. Raises InvalidValue naming the allowed forms, or the nearest name."""
    root, dot, key = text.partition(".")
    match root:
        case "globals":
            return _global(key, text)
        case "io" if not dot:
            return RunPath("io")
        case "inputs" | "outputs" | "metrics" | "artifacts":
            if not dot:
                return RunPath(root)
            return _metric(key, text) if root == "metrics" else RunPath(root, _key(key, text))
    near = nearest(root, ROOTS, most=1) if dot or len(root) > 2 else []
    meant = f"did you mean `{near[0]}{dot}{key[:80]}`? " if near else ""
    hint = f"{meant}{'Allowed are' if near else 'allowed are'} {FORMS}"
    raise _refusal(f"`{text[:80]}` is no value expression", hint=hint)


def _global(key: str, text: str) -> RunPath:
    if key in RUN_GLOBALS:
        return RunPath("globals", key)
    near = did_you_mean(key, RUN_GLOBALS)
    there = "a run has " + ", ".join(f"`globals.{name}`" for name in RUN_GLOBALS)
    raise _refusal(
        f"`{text[:80]}` is not known of a run", hint=f"{near} {there}" if near else there, rule="unknown-global"
    )


def _metric(key: str, text: str) -> RunPath:
    found = _STAT.fullmatch(key)
    if found is None:
        return RunPath("metrics", _key(key, text), "last")
    for stat in STATS:
        if found["stat"] == stat:
            return RunPath("metrics", _key(found["key"], text), stat)
    raise _refusal(
        f"`[{found['stat'][:40]}]` in `{text[:80]}` is not known of a metric",
        hint=did_you_mean(found["stat"], STATS) or "write [last], [min], [max] or [step]",
    )


def _key(key: str, text: str) -> str:
    if _BARE_KEY.fullmatch(key):
        return key
    root = text.partition(".")[0]
    hint = f"to compute with it, or for a key with other characters, write `{{{{ {root}['KEY'] }}}}`"
    raise _refusal(f"`{text[:80]}` is no path of a run", hint=hint if key else f"write `{root}` or `{root}.KEY`")


def _refusal(message: str, *, hint: str | None, rule: str = "value-expression") -> InvalidValue:
    return InvalidValue(Problem(message=message, hint=hint, rule=rule))
