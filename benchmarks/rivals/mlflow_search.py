"""MLflow: `MlflowClient.search_runs` on its own SQL store, SQLite or PostgreSQL.

    python mlflow_search.py [--postgresql=PORT --server=PID]

Runs are put by SQL into the tables that `mlflow db upgrade` makes, as `log_batch` leaves them: metrics and latest
metrics, inputs as params (always text there), numbers of the outputs as metrics, texts as tags.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

import mlflow
from mlflow import MlflowClient
from mlflow_rows import TABLES, statement, tables
from sqlalchemy import create_engine, text
from worker import Answer, Asked, CannotAsk, Rival, children, number, option, serve

LOSS = "metrics.loss"
KINDS: dict[str, Any] = {"lr": float, "seed": int, "augment": lambda text: text == "True"}
NO_OR = "its filters are joined by AND alone"
NO_IN = "a param is compared by =, != and LIKE alone: not with one of several values, and there is no OR"
TEXTS = "an input is a param, and params are texts: they have no order of numbers"


class Mlflow(Rival):
    title = "MLflow"
    setting = "MlflowClient.search_runs on its SQLite store, in the process that asks"
    loaded_by = "SQL into the tables of `mlflow db upgrade`"
    causes: ClassVar[dict[str, str]] = {"tail": "a recorded NaN comes before a run that has no value"}

    def __init__(self, port: int, server: int) -> None:
        self.port, self.server = port, server
        if port:
            self.title, self.setting = "MLflow, PostgreSQL", self.setting.replace("SQLite", "PostgreSQL")

    def version(self) -> str:
        return str(mlflow.__version__)

    @property
    def name(self) -> str:
        return "".join(letter if letter.isalnum() else "_" for letter in self.store.name)

    def url(self, name: str = "") -> str:
        if self.port:
            return f"postgresql+psycopg2://joinery@127.0.0.1:{self.port}/{name or self.name}"
        return f"sqlite:///{self.store / 'mlflow.db'}"

    def load(self) -> None:
        if self.port:
            engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
            with engine.connect() as server:
                server.execute(text(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)'))
                server.execute(text(f'CREATE DATABASE "{self.name}"'))
        program = Path(sys.executable).parent / "mlflow"
        subprocess.run([program, "db", "upgrade", self.url()], check=True, capture_output=True)
        experiment = int(MlflowClient(self.url()).create_experiment("bench"))
        engine = create_engine(self.url())
        for rows in tables(self.data, experiment):
            raw = engine.raw_connection()
            for table in TABLES:
                self.insert(raw.driver_connection, table, rows[table])
            raw.commit()
            raw.close()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE" if self.port else "ANALYZE"))

    def insert(self, connection: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
        if not self.port:
            connection.executemany(statement(table), rows)
            return
        from psycopg2.extras import execute_values

        with connection.cursor() as cursor:
            names = ", ".join(TABLES[table])
            execute_values(cursor, f"INSERT INTO {table} ({names}) VALUES %s", rows, page_size=5_000)

    def open(self) -> None:
        self.client = MlflowClient(self.url())
        experiment = self.client.get_experiment_by_name("bench")
        assert experiment is not None
        self.experiment = experiment.experiment_id

    def search(self, wanted: str, order: str, limit: int) -> Any:
        return self.client.search_runs([self.experiment], wanted, max_results=limit, order_by=[order])

    def ask(self, asked: Asked) -> Any:
        if asked["shape"] == "seed":
            return (
                self.search(f"{LOSS} < {asked['loss']}", f"{LOSS} ASC", 5),
                self.search(f"metrics.accuracy > {asked['accuracy']}", "metrics.accuracy DESC", 5_000),
            )
        newest, last = "attributes.start_time DESC", asked["offset"] + asked["limit"]
        under = f"{LOSS} < {asked.get('loss')}"
        match asked["name"]:
            case "or":
                raise CannotAsk(NO_OR)
            case "mixed":
                raise CannotAsk(TEXTS)
            case "few":
                return self.search("metrics.auc < 0.01", "metrics.auc ASC", last)
            case "tail":
                return self.search("metrics.auc < 0.01", f"{LOSS} ASC", last)[asked["offset"] :]
            case "three":
                raise CannotAsk(NO_IN)
            case "prefix":
                return self.search("attributes.run_name LIKE 'run-00012%'", newest, last)
            case "contains":
                return self.search("attributes.run_name LIKE '%00123%'", newest, last)
            case "slash":
                return self.search(f"metrics.`val/loss` < {asked['loss']}", "metrics.`val/loss` ASC", last)
        # There is no offset but a token of the page before: what lies before is read too.
        found = self.search(under, f"{LOSS} ASC", last)[asked["offset"] :]
        if asked["shape"] == "join":
            return [
                [run.data.metrics["loss"] for run in found],
                [run.data.params["lr"] for run in found],
                [run.data.metrics["result1"] for run in found],
                [run.info.run_id for run in found],
            ]
        return found

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] == "join":
            losses, rates, results, uuids = found
            rates = [float(rate) for rate in rates]
            return {"uuids": uuids, "values": {"losses": losses, "rates": rates, "results": results, "uuids": uuids}}
        if asked["shape"] == "seed":
            best, right = found
            return {
                "uuids": [run.info.run_id for run in (*best, *right)],
                "values": {
                    "all_param1": [float(run.data.params["lr"]) for run in best],
                    "all_result1": [run.data.metrics["result1"] for run in best],
                    "all_result2": [run.data.tags["checkpoint"] for run in best],
                    "all_inputs": [_inputs(run) for run in right],
                    "all_outputs": [_outputs(run) for run in right],
                },
            }
        answer: Answer = {"uuids": [run.info.run_id for run in found]}
        if asked["shape"] == "whole":
            answer["values"] = {"inputs": [*map(_inputs, found)], "outputs": [*map(_outputs, found)]}
        return answer

    def pids(self) -> list[int]:
        return [os.getpid(), *(children(self.server) if self.server else [])]

    def disk(self) -> int:
        if not self.port:
            return super().disk()
        with create_engine(self.url()).connect() as connection:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar() or 0)


def _inputs(run: Any) -> dict[str, Any]:
    found = {name: KINDS.get(name, str)(value) for name, value in run.data.params.items()}
    return found | ({"batch": int(found["batch"])} if found["batch"].isdigit() else {})


def _outputs(run: Any) -> dict[str, Any]:
    whole = {name: number(value) for name, value in run.data.metrics.items()}
    whole |= {"stage": int(whole["stage"])} if math.isfinite(run.data.metrics["stage"]) else {}
    return whole | {"checkpoint": run.data.tags["checkpoint"]}


if __name__ == "__main__":
    serve(Mlflow(option("postgresql"), option("server")))
