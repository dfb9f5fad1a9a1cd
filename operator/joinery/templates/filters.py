"""The filters: each a function of (scope, value, arguments), with the argument names that Jinja2 gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joinery.templates import filters_lists as lists
from joinery.templates import filters_scalars as scalars


@dataclass(frozen=True, slots=True)
class Filter:
    """``parameters`` are the names of its arguments in order, the first ``least`` of them required;
    ``rest``: it takes any number more by place, and any by name (``map``)."""

    run: Callable[..., Any]
    usage: str
    parameters: tuple[str, ...] = ()
    least: int = 0
    takes_missing: bool = False
    rest: bool = False

    def check(self, places: int, words: Sequence[str]) -> str | None:
        """What is wrong with a call that gives so many arguments by place, and these by name; None if nothing."""
        if self.rest:
            return None
        if places > len(self.parameters):
            return f"too many arguments: {places}"
        given = self.parameters[:places]
        for word in words:
            if word not in self.parameters:
                return f"there is no argument `{word[:40]}`"
            if word in given:
                return f"the argument `{word}` is given twice"
        lacking = [name for name in self.parameters[: self.least] if name not in given and name not in words]
        return f"the argument `{lacking[0]}` is missing" if lacking else None


_JOIN = Filter(lists.join, "`| join(', ')`", ("d", "attribute"))
_LENGTH = Filter(lists.length, "`| length`")
_DEFAULT = Filter(scalars.default, "`| default('other')`", ("default_value", "boolean"), takes_missing=True)

FILTERS: Mapping[str, Filter] = {
    "abs": Filter(scalars.absolute, "`| abs`"),
    "capitalize": Filter(scalars.capitalize, "`| capitalize`"),
    "count": _LENGTH,
    "d": _DEFAULT,
    "default": _DEFAULT,
    "first": Filter(lists.first, "`| first`"),
    "float": Filter(scalars.to_float, "`| float`", ("default",)),
    "int": Filter(scalars.to_int, "`| int`", ("default", "base")),
    "items": Filter(lists.items, "`| items`"),
    "join": _JOIN,
    "last": Filter(lists.last, "`| last`"),
    "length": _LENGTH,
    "list": Filter(lists.as_list, "`| list`"),
    "lower": Filter(scalars.lower, "`| lower`"),
    "map": Filter(
        lambda scope, value, *places, **words: lists.map_(scope, value, FILTERS, *places, **words),
        "`| map(attribute='loss')` or `| map('upper')`",
        rest=True,
    ),
    "map_format": Filter(scalars.map_format, "`| map_format('--lr=%s')`", ("pattern",), 1),
    "max": Filter(lists.largest, "`| max`", ("case_sensitive", "attribute")),
    "min": Filter(lists.smallest, "`| min`", ("case_sensitive", "attribute")),
    "quote": Filter(scalars.quote, "`| quote`"),
    "reject": Filter(lists.reject, "`| reject('none')`", rest=True),
    "rejectattr": Filter(lists.reject_attribute, "`| rejectattr('loss', 'none')`", rest=True),
    "replace": Filter(scalars.replace, "`| replace('old', 'new')`", ("old", "new", "count"), 2),
    "reverse": Filter(lists.reverse, "`| reverse`"),
    "round": Filter(scalars.round_, "`| round(2)`", ("precision", "method")),
    "select": Filter(lists.select, "`| select('number')`", rest=True),
    "selectattr": Filter(lists.select_attribute, "`| selectattr('loss', 'lt', 0.1)`", rest=True),
    "sort": Filter(lists.sort, "`| sort`", ("reverse", "case_sensitive", "attribute")),
    "string": Filter(scalars.to_text, "`| string`"),
    "sum": Filter(lists.sum_, "`| sum`", ("attribute", "start")),
    "title": Filter(scalars.title, "`| title`"),
    "tojson": Filter(scalars.tojson, "`| tojson`"),
    "trim": Filter(scalars.trim, "`| trim`", ("chars",)),
    "unique": Filter(lists.unique, "`| unique`", ("case_sensitive", "attribute")),
    "upper": Filter(scalars.upper, "`| upper`"),
}
