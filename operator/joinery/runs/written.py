"""Metrics as the store writes them in JSON: a plain number, or a list of last, min, max and step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from joinery.runs.plain import special_name
from joinery.runs.record import Metric

SPECIAL_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class WrittenMetrics(Mapping[str, Metric]):
    """Metrics as they were written, each read when it is asked for: of most runs only one is."""

    __slots__ = ("_written",)

    def __init__(self, written: dict[str, Any]) -> None:
        self._written = written

    def __getitem__(self, name: str) -> Metric:
        return _read_metric(self._written[name])

    def get(self, name: str, default: Any = None) -> Any:
        item = self._written.get(name, default)
        return item if item is default else _read_metric(item)

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)

    def __repr__(self) -> str:
        return repr(dict(self))

    def number(self, name: str, place: int) -> int | float | str | None:
        """One number of a metric, by its place in ``Metric``, as JSON has it; None where there is none."""
        item = self._written.get(name)
        found: int | float | str | None = item[place] if type(item) is list else None if place else item
        return found

    def last_values(self) -> dict[str, int | float | str]:
        """The last values that there are, as JSON has them: NaN and the infinities are texts."""
        lasts = {name: item[0] if type(item) is list else item for name, item in self._written.items()}
        if None in lasts.values():
            return {name: last for name, last in lasts.items() if last is not None}
        return lasts


def written_metric(metric: Metric) -> Any:
    """A metric as JSON."""
    last, low, high, step = metric
    if low is None and high is None and step is None:
        return json_number(last)
    return [json_number(item) for item in metric]


def json_number(value: int | float | None) -> int | float | str | None:
    """A number as JSON: NaN and the infinities are texts."""
    if type(value) is float and not math.isfinite(value):
        return special_name(value)
    return value


def _read_metric(item: Any) -> Metric:
    if type(item) is list:
        return Metric(*[SPECIAL_NUMBERS[stat] if type(stat) is str else stat for stat in item])
    # Metric(…) by the short way: a page of 5,000 runs has tens of thousands of them.
    return tuple.__new__(Metric, (SPECIAL_NUMBERS[item] if type(item) is str else item, None, None, None))
