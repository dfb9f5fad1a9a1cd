"""The kinds of text, number and map that the models are made of, each with its bound and its schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, StrictBool, StrictInt, StringConstraints, WithJsonSchema

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.errors import describe, refuse
from joinery.problems import Problem, did_you_mean

RESERVED_NAMES = ("globals", "params", "connections", "artifacts", "inputs", "outputs", "metrics", "io")
"""Names that no param, input or output may have: templates give them a meaning of their own (spec 1)."""

PARAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:ms|d|h|m|s))+")
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def param_name(name: str) -> str:
    """Check the name of a param, an input or an output."""
    if not PARAM_NAME.fullmatch(name):
        raise refuse(
            Problem(
                message=f"{describe(name).removeprefix('the text ')} is no name for a param",
                rule="param-name",
                hint="a letter or `_`, then at most 62 letters, digits, `_` and `-`",
            )
        )
    if name in RESERVED_NAMES:
        raise refuse(
            Problem(
                message=f"`{name}` is a reserved name",
                rule="reserved-name",
                hint="reserved are " + ", ".join(f"`{word}`" for word in RESERVED_NAMES),
            )
        )
    return name


def variable_name(name: str) -> str:
    """Check the name of an environment variable (``toEnv``)."""
    if not _VARIABLE.fullmatch(name):
        raise refuse(
            Problem(
                message=f"{describe(name).removeprefix('the text ')} is no name for an environment variable",
                rule="variable-name",
                hint="letters, digits and `_`, not starting with a digit",
            )
        )
    if name == "PATH" or name.startswith(("JOINERY_", "LD_")):
        raise refuse(
            Problem(
                message=f"`{name}` may not be set",
                rule="variable-name",
                hint="`PATH`, `LD_*` and `JOINERY_*` are kept for the system and for Joinery",
            )
        )
    return name


def object_name(name: str) -> str:
    """Check the name of a Kubernetes object (RFC 1123 subdomain)."""
    if len(name) > limits.MAX_NAME or not OBJECT_NAME.fullmatch(name):
        raise refuse(
            Problem(
                message=f"{describe(name).removeprefix('the text ')} is no name for a Kubernetes object",
                rule="object-name",
                hint="lower-case letters, digits, `-` and `.`, at most 253, starting and ending with a letter or digit",
            )
        )
    return name


def parse_duration(text: str) -> float:
    """Seconds of a duration such as ``30m``, ``12h`` or ``1h30m`` (units d, h, m, s, ms); raises ValueError."""
    if text == "0":
        return 0.0
    if not _DURATION.fullmatch(text):
        raise ValueError(text)
    parts = re.findall(r"([0-9]+)(ms|d|h|m|s)", text)
    return sum(int(number) * _UNITS[unit] for number, unit in parts) / 1000


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError:
        raise refuse(
            Problem(
                message=f"must be a duration, and is {describe(text)}",
                rule="duration",
                hint="write it as `30m`, `12h` or `1h30m`",
            )
        ) from None
    return text


def one_of(*known: str) -> Callable[[str], str]:
    """A validator of a text that must be one of ``known``."""

    def check(text: str) -> str:
        if text not in known:
            raise refuse(
                Problem(
                    message=f"must be one of {', '.join(f'`{name}`' for name in known)}, and is {describe(text)}",
                    rule="not-one-of",
                    hint=did_you_mean(text, known),
                )
            )
        return text

    return check


def count(what: str, least: int, most: int, why: str | None) -> PlainValidator:
    """Read ``limit`` and ``offset``: an int, its digits, or a text with ``{{ }}`` that is read after rendering."""

    def check(value: Any) -> int | str:
        number: int | None = None
        if isinstance(value, str):
            text = value.strip()
            if "{{" in text:
                if len(text) > limits.MAX_COUNT_TEXT:
                    message = f"is longer than the {limits.MAX_COUNT_TEXT} characters it may have"
                    raise refuse(Problem(message=message, rule="too-long"))
                return value
            number = limits.whole_number(text)
        elif isinstance(value, int) and not isinstance(value, bool):
            number = value
        elif isinstance(value, float) and value.is_integer():
            number = int(value)
        if number is None:
            message = f"must be a whole number, its digits as text, or a `{{{{ }}}}`, and is {describe(value)}"
            raise refuse(Problem(message=message, rule="wrong-type"))
        if not least <= number <= most:
            size = str(number) if number.bit_length() < 128 else f"a number of {number.bit_length()} bits"
            raise refuse(Problem(message=f"{what} must be {least} to {most}, and is {size}", rule="range", hint=why))
        return number

    return PlainValidator(check)


def _count_schema(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "minimum": least,
            "maximum": most,
            "maxLength": limits.MAX_COUNT_TEXT,
            "pattern": r"^\s*\+?[0-9]+\s*$|\{\{",
        }
    )


Limit = Annotated[
    int | str,
    count(
        "a limit",
        1,
        limits.MAX_RUNS_PER_JOIN,
        f"one join takes at most {limits.MAX_RUNS_PER_JOIN} runs (the operator setting `maxRunsPerJoin`); "
        "leave `limit` out for as many as that",
    ),
    _count_schema(1, limits.MAX_RUNS_PER_JOIN),
]
Offset = Annotated[
    int | str,
    count("an offset", 0, limits.MAX_OFFSET, None),
    _count_schema(0, limits.MAX_OFFSET),
]


def text(most: int, *, least: int = 0, pattern: str | None = None) -> Any:
    """Constraints of a text: how many characters, and optionally the schema's pattern."""
    return StringConstraints(strict=True, min_length=least or None, max_length=most, pattern=pattern)


