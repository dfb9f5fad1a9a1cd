"""Columns: one value of each run by field name (``metrics.loss``, ``inputs.lr``, ``tags``), and the way it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joinery.pql.ast import FieldPath
from joinery.problems import InvalidQuery, Problem
from joinery.runs import format_time
from joinery.runs.lookup import ABSENT, value_of
from joinery.runs.record import Metric, RunRecord

TIMES = frozenset(("created_at", "updated_at", "started_at", "finished_at", "schedule_at"))
MOST = 64


@dataclass(frozen=True, slots=True)
class Column:
    """``name`` as the person wrote it; ``field`` a checked field of spec 2."""

    name: str
    field: FieldPath

    def of(self, record: RunRecord) -> Any:
        """JSON value; None where the run has none. Times are ISO 8601 texts."""
        return field_value(record, self.field)


def parse_columns(text: str) -> tuple[Column, ...]:
    """``metrics.loss,inputs.lr``: any fields of the query language, by commas. Raises InvalidQuery."""
    from joinery.pql import check_query, format_sort, parse_sort
    from joinery.pql.ast import Predicate, Sort

    if not text.strip():
        return ()
    keys = parse_sort(text).keys
    problems = []
    columns = []
    if len(keys) > MOST:
        raise InvalidQuery(Problem(message=f"at most {MOST} columns are shown", path="columns", rule="too-many"))
    for key in keys:
        name = format_sort(Sort((key,)))
        if key.descending:
            problems.append(
                Problem(message=f"`{name}` is no field: columns take no `-`", path="columns", rule="columns")
            )
            continue
        try:
            # `~nil` is an operand that every field takes, so that this asks for the field alone.
            match check_query(f"{name}: ~nil", now=0).root:
                case Predicate(field=field):
                    columns.append(Column(name, field))
        except InvalidQuery as error:
            problems += [
                Problem(message=found.message, path="columns", rule=found.rule, hint=found.hint)
                for found in error.problems
            ]
    if problems:
        raise InvalidQuery(problems)
    return tuple(columns)


def field_value(record: RunRecord, field: FieldPath) -> Any:
    """A checked field's value as JSON; None where absent."""
    value = value_of(record, field)
    return None if value is ABSENT else json_value(field, value)


def json_value(field: FieldPath, value: Any) -> Any:
    """A value as the query language sees it, as JSON: times as ISO 8601 texts, metrics by their last value."""
    return format_time(value) if field.name in TIMES and isinstance(value, int) else _json(value)


def _json(value: Any) -> Any:
    match value:
        case Metric():
            return value.last
        case tuple():
            return [_json(item) for item in value]
        case Mapping():
            return {name: _json(item) for name, item in value.items()}
    return value


def sort_key(name: str, value: Any) -> Any:
    """The value of a sort key, as JSON; ``name`` is the key as written."""
    return format_time(value) if name.lstrip("-").strip() in TIMES and isinstance(value, int) else value
