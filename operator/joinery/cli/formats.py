"""``-o``: the formats that answers can be printed in, and the printing of plain data as JSON and YAML."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from joinery.cli.text import plain, safe_json


class Format(StrEnum):
    """Answers of ``search``, ``resolve``, ``explain`` and ``fields``."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"

    @property
    def is_data(self) -> bool:
        return self in (Format.JSON, Format.YAML)


class DataFormat(StrEnum):
    """What is data in itself: manifests and schemas."""

    YAML = "yaml"
    JSON = "json"
    NAME = "name"


class PlainFormat(StrEnum):
    """What has neither rows nor names."""

    JSON = "json"
    YAML = "yaml"


def write_data(value: Any, chosen: StrEnum) -> None:
    """Print ``value`` (JSON types) as JSON or YAML. NaN and infinities are the texts ``"NaN"``, ``"Infinity"``."""
    finite = _finite(value)
    if chosen.value == "json":
        sys.stdout.write(safe_json(json.dumps(finite, indent=2, ensure_ascii=False)) + "\n")
    else:
        sys.stdout.write(yaml_text(finite))


def write_names(names: Iterable[str]) -> None:
    """One name a line, as ``kubectl -o name`` prints them."""
    sys.stdout.writelines(f"{plain(name)}\n" for name in names)


def yaml_text(value: Any) -> str:
    """YAML that means the same in every reader and cannot move a terminal's cursor."""
    from joinery.manifests import dump_yaml

    text: str = dump_yaml(value)
    if all(line.isprintable() for line in text.split("\n")):
        return text
    # JSON is YAML, and there every character that cannot be printed has an escape.
    return safe_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def _finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case dict():
            return {str(key): _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
    return value
