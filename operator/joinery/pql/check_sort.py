"""Sorts, typed: fields that have one value per run, none of them twice. Source: spec 2, *Sort*."""

from __future__ import annotations

from joinery.pql.ast import CheckedKey, CheckedSort, FieldName, FieldPath, Sort, TemplateToken
from joinery.pql.format import format_field, format_sort
from joinery.pql.report import Report, Stop
from joinery.pql.resolve import resolve_field
from joinery.pql.sorts import read_sort
from joinery.problems import InvalidQuery, Problem


def check_sort(sort: Sort | str) -> CheckedSort:
    """The sort with its aliases resolved. Raises :class:`InvalidQuery` with all problems, the syntax first."""
    syntax: list[Problem] = []
    if isinstance(sort, str):
        sort, report = read_sort(sort)
        syntax = report.problems
    keys, problems = _read(sort, open_templates=bool(syntax))
    if syntax or problems:
        raise InvalidQuery([*syntax, *problems])
    return CheckedSort(keys, format_sort(sort))


def sort_problems(sort: Sort) -> tuple[Problem, ...]:
    """What is wrong with a sort whose templates are not bound yet."""
    return tuple(_read(sort, open_templates=True)[1])


def _read(sort: Sort, *, open_templates: bool) -> tuple[tuple[CheckedKey, ...], list[Problem]]:
    report = Report(sort.text or format_sort(sort))
    keys: list[CheckedKey] = []
    seen: set[FieldPath] = set()
    for key in sort.keys:
        try:
            path = _resolve(key.field, report, open_templates=open_templates)
            if path is None:
                continue
            if path in seen:
                report.add(f"`{format_field(key.field)}` is a sort key already", key.field.span, rule="sort-repeated")
        except Stop:
            break
        seen.add(path)
        keys.append(CheckedKey(path, key.descending))
    return tuple(keys), report.problems


def _resolve(name: FieldName, report: Report, *, open_templates: bool) -> FieldPath | None:
    if name.spliced or isinstance(name.key, TemplateToken):
        if not open_templates:
            report.add("this template has no value here", name.span, rule="query-template")
        elif not name.spliced:
            resolve_field(name, report)
        return None
    resolved = resolve_field(name, report)
    if resolved is None:
        return None
    field, path = resolved
    if field.many:
        report.add(
            f"`{format_field(name)}` has several values in one run, so runs cannot be sorted by it",
            name.span,
            rule="sort-field",
        )
        return None
    if path.key is None and field.whole:
        report.add(
            f"runs cannot be sorted by all `{format_field(name)}` at once",
            name.span,
            rule="sort-field",
            hint=f"name one: `{format_field(name)}.loss`",
        )
        return None
    return path
