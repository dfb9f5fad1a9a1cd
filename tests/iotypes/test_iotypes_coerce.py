"""Coercion as spec 3 lists it, and the words of its errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.iotypes import IOSpec, coerce, coerce_list, missing_input, parse_type, takes_list
from joinery.iotypes.types import NAMES
from joinery.problems import InvalidValue

UUID = "0123456789abcdef0123456789abcdef"


def spec(type_: str = "any", **fields: Any) -> IOSpec:
    return IOSpec(name="p", type=type_, **fields)


def refusal(value: Any, given: IOSpec, **more: Any) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        coerce(value, given, **more)
    return caught.value


@pytest.mark.spec("3:26", "3:27", "3:28", "3:29")
@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", "1", 1),
        ("int", 1.0, 1),
        ("int", True, 1),
        ("int", 2**70, 2**70),
        ("float", "1.5", 1.5),
        ("float", 3, 3.0),
        ("float", True, 1.0),
        ("bool", "YES", True),
        ("bool", "off", False),
        ("bool", 0, False),
        ("bool", "T", True),
        ("str", 1, "1"),
        ("str", 1.50, "1.5"),
        ("str", True, "true"),
        ("str", {"a": [1, None]}, '{"a":[1,null]}'),
        ("str", "[1]", "[1]"),
        ("dict", '{"a": 1}', {"a": 1}),
        ("list", "[0.1]", [0.1]),
        ("uuid", "01234567-89AB-cdef-0123-456789abcdef", UUID),
        ("path", "a/b c", "a/b c"),
        ("date", "2024-05-31", "2024-05-31"),
        ("datetime", "2024-05-31T10:00:00+02:00", "2024-05-31T10:00:00+02:00"),
        ("timedelta", 90, 90),
        ("timedelta", "90.5", 90.5),
        ("timedelta", "PT1H30M", 5400),
        ("timedelta", "-P1DT0.5S", -86400.5),
        ("timedelta", "P2W", 1209600),
        ("s3", "s3://bucket/key", "s3://bucket/key"),
        ("gcs", "gcs://bucket/key", "gcs://bucket/key"),
        ("wasb", "wasbs://c@a.blob.core.windows.net/p", "wasbs://c@a.blob.core.windows.net/p"),
        ("git", "https://example.org/r.git", "https://example.org/r.git"),
        ("git", {"url": "u", "revision": "main"}, {"url": "u", "revision": "main"}),
        ("artifacts", {"files": ["a", ["b", "c"]], "dirs": []}, {"files": ["a", ["b", "c"]], "dirs": []}),
        ("metric", "0.5", 0.5),
        ("metadata", {"a": 1}, {"a": 1}),
        ("List[int]", '["1", 2.0, true]', [1, 2, 1]),
        ("Dict[str, float]", {"a": 1}, {"a": 1.0}),
        ("Optional[int]", None, None),
        ("Optional[int]", "5", 5),
        ("Union[int, str]", "1", "1"),
        ("Union[int, str]", 1, 1),
        ("Union[int, List[int]]", ["1"], [1]),
        ("Union[bool, int]", 1, 1),
        ("Literal['a', 'b']", "a", "a"),
        ("Literal[1, 2]", "2", 2),
        ("Literal[true, none]", True, True),
        ("List[Literal[1, 2]]", [1], [1]),
        ("List[List[Optional[float]]]", [[1, None]], [[1.0, None]]),
    ],
)
def test_coerced(type_: str, value: object, expected: object) -> None:
    found = coerce(value, spec(type_))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.spec("3:25", "3:26", "3:28")
@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        ("int", 1.5, "is not an integer"),
        ("int", "1.5", "is not an integer"),
        ("int", float("inf"), "is not an integer"),
        ("float", float("nan"), "is not a finite number"),
        ("float", "nan", "is not JSON of a number"),
        ("float", 10**400, "is too large"),
        ("bool", 2, "is not a boolean"),
        ("bool", "2", "is not a boolean"),
        ("path", "", "a path is not"),
        ("path", 5, "is no text"),
        ("dict", [1], "is not a mapping"),
        ("list", {"a": 1}, "is not a list"),
        ("list", "1,2", "is not a list"),
        ("uuid", "12", "is not a uuid"),
        ("email", "nobody", "is not an email address"),
        ("uri", "x.io", "is not a URI"),
        ("image", "a b", "is not a container image"),
        ("date", "31.5.2024", "ISO 8601"),
        ("date", "2024-05-31T10:00:00", "time of day"),
        ("datetime", "yesterday", "ISO 8601"),
        ("timedelta", "1 day", "is not a duration"),
        ("timedelta", "P", "is not a duration"),
        ("timedelta", 1e300, "too long"),
        ("s3", "gs://b/k", "is not an S3 address"),
        ("s3", "s3://", "is not an S3 address"),
        ("gcs", "s3://b/k", "is not a GCS address"),
        ("wasb", "wasb://c/p", "is not an Azure address"),
        ("git", {"uri": "x"}, "did you mean `url`?"),
        ("artifacts", {"file": ["a"]}, "did you mean `files`?"),
        ("artifacts", {"files": "a"}, "that is no list"),
        ("artifacts", {"files": [1]}, "at index 0"),
        ("artifacts", ["a"], "is not a mapping"),
        ("file", {"filename": "x"}, "needs the key `content`"),
        ("dockerfile", "FROM x", "is not a mapping"),
        ("Literal['a', 'b']", "c", "is not one of the values"),
        ("Literal[1]", True, "is not one of the values"),
        ("Union[int, bool]", "x", "is none of the types"),
        ("Dict[str, int]", {"a": "x"}, 'at ["a"]'),
        ("int", None, "is required, and null is given"),
        ("any", None, "is required, and null is given"),
    ],
)
def test_refused(type_: str, value: object, words: str) -> None:
    assert words in str(refusal(value, spec(type_)))


@pytest.mark.spec("3:31", "3:33")
def test_an_error_names_param_type_value_index_and_run_and_all_are_reported() -> None:
    with pytest.raises(InvalidValue) as caught:
        coerce_list([1, "x", 2, [3]], spec("float", is_list=True), sources=[f"run r{i} ({UUID})" for i in range(4)])
    assert [problem.message for problem in caught.value.problems] == [
        f'param `p` of type `List[float]`: element 1, "x" is not a number (from run r1 ({UUID}))',
        f"param `p` of type `List[float]`: element 3, [3] is not a number (from run r3 ({UUID}))",
    ]
    assert "(from run a)" in str(refusal("x", spec("int"), source="run a"))


@pytest.mark.spec("3:31")
def test_an_offending_value_is_cut_at_80_characters() -> None:
    message = refusal("x" * 10_000, spec("int")).problems[0].message
    assert f'"{"x" * 78}…' in message
    assert "x" * 79 not in message
    assert len(refusal({"k" * 500: "v" * 500}, spec("int")).problems[0].message) < 200
    many = refusal(["x"] * 1_000, spec("int", is_list=True)).problems
    assert len(many) == 21
    assert "980 more" in many[-1].message


@pytest.mark.spec("3:32")
def test_a_missing_input() -> None:
    assert missing_input(IOSpec(name="lr")).message == "input `lr` is required, and no param gives it"


@pytest.mark.spec("3:8", "3:10", "3:11", "3:13", "1:118")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (spec("float", is_list=True), True),
        (spec("List[float]"), True),
        (spec("Optional[List[float]]"), True),
        (spec("artifacts"), True),
        (spec("list"), True),
        (spec("any"), True),
        (spec(), True),
        (spec("float"), False),
        (spec("dict"), False),
        (spec("Dict[str, int]"), False),
        (spec("Optional[int]"), False),
        (spec("Literal[1]"), False),
    ],
)
def test_what_takes_the_list_of_a_join(given: IOSpec, expected: bool) -> None:
    assert takes_list(given) is expected


@pytest.mark.spec("3:10", "1:120")
def test_is_list_is_the_same_as_list_of() -> None:
    for declared in (spec("int", is_list=True), spec("List[int]")):
        assert coerce(["1", 2.0], declared) == [1, 2]
        assert coerce_list(["1", 2.0], declared) == [1, 2]
    assert coerce_list([{"a": 1}, "x", 5], spec("list")) == [{"a": 1}, "x", 5]
    assert coerce_list([], spec("int", is_list=True)) == []


@pytest.mark.spec("1:120", "1:121", "3:11")
def test_null_elements() -> None:
    sources = [f"run r{i}" for i in range(8)]
    for allowed in (spec("any"), spec("List[Optional[int]]"), spec("int", is_list=True, is_optional=True)):
        assert coerce_list([1, None], allowed, sources=sources) == [1, None]
    assert coerce([1, None], spec("int", is_list=True, is_optional=True)) == [1, None]
    with pytest.raises(InvalidValue) as caught:
        coerce_list([None, 1, None, "x"], spec("int", is_list=True), sources=sources)
    first, second = caught.value.problems
    assert first.message == "param `p` of type `List[int]`: 2 elements are null, from run r0, run r2"
    assert first.hint is not None
    assert "isOptional" in first.hint
    assert "element 3" in second.message
    with pytest.raises(InvalidValue, match="and 2 more"):
        coerce_list([None] * 7, spec("int", is_list=True), sources=sources)


@pytest.mark.spec("1:122")
def test_the_artifacts_form() -> None:
    form = {"files": ["u/a"], "dirs": []}
    assert coerce(form, spec("artifacts")) == form
    assert coerce(form, spec("artifacts", is_list=True)) == form
    assert coerce_list(["u/model", "v/model"], spec("path", is_list=True)) == ["u/model", "v/model"]
    assert coerce_list(["u/model"], spec("str", is_list=True)) == ["u/model"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
type_texts = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: (
        st.builds("List[{}]".format, inner)
        | st.builds("Dict[str, {}]".format, inner)
        | st.builds("Optional[{}]".format, inner)
        | st.builds("Union[{}, {}]".format, inner, inner)
    ),
    max_leaves=3,
)


@settings(max_examples=400, deadline=None)
@given(json_values, type_texts, st.booleans(), st.booleans())
def test_any_value_fits_or_is_an_error_and_fits_again(value: Any, type_: str, is_list: bool, optional: bool) -> None:
    given_spec = spec(type_, is_list=is_list, is_optional=optional)
    try:
        found = coerce(value, given_spec)
    except InvalidValue as error:
        longest = max(len(problem.message) for problem in error.problems)
        if longest > 1_000:
            pytest.fail("a message that is not cut")
        return
    if "Union" not in type_ and "any" not in type_ and "list" not in type_.lower() and "dict" not in type_.lower():
        assert coerce(found, given_spec) == found


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.text(alphabet="ListDcOponalUrg[], 'intsrf", max_size=25))
def test_any_text_is_a_value_or_an_error_and_a_type_or_an_error(value: str, type_: str) -> None:
    for name in NAMES:
        try:
            coerce(value, spec(name))
        except InvalidValue as error:
            str(error)
    try:
        parse_type(type_)
    except InvalidValue as error:
        str(error)
