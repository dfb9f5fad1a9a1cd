"""Where the values of a JSON object stand in its text, without making objects of them.

A snapshot may be hundreds of megabytes; its params are handed on as the text that they are, so that no number is
rounded on the way and memory stays flat. The text was written by us and its checksum tested.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator

Data = bytes | mmap.mmap

_SPACE = re.compile(rb"[ \t\r\n]*+")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^,\]}\s]++")
_NEXT_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]|\\.)*+")*+([\[\]{}])', re.DOTALL)
_QUOTE, _OPEN, _CLOSE, _COLON, _COMMA = b'"', b"[{", b"]}", b":", b","


def members(data: Data, start: int = 0) -> Iterator[tuple[str, int, int]]:
    """Name, and where the value begins and ends, of each member of the object at ``start``. Raises ValueError."""
    place = _skip_space(data, start)
    if data[place : place + 1] != b"{":
        raise ValueError("no object is there")
    place = _skip_space(data, place + 1)
    while data[place : place + 1] != b"}":
        name = _TEXT.match(data, place)
        if name is None:
            raise ValueError("the object is not whole")
        place = _skip_space(data, name.end())
        if data[place : place + 1] != _COLON:
            raise ValueError("the object is not whole")
        begin = _skip_space(data, place + 1)
        end = _value_end(data, begin)
        yield json.loads(name[0]), begin, end
        place = _skip_space(data, end)
        if data[place : place + 1] == _COMMA:
            place = _skip_space(data, place + 1)
        elif data[place : place + 1] != b"}":
            raise ValueError("the object is not whole")


def _value_end(data: Data, place: int) -> int:
    first = data[place : place + 1]
    if first == _QUOTE:
        found = _TEXT.match(data, place)
    elif first and first in _OPEN:
        return _nested_end(data, place)
    else:
        found = _SCALAR.match(data, place)
    if found is None:
        raise ValueError("a value is not whole")
    return found.end()


def _nested_end(data: Data, place: int) -> int:
    depth = 0
    while True:
        found = _NEXT_BRACKET.match(data, place)
        if found is None:
            raise ValueError("a value is not whole")
        depth += 1 if found[1] in _OPEN else -1
        place = found.end()
        if depth == 0:
            return place


def _skip_space(data: Data, place: int) -> int:
    found = _SPACE.match(data, place)
    return found.end() if found else place
