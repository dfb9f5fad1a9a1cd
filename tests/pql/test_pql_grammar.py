"""The grammar: what is a clause, a value, a template, and where each ends. Source: spec 2, *Grammar*."""

from __future__ import annotations

import pytest

from joinery.pql import format_query, parse_query
from joinery.pql.ast import (
    AndNode,
    Clause,
    CompareOperand,
    FieldName,
    NilOperand,
    NotNode,
    OrNode,
    PatternOperand,
    RangeOperand,
    Raw,
    SplicedNode,
    TemplateToken,
    ValuesOperand,
)
from joinery.problems import InvalidQuery


def clause(name: str, operand: object, key: str | None = None, *, negated: bool = False) -> Clause:
    return Clause(FieldName(name, key), operand, negated)


def value(*texts: str) -> ValuesOperand:
    return ValuesOperand(tuple(Raw((text,)) for text in texts))


A, B, C = clause("a", value("1")), clause("b", value("2")), clause("c", value("3"))


@pytest.mark.spec("2:9", "2:10", "2:11", "2:12", "2:13", "2:23")
@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: 1, b: 2", AndNode((A, B))),
        ("a: 1 AND b: 2", AndNode((A, B))),
        ("a: 1 or b: 2, c: 3", OrNode((A, AndNode((B, C))))),
        ("a: 1, b: 2 OR c: 3", OrNode((AndNode((A, B)), C))),
        ("a: 1, (b: 2 | c: 3)", AndNode((A, OrNode((B, C))))),
        ("a: 1 | b: 2", OrNode((A, B))),
        ("(a: 1)|(b: 2)", OrNode((A, B))),
        ("(a: 1) |b: 2", OrNode((A, B))),
        ("a: 1 |(b: 2)", OrNode((A, B))),
        ("a: 1 and(b: 2)", AndNode((A, B))),
        ("((a: 1))", A),
        ("(a: 1, b: 2), c: 3", AndNode((AndNode((A, B)), C))),
        ("\n a\n:\n1\n,\tb : 2 ", AndNode((A, B))),
    ],
)
def test_and_binds_tighter_than_or(text: str, tree: object) -> None:
    assert parse_query(text).root == tree


@pytest.mark.spec("2:14")
@pytest.mark.parametrize("text", ["~(a: 1)", "~ (a: 1)", "not (a: 1)", "NOT(a: 1)", "Not\n(a: 1)"])
def test_a_group_is_negated(text: str) -> None:
    assert parse_query(text).root == NotNode(A)


@pytest.mark.spec("2:16", "2:17", "2:18", "2:19", "2:20")
@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("metrics.loss: 1", FieldName("metrics", "loss")),
        ("metrics.val/acc[min]: 1", FieldName("metrics", "val/acc", "min")),
        ("metrics.loss[last]: 1", FieldName("metrics", "loss", "last")),
        ("in.learning-rate.x_1@#+%: 1", FieldName("in", "learning-rate.x_1@#+%")),
        ("inputs.größe: 1", FieldName("inputs", "größe")),
        ("inputs.学習率: 1", FieldName("inputs", "学習率")),
        ("inputs.हिन्दी: 1", FieldName("inputs", "हिन्दी")),
        ('inputs."a b, (c)": 1', FieldName("inputs", "a b, (c)")),
        ('metrics."a[min]"[max]: 1', FieldName("metrics", "a[min]", "max")),
        ('inputs."\\u00e9\\n\\"\\ud83d\\ude00": 1', FieldName("inputs", 'é\n"😀')),
        ("metrics.{{ m }}: 1", FieldName("metrics", TemplateToken("m"))),
        ("metrics.{{ m }}[step] : 1", FieldName("metrics", TemplateToken("m"), "step")),
        ("metrics.v_{{ m }}: 1", FieldName("", spliced=("metrics.v_", TemplateToken("m")))),
        ("{{ f }}.x: 1", FieldName("", spliced=(TemplateToken("f"), ".x"))),
    ],
)
def test_fields(text: str, field: FieldName) -> None:
    query = parse_query(text)
    assert isinstance(query.root, Clause)
    assert query.root.field == field
    assert parse_query(format_query(query)) == query


