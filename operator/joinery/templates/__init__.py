"""``{{ expressions }}`` in texts: Jinja2's syntax, an evaluation of our own, one pass, bounded.

Source: spec 4, *Templates*.
"""

from joinery.templates.expression import Expression, parse_expression
from joinery.templates.scan import find_end
from joinery.templates.template import Template, check_template, parse_template, render_args
from joinery.templates.values import compact_json

__all__ = [
    "Expression",
    "Template",
    "check_template",
    "compact_json",
    "find_end",
    "parse_expression",
    "parse_template",
    "render_args",
]
