"""Whole records, and the parts that a projection asks for, out of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from joinery.runs.record import RunRecord
from joinery.store.dialects import bindable_list, id_in
from joinery.store.documents import PART_COLUMNS, Parts, read_documents
from joinery.store.prepared import Prepared
from joinery.store.tables import run, space

_COLUMN_OF_PART = {"globals": "rest"}


def read_records(connection: Connection, condition: ColumnElement[bool]) -> list[RunRecord]:
    """Whole records of the runs that a condition on ``run`` is true of, searched or shadowed, oldest first."""
    found = connection.execute(
        select(
            run.c.id, run.c.uid, run.c.uuid, run.c.name, run.c.version, run.c.created, space.c.name.label("namespace")
        )
        .join_from(run, space, space.c.id == run.c.space)
        .where(condition)
        .order_by(run.c.created, run.c.uid)
    ).all()
    parts = read_parts(connection, [row.id for row in found], PART_COLUMNS)
    return read_documents(
        [(row.uid, row.uuid, row.namespace, row.name, row.version, row.created) for row in found], parts
    )


def columns_of(parts: frozenset[str]) -> tuple[str, ...]:
    """The columns of ``run`` that hold the parts of a request. Outputs and metrics overlay each other, so that
    either needs both."""
    wanted = {_COLUMN_OF_PART.get(part, part) for part in parts}
    if wanted & {"outputs", "metrics"}:
        wanted |= {"outputs", "metrics"}
    return tuple(name for name in PART_COLUMNS if name in wanted)


def read_parts(connection: Connection, ids: Sequence[int], columns: Sequence[str]) -> Parts:
    """The JSON of some columns of ``run``, of runs by id, in the order of the ids."""
    if not ids or not columns:
        return {}
    rows = _PARTS.rows(connection, {"ids": bindable_list(connection, ids)}, tuple(columns))
    by_id = {row[0]: row for row in rows}
    return dict(zip(columns, list(zip(*[by_id[run_id] for run_id in ids], strict=True))[1:], strict=True))


def _parts(postgresql: bool, columns: tuple[str, ...]) -> Select[Any]:
    return select(run.c.id, *(run.c[name] for name in columns)).where(id_in(run.c.id, "ids", postgresql=postgresql))


_PARTS = Prepared(_parts)