@pytest.mark.spec("2:24", "2:25", "2:26", "2:34")
@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("running | failed", value("running", "failed")),
        ("running|failed|x", value("running", "failed", "x")),
        ("a||b|", value("a", "b")),
        ("10:30", value("10:30")),
        ("a b  c", value("a b  c")),
        ("a\nb", value("a\nb")),
        ("x ANDy", value("x ANDy")),
        ("1 | b :2", value("1", "b :2")),
        ('say "hi"', value('say "hi"')),
        ('"a, (b) | c"', ValuesOperand((Raw(("a, (b) | c",), quoted=True),))),
        ('""', ValuesOperand((Raw((), quoted=True),))),
        ('"a"|b', ValuesOperand((Raw(("a",), quoted=True), Raw(("b",))))),
        ("nil", NilOperand()),
        ("nil|nil", NilOperand()),
        ("a|nil", ValuesOperand((Raw(("a",)),), or_nil=True)),
        ('"nil"', ValuesOperand((Raw(("nil",), quoted=True),))),
        ("<1", CompareOperand("<", Raw(("1",)))),
        ("=< 1", CompareOperand("<=", Raw(("1",)))),
        ("=>1", CompareOperand(">=", Raw(("1",)))),
        ("< =1", CompareOperand("<", Raw(("=1",)))),
        ('>"a b"', CompareOperand(">", Raw(("a b",), quoted=True))),
        ("1..2", RangeOperand(Raw(("1",)), Raw(("2",)))),
        ("../x", value("../x")),
        ("a..b..c", value("a..b..c")),
        ('"a".."b"', RangeOperand(Raw(("a",), quoted=True), Raw(("b",), quoted=True))),
        ("%a", PatternOperand("suffix", Raw(("a",)))),
        ("a%", PatternOperand("prefix", Raw(("a",)))),
        ("%a%", PatternOperand("contains", Raw(("a",)))),
        ('%"50%"%', PatternOperand("contains", Raw(("50%",), quoted=True))),
        ("a%b", value("a%b")),
        ("%a%b%", value("%a%b%")),
        ("{{ f('a, b | c)') }}", ValuesOperand((Raw((TemplateToken("f('a, b | c)')"),)),))),
        ("m-{{ x }}|b", ValuesOperand((Raw(("m-", TemplateToken("x"))), Raw(("b",))))),
        (">{{ x }}", CompareOperand(">", Raw((TemplateToken("x"),)))),
        ("{{ a }}..{{ b }}", RangeOperand(Raw((TemplateToken("a"),)), Raw((TemplateToken("b"),)))),
        ("%{{ x }}%", PatternOperand("contains", Raw((TemplateToken("x"),)))),
        ('"a {{ x }}"', ValuesOperand((Raw(("a ", TemplateToken("x")), quoted=True),))),
    ],
)
def test_operands(text: str, operand: object) -> None:
    for written, negated in ((f"x: {text}", False), (f"x:~ {text}", True)):
        query = parse_query(written)
        assert query.root == clause("x", operand, negated=negated)
        assert parse_query(format_query(query)) == query


@pytest.mark.spec("2:50")
def test_only_one_tilde_is_an_operator() -> None:
    assert parse_query("x: ~~a").root == clause("x", value("~a"), negated=True)
    assert parse_query('x: "~a"').root == clause("x", ValuesOperand((Raw(("~a",), quoted=True),)))


@pytest.mark.spec("2:58")
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("created_at: _any_", ""),
        ("nonsense: _any_", ""),
        ("(created_at: _any_)", ""),
        ("~(created_at: _any_)", ""),
        ("created_at: _any_ or a: 1", "a: 1"),
        ("a: 1, created_at:_any_ , b: 2", "a: 1, b: 2"),
        ("a: _ANY_", "a: _ANY_"),
        ("a: ~_any_", "a: ~_any_"),
        ('a: "_any_"', 'a: "_any_"'),
        ("a: x|_any_", "a: x|_any_"),
    ],
)
def test_an_any_clause_is_taken_out(text: str, left: str) -> None:
    assert format_query(parse_query(text)) == left


@pytest.mark.spec("2:25", "2:20", "1:110")
def test_templates_that_stand_for_syntax() -> None:
    assert parse_query("{{ q }}").root == SplicedNode(TemplateToken("q"))
    assert parse_query("{{ q }}, a: 1").root == AndNode((SplicedNode(TemplateToken("q")), A))
    assert parse_query("a: 1 or {{ q }}").root == OrNode((A, SplicedNode(TemplateToken("q"))))


@pytest.mark.spec("1:36", "2:30")
def test_the_empty_text_is_every_run_and_blanks_are_an_error() -> None:
    assert parse_query("").root is None
    for blank in (" ", "\n\t", "\u2003"):
        with pytest.raises(InvalidQuery, match="nothing but space"):
            parse_query(blank)


@pytest.mark.spec("2:28")
def test_the_caps_are_exact() -> None:
    assert parse_query("(" * 64 + "a: 1" + ")" * 64).root == A
    with pytest.raises(InvalidQuery, match="more than 64"):
        parse_query("(" * 65 + "a: 1" + ")" * 65)
    assert isinstance(parse_query(",".join(["a: 1"] * 256)).root, AndNode)
    with pytest.raises(InvalidQuery, match="more than 256"):
        parse_query(",".join(["a: 1"] * 257))
    assert parse_query("a: " + "x" * (16 * 1024 - 3)).root is not None
    for long in ("a: " + "x" * (16 * 1024 - 2), "a: " + "é" * (8 * 1024), "a: " + "😀" * 4096):
        with pytest.raises(InvalidQuery, match="16 KiB"):
            parse_query(long)


@pytest.mark.spec("2:28", "2:30")
@pytest.mark.parametrize("text", ["(" * 10_000, "x" * (1 << 20), "~(" * 10_000, "and " * 4_000, "a: (" * 4_000])
def test_what_is_far_too_much_is_one_clear_error(text: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_query(text)
    assert len(caught.value.problems) <= 100
    assert all(len(problem.caret()) < 300 for problem in caught.value.problems)
