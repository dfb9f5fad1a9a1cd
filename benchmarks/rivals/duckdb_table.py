"""DuckDB on the same runs: one typed table in a file, with indexes, on all cores."""

from __future__ import annotations

from typing import Any

import duckdb
from columns import columns, wholes
from worker import Answer, Asked, Rival, number, serve

LOSS = '"metrics.loss"'
UNDER = f"WHERE {LOSS} < $loss ORDER BY {LOSS}, created DESC, uuid"
FEW = 'WHERE "metrics.auc" < 0.01 ORDER BY'
LAST = f"CASE WHEN isnan({LOSS}) THEN NULL ELSE {LOSS} END NULLS LAST, created DESC, uuid"
NEWEST = "ORDER BY created DESC, uuid"
WHERE = {
    "few": f'{FEW} "metrics.auc", created DESC, uuid',
    "tail": f"{FEW} {LAST}",
    "three": f"WHERE {LOSS} < $loss AND \"inputs.batch\" IN (32, 64) AND status = 'Succeeded'"
    ' ORDER BY "metrics.accuracy" DESC, created DESC, uuid',
    "or": f'WHERE {LOSS} < $loss OR "metrics.accuracy" > $accuracy ORDER BY {LAST}',
    "prefix": f"WHERE starts_with(name, 'run-00012') {NEWEST}",
    "contains": f"WHERE contains(name, '00123') {NEWEST}",
    "slash": UNDER.replace("metrics.loss", "metrics.val/loss"),
    "mixed": f'WHERE "inputs.batch" >= $batch {NEWEST}',
}
SEED = (
    UNDER + " LIMIT 5",
    'WHERE "metrics.accuracy" > $loss ORDER BY "metrics.accuracy" DESC, created DESC, uuid LIMIT 5000',
)
JOIN = f'SELECT {LOSS}, "inputs.lr", "outputs.result1", uuid FROM runs'
INDEXED = ('"metrics.loss"', '"metrics.auc"', '"metrics.accuracy"', "name")


class DuckDb(Rival):
    title = "DuckDB"
    setting = "a typed table in a DuckDB file, newest first; indexes on loss, auc, accuracy and name; all cores"
    loaded_by = "CREATE TABLE AS from an Arrow table"

    def version(self) -> str:
        return str(duckdb.__version__)

    def load(self) -> None:
        arrow = columns(self.data)  # noqa: F841 (DuckDB finds it by its name)
        with duckdb.connect(str(self.store / "runs.duckdb")) as connection:
            connection.execute("CREATE TABLE runs AS SELECT * FROM arrow")
            for place, column in enumerate(INDEXED):
                connection.execute(f"CREATE INDEX by_{place} ON runs ({column})")
            connection.execute("ANALYZE")

    def open(self) -> None:
        self.connection = duckdb.connect(str(self.store / "runs.duckdb"), read_only=True)

    def rows(self, sql: str, **bound: Any) -> Any:
        wanted = {name: value for name, value in bound.items() if f"${name}" in sql}
        return self.connection.execute(sql, wanted)

    def ask(self, asked: Asked) -> Any:
        if asked["shape"] == "seed":
            first, second = (f"SELECT * FROM runs {where}" for where in SEED)
            return [self.table(first, loss=asked["loss"]), self.table(second, loss=asked["accuracy"])]
        where = f"{WHERE.get(asked['name'], UNDER)} LIMIT $limit OFFSET $offset"
        if asked["shape"] == "whole":
            return [self.table(f"SELECT * FROM runs {where}", **asked)]
        if asked["shape"] == "join":
            found = self.rows(f"{JOIN} {where}", **asked).fetchnumpy()
            return [column.tolist() for column in found.values()]
        return self.rows(f"SELECT uuid FROM runs {where}", **asked).fetchall()

    def table(self, sql: str, **bound: Any) -> Any:
        wanted = {name: value for name, value in bound.items() if f"${name}" in sql}
        return self.connection.sql(sql, params=wanted).to_arrow_table()

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] == "page":
            return {"uuids": [uuid for (uuid,) in found]}
        if asked["shape"] == "join":
            losses, rates, results, uuids = found
            return {"uuids": uuids, "values": {"losses": losses, "rates": rates, "results": results, "uuids": uuids}}
        uuids = [uuid for table in found for uuid in table["uuid"].to_pylist()]
        inputs, outputs = (_mappings(found[-1], part) for part in ("inputs", "outputs"))
        if asked["shape"] == "whole":
            return {"uuids": uuids, "values": {"inputs": inputs, "outputs": outputs}}
        paths = ("inputs.lr", "outputs.result1", "outputs.checkpoint")
        firsts = {
            f"all_{name}": found[0][path].to_pylist()
            for name, path in zip(("param1", "result1", "result2"), paths, strict=True)
        }
        return {"uuids": uuids, "values": {**firsts, "all_inputs": inputs, "all_outputs": outputs}}


def _mappings(table: Any, part: str) -> list[dict[str, Any]]:
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return [{name: number(value) for name, value in row.items()} for row in wholes(table.column_names, rows, part)]


if __name__ == "__main__":
    serve(DuckDb())
