"""The documents of a file, as kubectl reads them, each knowing the place of every value in it.

Source: spec 3, *Reading YAML and JSON*. Places are worked out when first asked for: a document keeps its own text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from joinery.manifests.composing import Composer, Path, Spot
from joinery.manifests.json_reading import read_json_values
from joinery.manifests.json_scan import scan
from joinery.manifests.paths import follow
from joinery.problems import InvalidManifest, Problem

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document. ``value`` holds plain JSON types, normalised; ``line`` is where it starts, from 1."""

    value: Any
    file: str = ""
    line: int = 1
    index: int = 0
    column: int = 1
    _text: str = field(default="", repr=False, compare=False)
    _which: int = field(default=0, repr=False, compare=False)
    _is_json: bool = field(default=False, repr=False, compare=False)

    @cached_property
    def _spots(self) -> dict[Path, Spot]:
        if self._is_json:
            return scan(self._text)[0]
        spots: dict[Path, Spot] = {}
        for number, _ in enumerate(Composer(self._text, spots=spots).documents()):
            if number == self._which:
                break
            spots.clear()
        return spots

    def locate(self, path: str, *, position: int | None = None, text: str | None = None) -> tuple[int, int]:
        """Line and column, from 1, of what a path such as ``spec.joins[0].query`` names.

        A scalar is placed at its value, a list or mapping at its key; what is not there, at the nearest
        thing around it. With ``position``, an offset into the text found there (or into ``text``, a part of it),
        the place of that character where the file writes it plainly.
        """
        keys = follow(self.value, path)
        spot = self._spots.get(keys)
        while spot is None and keys:
            keys = keys[:-1]
            spot = self._spots.get(keys)
        if spot is None:
            return self.line, self.column
        line, column = spot.key if spot.text is None else spot.value
        before = spot.text.find(text) if spot.text is not None and text is not None else 0
        if spot.text is not None and position is not None and before >= 0:
            line, column = self._within(spot, spot.text, before + position)
        return self.line + line, column + (self.column if line == 0 else 1)

    def _within(self, spot: Spot, text: str, position: int) -> tuple[int, int]:
        line, column = spot.value
        if spot.style == "|":
            before = text[:position]
            lines = self._text.split("\n")
            row = line + 1 + before.count("\n")
            written = text.split("\n")[before.count("\n")]
            if row < len(lines) and lines[row].rstrip("\r").endswith(written):
                return row, len(lines[row].rstrip("\r")) - len(written) + len(before) - (before.rfind("\n") + 1)
            return line, column
        quote = 1 if spot.style in ("'", '"') else 0
        start = spot.offset + quote
        if "\n" not in text and self._text[start : start + len(text)] == text:
            return line, column + quote + min(position, len(text))
        return line, column

    def place(self, problem: Problem) -> Problem:
        """The problem with its file, line and column, found by its path."""
        line, column = self.locate(problem.path, position=problem.position, text=problem.text)
        return replace(problem, file=self.file or problem.file, line=line, column=column)


def read_documents(
    data: bytes | str, *, file: str = "", on_error: Callable[[InvalidManifest], None] | None = None
) -> list[Document]:
    """Every document of a file, YAML or JSON. Documents without content are left out, as kubectl does.

    Raises ``InvalidManifest`` with every problem, each with line and column from 1. With ``on_error`` a document
    that cannot be read is reported there, and the others are returned.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    reported = False
    try:
        text = decode(data)
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") and (found := _json(text, file)) is not None:
            return found
        for line, part in _parts(text):
            here = len(documents)
            faults = _read_part(part, line, file, documents)
            if faults and on_error is not None:
                del documents[here:]
                on_error(InvalidManifest(replace(fault, file=file or None) for fault in faults))
                reported = True
            else:
                problems += faults
        if not documents and not problems and not reported:
            message = "the file is empty: it holds no document"
            problems.append(Problem(message=message, rule="empty-file", line=1, column=1))
    except InvalidManifest as error:
        problems = list(error.problems)
    if problems:
        broken = InvalidManifest(replace(problem, file=file or None) for problem in problems)
        if on_error is None:
            raise broken
        on_error(broken)
    return documents


def decode(data: bytes | str) -> str:
    """UTF-8 bytes as text, with neither a byte order mark nor control characters. Raises ``InvalidManifest``."""
    if isinstance(data, str):
        text = data
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            good = data[: error.start].decode()
            line, column = _place(good, len(good))
            wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
            hint = "it looks like UTF-16: save it as UTF-8" if wide else "save it as UTF-8"
            problem = Problem(message="is not UTF-8 text", rule="encoding", hint=hint, line=line, column=column)
            raise InvalidManifest(problem) from None
    text = text.removeprefix("\ufeff")
    if match := _CONTROL.search(text):
        line, column = _place(text, match.start())
        message = f"the character U+{ord(match[0]):04X} may not stand in YAML or JSON"
        raise InvalidManifest(Problem(message=message, rule="encoding", line=line, column=column))
    return text


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _parts(text: str) -> list[tuple[int, str]]:
    """The text cut before each ``---``, each part with the line it starts at, from 1."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text) if match.start())]
    parts: list[tuple[int, str]] = []
    line = 1
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:stop]
        parts.append((line, part))
        line += part.count("\n")
    return parts


def _read_part(part: str, line: int, file: str, documents: list[Document]) -> list[Problem]:
    composer = Composer(part)
    for which, value in enumerate(composer.documents()):
        if value is not None:
            index = len(documents)
            documents.append(Document(value=value, file=file, line=line, index=index, _text=part, _which=which))
    return [replace(problem, line=(problem.line or 1) + line - 1) for problem in composer.problems]


def _json(text: str, file: str) -> list[Document] | None:
    """The documents of a JSON file; None where it is no JSON by its syntax, and may be YAML in flow style."""
    documents: list[Document] = []
    line = last = 0
    try:
        for value, start, end in read_json_values(text):
            line, last = line + text.count("\n", last, start), start
            column = start - text.rfind("\n", 0, start)
            documents.append(
                Document(
                    value=value,
                    file=file,
                    line=line + 1,
                    column=column,
                    index=len(documents),
                    _text=text[start:end],
                    _is_json=True,
                )
            )
    except InvalidManifest as error:
        if not file.endswith(".json") and all(problem.rule == "json" for problem in error.problems):
            return None
        raise
    return documents
