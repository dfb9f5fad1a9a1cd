"""Types, from text and to text."""

from __future__ import annotations

import pytest

from joinery.iotypes import parse_type
from joinery.iotypes.types import NAMES
from joinery.problems import InvalidValue


@pytest.mark.spec("3:8", "3:22", "3:23")
def test_types_are_read_and_written() -> None:
    for name in NAMES:
        assert str(parse_type(name)) == name
    for text in ("List[int]", "Dict[str, List[float]]", "Optional[Union[int, str]]", "Literal['a', 1, True]"):
        assert str(parse_type(text)) == text
        assert parse_type(str(parse_type(text))) == parse_type(text)
    assert parse_type(" list[ int ] ") == parse_type("List[int]")


@pytest.mark.spec("3:22", "3:23")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flaot", "did you mean `float`?"),
        ("string", "did you mean `str`?"),
        ("integer", "did you mean `int`?"),
        ("Lst[int]", "did you mean"),
        ("", "something is missing"),
        ("List[", "something is missing"),
        ("List[int", "something is missing"),
        ("List[int]]", "is not expected here"),
        ("List[int, str]", "is not expected here"),
        ("Dict[int, str]", "the keys of a mapping are texts"),
        ("Optional", "such as `Optional[int]`"),
        ("int float", "is not expected here"),
        ("Literal[]", "is not a text"),
        ("int$", "is not expected here"),
        ("List[" * 9 + "int" + "]" * 9, "nested more than 8 deep"),
        ("List[" * 5_000, "at most"),
    ],
)
def test_types_that_are_none(text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match="type") as caught:
        parse_type(text)
    assert words in str(caught.value)
