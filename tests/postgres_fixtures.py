"""A real PostgreSQL server for the tests: made by initdb in a temporary folder, on a unix socket, gone at the end.

Where there is none, tests that need it are skipped, and fail where CI is set. As root the server runs as another
user, since PostgreSQL refuses root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_names = count()


def _program(name: str) -> str | None:
    for place in _PLACES:
        if (place / name).exists():
            return str(place / name)
    return shutil.which(name)


def _user() -> str | None:
    """Who the server runs as: None for ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _start(command: list[str], user: str | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, user=user, extra_groups=[] if user else None, cwd="/", stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of an empty server, without a database name: ``postgresql+psycopg://…/{database}?host=…``."""
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        message = "PostgreSQL is not installed: half of the store's tests did not run (Debian: apt install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    user = _user()
    # A unix socket's path may have 107 bytes: not in pytest's own long folders.
    root = Path(tempfile.mkdtemp(prefix="pg-"))
    process = None
    try:
        if user:
            shutil.chown(root, user)
        data = root / "data"
        made = _start([initdb, "-D", str(data), "-U", "joinery", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
        _, said = made.communicate(timeout=120)
        assert made.returncode == 0, said.decode(errors="replace")
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(root), "fsync": "off", "shared_buffers": "256MB",
            "max_connections": "50", "autovacuum": "off",
        }  # fmt: skip
        process = _start([server, "-D", str(data), *(f"--{k}={v}" for k, v in settings.items())], user)
        _wait(root / ".s.PGSQL.5432", process)
        yield f"postgresql+psycopg://joinery@/{{database}}?host={root}"
    finally:
        if process is not None:
            process.terminate()
            process.communicate(timeout=60)
        shutil.rmtree(root, ignore_errors=True)


def _wait(socket: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if socket.exists():
            return
        assert process.poll() is None, process.communicate()[1].decode(errors="replace")
        time.sleep(0.05)
    pytest.fail("PostgreSQL did not start within 30 seconds")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a new, empty database."""
    import psycopg

    name = f"test_{os.getpid()}_{next(_names)}"
    plain = postgres_server.replace("+psycopg", "")
    for _ in range(100):
        try:
            with psycopg.connect(plain.format(database="postgres"), autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            break
        except psycopg.OperationalError as error:
            # The socket is there a moment before the server takes connections.
            last = error
            time.sleep(0.1)
    else:
        raise last
    yield postgres_server.format(database=name)
    with psycopg.connect(plain.format(database="postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
