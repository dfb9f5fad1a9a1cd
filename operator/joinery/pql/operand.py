"""Operands as written: where one ends, and which of the five forms it has. Source: spec 2, *Operands*.

``[~] ( nil | <v =<v <=v >v >=v =>v | A..B | v|v|… | %v v% %v% | v )``. Which forms a field
takes is for ``check`` to say, not for the grammar.
"""

from __future__ import annotations

from dataclasses import dataclass

from joinery.pql.ast import (
    CompareOperand,
    Comparison,
    NilOperand,
    Operand,
    Part,
    PatternOperand,
    RangeOperand,
    Raw,
    Span,
    TemplateToken,
    ValuesOperand,
)
from joinery.pql.report import Report
from joinery.pql.scan import Quoted, key_end, name_end, scan_quoted, scan_template, skip_space

COMPARISONS: tuple[tuple[str, Comparison], ...] = (
    ("<=", "<="),
    ("=<", "<="),
    (">=", ">="),
    ("=>", ">="),
    ("<", "<"),
    (">", ">"),
)
_ENDS = frozenset(",()")
_OPERATORS = frozenset("~<>=%")


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of bare text; ``start`` is where it begins."""

    text: str
    start: int


Piece = Text | TemplateToken | Quoted


def scan_operand(text: str, at: int, report: Report) -> tuple[Operand | None, bool, int]:
    """The operand at ``at`` (space skipped): it, whether ``~`` stands before it, and where it ends.

    None when it could not be read; the report says why.
    """
    alternatives, stop = _scan_pieces(text, at, report)
    negated = False
    if alternatives[0] and isinstance(head := alternatives[0][0], Text) and head.text.lstrip().startswith("~"):
        negated = True
        behind = head.start + head.text.index("~") + 1
        alternatives[0][0] = Text(head.text[behind - head.start :], behind)
    where = Span(at, max(at + 1, stop))
    if len(alternatives) > 1:
        return _read_alternatives(alternatives, where, report), negated, stop
    return _read_single(_trim(alternatives[0]), where, report), negated, stop


def _scan_pieces(text: str, at: int, report: Report) -> tuple[list[list[Piece]], int]:
    """The alternatives of an operand, each as pieces in a row, and where the operand ends."""
    alternatives: list[list[Piece]] = [[]]
    start = literal = at
    fresh = True  # only operators and space since the value could begin: a quote here opens a text

    def flush(stop: int) -> None:
        if literal < stop:
            alternatives[-1].append(Text(text[literal:stop], literal))

    while at < len(text):
        char = text[at]
        if char in _ENDS:
            break
        if char.isspace():
            after = skip_space(text, at)
            if after >= len(text) or (at > start and (_is_keyword(text, after) or is_pipe_or(text, after))):
                break
            at = after
        elif char == "{" and text.startswith("{{", at):
            flush(at)
            token, at = scan_template(text, at, report)
            alternatives[-1].append(token)
            literal, fresh = at, False
        elif char == '"' and fresh:
            flush(at)
            quoted, at = scan_quoted(text, at, report)
            alternatives[-1].append(quoted)
            literal, fresh = at, False
        elif char == "|":
            flush(at)
            alternatives.append([])
            at += 1
            literal, fresh = at, True
        else:
            fresh = (fresh and char in _OPERATORS) or (char == "." and text[at - 1] == "." and at > literal)
            at += 1
    flush(at)
    return alternatives, at


def _is_keyword(text: str, at: int) -> bool:
    """Whether ``and`` or ``or`` stands at ``at``, with space or a parenthesis (or the end) behind it."""
    for word in ("and", "or"):
        stop = at + len(word)
        if text[at:stop].lower() == word and (stop >= len(text) or text[stop].isspace() or text[stop] in "()"):
            return True
    return False


def is_pipe_or(text: str, at: int) -> bool:
    """Whether the ``|`` at ``at``, with space before it, means OR: a ``(``, or a field and its colon, follows."""
    if not text.startswith("|", at):
        return False
    after = skip_space(text, at + 1)
    if text.startswith("(", after):
        return True
    end = name_end(text, after)
    if after == at + 1 or end == after:
        return False
    if text.startswith(".", end):
        end += 1
        end = _closing_quote(text, end) if text.startswith('"', end) else key_end(text, end)
        if text.startswith("[", end):
            end = name_end(text, end + 1) + 1
    return text.startswith(":", end)


def _closing_quote(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _trim(pieces: list[Piece]) -> list[Piece]:
    """The pieces without the space at both ends; a piece of nothing but space is dropped there."""
    kept = list(pieces)
    while kept and isinstance(first := kept[0], Text):
        shorter = first.text.lstrip()
        if shorter:
            kept[0] = Text(shorter, first.start + len(first.text) - len(shorter))
            break
        kept.pop(0)
    while kept and isinstance(last := kept[-1], Text):
        shorter = last.text.rstrip()
        if shorter:
            kept[-1] = Text(shorter, last.start)
            break
        kept.pop()
    return kept


def _read_alternatives(alternatives: list[list[Piece]], where: Span, report: Report) -> Operand | None:
    """``v|v|…``. Blank ones are left out, as Polyaxon does; fewer than two are an error."""
    values: list[Raw] = []
    or_nil, count = False, 0
    for pieces in map(_trim, alternatives):
        if not pieces:
            continue
        count += 1
        if _bare(pieces) == "nil":
            or_nil = True
        elif (raw := _raw(pieces, report)) is not None:
            values.append(raw)
    if count < 2:
        report.add(
            "`|` stands between two values",
            where,
            rule="query-alternatives",
            hint="write both, as in `a|b`; a value that holds `|` goes in double quotes",
        )
        return None
    return ValuesOperand(tuple(values), or_nil) if values else NilOperand()


def _read_single(pieces: list[Piece], where: Span, report: Report) -> Operand | None:
    if not pieces:
        report.add("a value is missing here", where, rule="missing-value", hint='for the empty text write `""`')
        return None
    if _bare(pieces) == "nil":
        return NilOperand()
    if isinstance(head := pieces[0], Text):
        for sign, op in COMPARISONS:
            if head.text.startswith(sign):
                rest = _trim([Text(head.text[len(sign) :], head.start + len(sign)), *pieces[1:]])
                if not rest:
                    report.add(f"a value is missing after `{sign}`", where, rule="missing-value")
                    return None
                value = _raw(rest, report)
                return None if value is None else CompareOperand(op, value)
    return _read_range(pieces, report) or _read_pattern(pieces, report) or _read_plain(pieces, report)


def _read_plain(pieces: list[Piece], report: Report) -> Operand | None:
    raw = _raw(pieces, report)
    return None if raw is None else ValuesOperand((raw,))


def _read_range(pieces: list[Piece], report: Report) -> Operand | None:
    """``A..B``, when there is exactly one ``..`` and something on both sides of it."""
    places = [(i, p) for i, p in enumerate(pieces) if isinstance(p, Text) and ".." in p.text]
    if len(places) != 1:
        return None
    index, piece = places[0]
    before, _, after = piece.text.partition("..")
    if ".." in after or after.startswith(".") or before.endswith("."):
        return None
    low = [*pieces[:index], Text(before, piece.start)]
    high = [Text(after, piece.start + len(before) + 2), *pieces[index + 1 :]]
    if not _trim(low) or not _trim(high):
        return None
    left, right = _raw(low, report), _raw(high, report)
    return None if left is None or right is None else RangeOperand(left, right)


def _read_pattern(pieces: list[Piece], report: Report) -> Operand | None:
    """``%v``, ``v%``, ``%v%``: no other bare ``%`` in it, or it is no pattern."""
    head, tail = pieces[0], pieces[-1]
    starts = isinstance(head, Text) and head.text.startswith("%")
    ends = isinstance(tail, Text) and tail.text.endswith("%") and (len(pieces) > 1 or len(tail.text) > 1)
    if not starts and not ends:
        return None
    inner = list(pieces)
    if starts and isinstance(head, Text):
        inner[0] = Text(head.text[1:], head.start + 1)
    if ends and isinstance(last := inner[-1], Text):
        inner[-1] = Text(last.text[:-1], last.start)
    if not _trim(inner) or any(isinstance(piece, Text) and "%" in piece.text for piece in inner):
        return None
    value = _raw(inner, report)
    if value is None:
        return None
    return PatternOperand("contains" if starts and ends else "suffix" if starts else "prefix", value)


def _bare(pieces: list[Piece]) -> str | None:
    """The text, when the pieces are bare text and nothing else."""
    return pieces[0].text if len(pieces) == 1 and isinstance(pieces[0], Text) else None


def _raw(pieces: list[Piece], report: Report) -> Raw | None:
    """One value. A text in quotes stands alone, with nothing but space beside it."""
    quoted = [piece for piece in pieces if isinstance(piece, Quoted)]
    if quoted:
        if len(_trim(pieces)) > 1:
            report.add(
                "a value in double quotes stands alone: there is text beside it",
                quoted[0].span,
                rule="query-quotes",
                hint='put the whole value in the quotes, and write a quote in it as `\\"`; '
                "two clauses need a comma between them",
            )
            return None
        return Raw(quoted[0].parts, quoted=True, span=quoted[0].span)
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, TemplateToken):
            parts.append(piece)
        elif isinstance(piece, Text) and piece.text:
            parts.append(piece.text)
    return Raw(tuple(parts), span=_span_of(_trim(pieces)))


def _span_of(pieces: list[Piece]) -> Span:
    def start(piece: Piece) -> int:
        return piece.start if isinstance(piece, Text) else piece.span.start

    def stop(piece: Piece) -> int:
        return piece.start + len(piece.text) if isinstance(piece, Text) else piece.span.stop

    return Span(start(pieces[0]), stop(pieces[-1]))
