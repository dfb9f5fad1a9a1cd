"""The two trees of a query: as written (``parse_query``), and typed (``check``).

The written tree keeps spans and templates; the typed tree is what the store
compiles and explain evaluates. ``parse(format(tree)) == tree`` (spans take no part in it). Source: spec 2.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Stat: TypeAlias = Literal["last", "min", "max", "step"]
Comparison: TypeAlias = Literal["<", "<=", ">", ">="]
PatternKind: TypeAlias = Literal["prefix", "suffix", "contains"]  # v%  %v  %v%
Scalar: TypeAlias = "str | int | float | bool"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` (from 0) up to, not including, ``stop`` of the query's text."""

    start: int
    stop: int


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class TemplateToken:
    """``{{ expression }}``, unread: ``expression`` is the text between the braces, stripped."""

    expression: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a template gave: a JSON value, held as data. Nothing in it is ever read as syntax."""

    value: Any


Part: TypeAlias = str | TemplateToken | Bound


@dataclass(frozen=True, slots=True)
class Raw:
    """One value as written. ``quoted``: it stood in double quotes (already unescaped). The ends of a range and of a
    pattern keep the space around them: the text can be told again where it is no range or pattern after all."""

    parts: tuple[Part, ...]
    quoted: bool = False
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FieldName:
    """``NAME[.KEY[[STAT]]]`` as written; KEY may be a template. Aliases are resolved by ``check``.

    ``spliced``: templates stand elsewhere in it (``{{ field }}: 1``, ``metrics.val_{{ x }}: 1``), so that it is
    parsed after rendering; ``name`` is empty then, and nothing else is set.
    """

    name: str
    key: str | TemplateToken | None = None
    stat: str | None = None
    spliced: tuple[str | TemplateToken, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class NilOperand:
    """``nil``; ``nil|nil`` is the same."""


@dataclass(frozen=True, slots=True)
class CompareOperand:
    """``<v <=v =<v >v >=v =>v``; ``op`` is normalised (``=<`` is ``<=``)."""

    op: Comparison
    value: Raw


@dataclass(frozen=True, slots=True)
class RangeOperand:
    """``A..B``."""

    low: Raw
    high: Raw


@dataclass(frozen=True, slots=True)
class PatternOperand:
    """``%v v% %v%``."""

    kind: PatternKind
    value: Raw


@dataclass(frozen=True, slots=True)
class ValuesOperand:
    """``v`` or ``v|v|…``; ``or_nil`` where one alternative is ``nil``."""

    values: tuple[Raw, ...]
    or_nil: bool = False


Operand: TypeAlias = NilOperand | CompareOperand | RangeOperand | PatternOperand | ValuesOperand


@dataclass(frozen=True, slots=True)
class Clause:
    """``field: [~]operand``."""

    field: FieldName
    operand: Operand
    negated: bool = False
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AndNode:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OrNode:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NotNode:
    """``~( … )`` or ``not ( … )``: the plain complement."""

    item: Node


@dataclass(frozen=True, slots=True)
class SplicedNode:
    """A template that stands where syntax is expected (or is the whole query): parsed after rendering."""

    template: TemplateToken


Node: TypeAlias = AndNode | OrNode | NotNode | Clause | SplicedNode


@dataclass(frozen=True, slots=True)
class Query:
    """A query as written. ``root`` None is the empty query: every run in scope."""

    root: Node | None
    text: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class SortKey:
    field: FieldName
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    keys: tuple[SortKey, ...]
    text: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field after aliases. ``name`` is canonical (``inputs``, ``metrics``, ``status``, ``project``,
    ``artifacts.name``, ``pipeline.name`` …), ``key`` the rest for keyed fields (``loss``, ``a.b/c``).
    ``stat`` is None except for metrics, where it is always set (``last`` by default).
    """

    name: str
    key: str | None = None
    stat: Stat | None = None

    def __str__(self) -> str:
        text = self.name if self.key is None else f"{self.name}.{self.key}"
        return text if self.stat in (None, "last") else f"{text}[{self.stat}]"


@dataclass(frozen=True, slots=True)
class IsNil:
    """The field is absent or null. (NaN, mappings and lists are present.)"""


@dataclass(frozen=True, slots=True)
class Compare:
    """Numbers with numbers, texts with texts (code points); another type never matches. Datetimes are
    microseconds since 1970 (int), quantities and durations plain numbers."""

    op: Comparison
    value: int | float | str


@dataclass(frozen=True, slots=True)
class Between:
    """Numbers from ``low`` to ``high``, both included."""

    low: int | float
    high: int | float


@dataclass(frozen=True, slots=True)
class Within:
    """Instants from ``start`` up to, not including, ``stop`` (microseconds)."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """Equal to one of ``values``, by type and value; or absent or null, if ``or_nil``.

    For folded fields (status, kind, runtime) the values are folded already: lower case without ``_`` and ``-``.
    For tags and artifacts: any one of the run's entries. Empty ``values`` match nothing.
    """

    values: tuple[Scalar, ...]
    or_nil: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """Text with ``text`` as prefix, suffix or inside, after ``str.casefold`` of both (``text`` is folded already)."""

    kind: PatternKind
    text: str


Test: TypeAlias = IsNil | Compare | Between | Within | OneOf | Like


@dataclass(frozen=True, slots=True)
class Predicate:
    """One clause, typed. ``negated`` is the plain complement (``~`` of a comparison is already flipped, so a
    Compare is never negated). ``source`` is the clause as it reads after rendering, for explain and the record."""

    field: FieldPath
    test: Test
    negated: bool = False
    source: str = dataclasses.field(default="", compare=False)
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """True when every item is."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    """True when at least one item is."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Complement:
    """True when ``item`` is false."""

    item: Condition


Condition: TypeAlias = Predicate | All | Any_ | Complement


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query ready to search with. ``root`` None matches every run. ``text`` is the rendered query (bound
    values as JSON), which the record keeps. ``warnings`` were found in the text alone (a forgotten comma)."""

    root: Condition | None
    text: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedKey:
    field: FieldPath
    descending: bool = False


@dataclass(frozen=True, slots=True)
class CheckedSort:
    """Sort keys in order; the tie-breakers (newest first, then uuid) are not among them."""

    keys: tuple[CheckedKey, ...] = ()
    text: str = ""


EVERY_RUN = CheckedQuery(None)
NEWEST_FIRST = CheckedSort()
