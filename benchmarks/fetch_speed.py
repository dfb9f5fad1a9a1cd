"""How fast `joinery fetch` is: many small objects of a real S3 server on this machine, one large file of a volume.

    python benchmarks/fetch_speed.py [--files 5000] [--gibibytes 1]

It prints each figure with the least that is asked of it, and ends with 1 where one is missed. Ratios are of runs made
in turn, the median of three, so that a busy machine slows both sides alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from cluster.build import Unavailable, ensure
from cluster.process import Process, free_port, start

USER, PASSWORD = "benchmark", "benchmark-secret"
ROUNDS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000, help="small files of 10 KB (%(default)s)")
    parser.add_argument("--gibibytes", type=float, default=1.0, help="size of the large file (%(default)s)")
    options = parser.parse_args()
    met = []
    with tempfile.TemporaryDirectory(prefix="fetch-speed-") as name:
        folder = Path(name)
        met += large_file(folder, round(options.gibibytes * 2**30))
        try:
            met += small_files(folder, options.files)
        except Unavailable as problem:
            print(f"small files: not measured: {problem}")
    return 0 if all(met) else 1


def large_file(folder: Path, size: int) -> list[bool]:
    """One file of a volume against the plain copy of the same library call that `cp` makes."""
    source = folder / "volume" / "run" / "file"
    source.parent.mkdir(parents=True)
    with source.open("wb") as file:
        for _ in range(0, size, 2**24):
            file.write(os.urandom(min(2**24, size)))
    connection = {"name": "volume", "kind": "volumeClaim", "schema": {}, "root": str(folder / "volume")}
    manifest = _manifest(folder, connection, ["run/file"])

    def plain() -> float:
        started = time.perf_counter()
        shutil.copyfile(source, folder / "copy")
        return _since(started, folder / "copy")

    def hashed() -> float:
        found, buffer = hashlib.sha256(), bytes(2**20)
        started = time.perf_counter()
        for _ in range(0, size, 2**20):
            found.update(buffer)
        return time.perf_counter() - started

    plain()  # into the page cache, for both sides
    ratios, ceilings = [], []
    for _ in range(ROUNDS):
        copied = plain()
        ceilings.append(copied / hashed())
        seconds, memory = _fetch(manifest, folder / "out")
        ratios.append(copied / seconds)
    print(f"one file of {size / 2**30:.2f} GiB: {size / 2**20 / seconds:,.0f} MiB/s with its checksum")
    print(f"  sha256 alone, of bytes in memory: {statistics.median(ceilings) * 100:.0f} % of the plain copy's speed")
    met = _say("  of the plain copy's speed", statistics.median(ratios) * 100, 50, "%")
    source.unlink()
    return [met, _say("  memory", memory, 200, "MiB", most=True)]


def small_files(folder: Path, count: int) -> list[bool]:
    """Small objects against a loop of fsspec over the same objects, one after the other."""
    program, port = ensure(["minio"])["minio"], free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": PASSWORD, "MINIO_BROWSER": "off", "CI": "1"}
    environment |= {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    command = [program, "server", "--quiet", "--address", f"127.0.0.1:{port}", folder / "data"]
    server: Process = start("minio", command, log=folder / "log", with_parent=True, environment=environment)
    try:
        fs = _ready(endpoint)
        names = [f"run-{number // 10}/file-{number}" for number in range(count)]
        content = os.urandom(10_000)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda name: fs.pipe_file(f"artifacts/{name}", content), names))
        _write(folder / "secret", {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": PASSWORD})
        schema = {"bucket": "artifacts", "endpoint": endpoint}
        connection = {"name": "s3", "kind": "s3", "schema": schema, "secretPath": str(folder / "secret")}
        manifest = _manifest(folder, connection, names)
        sample = names[: max(1, count // 10)]
        ratios = []
        for _ in range(ROUNDS):
            serial = _serial(fs, sample, folder / "serial") / len(sample) * count
            seconds, memory = _fetch(manifest, folder / "out")
            ratios.append(serial / seconds)
        print(f"{count:,} files of 10 KB from S3: {count / seconds:,.0f} files/s, {seconds:.1f} s")
        met = _say("  times the serial loop of fsspec", statistics.median(ratios), 5, "")
        return [met, _say("  memory", memory, 200, "MiB", most=True)]
    finally:
        server.end()


def _serial(fs: Any, names: list[str], folder: Path) -> float:
    folder.mkdir(exist_ok=True)
    started = time.perf_counter()
    for number, name in enumerate(names):
        fs.get(f"artifacts/{name}", str(folder / str(number)))
    return _since(started, folder)


def _fetch(manifest: Path, out: Path) -> tuple[float, float]:
    """Seconds that the program says it took, and the most memory it had, in MiB."""
    message = manifest.with_name("message")
    command = [sys.executable, "-m", "joinery.cli.main", "fetch", "--manifest", str(manifest)]
    subprocess.run([*command, "--destination", str(out), "--message", str(message)], check=True, capture_output=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    shutil.rmtree(out)
    return float(json.loads(message.read_text())["seconds"]), peak


def _ready(endpoint: str) -> Any:
    import s3fs

    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{endpoint}/minio/health/ready", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    region = {"region_name": "us-east-1"}
    fs = s3fs.S3FileSystem(key=USER, secret=PASSWORD, endpoint_url=endpoint, client_kwargs=region)
    fs.mkdir("artifacts")
    return fs


def _manifest(folder: Path, connection: dict[str, Any], names: list[str]) -> Path:
    items = [{"run": None, "source": name, "destination": name, "kind": "file"} for name in names]
    path = folder / "manifest"
    path.write_text(json.dumps({"version": 1, "connection": connection, "items": items}))
    return path


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)


def _since(started: float, made: Path) -> float:
    seconds = time.perf_counter() - started
    remove: Callable[[Path], Any] = shutil.rmtree if made.is_dir() else os.unlink
    remove(made)
    return seconds


def _say(what: str, figure: float, asked: float, unit: str, *, most: bool = False) -> bool:
    met = figure <= asked if most else figure >= asked
    print(
        f"{what}: {figure:,.1f} {unit} "
        f"({'at most' if most else 'at least'} {asked:g} asked: {'met' if met else 'MISSED'})"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
