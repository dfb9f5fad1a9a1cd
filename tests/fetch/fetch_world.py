"""A volume, a real S3 server and real web servers, and the programs run on them in this process or in their own."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cluster.process import free_port, start

from joinery.fetch import programs, retry

RUN = "0a" * 16
OTHER = "0b" * 16
USER, PASSWORD = "tester", "the-secret-of-the-tests"


@dataclass(kw_only=True)
class World:
    """A manifest in the making, and where it goes."""

    folder: Path
    connection: dict[str, Any]
    items: list[dict[str, Any]] = field(default_factory=list)
    destination: str = ""

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def said(self) -> str:
        """The termination message."""
        return (self.folder / "message").read_text()

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.said)
        return found

    @property
    def arrived(self) -> dict[str, dict[str, Any]]:
        """``manifest.json`` of what arrived, by path."""
        return {one["path"]: one for one in json.loads((self.out / "manifest.json").read_text())["files"]}

    def want(self, source: str, destination: str | None = None, *, kind: str = "file", skip: bool = False) -> World:
        self.items.append(
            {
                "run": RUN,
                "source": source,
                "destination": destination or source,
                "kind": kind,
                "onMissing": "Skip" if skip else "Fail",
                "param": "files",
            }
        )
        return self

    def write(self, *, pieces: int = 1) -> list[Path]:
        """The manifest as a ConfigMap brings it: gzip, cut into pieces."""
        document = {"version": 1, "connection": self.connection, "items": self.items}
        data = gzip.compress(json.dumps(document | {"destination": self.destination}).encode(), mtime=0)
        step = -(-len(data) // pieces)
        found = []
        for number in range(pieces):
            path = self.folder / f"part-{number:04d}"
            path.write_bytes(data[number * step : (number + 1) * step])
            found.append(path)
        return found

    def fetch(self, *, pieces: int = 1) -> int:
        (self.folder / "message").unlink(missing_ok=True)
        return programs.fetch(self.write(pieces=pieces), self.out, message=self.folder / "message")

    def collect(self, source: Path, *, timeout: float = 120) -> int:
        (self.folder / "message").unlink(missing_ok=True)
        return programs.collect(self.write(), source, message=self.folder / "message", timeout=timeout, at_once=True)

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """The program as a process of its own: ``start("fetch", "--destination", …)``."""
        command = [sys.executable, "-m", "joinery.cli.main", str(arguments[0])]
        command += ["--manifest", str(self.write()[0]), "--message", str(self.folder / "message")]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([*command, *map(str, arguments[1:])], stdout=log, stderr=log)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long as it takes to try again, but not longer."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.005)


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


@pytest.fixture
def world(tmp_path: Path, volume: Path) -> World:
    """A world whose Connection is a volume claim."""
    connection = {"name": "data", "kind": "volumeClaim", "schema": {"claim": "c"}, "root": str(volume)}
    return World(folder=tmp_path, connection=connection | {"secretPath": None})


def put(root: Path, files: Mapping[str, bytes | str]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())


def secret(folder: Path, **keys: str) -> str:
    """A Secret as a pod has it mounted; its path."""
    put(folder, {key.replace("__", "."): f"{value}\n" for key, value in keys.items()})
    return str(folder)


@dataclass(frozen=True)
class S3:
    """A real S3 server with one bucket."""

    endpoint: str
    fs: Any
    bucket: str = "artifacts"

    def connection(self, folder: Path, *, password: str = PASSWORD) -> dict[str, Any]:
        path = secret(folder / "secret", AWS_ACCESS_KEY_ID=USER, AWS_SECRET_ACCESS_KEY=password)
        schema = {"bucket": self.bucket, "endpoint": self.endpoint}
        return {"name": "store", "kind": "s3", "schema": schema, "secretPath": path}

    def put(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            self.fs.pipe_file(f"{self.bucket}/{name}", content)

    def names(self, prefix: str) -> set[str]:
        self.fs.invalidate_cache()
        return {name.removeprefix(f"{self.bucket}/") for name in self.fs.find(f"{self.bucket}/{prefix}")}

    def read(self, name: str) -> bytes:
        found: bytes = self.fs.cat_file(f"{self.bucket}/{name}")
        return found


@pytest.fixture(scope="session")
def s3(cluster_programs: Callable[..., Mapping[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """MinIO from its Go module, on a free port."""
    s3fs = pytest.importorskip("s3fs")
    program, folder = cluster_programs("minio")["minio"], tmp_path_factory.mktemp("minio")
    port = free_port()
    environment = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": PASSWORD, "MINIO_BROWSER": "off", "CI": "1"}
    environment |= {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    arguments: Sequence[str | Path] = ["server", "--quiet", "--address", f"127.0.0.1:{port}", folder / "data"]
    process = start("minio", [program, *arguments], log=folder / "log", with_parent=True, environment=environment)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{endpoint}/minio/health/ready", folder / "log")
        fs = s3fs.S3FileSystem(
            key=USER, secret=PASSWORD, endpoint_url=endpoint, client_kwargs={"region_name": "us-east-1"},
            skip_instance_cache=True,
        )  # fmt: skip
        fs.mkdir("artifacts")
        yield S3(endpoint, fs)
    finally:
        process.end()


def _wait(url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise AssertionError(f"the S3 server is not ready:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.1)
