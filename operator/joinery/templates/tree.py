"""Jinja2's tree to functions, node by node from an allow-list: what is not named here is refused.

Nothing of Jinja2's own evaluation is used, so no method, no attribute of a Python
object and no call can be reached from an expression.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from jinja2 import nodes

from joinery.templates import tree_calls, tree_operators
from joinery.templates.lookup import get_item, get_path, slice_of
from joinery.templates.paths import key_step, name_step
from joinery.templates.values import Fault, Missing, NameUse, Scope, Step

MAX_DEPTH = 64  # operations one within the other: `a + b + c` is two

_CALL = "calls are not allowed: there are filters (`x | filter`) and tests (`x is test`) instead"
_POWER = "`**` is not allowed: arithmetic is + - * / // % on numbers"


class Builder:
    """Builds the steps of one expression; ``faults`` are all that is wrong with it, ``uses`` the names it reads,
    ``guarded`` those that it can do without (they stand under ``default`` or ``is defined``)."""

    def __init__(self, *, head: tuple[int, tuple[str, ...]] | None = None) -> None:
        self.head = head  # offset and segments of a leading path whose names hold dashes
        self.faults: list[Fault] = []
        self.uses: list[NameUse] = []
        self.guarded: set[str] = set()
        self._depth = 0

    def value(self, node: nodes.Node) -> Step:
        """A step that yields a value that is there, or raises the fault of one that is not."""
        step = self.maybe(node)
        if not isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.CondExpr, nodes.Filter)):
            return step

        def there(scope: Scope) -> Any:
            found = step(scope)
            if isinstance(found, Missing):
                raise found.fault
            return found

        return there

    def maybe(self, node: nodes.Node) -> Step:
        """A step that may yield :class:`Missing`."""
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                return self.refuse(node, f"more than {MAX_DEPTH} operations, one within the other")
            return self._build(node)
        finally:
            self._depth -= 1

    def _build(self, node: nodes.Node) -> Step:
        match node:
            case nodes.Name():
                return self._name(node)
            case nodes.Const(value=float() as value) if not isfinite(value):
                return self.refuse(node, "this number is too large")
            case nodes.Const():
                return constant(node.value)
            case nodes.Getattr():
                return self._attribute(node)
            case nodes.Getitem():
                return self._item(node)
            case nodes.Filter():
                return tree_calls.build_filter(self, node)
            case nodes.Test():
                return tree_calls.build_test(self, node)
            case nodes.List() | nodes.Tuple():
                return tree_operators.build_list(self, node)
            case nodes.Dict():
                return tree_operators.build_mapping(self, node)
            case nodes.CondExpr():
                return tree_operators.build_choice(self, node)
            case nodes.And() | nodes.Or() | nodes.Not():
                return tree_operators.build_logic(self, node)
            case nodes.Compare():
                return tree_operators.build_compare(self, node)
            case nodes.Concat():
                return tree_operators.build_concat(self, node)
            case nodes.Pow():
                return self.refuse(node, _POWER)
            case nodes.BinExpr():
                return tree_operators.build_arithmetic(self, node)
            case nodes.Neg() | nodes.Pos():
                return tree_operators.build_sign(self, node)
            case nodes.Call():
                return self.refuse(node, _CALL)
            case _:
                return self.refuse(node, "this is not allowed in an expression")

    def refuse(self, node: nodes.Node, message: str, *, hint: str | None = None, length: int = 1) -> Step:
        fault = Fault(message, rule="template-refused", hint=hint).at(node.lineno - 1, length)
        self.faults.append(fault)
        return constant(None)

    # -- names and what is within them

    def _name(self, node: nodes.Name) -> Step:
        position = node.lineno - 1
        if self.head is not None and self.head[0] == position:
            path = self.head[1]
            self.uses.append(NameUse(path[0], position))
            return lambda scope: get_path(scope.names, path, position)
        name = node.name
        self.uses.append(NameUse(name, position))
        return name_step(name, position)

    def _attribute(self, node: nodes.Getattr) -> Step:
        position, key = node.lineno, node.attr  # lineno - 1 is the dot, the key stands behind it
        if key.startswith("_"):
            return self.refuse(node, f"`.{key[:40]}`: names that begin with `_` cannot be read", length=len(key) + 1)
        return key_step(self.maybe(node.node), key, position)

    def _item(self, node: nodes.Getitem) -> Step:
        position = node.lineno - 1
        inner = self.maybe(node.node)
        if isinstance(node.arg, nodes.Slice):
            parts = [
                None if part is None else self.value(part) for part in (node.arg.start, node.arg.stop, node.arg.step)
            ]

            def cut(scope: Scope) -> Any:
                found = inner(scope)
                if isinstance(found, Missing):
                    return found
                return slice_of(found, [None if part is None else part(scope) for part in parts], scope, position)

            return cut
        key = self.value(node.arg)
        return lambda scope: get_item(inner(scope), key(scope), position)


def constant(value: Any) -> Step:
    return lambda _scope: value
