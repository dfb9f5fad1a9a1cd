"""Literals and operators of an expression, made to steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from joinery.templates import operators
from joinery.templates.values import Fault, Missing, Scope, kind_of, written

if TYPE_CHECKING:
    from joinery.templates.tree import Builder
    from joinery.templates.values import Step


def build_list(builder: Builder, node: nodes.List | nodes.Tuple) -> Step:
    items = [builder.value(item) for item in node.items]

    def make(scope: Scope) -> list[Any]:
        return operators.bounded([item(scope) for item in items], scope)

    return make


def build_mapping(builder: Builder, node: nodes.Dict) -> Step:
    pairs = [(builder.value(pair.key), builder.value(pair.value)) for pair in node.items]

    def make(scope: Scope) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in pairs:
            name = key(scope)
            if not isinstance(name, str):
                raise Fault(f"the keys of a mapping are texts, and this is {kind_of(name)}").at(node.lineno - 1)
            made[name] = value(scope)
        return operators.bounded(made, scope)

    return make


def build_choice(builder: Builder, node: nodes.CondExpr) -> Step:
    test, then = builder.value(node.test), builder.maybe(node.expr1)
    otherwise = None if node.expr2 is None else builder.maybe(node.expr2)
    position = node.lineno - 1

    def choose(scope: Scope) -> Any:
        if test(scope):
            return then(scope)
        if otherwise is not None:
            return otherwise(scope)
        fault = Fault("this inline `if` has no `else`, and its condition is false", rule="undefined-name")
        return Missing(fault.at(position), soft=True)

    return choose


def build_logic(builder: Builder, node: nodes.And | nodes.Or | nodes.Not) -> Step:
    if isinstance(node, nodes.Not):
        only = builder.value(node.node)
        return lambda scope: not only(scope)
    left, right = builder.value(node.left), builder.value(node.right)
    if isinstance(node, nodes.And):
        return lambda scope: left(scope) and right(scope)
    return lambda scope: left(scope) or right(scope)


def build_compare(builder: Builder, node: nodes.Compare) -> Step:
    first = builder.value(node.expr)
    rest = [(operators.COMPARISONS[part.op], builder.value(part.expr)) for part in node.ops]
    position = node.lineno - 1

    def compare(scope: Scope) -> bool:
        left = first(scope)
        for test, step in rest:
            right = step(scope)
            try:
                if not test(scope, left, right):
                    return False
            except Fault as fault:
                raise fault.at(position) from None
            left = right
        return True

    return compare


def build_concat(builder: Builder, node: nodes.Concat) -> Step:
    items = [builder.value(item) for item in node.nodes]
    return lambda scope: operators.joined([written(item(scope), scope) for item in items], scope)


def build_arithmetic(builder: Builder, node: nodes.BinExpr) -> Step:
    work = operators.ARITHMETIC[node.operator]
    left, right, position = builder.value(node.left), builder.value(node.right), node.lineno - 1

    def compute(scope: Scope) -> Any:
        try:
            scope.spend(1)
            return work(left(scope), right(scope))
        except Fault as fault:
            raise fault.at(position) from None

    return compute


def build_sign(builder: Builder, node: nodes.Neg | nodes.Pos) -> Step:
    inner, negative, position = builder.value(node.node), isinstance(node, nodes.Neg), node.lineno - 1

    def compute(scope: Scope) -> Any:
        try:
            number = operators.number(inner(scope), "-" if negative else "+")
        except Fault as fault:
            raise fault.at(position) from None
        return -number if negative else number

    return compute
