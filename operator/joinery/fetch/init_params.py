"""``joinery init-params``: a snapshot's parts put together, and its params written as files.

``NAME.json`` for each param, and ``params.json`` with all of them. Source: spec 4, *Params reach the container*.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from joinery.fetch.errors import DamagedManifest, UnsafePath
from joinery.fetch.json_places import members
from joinery.fetch.manifest import MOST_UNPACKED, parts_of
from joinery.fetch.paths import path_fault, shown
from joinery.fetch.tree import CHUNK, Part, Tree
from joinery.problems import Problem

WHOLE = "params.json"
_HINT = "`kubectl joinery rerun` makes a new operation, which writes new ones"


def init_params(parts: Sequence[Path], destination: Path, *, sha256: str | None = None) -> int:
    """Write the params in ``parts`` (in order, a folder stands for its files) into ``destination``; how many.

    ``sha256``, where given, is that of the compressed parts together. Raises DamagedManifest, UnsafePath.
    """
    tree = Tree(destination)
    # Beside its end, where there is room for it: /tmp of a container is small.
    with tempfile.TemporaryFile(dir=destination) as document:
        _unpack(parts, document, sha256)
        if document.tell() == 0:
            raise _damaged("are empty")
        with mmap.mmap(document.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                places = {name: _value(data, start) for name, start, _ in _params(data)}
            except (ValueError, RecursionError):
                raise _damaged("hold no whole snapshot") from None
            _check(places)
            for name, (start, end) in places.items():
                _write(tree, f"{name}.json", [(data, start, end)])
            _write(tree, WHOLE, _joined(data, places))
    tree.close()
    return len(places)


def _unpack(parts: Sequence[Path], target: IO[bytes], sha256: str | None) -> None:
    unpacker = zlib.decompressobj(wbits=31)
    digest = hashlib.sha256()
    total = 0
    try:
        for part in (one for path in parts for one in parts_of(path)):
            piece = part.read_bytes()
            digest.update(piece)
            while piece:
                made = unpacker.decompress(piece, CHUNK)
                piece = unpacker.unconsumed_tail
                total += len(made)
                if total > MOST_UNPACKED:
                    raise _damaged(f"unpack to more than {MOST_UNPACKED:,} bytes")
                target.write(made)
                if unpacker.eof:
                    break
        target.write(unpacker.flush())
    except OSError as error:
        raise _damaged(f"cannot be read: {error.strerror}") from None
    except zlib.error:
        raise _damaged("are damaged") from None
    if not unpacker.eof:
        raise _damaged("are not all there")
    if sha256 is not None and digest.hexdigest() != sha256:
        raise _damaged("are not what was written: the checksum differs")
    target.flush()


def _params(data: mmap.mmap) -> Iterator[tuple[str, int, int]]:
    for name, start, _ in members(data):
        if name == "params":
            yield from members(data, start)


def _value(data: mmap.mmap, start: int) -> tuple[int, int]:
    for name, begin, end in members(data, start):
        if name == "value":
            return begin, end
    raise ValueError("a param without a value")


def _check(names: dict[str, tuple[int, int]]) -> None:
    """A name becomes a file's. Those of params fit; a record that was tampered with may hold others."""
    problems = [
        Problem(message=f"`{shown(name)}` is no name for a param's file", rule="unsafe-path")
        for name in names
        if "/" in name or path_fault(f"{name}.json")
    ]
    if problems:
        raise UnsafePath(problems[:15])


def _joined(data: mmap.mmap, places: dict[str, tuple[int, int]]) -> list[tuple[mmap.mmap | bytes, int, int]]:
    pieces: list[tuple[mmap.mmap | bytes, int, int]] = []
    for index, (name, (start, end)) in enumerate(places.items()):
        lead = f'{"," if index else "{"}"{name}":'.encode()
        pieces += [(lead, 0, len(lead)), (data, start, end)]
    tail = b"}" if pieces else b"{}"
    return [*pieces, (tail, 0, len(tail))]


def _write(tree: Tree, name: str, pieces: Sequence[tuple[mmap.mmap | bytes, int, int]]) -> None:
    part: Part = tree.create((name,))
    try:
        with os.fdopen(os.dup(part.fd), "wb", buffering=CHUNK) as file:
            for data, start, end in pieces:
                for place in range(start, end, CHUNK):
                    file.write(data[place : min(end, place + CHUNK)])
        part.commit()
    finally:
        part.discard()


def _damaged(what: str) -> DamagedManifest:
    return DamagedManifest(Problem(message=f"the parts of the params {what}", rule="params", hint=_HINT))
