"""What a validation comes to."""

from __future__ import annotations

from dataclasses import dataclass

from joinery.problems import Problem


@dataclass(frozen=True, slots=True)
class Findings:
    """Every error and every warning of one object, each with its path as kubectl writes it, in order, none twice."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return not self.errors
