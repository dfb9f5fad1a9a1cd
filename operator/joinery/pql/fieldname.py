"""``NAME [ "." KEY [ "[" STAT "]" ] ]``, in queries and in sorts. Source: spec 2, *Grammar*."""

from __future__ import annotations

from joinery.pql.ast import FieldName, Span, TemplateToken
from joinery.pql.report import Report
from joinery.pql.scan import (
    STATS,
    is_key_char,
    key_end,
    name_end,
    scan_quoted,
    scan_template,
)
from joinery.problems import did_you_mean

_HEAD_MARKS = frozenset("[]")


def scan_field(text: str, at: int, report: Report) -> tuple[FieldName, int]:
    """The field that begins at ``at``, where a NAME or a template stands, and where it ends."""
    start, end = at, name_end(text, at)
    name = text[start:end]
    if not name or text.startswith("{{", end):
        return _scan_spliced(text, start, report)
    if not text.startswith(".", end):
        if text.startswith("[", end):
            _, stop = _scan_stat(text, end, report)
            report.add(
                f"`{name}` needs a key before `[`", Span(start, stop), hint=f"name the one you mean: `{name}.loss[min]`"
            )
            return FieldName(name, span=Span(start, stop)), stop
        return FieldName(name, span=Span(start, end)), end
    key: str | TemplateToken | None
    key, end = _scan_key(text, end + 1, report)
    if end < len(text) and (text.startswith("{{", end) or (isinstance(key, TemplateToken) and is_key_char(text[end]))):
        return _scan_spliced(text, start, report)
    stat = None
    if text.startswith("[", end):
        stat, end = _scan_stat(text, end, report)
    if key is None:
        report.add(f"`{name}.` needs a key after the dot", Span(start, end), hint=f"for example `{name}.loss`")
    return FieldName(name, key, stat, span=Span(start, end)), end


def _scan_key(text: str, at: int, report: Report) -> tuple[str | TemplateToken | None, int]:
    if text.startswith("{{", at):
        return scan_template(text, at, report)
    if text.startswith('"', at):
        quoted, stop = scan_quoted(text, at, report)
        if any(isinstance(part, TemplateToken) for part in quoted.parts):
            report.add("a key in quotes holds no template", quoted.span, hint="take the quotes away: `metrics.{{ x }}`")
        key = "".join(part for part in quoted.parts if isinstance(part, str))
        if not key:
            report.add("an empty key", quoted.span)
        return key, stop
    stop = key_end(text, at)
    return (text[at:stop] or None), stop


def _scan_stat(text: str, at: int, report: Report) -> tuple[str | None, int]:
    """``[STAT]``; ``at`` is where the bracket stands."""
    stop = at + 1
    while stop < len(text) and is_key_char(text[stop]):
        stop += 1
    stat = text[at + 1 : stop]
    if not text.startswith("]", stop):
        report.add("this `[` is never closed", Span(at, at + 1), hint="a statistic is written `metrics.loss[min]`")
        return None, stop
    if stat not in STATS:
        known = ", ".join(f"`[{name}]`" for name in STATS)
        report.add(
            f"`[{stat}]` is no statistic of a metric: there are {known}",
            Span(at, stop + 1),
            rule="unknown-statistic",
            hint=did_you_mean(stat, STATS),
        )
        return None, stop + 1
    return stat, stop + 1


def _scan_spliced(text: str, at: int, report: Report) -> tuple[FieldName, int]:
    """A field with templates where its syntax should be: kept in pieces, parsed after rendering."""
    parts: list[str | TemplateToken] = []
    start, literal = at, at
    while at < len(text):
        if text.startswith("{{", at):
            if literal < at:
                parts.append(text[literal:at])
            token, at = scan_template(text, at, report)
            parts.append(token)
            literal = at
        elif is_key_char(text[at]) or text[at] in _HEAD_MARKS:
            at += 1
        else:
            break
    if literal < at:
        parts.append(text[literal:at])
    return FieldName("", spliced=tuple(parts), span=Span(start, at)), at
