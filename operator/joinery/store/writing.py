"""Runs into the tables: insert, replace and delete, with the counters, and the younger of two Runs with one uuid
kept out of searches.

Source: spec 5, *Run*: of two Runs of one namespace with the same uuid the older (``created_at``, then ``uid``)
is searched; if it goes, the other appears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from joinery.runs.collector import collector_held
from joinery.runs.record import RunRecord
from joinery.store.dialects import bindable_list, id_in, insert_rows, insert_values, is_postgresql, text_in
from joinery.store.documents import write_document
from joinery.store.indexing import Values
from joinery.store.keys import Keys, Tally
from joinery.store.reading import read_records
from joinery.store.rows import maps_of
from joinery.store.tables import damaged, run, value

Group = tuple[int, str]  # (space, uuid)
_AT_ONCE = 2_000


class Writer:
    """One transaction's worth of changes. Not for several threads."""

    def __init__(self, connection: Connection, keys: Keys, *, before_unindexing: Callable[[Connection], None]) -> None:
        self._connection = connection
        self._keys = keys
        self._before_unindexing = before_unindexing
        self._tally = Tally()

    def upsert(self, records: Iterable[RunRecord]) -> None:
        """Insert or replace, by uid; the last one of a uid counts."""
        newest = list({record.uid: record for record in records}.values())
        for start in range(0, len(newest), _AT_ONCE):
            with collector_held():
                self._upsert(newest[start : start + _AT_ONCE])

    def delete(self, uids: Iterable[str]) -> None:
        """Remove by uid."""
        listed = [uid for uid in dict.fromkeys(uids) if "\0" not in uid]
        for start in range(0, len(listed), _AT_ONCE):
            batch = listed[start : start + _AT_ONCE]
            self._settle(self._remove(batch))
            self._connection.execute(delete(damaged).where(damaged.c.uid.in_(batch)))

    def note_damaged(self, uid: str, namespace: str, name: str, message: str) -> None:
        """Remember a Run that could not be read."""
        self._connection.execute(delete(damaged).where(damaged.c.uid == uid))
        self._connection.execute(damaged.insert().values(uid=uid, namespace=namespace, name=name, message=message))

    def finish(self) -> None:
        """Write the counters: last, before the transaction ends."""
        self._tally.write(self._connection)

    def _upsert(self, records: Sequence[RunRecord]) -> None:
        uids = [record.uid for record in records]
        touched = self._remove(uids)
        if self._some_damaged():
            self._connection.execute(delete(damaged).where(text_in(self._connection, damaged.c.uid, uids)))
        groups: defaultdict[Group, list[RunRecord]] = defaultdict(list)
        for record in records:
            groups[self._keys.space_id(self._connection, record.namespace), record.uuid].append(record)
        shared = self._present(list(groups))
        shared.update(group for group, members in groups.items() if len(members) > 1)
        self._insert(records, shared)
        self._settle(touched | shared)

    def _some_damaged(self) -> bool:
        return self._connection.scalar(select(damaged.c.uid).limit(1)) is not None

    def _present(self, groups: Sequence[Group]) -> set[Group]:
        """Which of the groups already have a run."""
        found: set[Group] = set()
        for space_id in {group[0] for group in groups}:
            uuids = [uuid for of, uuid in groups if of == space_id]
            known = text_in(self._connection, run.c.uuid, uuids)
            rows = self._connection.scalars(select(run.c.uuid).where(run.c.space == space_id, known))
            found.update((space_id, uuid) for uuid in rows)
        return found

    def _insert(self, records: Sequence[RunRecord], shared: set[Group]) -> None:
        """New rows for all; values only for those that are alone with their uuid."""
        next_id = (self._connection.scalar(select(func.max(run.c.id))) or 0) + 1
        runs: list[tuple[Any, ...]] = []
        searched: list[tuple[int, int, RunRecord]] = []
        for run_id, record in enumerate(records, next_id):
            space_id = self._keys.space_id(self._connection, record.namespace)
            shadowed = (space_id, record.uuid) in shared
            runs.append(_run_row(run_id, space_id, record, shadowed=shadowed))
            if not shadowed:
                searched.append((run_id, space_id, record))
        insert_rows(self._connection, run, runs)
        self._index(searched)

    def _index(self, runs: Sequence[tuple[int, int, RunRecord]]) -> None:
        """The values of runs (id, space, record), and their counts."""
        values = Values()
        for run_id, space_id, record in runs:
            values.add(record, run_id, space_id, self._keys.of(space_id))
            self._tally.add_run(space_id, 1)
        if values.unknown:
            names = ((space_id, row[0], row[1]) for space_id, _, _, row in values.unknown)
            values.learn(self._keys.learn(self._connection, names))
        for (key_id, kind), count in values.counts().items():
            self._tally.add_value(key_id, kind, count)
        insert_values(self._connection, values)

    def _remove(self, uids: Sequence[str]) -> set[Group]:
        """Remove runs by uid; gives the (space, uuid) they leave behind."""
        found = self._connection.execute(
            select(run.c.id, run.c.space, run.c.uuid, run.c.shadowed).where(text_in(self._connection, run.c.uid, uids))
        ).all()
        if found:
            ids = [row.id for row in found]
            self._unindex([(row.id, row.space) for row in found if not row.shadowed])
            given = id_in(run.c.id, "ids", postgresql=is_postgresql(self._connection))
            self._connection.execute(delete(run).where(given), {"ids": bindable_list(self._connection, ids)})
        return {(row.space, row.uuid) for row in found}

    def _unindex(self, runs: Sequence[tuple[int, int]]) -> None:
        if not runs:
            return
        self._before_unindexing(self._connection)
        mine = id_in(value.c.run, "ids", postgresql=is_postgresql(self._connection))
        given = {"ids": bindable_list(self._connection, [run_id for run_id, _ in runs])}
        counted = select(value.c.key, value.c.kind, func.count()).where(mine).group_by(value.c.key, value.c.kind)
        for key_id, kind, count in self._connection.execute(counted, given):
            self._tally.add_value(key_id, kind, -count)
        self._connection.execute(delete(value).where(mine), given)
        for _, space_id in runs:
            self._tally.add_run(space_id, -1)

    def _settle(self, groups: Iterable[Group]) -> None:
        """Of the runs of each (space, uuid) exactly the oldest is searched."""
        for space_id, uuid in groups:
            members = self._connection.execute(
                select(run.c.id, run.c.shadowed)
                .where(run.c.space == space_id, run.c.uuid == uuid)
                .order_by(run.c.created, run.c.uid)
            ).all()
            for place, member in enumerate(members):
                if place and not member.shadowed:
                    self._unindex([(member.id, space_id)])
                    self._mark(member.id, shadowed=1)
            if members and members[0].shadowed:
                records = read_records(self._connection, run.c.id == members[0].id)
                self._index([(members[0].id, space_id, record) for record in records])
                self._mark(members[0].id, shadowed=0)

    def _mark(self, run_id: int, *, shadowed: int) -> None:
        self._connection.execute(update(run).where(run.c.id == run_id).values(shadowed=shadowed))


def _run_row(run_id: int, space_id: int, record: RunRecord, *, shadowed: bool) -> tuple[Any, ...]:
    return (
        run_id,
        space_id,
        record.uid,
        record.uuid,
        record.name,
        record.resource_version,
        record.created_at,
        maps_of(record),
        int(shadowed),
        *_searched_columns(record),
        *write_document(record),
    )


def _searched_columns(record: RunRecord) -> tuple[Any, ...]:
    """The columns of ``run`` from ``title`` to ``wait``."""
    title = None if "\0" in record.display_name else record.display_name
    folded = None if title is None else title.casefold()
    started, finished = record.started_at, record.finished_at
    return title, folded, record.updated_at, started, finished, record.duration, record.wait_time
