"""Binds the values of templates into a query or sort that has been parsed already. Source: spec 1, *Order*.

A template is data, never syntax: what it gives is put into the tree as a value and never read as text of
the query again. Only where it stands for syntax is it rendered first, from what its author wrote alone.
"""

from __future__ import annotations

from dataclasses import replace

from joinery.pql.ast import (
    AndNode,
    Clause,
    CompareOperand,
    NilOperand,
    Node,
    NotNode,
    Operand,
    OrNode,
    PatternOperand,
    Query,
    RangeOperand,
    Sort,
    SortKey,
    Span,
    SplicedNode,
    TemplateToken,
    ValuesOperand,
)
from joinery.pql.binder import Binder, Evaluate, has_template
from joinery.pql.format import format_query, format_sort
from joinery.pql.limits import MAX_CLAUSES, MAX_NESTING
from joinery.pql.parser import read_query
from joinery.pql.report import Report, Stop
from joinery.pql.sorts import read_sort
from joinery.pql.templates import query_templates, raws_of
from joinery.problems import InvalidQuery


def bind_query(query: Query, *, value: Evaluate, early: Evaluate) -> Query:
    """The query with every template bound: operands and keys by ``value`` as data, syntax by ``early``.

    Raises :class:`InvalidQuery` with every problem, those of the templates themselves included. Whether a bound
    value fits its field is for ``check`` to say.
    """
    report = Report(query.text or format_query(query))
    binding = _Binding(Binder(value, early, report))
    root = None
    try:
        if query.root is not None:
            root = binding.node(query.root, whole=True)
            binding.measure(root, len(report.text))
    except Stop:
        pass
    report.raise_any()
    return Query(root, report.text)


def bind_sort(sort: Sort, *, value: Evaluate, early: Evaluate) -> Sort:
    """As :func:`bind_query`. A template that stands for a whole element may give several, or the whole sort."""
    report = Report(sort.text or format_sort(sort))
    binder = Binder(value, early, report)
    keys: list[SortKey] = []
    try:
        for key in sort.keys:
            if key.field.spliced:
                keys += _splice_keys(key, binder, whole=len(sort.keys) == 1)
            else:
                keys.append(SortKey(binder.bind_field(key.field), key.descending))
    except Stop:
        pass
    report.raise_any()
    return Sort(tuple(keys), report.text)


def _splice_keys(key: SortKey, binder: Binder, *, whole: bool) -> list[SortKey]:
    rendered = binder.render(key.field.spliced)
    if rendered is None:
        return []
    text = f"-{rendered.strip()}" if key.descending else rendered.strip()
    if not text and whole:
        return []
    try:
        found, report = read_sort(text or " ")
        problems = report.problems
    except InvalidQuery as error:
        found, problems = Sort(()), list(error.problems)
    binder.carry(problems, key.field.span, given=text)
    if any(has_template(one.field) for one in found.keys):
        binder.report.add("a rendered sort holds a template again", key.field.span, rule="bound-syntax")
    return [SortKey(replace(one.field, span=key.field.span), one.descending) for one in found.keys]


class _Binding:
    def __init__(self, binder: Binder) -> None:
        self.binder = binder

    def node(self, node: Node, *, whole: bool = False) -> Node | None:
        """The node bound; None when it was taken out (a rendered `_any_` clause) or could not be bound."""
        match node:
            case Clause():
                return replace(node, field=self.binder.bind_field(node.field), operand=self.operand(node.operand))
            case SplicedNode():
                return self.splice(node.template, whole=whole)
            case NotNode():
                item = self.node(node.item)
                return None if item is None else NotNode(item)
            case AndNode() | OrNode():
                items = tuple(item for one in node.items if (item := self.node(one)) is not None)
                if len(items) < 2:
                    return items[0] if items else None
                return AndNode(items) if isinstance(node, AndNode) else OrNode(items)

    def operand(self, operand: Operand) -> Operand:
        bind = self.binder.bind_raw
        match operand:
            case NilOperand():
                return operand
            case CompareOperand():
                return replace(operand, value=bind(operand.value))
            case PatternOperand():
                return replace(operand, value=bind(operand.value))
            case RangeOperand():
                return RangeOperand(bind(operand.low), bind(operand.high))
            case ValuesOperand():
                return replace(operand, values=tuple(map(bind, operand.values)))

    def splice(self, token: TemplateToken, *, whole: bool) -> Node | None:
        """The clauses that a template stands for. A blank text is every run, where it is the whole query."""
        text = self.binder.render((token,))
        if text is None or (whole and not text.strip()):
            return None
        if not text.strip():
            hint = "a query that may be empty stands alone"
            self.binder.report.add("the template gave no clause", token.span, rule="bound-syntax", hint=hint)
            return None
        try:
            query, report = read_query(text)
            problems = report.problems
        except InvalidQuery as error:
            query, problems = Query(None), list(error.problems)
        self.binder.carry(problems, token.span, given=text)
        if query_templates(query):
            self.binder.report.add("a rendered query holds a template again", token.span, rule="bound-syntax")
            return None
        return None if query.root is None else _at(query.root, token.span)

    def measure(self, root: Node | None, length: int) -> None:
        """The limits hold of what the templates gave, too."""
        clauses, deepest = 0, 0
        stack = [] if root is None else [(root, 0)]
        while stack:
            node, depth = stack.pop()
            deepest = max(deepest, depth)
            match node:
                case AndNode() | OrNode():
                    stack += [(item, depth + 1) for item in node.items]
                case NotNode():
                    stack.append((node.item, depth + 1))
                case _:
                    clauses += 1
        if clauses > MAX_CLAUSES:
            self.binder.report.add(f"rendered, more than {MAX_CLAUSES} clauses", Span(0, length), rule="query-too-long")
        if deepest > 2 * MAX_NESTING + 2:
            self.binder.report.add(
                f"rendered, more than {MAX_NESTING} parentheses inside one another",
                Span(0, length),
                rule="query-nesting",
            )


def _at(node: Node, span: Span) -> Node:
    """The node as if all of it stood at ``span``, so that problems point at the template that gave it."""
    match node:
        case Clause():
            field = replace(node.field, span=span)
            return replace(node, field=field, operand=_operand_at(node.operand, span), span=span)
        case SplicedNode():
            return node
        case NotNode():
            return NotNode(_at(node.item, span))
        case AndNode():
            return AndNode(tuple(_at(item, span) for item in node.items))
        case OrNode():
            return OrNode(tuple(_at(item, span) for item in node.items))


def _operand_at(operand: Operand, span: Span) -> Operand:
    raws = [replace(raw, span=span) for raw in raws_of(operand)]
    match operand:
        case NilOperand():
            return operand
        case CompareOperand() | PatternOperand():
            return replace(operand, value=raws[0])
        case RangeOperand():
            return RangeOperand(raws[0], raws[1])
        case ValuesOperand():
            return replace(operand, values=tuple(raws))
