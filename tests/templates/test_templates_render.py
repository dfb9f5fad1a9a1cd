"""What templates render to, beyond Jinja2: types kept, JSON in texts, dashes in names, arguments of a container."""

from __future__ import annotations

import json

import pytest

from joinery.problems import InvalidTemplate
from joinery.templates import check_template, find_end, parse_expression, parse_template, render_args

NAMES = {
    "lr": 0.1,
    "losses": [0.5, 0.25],
    "m": {"b": [1, "é"], "a": None},
    "learning-rate": 3,
    "a": 5,
    "b": 2,
    "evil": "{{ lr }} {% if %}",
    "params": {"learning-rate": {"value": 3, "type": "int"}, "lr": {"value": 0.1}},
    "globals": {"name": "op", "uuid": "0" * 32},
    "many": [{"loss-1": 1}, {"loss-1": 2}],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ losses }}", [0.5, 0.25]),
        ("{{ m }}", {"b": [1, "é"], "a": None}),
        ("{{ lr }}", 0.1),
        ("{{ lr }} ", "0.1 "),
        ("x={{ losses }}", "x=[0.5,0.25]"),
        ("x={{ m }}", 'x={"b":[1,"é"],"a":null}'),
        ("{{ 'a' ~ losses }}", "a[0.5,0.25]"),
        ("{{ [losses, losses] | join(' ') }}", "[0.5,0.25] [0.5,0.25]"),
        ("{{ losses | map_format('--l=%s') }}", "--l=[0.5,0.25]"),
        ("{{ [1e-7, 0.00001, -1.5e-06, 'e-07'] }}!", '[1e-7,0.00001,-0.0000015,"e-07"]!'),
        ("no braces", "no braces"),
        ("", ""),
    ],
)
def test_one_expression_keeps_its_type_and_texts_hold_json(text: str, expected: object) -> None:
    assert parse_template(text).render(NAMES) == expected


@pytest.mark.parametrize(
    "text",
    ["${#a[@]}", "date +{%s}", "{# no comment #}", "{%iffy}", "{ { x } }", "}}", "trailing\n", "\n\n", "{%\n}", "%}"],
)
def test_everything_else_is_text(text: str) -> None:
    assert parse_template(text).render({}) == text


@pytest.mark.parametrize("word", ["if", "for", "set", "raw", "macro", "include", "endfor", "else", "import", "from"])
@pytest.mark.parametrize("form", ["{{% {} x %}}", "{{%- {} x %}}", "a\n{{%{} x%}}"])
def test_a_statement_is_an_error_with_its_place(word: str, form: str) -> None:
    text = form.format(word)
    with pytest.raises(InvalidTemplate, match="begins a Jinja statement") as caught:
        parse_template(text)
    (problem,) = caught.value.problems
    assert problem.position == text.index("{%")
    assert problem.rule == "template-statement"


def test_braces_as_text() -> None:
    assert parse_template("{{ '{{' }} x {{ '}}' }}").render({}) == "{{ x }}"
    assert parse_template("{{ '{% if' }} %}").render({}) == "{% if %}"


def test_what_a_name_holds_is_never_read_as_a_template() -> None:
    assert parse_template("{{ evil }}").render(NAMES) == "{{ lr }} {% if %}"
    assert parse_template("<{{ evil }}>").render(NAMES) == "<{{ lr }} {% if %}>"
    assert render_args(["{{ evil }}"], NAMES) == ["{{ lr }} {% if %}"]


@pytest.mark.spec("1:77")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ learning-rate }}", 3),
        ("{{learning-rate}}", 3),
        ("{{ learning-rate | string }}", "3"),
        ("{{ params.learning-rate.value }}", 3),
        ("{{ params.learning-rate.value | string }}x", "3x"),
        ("{{ a-b }}", 3),
        ("{{ a - b }}", 3),
        ("{{ a-1 }}", 4),
        ("{{ nope-x | default(7) }}", 7),
        ("{{ params.zz-y.value | default(7) }}", 7),
    ],
)
def test_names_with_dashes(text: str, expected: object) -> None:
    assert parse_template(text).render(NAMES) == expected


def test_a_known_name_with_dashes_wins_over_a_difference() -> None:
    assert parse_template("{{ a-b }}").render({"a": 5, "b": 2, "a-b": "named"}) == "named"
    template = parse_template("{{ a-b }} {{ c }}")
    assert template.names == {"a-b", "c"}
    assert template.names_given({"a", "b", "c"}) == {"a", "b", "c"}


def test_names_and_kinds() -> None:
    template = parse_template("{{ globals.name }}-{{ lr | default(x) }}")
    assert template.names == {"globals", "lr", "x"}
    assert not template.is_expression
    assert not template.is_literal
    assert parse_template("{{ lr }}").is_expression
    assert parse_template("lr").is_literal
    assert parse_expression("lr + x").names == {"lr", "x"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("{{ losses }}", ["0.5", "0.25"]),
        (["-x", "{{ losses }}", "y"], ["-x", "0.5", "0.25", "y"]),
        (["--l={{ losses }}"], ["--l=[0.5,0.25]"]),
        (["{{ m }}"], ['{"b":[1,"é"],"a":null}']),
        (["{{ [] }}", 5, True], ["5", "True"]),
        ("plain", ["plain"]),
        ([], []),
    ],
)
def test_arguments_of_a_container(args: list[object] | str, expected: list[str]) -> None:
    assert render_args(args, NAMES) == expected


def test_arguments_report_every_problem_with_its_index() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        render_args(["{{ zz }}", "ok", "{{ 1 + 'a' }}"], NAMES)
    assert [problem.path for problem in caught.value.problems] == ["[0]", "[2]"]


def test_quote_for_shells() -> None:
    names = {"s": "a b; rm -rf '/'", "xs": ["a b", "c", ""]}
    assert parse_template("{{ s | quote }}").render(names) == "'a b; rm -rf '\"'\"'/'\"'\"''"
    assert parse_template("{{ xs | quote }}").render(names) == "'a b' c ''"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("{{ a }} b", 7),
        ("{{ '}}' }}x", 10),
        ('{{ "}}" }}', 10),
        ("{{ {'a': {'b': 1}} }}", 21),
        ("{{ {'a': {'b': 1}}}}", 20),
        ("{{ 'it\\'s }}' }}", 16),
        ("{{ a }", None),
        ("{{ it's }}", None),
        ("{{", None),
        ("{{}}", 4),
    ],
)
def test_where_an_expression_ends(text: str, end: int | None) -> None:
    assert find_end(text, 0) == end


def test_check_without_values() -> None:
    assert check_template("{{ lr }} {{ zz | default(1) }} {{ q is defined and q }}", {"lr"}) == []
    assert check_template("{{ lr }}", None) == []
    problems = check_template("{{ lrr }} {{ x.y }}", {"lr"})
    assert [(p.position, p.rule, p.hint) for p in problems] == [
        (3, "undefined-name", "did you mean `lr`?"),
        (13, "undefined-name", "there are: `lr`"),
    ]
    assert len(check_template("{{ a b }} {{ x | nope }}", {"lr"})) == 2


def test_tojson_is_json() -> None:
    text = parse_template("{{ m | tojson }}").render(NAMES)
    assert json.loads(text) == NAMES["m"]
