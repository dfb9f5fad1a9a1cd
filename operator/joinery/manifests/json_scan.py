"""JSON by tokens, for what the quick parser does not tell: the place of each value, and of each thing wrong.

One loop over the tokens; slower than the quick parser, so it runs only where a place is asked for.
"""

from __future__ import annotations

import json
import re
from math import isinf

from joinery.manifests.composing import MAX_PROBLEMS, Path, Spot
from joinery.manifests.normal import MAX_DEPTH
from joinery.problems import Problem

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<open>[{\[]) | (?P<close>[}\]]) | (?P<comma>,) | (?P<colon>:)
    | (?P<text>"(?:[^"\\\x00-\x1f]|\\.)*+")
    | (?P<word>[^\s{}\[\],:"]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


class _Lines:
    """Line and column, from 0, of rising offsets."""

    def __init__(self, text: str) -> None:
        self._text, self._line, self._start, self._next = text, 0, 0, text.find("\n")

    def of(self, offset: int) -> tuple[int, int]:
        while -1 < self._next < offset:
            self._line, self._start = self._line + 1, self._next + 1
            self._next = self._text.find("\n", self._start)
        return self._line, offset - self._start


def scan(text: str) -> tuple[dict[Path, Spot], list[Problem]]:
    """The place of every value by path, and what is wrong beyond syntax: keys given twice, numbers no JSON has.

    Syntax itself is the quick parser's to judge: on text that is no JSON the scan gives what it saw.
    """
    spots: dict[Path, Spot] = {}
    problems: list[Problem] = []
    lines = _Lines(text)
    frames: list[tuple[Path, set[str] | None, list[int]]] = []
    key: str | None = None
    key_at = (0, 0)

    def report(message: str, at: tuple[int, int], rule: str) -> None:
        problems.append(Problem(message=message, rule=rule, line=at[0] + 1, column=at[1] + 1))

    position = 0
    while (match := _TOKEN.match(text, position)) and len(problems) < MAX_PROBLEMS:
        position, kind = match.end(), match.lastgroup
        start = match.start(kind or 0)
        at = lines.of(start)
        path, keys, count = frames[-1] if frames else ((), None, [0])
        if kind in ("comma", "colon"):
            continue
        if kind == "close":
            if frames:
                frames.pop()
            continue
        if keys is not None and key is None and kind == "text":
            key, key_at = _loads(match["text"]), at
            if key in keys:
                report(f"the key `{key[:80]}` is there twice", at, "duplicate-key")
            keys.add(key)
            continue
        own: Path = ()
        if frames:
            own = (*path, count[0] if keys is None else key or "")
            count[0] += 1
        shown = match["text"]
        spots[own] = Spot(
            key_at if keys is not None else at,
            at,
            start,
            '"' if shown else "",
            _loads(shown) if shown else match["word"],
        )
        key = None
        if kind == "open":
            if len(frames) >= MAX_DEPTH:
                report(f"is nested deeper than {MAX_DEPTH} levels", at, "too-deep")
                break
            frames.append((own, set() if match["open"] == "{" else None, [0]))
        elif (word := match["word"]) is not None:
            if word in ("NaN", "Infinity", "-Infinity"):
                report(f'`{word}` is no JSON; write it as text: "{word}"', at, "number")
            elif _NUMBER.fullmatch(word) and isinf(float(word)):
                report(f"`{word[:40]}` is beyond what a double can hold", at, "number")
    return spots, problems


def _loads(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token
