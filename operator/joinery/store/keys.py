"""Integer ids for namespaces and for (namespace, scope, name), and how many values each key has.

Ids are never given anew, so what is remembered of them stays true; it is forgotten when a transaction fails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, func, select, update

from joinery.store.dialects import insert_rows
from joinery.store.kinds import KINDS
from joinery.store.scope import named
from joinery.store.tables import key, space

COUNT_COLUMNS = ("numbers", "texts", "booleans", "nans", "others", "long_texts")
_MOST_REMEMBERED = 200_000
_AT_ONCE = 400

Ids = defaultdict[str, dict[str, int]]


class Keys:
    """The writer's view of ``space`` and ``key``."""

    def __init__(self) -> None:
        self._spaces: dict[str, int] = {}
        self._keys: defaultdict[int, Ids] = defaultdict(lambda: defaultdict(dict))
        self._remembered = 0

    def forget(self) -> None:
        """After a rollback: what was remembered may not be there."""
        self._spaces.clear()
        self._keys.clear()
        self._remembered = 0

    def space_id(self, connection: Connection, name: str) -> int:
        """The id of a namespace, made where it is new."""
        found = self._spaces.get(name)
        if found is None:
            found = connection.scalar(select(space.c.id).where(space.c.name == name))
            if found is None:
                found = (connection.scalar(select(func.max(space.c.id))) or 0) + 1
                connection.execute(space.insert().values(id=found, name=name, runs=0))
            self._spaces[name] = found
        return found

    def of(self, space_id: int) -> Mapping[str, Mapping[str, int]]:
        """The ids of a namespace's keys as far as they are known: scope, name, id."""
        return self._keys[space_id]

    def learn(self, connection: Connection, wanted: Iterable[tuple[int, str, str]]) -> Mapping[int, Ids]:
        """The ids of (space, scope, name), made where they are new: by space."""
        if self._remembered > _MOST_REMEMBERED:
            self._keys.clear()
            self._remembered = 0
        names = list(dict.fromkeys(wanted))
        for start in range(0, len(names), _AT_ONCE):
            self._find(connection, names[start : start + _AT_ONCE])
        self._make(connection, [name for name in names if name[2] not in self._keys[name[0]][name[1]]])
        self._remembered += len(names)
        return self._keys

    def _find(self, connection: Connection, names: list[tuple[int, str, str]]) -> None:
        for space_id in {name[0] for name in names}:
            mine = named(space_id, [name[1:] for name in names if name[0] == space_id])
            wanted = select(key.c.space, key.c.scope, key.c.name, key.c.id).where(mine)
            for row in connection.execute(wanted):
                self._keys[row[0]][row[1]][row[2]] = row[3]

    def _make(self, connection: Connection, names: list[tuple[int, str, str]]) -> None:
        if not names:
            return
        first = (connection.scalar(select(func.max(key.c.id))) or 0) + 1
        rows = [(first + n, *name, *([0] * len(KINDS))) for n, name in enumerate(names)]
        insert_rows(connection, key, rows)
        for n, (space_id, scope, name) in enumerate(names):
            self._keys[space_id][scope][name] = first + n


class Tally:
    """Changes to the counters, gathered over a batch and written once."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._runs: defaultdict[int, int] = defaultdict(int)

    def add_value(self, key_id: int, kind: int, count: int) -> None:
        """``count`` more (or fewer) values of a kind under a key."""
        self._values[key_id, kind] += count

    def add_run(self, space_id: int, count: int) -> None:
        """``count`` more (or fewer) searched runs of a namespace."""
        self._runs[space_id] += count

    def write(self, connection: Connection) -> None:
        """Apply the changes."""
        for kind, name in zip(KINDS, COUNT_COLUMNS, strict=True):
            column = key.c[name]
            changes = [
                {"of": key_id, "by": count}
                for (key_id, changed), count in self._values.items()
                if changed == kind and count
            ]
            if changes:
                change = update(key).where(key.c.id == bindparam("of")).values({column: column + bindparam("by")})
                connection.execute(change, changes)
        runs = [{"of": space_id, "by": count} for space_id, count in self._runs.items() if count]
        if runs:
            change = update(space).where(space.c.id == bindparam("of")).values(runs=space.c.runs + bindparam("by"))
            connection.execute(change, runs)
