"""The store of Runs: what :class:`joinery.runs.search.RunStore` asks, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from weakref import finalize

from sqlalchemy import Connection, Engine, delete, func, inspect, select

from joinery.runs.collector import collector_held
from joinery.runs.record import RunRecord
from joinery.runs.search import SearchRequest, SearchResult, StoreCounts
from joinery.store import engines
from joinery.store.dialects import guide_planner
from joinery.store.keys import Keys
from joinery.store.reading import read_records
from joinery.store.searching import search
from joinery.store.tables import MADE_AFTER_LOAD, damaged, key, metadata, run, space, state, value, value_run
from joinery.store.writing import Writer


class SqlStore:
    """Runs in SQL tables. Reads are safe from any thread; writes wait for each other.

    A Run has at most 2,000 searched values, and each namespace has keys of its own, so that a namespace with
    very many values makes no search of another slower.
    """

    def __init__(self, database: engines.Database) -> None:
        self._database = database
        # A store that is dropped gives its connections back too: notebooks do not close what they load.
        self._close = finalize(self, database.engine.dispose)
        self._keys = Keys()
        self._indexed = True
        with database.writing() as connection:
            metadata.create_all(connection)
            guide_planner(connection)
            self._indexed = _has_index(connection)

    @classmethod
    def in_memory(cls) -> SqlStore:
        """A new, empty store in this process."""
        return cls(engines.in_memory())

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """A store in a database: ``sqlite:///FILE`` or ``postgresql+psycopg://…``. Tables are made where they lack."""
        return cls(engines.from_url(url))

    @property
    def engine(self) -> Engine:
        """The database, for measuring and for looking at plans."""
        return self._database.engine

    def close(self) -> None:
        """Give the connections back."""
        self._close()

    def clear(self) -> None:
        """Forget everything."""
        with self._database.writing() as connection:
            for table in (value, run, key, space, damaged, state):
                connection.execute(delete(table))
            self._keys.forget()

    @contextmanager
    def loading(self) -> Iterator[None]:
        """A bulk load: most indexes are made after it. Searches wait for none, but are slow until then."""
        with self._database.writing() as connection:
            if self._indexed and not connection.scalar(select(run.c.id).limit(1)):
                for index in MADE_AFTER_LOAD:
                    index.drop(connection)
                self._indexed = False
        try:
            yield
        finally:
            with self._database.writing() as connection:
                self._make_index(connection)
            self._after_load()

    def upsert(self, records: Iterable[RunRecord]) -> None:
        """Insert or replace, by ``uid``. One transaction."""
        with self._writer() as writer:
            writer.upsert(records)

    def delete(self, uids: Iterable[str]) -> None:
        """Remove by ``uid``; one that is not there is no error."""
        with self._writer() as writer:
            writer.delete(uids)

    def set_version(self, version: str) -> None:
        """Remember the newest resource version that has been applied: of a bookmark, or of the last change."""
        with self._database.writing() as connection:
            connection.execute(delete(state))
            connection.execute(state.insert().values(id=1, version=version))

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one search; the counts, the order and the runs are of one instant of the store."""
        with collector_held(), self._database.reading() as connection:
            return search(connection, request)

    def search_many(self, requests: Sequence[SearchRequest]) -> Sequence[SearchResult]:
        """Answer several searches at the same instant of the store."""
        with collector_held(), self._database.reading() as connection:
            return [search(connection, request) for request in requests]

    def get(
        self, namespace: str, *, uuid: str | None = None, name: str | None = None, uid: str | None = None
    ) -> RunRecord | None:
        """One whole Run of the namespace, by uuid, object name or uid; None if there is none.

        Of several with one uuid or name the oldest, the one that is searched.
        """
        wanted = [(run.c.uuid, uuid), (run.c.name, name), (run.c.uid, uid)]
        given = [column == text for column, text in wanted if text is not None]
        if not given or any(text is not None and "\0" in text for _, text in wanted):
            return None
        with self._database.reading() as connection:
            space_id = connection.scalar(select(space.c.id).where(space.c.name == namespace))
            found = connection.scalars(
                select(run.c.id)
                .where(run.c.space == space_id, *given)
                .order_by(run.c.shadowed, run.c.created, run.c.uid)
                .limit(1)
            ).all()
            records = read_records(connection, run.c.id == found[0]) if found else []
            return records[0] if records else None

    def damaged(self, namespace: str) -> Mapping[str, str]:
        """Runs of the namespace that could not be read: name to what is wrong with each."""
        wanted = select(damaged.c.name, damaged.c.message).where(damaged.c.namespace == namespace)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted.order_by(damaged.c.name))}

    def note_damaged(self, namespace: str, name: str, uid: str, message: str) -> None:
        """Remember a Run that could not be read, so that searches of its namespace warn of it.

        What was known of it before is no longer searched.
        """
        clean = [text.replace("\0", "\ufffd") for text in (uid or f"{namespace}/{name}", namespace, name, message)]
        with self._writer() as writer:
            writer.delete([clean[0]])
            writer.note_damaged(*clean)

    def counts(self) -> StoreCounts:
        """How much the store holds."""
        values = key.c.numbers + key.c.texts + key.c.booleans + key.c.nans + key.c.others + key.c.long_texts
        with self._database.reading() as connection:
            spaces = {row[0]: row[1] for row in connection.execute(select(space.c.name, space.c.runs))}
            return StoreCounts(
                runs=sum(spaces.values()),
                values=connection.scalar(select(func.coalesce(func.sum(values), 0))) or 0,
                damaged=connection.scalar(select(func.count()).select_from(damaged)) or 0,
                by_namespace={name: count for name, count in spaces.items() if count},
            )

    @contextmanager
    def _writer(self) -> Iterator[Writer]:
        try:
            with self._database.writing() as connection:
                writer = Writer(connection, self._keys, before_unindexing=self._make_index)
                yield writer
                writer.finish()
        except BaseException:
            self._keys.forget()
            self._indexed = True
            with self._database.reading() as connection:
                self._indexed = _has_index(connection)
            raise

    def _make_index(self, connection: Connection) -> None:
        if not self._indexed:
            for index in MADE_AFTER_LOAD:
                index.create(connection)
            guide_planner(connection)
            self._indexed = True

    def _after_load(self) -> None:
        """Let the database see what it has."""
        if self._database.engine.dialect.name == "postgresql":
            with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")


def _has_index(connection: Connection) -> bool:
    return any(index["name"] == value_run.name for index in inspect(connection).get_indexes(value.name))
