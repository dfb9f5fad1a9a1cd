"""PQL, the query and sort language: text to a tree, the tree to a typed tree, and back to text.

Pure and total: for any text a result or :class:`joinery.problems.InvalidQuery`. Source: spec 2.
"""

from joinery.pql.bind import bind_query, bind_sort
from joinery.pql.check import check, check_query, query_problems
from joinery.pql.check_sort import check_sort, sort_problems
from joinery.pql.explain import Explained, explain_query
from joinery.pql.fields import FIELDS
from joinery.pql.format import format_query, format_sort
from joinery.pql.parser import parse_query
from joinery.pql.sorts import parse_sort
from joinery.pql.templates import Placed, query_templates, sort_templates

__all__ = [
    "FIELDS",
    "Explained",
    "Placed",
    "bind_query",
    "bind_sort",
    "check",
    "check_query",
    "check_sort",
    "explain_query",
    "format_query",
    "format_sort",
    "parse_query",
    "parse_sort",
    "query_problems",
    "query_templates",
    "sort_problems",
    "sort_templates",
]
