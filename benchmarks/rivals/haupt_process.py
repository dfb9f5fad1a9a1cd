"""haupt's process and its database, from outside: how it is started, and how rows come into its tables."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from haupt_rows import NAMES

AT_ONCE = 5_000


class Database:
    """SQLite in the program's own folder, or a database on a PostgreSQL server (``port``)."""

    def __init__(self, port: int) -> None:
        self.port = port

    def name(self, store: Path) -> str:
        return "".join(letter if letter.isalnum() else "_" for letter in store.name)

    def environment(self, store: Path) -> dict[str, str]:
        if not self.port:
            return {}
        return {
            "POLYAXON_DB_ENGINE": "pgsql",
            "POLYAXON_DB_HOST": "127.0.0.1",
            "POLYAXON_DB_PORT": str(self.port),
            "POLYAXON_DB_NAME": self.name(store),
            "POLYAXON_DB_USER": "joinery",
            "POLYAXON_DB_PASSWORD": "unused",
        }

    def connect(self, name: str) -> Any:
        import psycopg

        return psycopg.connect(host="127.0.0.1", port=self.port, user="joinery", dbname=name, autocommit=True)

    def create(self, store: Path) -> None:
        if self.port:
            with self.connect("postgres") as server:
                server.execute(f'DROP DATABASE IF EXISTS "{self.name(store)}" WITH (FORCE)')
                server.execute(f'CREATE DATABASE "{self.name(store)}"')

    def fill(self, store: Path, rows: Iterator[tuple[Any, ...]]) -> None:
        """All rows, and the statistics that the database plans by."""
        columns = ", ".join(NAMES)
        if self.port:
            with self.connect(self.name(store)) as database:
                with database.cursor().copy(f"COPY db_run ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                database.execute("VACUUM ANALYZE")
                database.execute("SELECT setval(pg_get_serial_sequence('db_run', 'id'), (SELECT max(id) FROM db_run))")
            return
        with sqlite3.connect(self.file(store)) as file:
            while batch := list(islice(rows, AT_ONCE)):
                file.executemany(f"INSERT INTO db_run ({columns}) VALUES ({', '.join('?' * len(NAMES))})", batch)
            file.commit()
            file.execute("ANALYZE")

    def file(self, store: Path) -> Path:
        return store / "root" / ".polyaxon" / "plx.db"

    def bytes(self, store: Path) -> int:
        if not self.port:
            return sum(path.stat().st_size for path in self.file(store).parent.glob("plx.db*"))
        with self.connect(self.name(store)) as database:
            return int(database.execute("SELECT pg_database_size(current_database())").fetchone()[0])


class Program:
    """The server as its documentation starts it, on a free port."""

    def __init__(self, path: str, database: Database) -> None:
        self.path, self.database = path, database
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def version(self) -> str:
        installed = Path(self.path).parent / "pip"
        shown = subprocess.run([installed, "show", "haupt"], check=True, capture_output=True, text=True).stdout
        return next(line.partition(" ")[2] for line in shown.splitlines() if line.startswith("Version:"))

    def start(self, store: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        home = {"HOME": str(store), "POLYAXON_CONTEXT_ROOT": str(store), "PATH": os.environ["PATH"]}
        with (store / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.path, "sandbox", "start", "--host=127.0.0.1", f"--port={self.port}", "--workers=1",
                 f"--path={store / 'root'}"],
                cwd=store, stdout=log, stderr=log, env=home | self.database.environment(store),
            )  # fmt: skip
        for _ in range(1200):
            if self.process.poll() is not None:
                raise RuntimeError(f"haupt ended:\n{(store / 'server.log').read_text()[-1500:]}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/installation", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("haupt did not answer within two minutes")

    def stop(self) -> None:
        """End it with its workers."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
