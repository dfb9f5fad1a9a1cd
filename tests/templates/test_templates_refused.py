"""What is refused, with the words a person needs; and nothing else ever happens, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.problems import InvalidTemplate
from joinery.templates import check_template, find_end, parse_template

NAMES = {"x": [1, 2], "s": "text", "m": {"loss": 1}, "rows": [{"loss": 1}], "n": 3, "nulls": [1, None], "none": None}


def refused(text: str) -> InvalidTemplate:
    with pytest.raises(InvalidTemplate) as caught:
        parse_template(text).render(NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ ''.__class__ }}", "names that begin with `_` cannot be read"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "calls are not allowed"),
        ("{{ ''['__class__'] }}", "has no `__class__`"),
        ("{{ m._x }}", "names that begin with `_` cannot be read"),
        ("{{ x|attr('__class__') }}", "there is no filter `attr`"),
        ("{{ rows|map(attribute='__class__')|list }}", "names that begin with `_` cannot be read"),
        ("{{ rows|map(attribute='loss.__class__')|list }}", "names that begin with `_` cannot be read"),
        ("{{ rows|map(attribute='_' ~ '_class__')|list }}", "names that begin with `_` cannot be read"),
        ("{{ rows|sort(attribute='__class__') }}", "names that begin with `_` cannot be read"),
        ("{{ rows|sum('__class__') }}", "names that begin with `_` cannot be read"),
        ("{{ rows|selectattr('__class__') }}", "names that begin with `_` cannot be read"),
        ("{{ rows|map('attr', '__class__') }}", "the filter `attr` is not defined"),
        ("{{ s.upper() }}", "calls are not allowed"),
        ("{{ range(10**9) }}", "calls are not allowed"),
        ("{{ lipsum() }}", "calls are not allowed"),
        ("{{ cycler }}", "the name `cycler` is not defined"),
        ("{{ self }}", "the name `self` is not defined"),
        ("{{ 9**9**9 }}", "`**` is not allowed"),
        ("{{ 'a'*10**9 }}", "`**` is not allowed"),
        ("{{ 'a'*1000000000 }}", "`*` takes numbers"),
        ("{{ [0]*1000000000 }}", "`*` takes numbers"),
        ("{{ x + x }}", "`+` takes numbers"),
        ("{{ 'a' + 'b' }}", "texts are put together with `~`"),
        ("{{ true + 1 }}", "`+` takes numbers"),
        ("{{ '%s' % 3 }}", "`%` takes numbers"),
        ("{{ n | map_format('%(a)s') }}", "holds one `%s` alone"),
        ("{{ n | map_format('%d') }}", "holds one `%s` alone"),
        ("{{ n | map_format('%1000000000s') }}", "holds one `%s` alone"),
        ("{{ n | map_format('%s %s') }}", "exactly once"),
        ("{{ n | map_format('none') }}", "exactly once"),
        ("{{ n | map_format('%') }}", "exactly once"),
        ("{{ 1 / 0 }}", "by zero"),
        ("{{ 1 % 0 }}", "by zero"),
        ("{{ 1e308 * 10 }}", "not a finite number"),
        ("{{ 1e400 }}", "too large"),
        ("{{ s < 3 }}", "cannot order"),
        ("{{ nulls | min }}", "reject('none')"),
        ("{{ nulls | sum }}", "element 1"),
        ("{{ [] | max }}", "of an empty list"),
        ("{{ [] | first }}", "of an empty list"),
        ("{{ n | join }}", "`join` takes a list"),
        ("{{ x | join(1, 2, 3) }}", "too many arguments"),
        ("{{ x | join(sep=',') }}", "there is no argument `sep`"),
        ("{{ s | replace('a') }}", "the argument `new` is missing"),
        ("{{ x | frist }}", "did you mean `first`"),
        ("{{ n is ood }}", "did you mean `odd`"),
        ("{{ x is divisibleby }}", "takes 1 argument"),
        ("{{ x.loss }}", "map(attribute='loss')"),
        ("{{ m.los }}", "did you mean `loss`?"),
        ("{{ m[1] }}", "a mapping has texts as keys"),
        ("{{ x[7] }}", "there is no element 7"),
        ("{{ x[::0] }}", "cannot be 0"),
        ("{{ {1: 2} }}", "the keys of a mapping are texts"),
        ("{{ n 3 }}", "is not expected here"),
        ("{{ n = 3 }}", "to compare, write `==`"),
        ("{{ n $ 3 }}", "the character '$' is not expected here"),
        ("{{ }}", "there is no expression"),
        ("{{}}", "there is no expression"),
        ("{{ (n }}", "unexpected"),
        ("{{ n", "never closed"),
        ("{{ it's }}", "never closed"),
        ("{{ x|join(*x) }}", "not allowed"),
        ("{{ x[n] if }}", "unexpected"),
    ],
)
def test_refused_in_clear_words(text: str, words: str) -> None:
    error = refused(text)
    assert words in str(error)
    assert all(problem.position is not None and problem.text == text for problem in error.problems)
    assert "\n  " in str(error)  # the caret


@pytest.mark.parametrize(
    "expression",
    [
        "-" * 3_000 + "1",
        "not " * 3_000 + "1",
        "9" * 5_000,
        "(" * 5_000,
        "(" * 200 + "1" + ")" * 200,
        "[" * 3_000 + "]" * 3_000,
        "1+" * 3_000 + "1",
        "1 if 1 else " * 500 + "1",
        "x" + ".a" * 3_000,
        "x" + "[0]" * 3_000,
        "x" + "|list" * 3_000,
        "a and " * 900 + "a",
        "{'a':" * 300 + "1" + "}" * 300,
        "'" + "a" * 20_000 + "'",
        "'a'|map(" + "'map'," * 500 + "'upper')",
        "x is not " * 600 + "none",
    ],
    ids=lambda e: e[:12],
)
def test_large_expressions_are_refused_not_crashed_on(expression: str) -> None:
    assert refused("{{ " + expression + " }}").problems


@pytest.mark.parametrize(
    "text",
    [
        "{{ s|replace('', s|replace('', s|replace('', s|replace('', 'aaaaaaaaaaaaaaaa')))) }}",
        "{{ big ~ big }}",
        "{{ [big, big]|join }}",
        "{{ big|upper|replace('A', 'BBBBBBBBBBBB') }}",
        "{{ [big, big] }}",
        "{{ [[[big, big]], [big, big]] | tojson }}",
        "{{ big|list|map('replace', 'a', big)|list }}",
        "x{{ lists }}",
        "{{ big }}{{ big }}",
        "{{ long|sort|sort|sort|sort|sort|sort|sort|sort|sort|sort|sort|sort }}",
    ],
)
def test_output_and_work_are_bounded(text: str) -> None:
    names = {"s": "ab" * 500, "big": "a" * 600_000, "lists": [["ab"] * 1_000] * 1_000, "long": list(range(50_000))}
    with pytest.raises(InvalidTemplate, match=r"longer than 1 MiB|too much work"):
        parse_template(text).render(names)


def test_a_large_value_passes_as_it_is() -> None:
    rows = [{"loss": i} for i in range(20_000)]
    assert parse_template("{{ rows }}").render({"rows": rows}) is rows
    assert parse_template("{{ rows | map(attribute='loss') | max }}").render({"rows": rows}) == 19_999


@pytest.mark.spec("3:33")
def test_all_undefined_names_at_once_naming_the_nearest() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        parse_template("{{ lrr }} {{ globalz.name + zzz }}").render({"lr": 1, "globals": {}})
    assert [problem.position for problem in caught.value.problems] == [3, 13, 28]
    assert caught.value.problems[0].hint == "did you mean `lr`?"
    assert caught.value.problems[1].hint == "did you mean `globals`?"
    assert str(caught.value).splitlines()[:3] == [
        "the name `lrr` is not defined",
        "  {{ lrr }} {{ globalz.name + zzz }}",
        "     ^^^",
    ]


def test_a_name_with_dashes_that_is_not_there() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        parse_template("{{ lerning-rate }}").render({"learning-rate": 1})
    assert caught.value.problems[0].hint == "did you mean `learning-rate`?"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_a_value_or_an_error_for_people(text: str) -> None:
    for whole in (text, "{{" + text + "}}", "{{ " + text):
        check_template(whole, {"x"})
        try:
            parse_template(whole).render(NAMES)
        except InvalidTemplate as error:
            str(error)


pieces = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "'",
            '"',
            "\\",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "|",
            ".",
            ",",
            ":",
            "~",
            "-",
            "+",
        ),
        *(
            "*",
            "/",
            "%",
            "=",
            "<",
            ">",
            "!",
            " ",
            "\n",
            "\r\n",
            "if",
            "else",
            "is",
            "not",
            "in",
            "x",
            "s",
            "rows",
            "_a",
        ),
        *("map", "default", "sort", "replace", "0", "1.5", "9" * 30, "\ud800", "é", "\0", "attribute=", "__class__"),
        "learn-rate",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(pieces, max_size=25).map("".join))
def test_any_row_of_tokens_gives_a_value_or_an_error_for_people(text: str) -> None:
    for whole in (text, "{{" + text + "}}"):
        try:
            rendered = parse_template(whole).render(NAMES)
        except InvalidTemplate as error:
            str(error)
            continue
        if "{{" not in whole:
            assert rendered == whole
    assert find_end("{{" + text, 0) is None or find_end("{{" + text, 0) <= len(text) + 2


def test_reading_is_linear() -> None:
    assert refused("{{ \\'  }}" * 2_500).problems
    assert refused("{{ x }}" * 2_001).problems
    assert refused("a" * 1_100_000).problems
    assert parse_template("{ " * 100_000).is_literal
