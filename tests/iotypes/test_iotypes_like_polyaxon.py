"""The recorded answers of Polyaxon 2.18, one a row: type, value, flags, and what it made of it or that it refused.

``differs`` names the rule of ours (below) that a row is an exception by; every other row must agree.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from joinery.iotypes import IOSpec, as_arg, as_str, coerce
from joinery.problems import InvalidValue


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(__file__).parent / name).read_text("utf-8").splitlines() if line]


ROWS = rows_of("cases_polyaxon.jsonl")
ARGUMENTS = rows_of("cases_arguments_polyaxon.jsonl")

DIFFERENCES = {
    "optional-elements": "`isOptional` lets the elements of a list be null (spec 1, Against the inputs)",
    "optional-takes-null": "`Optional[T]` takes null; Polyaxon asks for `isOptional` as well",
    "list-of-str-coerces": "`List[str]` is `isList` of `str`, and coerces as it does; Polyaxon refuses what is no text",
    "union-and-literal": "`Union` and `Literal` are types; Polyaxon cannot read them",
    "text-of-git-and-file": "an address for `git`, and a path for `file`, may be a text",
    "iso-8601": "dates and times are ISO 8601, and numbers are none; Polyaxon's `datetime` takes dates only",
    "duration": "seconds or an ISO 8601 duration, nothing else; seconds may be written as text",
    "uri-kept": "a URI stays as it is written; Polyaxon adds a slash behind a host",
    "path-not-empty": "a path is not empty",
    "uuid-forms": "32 hexadecimal digits with dashes or without, no braces, no `urn:`",
    "artifacts-form": "`files` and `dirs` only; and the one mapping that a join gives goes with `isList` too",
    "large-integers": "integers beyond 64 bits are values like others",
    "numbers-in-texts": "`1_000`, `nan` and `inf` are no numbers",
    "image-mapping": "an image's mapping has a name, and no tag that would be lost",
    "mappings-by-key": "of the mappings that tools read, the keys are checked, the values are not",
    "keys-are-texts": "the keys of a mapping are texts",
}


def ask(row: dict[str, Any]) -> tuple[bool, Any]:
    spec = IOSpec(
        name="x", type=row["type"], is_list=row.get("isList", False), is_optional=row.get("isOptional", False)
    )
    try:
        return True, coerce(row["value"], spec)
    except InvalidValue:
        return False, None


def agrees(row: dict[str, Any]) -> bool:
    taken, found = ask(row)
    if row.get("refused"):
        return not taken
    return taken and json.dumps(found, sort_keys=True) == json.dumps(row["polyaxon"], sort_keys=True)


@pytest.mark.spec("3:25", "3:26", "3:27", "3:28", "3:29")
@pytest.mark.parametrize("wanted", sorted({row["type"] for row in ROWS}))
def test_every_row_agrees_save_where_we_say_so(wanted: str) -> None:
    rows = [row for row in ROWS if row["type"] == wanted]
    wrong = [row for row in rows if agrees(row) == ("differs" in row)]
    assert not wrong, "\n".join(f"{row} ours: {ask(row)}" for row in wrong[:10])


def test_the_table_is_large_and_every_difference_has_its_reason() -> None:
    used = Counter(row["differs"] for row in ROWS if "differs" in row)
    assert set(used) == set(DIFFERENCES)
    assert len(ROWS) > 1_000
    assert sum(used.values()) < len(ROWS) / 8


@pytest.mark.spec("3:12", "3:14", "4:18")
@pytest.mark.parametrize("row", ARGUMENTS, ids=json.dumps)
def test_arguments_are_written_alike_save_lists_and_mappings_in_texts(row: dict[str, Any]) -> None:
    spec = IOSpec(
        name="x", type=row["type"], is_flag=row.get("isFlag", False), arg_format=row.get("argFormat"), is_optional=True
    )
    same = [as_str(row["value"], spec), as_arg(row["value"], spec)] == [row["as_str"], row["as_arg"]]
    assert same == (row.get("differs") != "json-in-texts")
