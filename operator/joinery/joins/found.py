"""Problems gathered while an operation is resolved, and the one condition reason they come to.

Source: spec 1 (all problems of an operation at once) and spec 5 (the table of conditions).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from joinery.problems import InvalidOperation, JoineryError, Problem

# By the rule of a problem; earlier wins. What is final and cannot be cured by waiting comes first, then what
# only waits (its values would be judged on runs that are still to come), then what the runs' values break.
_REASONS = (
    ("component-not-found", "ComponentNotFound"),
    ("search-not-found", "SearchNotFound"),
    ("upstream-failed", "UpstreamFailed"),
    ("waiting-for-operations", "WaitingForOperations"),
    ("waiting-for-runs", "WaitingForRuns"),
    ("too-few-runs", "TooFewRuns"),
    ("null-value", "NullValue"),
    ("null-element", "NullValue"),
)


@dataclass(slots=True)
class Found:
    """Everything wrong and everything to warn of, so far, in order, none twice."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    # What stands in the lists, to look it up in: an operation of thousands of params may have as many problems.
    _wrong: set[Problem] = field(default_factory=set)
    _warned: set[Problem] = field(default_factory=set)

    def wrong(self, problem: Problem, *, at: str = "") -> None:
        """One problem, seen from ``at``."""
        if (placed := problem.at(at)) not in self._wrong:
            self._wrong.add(placed)
            self.problems.append(placed)

    def all_of(self, error: JoineryError | Iterable[Problem], *, at: str = "") -> None:
        """Every problem of an error."""
        for problem in error.problems if isinstance(error, JoineryError) else error:
            self.wrong(problem, at=at)

    def warn(self, problem: Problem, *, at: str = "") -> None:
        """One warning, seen from ``at``."""
        if (placed := problem.at(at)) not in self._warned:
            self._warned.add(placed)
            self.warnings.append(placed)

    @property
    def reason(self) -> str:
        """The condition reason that the problems come to."""
        rules = {problem.rule for problem in self.problems}
        return next((reason for rule, reason in _REASONS if rule in rules), "InvalidParams")

    def refuse(self, *, reason: str | None = None, partial: Any = None) -> InvalidOperation:
        """The error that carries all of it."""
        return InvalidOperation(self.problems, reason=reason or self.reason, partial=partial)
