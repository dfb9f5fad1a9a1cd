"""Regular expressions that take time in proportion to the text, whatever the pattern (spec 3, ``regex``).

Python's own go back and forth, and ``(a+)+$`` on thirty letters takes minutes: a pattern and a text that two
people wrote must not stop the operator. All states are followed at once instead, and each set of states that was
met is remembered with where each character leads. As in Polyaxon, a match begins at the text's start.
"""

from __future__ import annotations

from functools import lru_cache

from joinery.iotypes.regex_parse import At, Either, InvalidPattern, Node, One, Repeat, Row, parse_pattern

MAX_STATES = 4_000
MAX_TEXT = 1 << 20
MAX_STEPS = 2_000_000  # moves of single states, for one value
_MAX_REMEMBERED = 2_000

__all__ = ["MAX_STEPS", "InvalidPattern", "Matcher", "compile_pattern"]


class _States:
    """The pattern as numbered states. ``moves``: a character that passes leads on; ``jumps``: without one, if the
    place fits."""

    def __init__(self) -> None:
        self.moves: list[tuple[One, int] | None] = []
        self.jumps: list[list[tuple[str, int]]] = []

    def new(self) -> int:
        if len(self.moves) >= MAX_STATES:
            raise InvalidPattern("this regular expression is too large: its repeats multiply")
        self.moves.append(None)
        self.jumps.append([])
        return len(self.moves) - 1

    def build(self, node: Node, start: int) -> int:
        """Adds ``node`` from ``start``; gives the state behind it."""
        match node:
            case One():
                end = self.new()
                entry = start
                if self.moves[start] is not None or self.jumps[start]:
                    entry = self.new()
                    self.jumps[start].append(("", entry))
                self.moves[entry] = (node, end)
                return end
            case At(kind):
                end = self.new()
                self.jumps[start].append((kind, end))
                return end
            case Row(items):
                for item in items:
                    start = self.build(item, start)
                return start
            case Either(options):
                end = self.new()
                for option in options:
                    entry = self.new()
                    self.jumps[start].append(("", entry))
                    self.jumps[self.build(option, entry)].append(("", end))
                return end
            case Repeat(item, least, most):
                return self._repeat(item, least, most, start)

    def _repeat(self, item: Node, least: int, most: int | None, start: int) -> int:
        for _ in range(least):
            start = self.build(item, start)
        if most is None:
            loop, end = self.new(), self.new()
            self.jumps[start].append(("", loop))
            self.jumps[loop].append(("", end))
            self.jumps[self.build(item, self._entry(loop))].append(("", loop))
            return end
        end = self.new()
        for _ in range(most - least):
            self.jumps[start].append(("", end))
            start = self.build(item, self._entry(start))
        self.jumps[start].append(("", end))
        return end

    def _entry(self, start: int) -> int:
        entry = self.new()
        self.jumps[start].append(("", entry))
        return entry


class Matcher:
    """A pattern ready to match. ``steps`` is how much work it may still do for the value at hand."""

    def __init__(self, pattern: str, tree: Node) -> None:
        self.pattern = pattern
        self._states = _States()
        self._start = self._states.new()
        self._end = self._states.build(tree, self._start)
        self.steps = MAX_STEPS
        self._known: dict[tuple[frozenset[int], str, str], frozenset[int]] = {}

    def match(self, text: str) -> bool:
        """Whether the pattern matches at the start of ``text``, as ``re.match``. Raises :class:`InvalidPattern`."""
        if len(text) > MAX_TEXT:
            raise InvalidPattern("is too long to be matched with a regular expression")
        kernel = frozenset((self._start,))
        before = ""
        for index in range(len(text) + 1):
            after = text[index : index + 1]
            # "$" also holds before a last newline
            mark = after + "\0" if after == "\n" and index == len(text) - 1 else after
            if self._end in (reached := self._reach(kernel, _side(before), mark, index == 0)):
                return True
            if not after:
                return False
            kernel = self._step(reached, after)
            if not kernel:
                return False
            before = after
        return False

    def _step(self, states: frozenset[int], char: str) -> frozenset[int]:
        key = (states, "step", char)
        if (found := self._known.get(key)) is None:
            self._spend(len(states))
            moves = self._states.moves
            found = frozenset(move[1] for state in states if (move := moves[state]) is not None and move[0].test(char))
            self._remember(key, found)
        return found

    def _reach(self, kernel: frozenset[int], before: str, after: str, first: bool) -> frozenset[int]:
        """The states that can be reached from ``kernel`` without a character, at a place between two."""
        last = after in ("", "\n\0")
        place = before + ("^" if first else "") + _side(after[:1]) + ("$" if last else "") + ("" if after else "Z")
        key = (kernel, "reach", place)
        if (found := self._known.get(key)) is not None:
            return found
        reached, waiting = set(kernel), list(kernel)
        while waiting:
            for kind, target in self._states.jumps[waiting.pop()]:
                if target not in reached and (not kind or _holds(kind, place)):
                    reached.add(target)
                    waiting.append(target)
        self._spend(len(reached))
        found = frozenset(reached)
        self._remember(key, found)
        return found

    def _remember(self, key: tuple[frozenset[int], str, str], found: frozenset[int]) -> None:
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = found

    def _spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise InvalidPattern("needs too much work to be matched with this regular expression")


def _side(char: str) -> str:
    return "w" if char and (char.isalnum() or char == "_") else "-"


def _holds(kind: str, place: str) -> bool:
    """Whether an assertion holds at ``place``: word or not before, ``^`` at the start, word or not after, the end."""
    match kind:
        case "^" | "A":
            return "^" in place
        case "$":
            return "$" in place
        case "Z":
            return "Z" in place
        case _:
            sides = place.replace("^", "")
            return (sides[0] != sides[1]) == (kind == "b")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Matcher:
    return Matcher(pattern, parse_pattern(pattern))


def compile_pattern(pattern: object) -> Matcher:
    """A matcher for ``pattern``. Raises :class:`InvalidPattern` saying what is wrong with it."""
    if not isinstance(pattern, str):
        raise InvalidPattern("a regular expression is a text")
    try:
        return _compiled(pattern)
    except RecursionError:
        raise InvalidPattern("this regular expression is nested too deeply") from None
