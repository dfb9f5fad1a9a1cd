"""Which params a value uses, and so in what order they are resolved. Source: spec 3, *Ordinary params*."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from joinery.joins.plan import Param
from joinery.problems import InvalidTemplate
from joinery.templates import parse_template

_OF_PARAMS = re.compile(r"\bparams\.([A-Za-z_][\w-]*)")


def in_order(params: Mapping[str, Param]) -> tuple[list[Param], set[str]]:
    """The params, each after those it uses; and the names of those that use each other in a circle."""
    done: dict[str, Param] = {}
    waiting = {name: needed_names(param.value, params) & params.keys() for name, param in params.items()}
    while ready := [name for name, needs in waiting.items() if needs <= done.keys()]:
        for name in ready:
            done[name] = params[name]
            del waiting[name]
    return list(done.values()), set(waiting)


def needed_names(value: Any, known: Collection[str] = ()) -> frozenset[str]:
    """The root names that the templates in a value read, those behind ``params.`` among them; a text that cannot
    be read needs none. ``known`` decides whether ``{{ a-b }}`` is one name or two."""
    found: set[str] = set()
    stack = [value]
    while stack:
        match stack.pop():
            case str() as text if "{{" in text:
                try:
                    names = parse_template(text).names_given(known)
                except InvalidTemplate:
                    continue
                found |= names
                if "params" in names:
                    found.update(_OF_PARAMS.findall(text))
            case Mapping() as mapping:
                stack += mapping.values()
            case list() | tuple() as items:
                stack += items
    return frozenset(found)
