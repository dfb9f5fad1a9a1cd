"""Write a TensorBoard event file with nothing but the standard library.

The format is a row of records, each ``length, crc(length), data, crc(data)``, little endian, where ``crc`` is
CRC-32C, rotated and offset. The data is an ``Event`` message of protocol buffers: wall time (field 1, double),
step (field 2, varint), and a summary (field 5) of one tag and one float. ``tensorboard --logdir`` reads it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # the Castagnoli polynomial, reversed
        table.append(value)
    return table


_TABLE = _crc_table()


def _masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _delimited(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _masked_crc(length)) + data + struct.pack("<I", _masked_crc(data))


def _single(value: float) -> float:
    """``value`` as a float of 32 bits takes it: what is too great for one is infinite."""
    return math.copysign(math.inf, value) if abs(value) > 3.4e38 else value


def write_scalars(path: Path, tag: str, points: Sequence[tuple[float, float]]) -> None:
    """Write ``points`` (wall time in seconds, value), one a step from 1, as the scalar ``tag``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = points[0][0] if points else 0.0
    records = [_record(struct.pack("<Bd", 0x09, first) + _delimited(3, b"brain.Event:2"))]
    for step, (wall, value) in enumerate(points, start=1):
        scalar = _delimited(1, tag.encode()) + struct.pack("<Bf", 0x15, _single(value))
        event = struct.pack("<Bd", 0x09, wall) + b"\x10" + _varint(step) + _delimited(5, _delimited(1, scalar))
        records.append(_record(event))
    path.write_bytes(b"".join(records))
