"""How long to wait before the next try: doubling, with a cap and some chance in it. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

_CHANCE = random.SystemRandom()


def jittered(seconds: float, share: float) -> float:
    """Longer by chance, by up to ``share`` of it: what began together must not go on together."""
    return seconds * (1 + share * _CHANCE.random())


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Delays, in seconds, of one thing that is tried again; each is longer by chance, by up to the share ``jitter``."""

    first: float = 0.1
    factor: float = 2.0
    cap: float = 30.0
    jitter: float = 0.5
    failures: int = field(default=0, init=False)

    def next(self, *, at_least: float | None = None) -> float:
        """The delay after one more failure, never less than ``at_least`` (what a server asked for)."""
        # The exponent is bounded: after a night of failures the power would no longer be a float.
        delay = min(self.cap, self.first * self.factor ** min(self.failures, 64))
        self.failures += 1
        return jittered(max(delay, at_least or 0.0), self.jitter)

    def reset(self) -> None:
        """Something worked: the next failure is the first again."""
        self.failures = 0
