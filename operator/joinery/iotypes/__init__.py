"""Inputs, outputs and their types: what is declared, and values made to fit it (spec 3)."""

from joinery.iotypes.checks import check_spec, check_to_init
from joinery.iotypes.coerce import coerce, coerce_list, missing_input
from joinery.iotypes.spec import IOSpec, takes_list, type_of
from joinery.iotypes.text import as_arg, as_str, as_text
from joinery.iotypes.types import IOType, parse_type

__all__ = [
    "IOSpec",
    "IOType",
    "as_arg",
    "as_str",
    "as_text",
    "check_spec",
    "check_to_init",
    "coerce",
    "coerce_list",
    "missing_input",
    "parse_type",
    "takes_list",
    "type_of",
]
