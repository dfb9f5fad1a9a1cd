"""The table of ``joinery fields``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from joinery.cli.blocks import Block, Table

if TYPE_CHECKING:
    from joinery.pql.fields import Field


def field_blocks(fields: Sequence[Field], *, wide: bool) -> list[Block]:
    heads = ["FIELD", "CLASS", "ALIASES", "EXAMPLE", *(("SORTS", "DESCRIPTION") if wide else ())]
    rows = []
    for field in fields:
        row = [written(field), class_of(field), ", ".join(field.aliases) or "–", field.example]
        rows.append([*row, "yes" if field.sortable else "no", field.description] if wide else row)
    return [Table(heads, rows)]


def written(field: Field) -> str:
    """``metrics.K`` for a field that takes a key."""
    return f"{field.name}.K" if field.keyed else field.name


def class_of(field: Field) -> str:
    """The class of spec 2, *Operands*; ``value`` of inputs and outputs takes comparisons too."""
    return f"{field.kind} with comparisons" if field.holds == "any" else field.kind


def field_data(fields: Sequence[Field]) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "class": class_of(field),
            "aliases": list(field.aliases),
            "keyed": field.keyed,
            "sortable": field.sortable,
            "example": field.example,
            "description": field.description,
        }
        for field in fields
    ]
