"""Sorts as written: a comma list of fields, each with an optional ``-``. Source: spec 2, *Sort*."""

from __future__ import annotations

from joinery.pql.ast import Sort, SortKey, Span
from joinery.pql.fieldname import scan_field
from joinery.pql.limits import MAX_SORT_KEYS
from joinery.pql.report import Report, Stop, refuse_long
from joinery.pql.scan import is_name_start, skip_space


def parse_sort(text: str) -> Sort:
    """The sort as written; ``""`` has no keys, which is newest first.

    Raises :class:`InvalidQuery` with every mistake of the syntax.
    """
    sort, report = read_sort(text)
    report.raise_any()
    return sort


def read_sort(text: str) -> tuple[Sort, Report]:
    """As :func:`parse_sort`, but gives the keys that could be read and the report of what could not."""
    refuse_long(text, what="sort")
    report = Report(text)
    keys: list[SortKey] = []
    if text:
        try:
            _read_keys(text, keys, report)
        except Stop:
            return Sort(tuple(keys), text), report
    return Sort(tuple(keys), text), report


def _read_keys(text: str, keys: list[SortKey], report: Report) -> None:
    at = 0
    while True:
        at = skip_space(text, at)
        if at >= len(text) or text[at] == ",":
            report.add(
                "an empty element in the sort",
                Span(at, at + 1),
                rule="sort-empty",
                hint="elements stand between commas: `-metrics.loss, created_at`",
            )
        else:
            at = _read_key(text, at, keys, report)
        if at >= len(text):
            return
        at += 1
        if len(keys) > MAX_SORT_KEYS:
            report.fatal(f"more than {MAX_SORT_KEYS} sort keys", Span(at - 1, at), rule="sort-too-long")


def _read_key(text: str, at: int, keys: list[SortKey], report: Report) -> int:
    """Reads one element; gives where the comma behind it stands, or the end."""
    start = at
    while text.startswith("-", at):
        at += 1
    dashes = at - start
    if dashes > 1:
        report.add("one `-` is enough for a descending key", Span(start, at), rule="sort-dashes")
    elif text.startswith("+", at):
        report.add("a key without a sign is ascending", Span(at, at + 1), rule="sort-dashes", hint="take the `+` away")
        at += 1
    at = skip_space(text, at)
    if at >= len(text) or not (is_name_start(text[at]) or text.startswith("{{", at)):
        report.add(
            "a field is missing here", Span(at, at + 1), rule="missing-field", hint="for example `-metrics.loss`"
        )
        return _skip(text, at)
    name, at = scan_field(text, at, report)
    at = skip_space(text, at)
    if at < len(text) and text[at] != ",":
        report.add(
            "a comma or the end of the sort is missing here",
            Span(at, at + 1),
            rule="sort-syntax",
            hint="descending is a `-` before the field: `-metrics.loss`",
        )
        return _skip(text, at)
    keys.append(SortKey(name, dashes > 0))
    return at


def _skip(text: str, at: int) -> int:
    comma = text.find(",", at)
    return len(text) if comma < 0 else comma
