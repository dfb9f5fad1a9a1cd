"""YAML events to plain values, in one loop: no recursion, capped in depth and in what aliases expand to.

Duplicate keys, keys that are not text, unknown tags and numbers that JSON cannot carry are all reported, each
with its place; the document is read on to find them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from joinery.manifests.normal import MAX_DEPTH, NotJson
from joinery.manifests.scalars import Scalar, resolve, tagged
from joinery.problems import Problem

MAX_ALIASED = 100_000
"""How many values the aliases of one document may stand for."""

MAX_PROBLEMS = 100

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLLECTIONS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: line and column from 0, of its key (or of itself) and of itself.

    ``offset`` and ``style`` are those of the value; ``text`` is what a scalar reads as, None for lists and mappings.
    """

    key: tuple[int, int]
    value: tuple[int, int]
    offset: int
    style: str
    text: str | None


Path = tuple[str | int, ...]


class _TooMuch(Exception):
    """The document cannot be read on."""


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is being read."""

    value: Any
    path: Path
    anchor: str | None
    started: int
    key: str | None = None
    key_mark: Any = None
    expects_key: bool = True
    merged: list[Any] = field(default_factory=list)
    merging: bool = False


class Composer:
    """Reads the documents of one text. ``spots`` is filled with the place of every value when it is a dict."""

    def __init__(self, text: str, *, spots: dict[Path, Spot] | None = None) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._spots = spots
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._aliased = 0
        self._root: Any = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
        }

    def documents(self) -> Iterator[Any]:
        """The value of each document. Problems are in ``problems`` when this ends."""
        loader = None
        try:
            loader = _LOADER(self._text)
            while True:
                event = loader.get_event()
                if event is None or isinstance(event, yaml.StreamEndEvent):
                    return
                if isinstance(event, yaml.DocumentStartEvent):
                    self._reset()
                elif isinstance(event, yaml.DocumentEndEvent):
                    yield self._root
                elif handler := self._handlers.get(type(event)):
                    handler(event)
        except _TooMuch:
            return
        except yaml.MarkedYAMLError as error:
            self._unreadable(error)
        except (yaml.YAMLError, ValueError) as error:
            self.problems.append(Problem(message=f"is not YAML: {str(error)[:200]}", rule="yaml", line=1, column=1))
        finally:
            if loader is not None:
                loader.dispose()

    def _reset(self) -> None:
        self._root, self._nodes, self._aliased = None, 0, 0
        self._frames.clear()
        self._anchors.clear()
        self._open.clear()

    def _unreadable(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        lines = self._text.split("\n", line + 1)
        around = lines[line] if line < len(lines) else ""
        hint = None
        if "\t" in around[: column + 1] and not around[: column + 1].strip(" \t"):
            message, hint = "a tab cannot indent YAML", "use spaces"
        elif self._text.startswith("%"):
            message, hint = "kubectl reads no `%` directives", "remove the lines that start with `%`"
        else:
            message = f"is not YAML: {error.problem or 'unreadable'}"
            if error.context:
                message += f", {error.context}"
        self.problems.append(Problem(message=message, rule="yaml", hint=hint, line=line + 1, column=column + 1))

    def _report(self, message: str, mark: Any, *, rule: str, hint: str | None = None) -> None:
        self.problems.append(Problem(message=message, rule=rule, hint=hint, line=mark.line + 1, column=mark.column + 1))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _TooMuch

    def _scalar(self, event: Any) -> None:
        self._nodes += 1
        frame = self._frames[-1] if self._frames else None
        plain = event.implicit[0]
        if frame is not None and frame.expects_key and type(frame.value) is dict:
            self._key(frame, event, plain=plain)
            return
        value = self._scalar_value(event, plain=plain)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, event)

    def _scalar_value(self, event: Any, *, plain: bool) -> Scalar:
        try:
            if event.tag is not None:
                return tagged(event.tag, event.value, plain=plain)
            return resolve(event.value) if plain else event.value
        except NotJson as error:
            self._report(str(error), event.start_mark, rule="yaml-value")
            return None

    def _key(self, frame: _Frame, event: Any, *, plain: bool) -> None:
        if plain and event.value == "<<":
            frame.merging, frame.expects_key, frame.key_mark = True, False, event.start_mark
            return
        key = self._scalar_value(event, plain=plain)
        if event.anchor:
            self._anchors[event.anchor] = (key, 1)
        if key is not None and not isinstance(key, str):
            hint = f'write it in quotes: "{event.value[:80]}"'
            self._report(f"the key `{event.value[:80]}` is not text", event.start_mark, rule="key-not-text", hint=hint)
            key = event.value
        elif key is None:
            shown = f"`{event.value[:80]}`" if event.value else "that is empty"
            self._report(f"the key {shown} is not text", event.start_mark, rule="key-not-text")
            key = event.value
        self._named(frame, key, event.start_mark)

    def _named(self, frame: _Frame, key: str, mark: Any) -> None:
        if key in frame.value:
            shown = key if len(key) <= 80 else key[:80] + "…"
            self._report(f"the key `{shown}` is there twice", mark, rule="duplicate-key", hint="keep one of the two")
        frame.key, frame.key_mark, frame.expects_key = key, mark, False

    def _start(self, event: Any) -> None:
        self._nodes += 1
        if len(self._frames) >= MAX_DEPTH:
            self._report(f"is nested deeper than {MAX_DEPTH} levels", event.start_mark, rule="too-deep")
            raise _TooMuch
        if event.tag not in _COLLECTIONS:
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._report(f"unknown tag `{shown[:80]}`: kubectl knows none of its own", event.start_mark, rule="tag")
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        parent = self._frames[-1] if self._frames else None
        if parent is not None and type(parent.value) is dict and parent.expects_key:
            self._report("a list or mapping cannot be a key", event.start_mark, rule="key-not-text")
            raise _TooMuch
        path = self._place(event, None)
        if event.anchor:
            self._anchors.pop(event.anchor, None)
            self._open.add(event.anchor)
        self._frames.append(_Frame(value, path, event.anchor, self._nodes))

    def _end(self, event: Any) -> None:
        frame = self._frames.pop()
        for other in frame.merged:
            for key, value in other.items():
                frame.value.setdefault(key, value)
        if frame.anchor:
            self._open.discard(frame.anchor)
            self._anchors[frame.anchor] = (frame.value, self._nodes - frame.started + 1)
        self._put(frame.value, event)

    def _alias(self, event: Any) -> None:
        if event.anchor in self._open:
            self._report(f"`*{event.anchor[:80]}` holds itself", event.start_mark, rule="alias")
            raise _TooMuch
        if event.anchor not in self._anchors:
            self._report(f"`*{event.anchor[:80]}` has no anchor before it", event.start_mark, rule="alias")
            raise _TooMuch
        value, size = self._anchors[event.anchor]
        self._nodes += size
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            message = f"aliases stand for more than {MAX_ALIASED} values: such a file only grows as it is read"
            self._report(message, event.start_mark, rule="yaml-bomb")
            raise _TooMuch
        frame = self._frames[-1] if self._frames else None
        if frame is not None and type(frame.value) is dict and frame.expects_key:
            if not isinstance(value, str):
                self._report(f"the key `*{event.anchor[:80]}` is not text", event.start_mark, rule="key-not-text")
                raise _TooMuch
            self._named(frame, value, event.start_mark)
        else:
            self._add(value, event)

    def _add(self, value: Any, event: Any) -> None:
        self._place(event, getattr(event, "value", None))
        self._put(value, event)

    def _place(self, event: Any, text: str | None) -> Path:
        if self._spots is None:
            return ()
        frame = self._frames[-1] if self._frames else None
        mark = event.start_mark
        own = key = (mark.line, mark.column)
        path: Path = ()
        if frame is not None and type(frame.value) is dict:
            path = (*frame.path, frame.key or "")
            key = (frame.key_mark.line, frame.key_mark.column)
        elif frame is not None:
            path = (*frame.path, len(frame.value))
        self._spots[path] = Spot(key, own, mark.index, getattr(event, "style", None) or "", text)
        return path

    def _put(self, value: Any, event: Any) -> None:
        if not self._frames:
            self._root = value
            return
        frame = self._frames[-1]
        if type(frame.value) is list:
            frame.value.append(value)
            return
        frame.expects_key = True
        if not frame.merging:
            frame.value[frame.key] = value
            return
        frame.merging = False
        others = value if isinstance(value, list) else [value]
        if all(isinstance(other, dict) for other in others):
            frame.merged += others
        else:
            self._report("`<<` takes a mapping, or a list of mappings", event.start_mark, rule="merge")
