"""A PostgreSQL server for the rivals that can use one: its own data, a unix socket, settings for two cores.

It is kept between runs, with what was loaded. As root it runs as another user, since PostgreSQL refuses root; then its
folder is in /var/tmp, where that user can reach it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.environments import CACHE

PORT = 54329
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "port": str(PORT),
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "fsync": "off",  # loading is not measured, and questions write next to nothing
}
_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. ``folder`` is kept as long as its data is."""

    folder: Path
    pid: int

    @property
    def arguments(self) -> list[str]:
        """What a rival needs to know of it."""
        return [f"--postgresql={PORT}", f"--server={self.pid}"]


@contextmanager
def postgres() -> Iterator[Postgres | None]:
    """A server while the block lasts; None where PostgreSQL is not installed."""
    initdb, program = _program("initdb"), _program("postgres")
    if initdb is None or program is None:
        yield None
        return
    user = _user()
    folder = (Path("/var/tmp/joinery-bench") if user else CACHE) / "postgresql"
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if user:
            shutil.chown(folder, user)
        made = [initdb, "-D", str(data), "-U", "joinery", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(made, user=user, extra_groups=[] if user else None, cwd="/", check=True, capture_output=True)
    command = [program, "-D", str(data), "-k", str(folder), *(f"--{name}={value}" for name, value in SETTINGS.items())]
    server = subprocess.Popen(command, user=user, extra_groups=[] if user else None, cwd="/", stderr=subprocess.DEVNULL)
    try:
        _wait(folder / f".s.PGSQL.{PORT}", server)
        yield Postgres(folder, server.pid)
    finally:
        server.send_signal(signal.SIGINT)  # without waiting for clients
        server.wait(timeout=120)


def _wait(socket: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if socket.exists():
            time.sleep(0.5)  # the socket is there a moment before the server takes connections
            if server.poll() is None:
                return
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL ended while it started")
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start within a minute")


def _program(name: str) -> str | None:
    found = next((str(place / name) for place in _PLACES if (place / name).exists()), None)
    return found or shutil.which(name)


def _user() -> str | None:
    """Who the server runs as: None for ourselves."""
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