Word = Annotated[str, text(limits.MAX_WORD)]
Text = Annotated[str, text(limits.MAX_TEXT)]
Path = Annotated[str, text(limits.MAX_PATH)]
Bool = StrictBool
Int = StrictInt
Time = Annotated[str, text(limits.MAX_TIME), Field(json_schema_extra={"format": "date-time"})]
ObjectName = Annotated[
    str,
    text(limits.MAX_NAME, least=1),
    AfterValidator(object_name),
    Field(json_schema_extra={"pattern": f"^{OBJECT_NAME.pattern}$"}),
]
ParamName = Annotated[
    str, text(63, least=1), AfterValidator(param_name), Field(json_schema_extra={"pattern": f"^{PARAM_NAME.pattern}$"})
]
VariableName = Annotated[
    str,
    text(limits.MAX_WORD, least=1),
    AfterValidator(variable_name),
    Field(json_schema_extra={"pattern": f"^{_VARIABLE.pattern}$"}),
]
Duration = Annotated[
    str,
    text(limits.MAX_TIME),
    AfterValidator(_duration),
    Field(json_schema_extra={"pattern": r"^(0|([0-9]{1,9}(ms|d|h|m|s))+)$"}),
]
Uuid = Annotated[
    str,
    text(32),
    AfterValidator(
        lambda value: value if re.fullmatch("[0-9a-f]{32}", value) else _no_uuid(value),
    ),
    Field(json_schema_extra={"pattern": "^[0-9a-f]{32}$"}),
]


def _no_uuid(value: str) -> str:
    plain = value.replace("-", "").lower()
    hint = f"write it `{plain}`" if re.fullmatch("[0-9a-f]{32}", plain) else None
    raise refuse(Problem(message=f"must be 32 lower-case hex digits, and is {describe(value)}", rule="uuid", hint=hint))


OnMissing = Annotated[
    str, AfterValidator(one_of("Fail", "Skip")), WithJsonSchema({"type": "string", "enum": ["Fail", "Skip"]})
]
OnNull = Annotated[
    str,
    AfterValidator(one_of("Keep", "DropRun", "Fail")),
    WithJsonSchema({"type": "string", "enum": ["Keep", "DropRun", "Fail"]}),
]
Opaque = dict[str, Any]
