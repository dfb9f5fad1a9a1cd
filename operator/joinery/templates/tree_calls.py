"""Filters and tests of an expression: looked up, their arguments checked, and made to steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from joinery.problems import did_you_mean
from joinery.templates.filters import FILTERS, Filter
from joinery.templates.lookup import check_segment
from joinery.templates.predicates import PREDICATES
from joinery.templates.values import Fault, Missing, Scope

if TYPE_CHECKING:
    from joinery.templates.tree import Builder
    from joinery.templates.values import Step


def build_filter(builder: Builder, node: nodes.Filter) -> Step:
    name, position = node.name, node.lineno - 1
    found = FILTERS.get(name)
    if found is None:
        hint = did_you_mean(name, FILTERS) or "the filters are: " + ", ".join(sorted(FILTERS))
        return builder.refuse(node, f"there is no filter `{name[:40]}`", hint=hint, length=len(name))
    if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
        return builder.refuse(node, f"`{name}`: `*` and `**` are not allowed here", length=len(name))
    if found.takes_missing:
        _guard(builder, node.node)
    inner = builder.maybe(node.node) if found.takes_missing else builder.value(node.node)
    _check_arguments(builder, node, found)
    places = [builder.value(argument) for argument in node.args]
    words = {str(pair.key): builder.value(pair.value) for pair in node.kwargs}

    def run(scope: Scope) -> Any:
        try:
            given = inner(scope)
            arguments = [step(scope) for step in places]
            options = {key: step(scope) for key, step in words.items()}
            scope.spend(1)
            made = found.run(scope, given, *arguments, **options)
            if isinstance(made, Missing):
                made.fault.at(position, len(name))
            return made
        except Fault as fault:
            raise fault.at(position, len(name)) from None

    return run


def _check_arguments(builder: Builder, node: nodes.Filter, found: Filter) -> None:
    """Too many, unknown or missing arguments, and attribute paths that begin with `_`, before anything runs."""
    wrong = found.check(len(node.args), [str(pair.key) for pair in node.kwargs])
    if wrong is not None:
        builder.refuse(node, wrong, hint=found.usage, length=len(node.name))
    for pair in node.kwargs:
        if pair.key == "attribute" and isinstance(pair.value, nodes.Const) and isinstance(pair.value.value, str):
            for segment in pair.value.value.split("."):
                try:
                    check_segment(segment)
                except Fault as fault:
                    builder.refuse(pair.value, fault.message, length=len(pair.value.value) + 2)


def build_test(builder: Builder, node: nodes.Test) -> Step:
    name, position = node.name, node.lineno - 1
    found = PREDICATES.get(name)
    if found is None:
        hint = did_you_mean(name, PREDICATES) or "the tests are: " + ", ".join(sorted(PREDICATES))
        return builder.refuse(node, f"there is no test `is {name[:40]}`", hint=hint)
    if len(node.args) != found.arguments or node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        return builder.refuse(
            node, f"`is {name}` takes {found.arguments or 'no'} argument{'s' * (found.arguments != 1)}"
        )
    if found.takes_missing:
        _guard(builder, node.node)
    inner = builder.maybe(node.node) if found.takes_missing else builder.value(node.node)
    arguments = [builder.value(argument) for argument in node.args]

    def run(scope: Scope) -> bool:
        try:
            return found.run(scope, inner(scope), *[step(scope) for step in arguments])
        except Fault as fault:
            raise fault.at(position) from None

    return run


def _guard(builder: Builder, node: nodes.Node) -> None:
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        node = node.node
    if isinstance(node, nodes.Name):
        at_head = builder.head is not None and builder.head[0] == node.lineno - 1
        builder.guarded.add(builder.head[1][0] if at_head and builder.head else node.name)
