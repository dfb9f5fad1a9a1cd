"""The written trees as text: ``parse_query(format_query(tree)) == tree``. Source: spec 2, *Grammar*."""

from __future__ import annotations

import json
import re

from joinery.pql.ast import (
    AndNode,
    Bound,
    Clause,
    CompareOperand,
    FieldName,
    NilOperand,
    Node,
    NotNode,
    Operand,
    OrNode,
    PatternOperand,
    Query,
    RangeOperand,
    Raw,
    Sort,
    SplicedNode,
    TemplateToken,
    ValuesOperand,
)
from joinery.pql.scan import is_bare_key

_BRACE = re.compile(r"\{(?=\{|$)")


def format_query(query: Query) -> str:
    """One line of text that reads as the same tree. A bound value is printed as JSON (spec 1, *Order*)."""
    return "" if query.root is None else _node(query.root)


def format_sort(sort: Sort) -> str:
    return ", ".join(("-" if key.descending else "") + format_field(key.field) for key in sort.keys)


def format_field(field: FieldName) -> str:
    if field.spliced:
        return "".join(part if isinstance(part, str) else _template(part) for part in field.spliced)
    text = field.name
    if isinstance(field.key, TemplateToken):
        text += f".{_template(field.key)}"
    elif field.key is not None:
        text += f".{field.key if is_bare_key(field.key) else _quote(field.key)}"
    return text if field.stat is None else f"{text}[{field.stat}]"


def format_clause(clause: Clause) -> str:
    return f"{format_field(clause.field)}: {'~' if clause.negated else ''}{format_operand(clause.operand)}"


def json_text(value: object) -> str:
    """Compact JSON, as the record prints bound values."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def bound_text(value: object) -> str:
    """A bound value inside a text: a text as it is, anything else as compact JSON."""
    return value if isinstance(value, str) else json_text(value)


def _node(node: Node) -> str:
    match node:
        case Clause():
            return format_clause(node)
        case SplicedNode():
            return _template(node.template)
        case NotNode():
            return f"~({_node(node.item)})"
        case AndNode():
            return ", ".join(map(_member, node.items))
        case OrNode():
            return " or ".join(map(_member, node.items))


def _member(node: Node) -> str:
    return f"({_node(node)})" if isinstance(node, AndNode | OrNode) else _node(node)


def format_operand(operand: Operand) -> str:
    match operand:
        case NilOperand():
            return "nil"
        case CompareOperand():
            value = _raw(operand.value)
            # `< =1` compares with the text `=1`; `<=1` would be another comparison.
            return f"{operand.op}{' ' if value.startswith('=') else ''}{value}"
        case RangeOperand():
            return f"{_raw(operand.low)}..{_raw(operand.high)}"
        case PatternOperand():
            before = "" if operand.kind == "prefix" else "%"
            return f"{before}{_raw(operand.value)}{'' if operand.kind == 'suffix' else '%'}"
        case ValuesOperand():
            return "|".join([*map(_raw, operand.values), *(["nil"] if operand.or_nil else [])])


def _raw(raw: Raw) -> str:
    match raw.parts:
        case (Bound(value),) if not raw.quoted:
            return json_text(value)
    bound = [part.value for part in raw.parts if isinstance(part, Bound)]
    if bound:
        text = "".join(bound_text(part.value) if isinstance(part, Bound) else str(part) for part in raw.parts)
        is_text = raw.quoted or not all(isinstance(value, int | float) for value in bound)
        return json_text(text) if is_text else text
    parts: list[str] = []
    for part in raw.parts:
        if isinstance(part, TemplateToken):
            parts.append(_template(part))
        else:
            parts.append(_quote(str(part))[1:-1] if raw.quoted else str(part))
    return f'"{"".join(parts)}"' if raw.quoted else "".join(parts)


def _template(token: TemplateToken) -> str:
    return f"{{{{ {token.expression} }}}}"


def _quote(text: str) -> str:
    """A JSON string in which no ``{{`` is left that could be read as a template."""
    body = json.dumps(text, ensure_ascii=False)[1:-1]
    return '"' + _BRACE.sub(r"\\u007b", body) + '"'
