"""Values as text: in environment variables, and as arguments of a command (spec 3, ``argFormat``, ``isFlag``)."""

from __future__ import annotations

from typing import Any

from joinery.iotypes.spec import IOSpec
from joinery.templates import compact_json, parse_template


def as_text(value: Any) -> str:
    """A text as it is; any other value as compact JSON."""
    return value if isinstance(value, str) else compact_json(value)


def as_str(value: Any, spec: IOSpec) -> str:
    """What ``params.NAME.as_str`` is: the value as text, ``--NAME`` or "" of a flag, "" of a null."""
    if spec.is_flag:
        return f"--{spec.name}" if value else ""
    return "" if value is None else as_text(value)


def as_arg(value: Any, spec: IOSpec) -> Any:
    """The value as an argument: ``argFormat`` rendered, ``--NAME`` of a flag, else ``--NAME=VALUE``.

    A null, and a flag that is false and has no ``argFormat``, give "": there is no such argument. An ``argFormat`` that
    is exactly one expression which yields a list gives that list. Raises :class:`joinery.problems.InvalidTemplate`.
    """
    if value is None:
        return ""
    if spec.arg_format:
        made = parse_template(spec.arg_format).render({spec.name: value})
        return made if isinstance(made, (str, list)) else as_text(made)
    return as_str(value, spec) if spec.is_flag else f"--{spec.name}={as_text(value)}"
