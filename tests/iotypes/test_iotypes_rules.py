"""`validation`, defaults, flags, `argFormat` and `toInit` of declared inputs and outputs."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.iotypes import IOSpec, as_arg, as_text, check_spec, coerce, coerce_list
from joinery.iotypes.regex import InvalidPattern, compile_pattern
from joinery.problems import InvalidValue


def with_rules(type_: str, rules: dict[str, Any], **more: Any) -> IOSpec:
    return IOSpec(name="p", type=type_, validation=rules, **more)


FITTING: list[tuple[str, Any, dict[str, Any]]] = [
    ("int", 5, {"gt": 4, "ge": 5, "lt": 6, "le": 5}),
    ("int", 6, {"multipleOf": 3}),
    ("float", 0.3, {"multipleOf": 0.1}),
    ("str", "abc", {"minLength": 3, "maxLength": 3}),
    ("str", "abc", {"regex": "ab"}),
    ("str", "abc", {"options": ["abc", "d"]}),
    ("float", 1, {"options": [1]}),
    ("str", "abc", {"contains": "b", "excludes": "z"}),
    ("str", "abc", {"contains": ["a", "b"], "excludes": ["z"]}),
    ("List[List[int]]", [[1, 2]], {"contains": 1}),
    ("list", [1, 2], {"minItems": 2, "maxItems": 2}),
    ("dict", {"a": 1}, {"keys": ["a"], "gt": 0}),
    ("str", "abc", {"minItems": 9}),
    ("List[Optional[int]]", [1, None], {"gt": 0}),
    ("list", [], {"gt": 1}),
    ("int", 1, {"gt": None}),
]
BREAKING: list[tuple[str, Any, dict[str, Any], str]] = [
    ("int", 5, {"gt": 5}, "5 is not greater than 5"),
    ("int", 5, {"ge": 6}, "is not at least 6"),
    ("int", 5, {"lt": 5}, "is not less than 5"),
    ("int", 5, {"le": 4}, "is not at most 4"),
    ("int", 5, {"multipleOf": 3}, "is not a multiple of 3"),
    ("str", "abc", {"minLength": 4}, "has 3 characters, and needs at least 4"),
    ("str", "abc", {"maxLength": 2}, "has 3 characters, and may have 2"),
    ("int", 55, {"minLength": 1}, "has no length"),
    ("str", "abc", {"regex": "b"}, "does not match `b`"),
    ("str", "abc", {"regex": "^ab$"}, "does not match"),
    ("int", 5, {"regex": "5"}, "is no text"),
    ("str", "adm", {"options": ["adam", "sgd"]}, "did you mean `adam`?"),
    ("int", 1, {"options": ["1"]}, "is none of the options"),
    ("bool", True, {"options": [1]}, "is none of the options"),
    ("str", "abc", {"contains": ["b", "z"]}, 'does not contain "z"'),
    ("str", "abc", {"excludes": ["z", "b"]}, 'contains "b"'),
    ("int", 5, {"contains": 5}, "holds nothing"),
    ("list", [1, 2], {"minItems": 3}, "has 2 items, and needs at least 3"),
    ("list", [1, 2], {"maxItems": 1}, "has 2 items, and may have 1"),
    ("dict", {"a": 1, "b": 2}, {"keys": ["a"]}, "has the key `b`"),
    ("dict", {"a": 1}, {"keys": ["a", "b"]}, "lacks the key `b`"),
    ("dict", {"a": 1}, {"gt": 1}, 'at ["a"], 1 is not greater'),
    ("List[int]", [1, 9, 10], {"lt": 5}, "element 1, 9 is not less than 5"),
    ("str", "a", {"gt": 1}, "is no number"),
]


@pytest.mark.spec("3:16")
@pytest.mark.parametrize(("type_", "value", "rules"), FITTING)
def test_values_that_keep_the_rules(type_: str, value: Any, rules: dict[str, Any]) -> None:
    assert coerce(value, with_rules(type_, rules)) == value


@pytest.mark.spec("3:16")
@pytest.mark.parametrize(("type_", "value", "rules", "words"), BREAKING)
def test_values_that_break_them(type_: str, value: Any, rules: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        coerce(value, with_rules(type_, rules))
    assert words in str(caught.value)


@pytest.mark.spec("3:16")
def test_each_element_of_a_join_s_list_keeps_the_rules_and_the_list_those_of_items() -> None:
    spec = with_rules("float", {"lt": 1, "minItems": 4}, is_list=True)
    with pytest.raises(InvalidValue) as caught:
        coerce_list([0.5, 2, 3], spec, sources=["run a", "run b", "run c"])
    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == 3
    assert "has 3 items" in messages[0]
    assert messages[1].endswith("(from run b)")
    assert messages[2].endswith("(from run c)")


@pytest.mark.spec("3:16")
@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"minlength": 3}, "did you mean `minLength` or `maxLength`?"),
        ({"gt": "3"}, "takes a number"),
        ({"gt": True}, "takes a number"),
        ({"multipleOf": 0}, "other than 0"),
        ({"minLength": -1}, "whole number"),
        ({"options": []}, "a list that is not empty"),
        ({"options": "a"}, "a list that is not empty"),
        ({"regex": "("}, "a `(` is not closed"),
        ({"regex": 5}, "is a text"),
        ({"regex": "a" * 1_001}, "at most 1,000"),
    ],
)
def test_rules_that_are_none(rules: dict[str, Any], words: str) -> None:
    (problem,) = check_spec(with_rules("any", rules))
    assert words in str(problem)
    assert problem.path.startswith("validation.")


def test_all_that_is_wrong_with_a_validation_at_once() -> None:
    assert len(check_spec(with_rules("any", {"gt": "a", "lt": "b", "nope": 1}))) == 3


PATTERNS = [
    *("ab", "a*b", "(a|b)+c", "^a.c$", "[a-c]+\\d", "[^a]b", "a{2,3}b", "a{2}", "a{2,}", "(?:ab)?c", "\\bfoo\\b", "a|"),
    *("$", "(?P<x>a)b", "\\w+@\\w+\\.com", "[\\w-]+$", "a\\Z", "\\Aab", "(a*)*b", "((a|b)*c)*$", "x{,2}y", "a{x}", "."),
    *("[]a]", "[a-]+$", "\\x41\\u0042", "\\.", "a+?b", "\\Boo", "^^a", "(|a)b", "\\s*\\S+", "\n$", "a$b", "[^\\d]+$"),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATTERNS), st.text(alphabet="abcfo .1-@m\nAB", max_size=12))
def test_regular_expressions_match_as_python_s_do(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).match(text) == bool(re.match(pattern, text))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "(.*a){20}", "(a?){30}a{30}$", "a*a*a*a*a*b"])
def test_patterns_that_would_never_end_do(pattern: str) -> None:
    matcher = compile_pattern(pattern)
    assert matcher.match("a" * 30 + "!") in (True, False)
    matcher.match("a" * 5_000 + "!")


REFUSED = [
    *("(", ")", "a**", "*a", "[a", "(?=a)", "(?!a)", "(a)\\1", "\\", "a{5,2}", "a{1001}", "\\q", "(?i)a", "[z-a]"),
    *("(" * 50 + ")" * 50, "((a{100}){100}){100}", "\\x4", "(?P<a"),
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        compile_pattern(pattern)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab()[]{}|*+?^$\\.-,12dwP<>:=!x", max_size=20), st.text(max_size=10))
def test_any_pattern_matches_or_is_refused(pattern: str, text: str) -> None:
    try:
        found = compile_pattern(pattern).match(text)
    except InvalidPattern:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = bool(re.match(pattern, text))
    except (re.error, OverflowError):
        return
    assert found == expected


@pytest.mark.spec("3:13", "3:34")
def test_defaults_are_validated() -> None:
    assert check_spec(IOSpec(name="p", type="int", value="5", has_value=True)) == []
    assert check_spec(IOSpec(name="p", type="int", value=None, has_value=True)) == []
    (problem,) = check_spec(IOSpec(name="p", type="int", value="x", has_value=True))
    assert problem.path == "value"
    (problem,) = check_spec(with_rules("int", {"gt": 5}, value=3, has_value=True))
    assert "greater than 5" in problem.message
    assert coerce(None, IOSpec(name="p", type="int", value=3, has_value=True)) is None


@pytest.mark.spec("3:12")
def test_a_flag_is_of_type_bool_and_an_argument_or_none() -> None:
    flag = IOSpec(name="debug", type="bool", is_flag=True)
    assert check_spec(flag) == []
    (problem,) = check_spec(IOSpec(name="debug", type="int", is_flag=True))
    assert "`isFlag` goes with type `bool`" in problem.message
    assert as_arg(True, flag) == "--debug"
    assert as_arg(False, flag) == ""


@pytest.mark.spec("3:14", "3:27")
@pytest.mark.parametrize(
    ("value", "arg_format", "expected"),
    [
        (0.1, "--lr={{ p }}", "--lr=0.1"),
        (None, "--lr={{ p }}", ""),
        ([1, 2], "-a {{ p | join(',') }}", "-a 1,2"),
        ([1, 2], "{{ p }}", [1, 2]),
        ([1, 2], "--a={{ p }}", "--a=[1,2]"),
        (5, "{{ p }}", "5"),
        ("a b", None, "--p=a b"),
        ([1, "a"], None, '--p=[1,"a"]'),
        ({"a": 1}, None, '--p={"a":1}'),
        (True, None, "--p=true"),
        (1e-7, None, "--p=1e-7"),
        (None, None, ""),
    ],
)
def test_as_an_argument(value: Any, arg_format: str | None, expected: Any) -> None:
    assert as_arg(value, IOSpec(name="p", arg_format=arg_format)) == expected


@pytest.mark.spec("3:14")
def test_arg_format_may_name_its_own_input_only() -> None:
    assert check_spec(IOSpec(name="lr", arg_format="--lr={{ lr }}")) == []
    (problem,) = check_spec(IOSpec(name="lr", arg_format="--lr={{ lrr }}"))
    assert problem.path == "argFormat"
    assert problem.hint == "did you mean `lr`?"


@pytest.mark.spec("3:15", "3:34")
@pytest.mark.parametrize("type_", ["git", "dockerfile"])
def test_to_init_of_git_and_dockerfile_is_refused_by_name(type_: str) -> None:
    (problem,) = check_spec(IOSpec(name="p", type=type_, to_init=True))
    assert problem.message == f"`toInit` of type `{type_}` is not supported"
    assert problem.hint


@pytest.mark.spec("3:15")
def test_to_init_fetches_artifacts_paths_and_files() -> None:
    for type_ in ("artifacts", "List[path]", "List[file]", "any"):
        assert check_spec(IOSpec(name="p", type=type_, to_init=True)) == []
    assert check_spec(IOSpec(name="p", type="path", is_list=True, to_init=True)) == []
    (problem,) = check_spec(IOSpec(name="p", type="float", to_init=True))
    assert problem.path == "toInit"


def test_texts() -> None:
    assert as_text("a") == "a"
    assert as_text({"b": [1, 2.5, None, "é"]}) == '{"b":[1,2.5,null,"é"]}'
    assert as_text([1e-5, 1e22, 1e-300]) == "[0.00001,1e+22,1e-300]"
