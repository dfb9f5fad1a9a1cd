"""Spec 3, *Reading YAML and JSON*: what each scalar means, and what is refused, with its place."""

from __future__ import annotations

import pytest

from joinery.manifests import read_documents
from joinery.problems import InvalidManifest


def read(text: str | bytes) -> object:
    (document,) = read_documents(text)
    return document.value


def problems(text: str | bytes, file: str = "") -> list[tuple[int | None, int | None, str]]:
    with pytest.raises(InvalidManifest) as caught:
        read_documents(text, file=file)
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


@pytest.mark.spec("3:38")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1e-3", 0.001),
        ("1e5", 100_000),
        ("0o17", 15),
        ("017", 15),
        ("08", 8),
        ("0x1F", 31),
        ("0b101", 5),
        ("-0x10", -16),
        ("1_000", 1000),
        ("+5", 5),
        ("10.0", 10),
        ("10.5", 10.5),
        (".5", 0.5),
        ("1.", 1),
        ("-0.0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("18446744073709551615", 1.8446744073709552e19),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T12:30:00Z", "2024-05-01T12:30:00Z"),
        ("12:30", "12:30"),
        ("1:2:3", "1:2:3"),
        ("1.2.3", "1.2.3"),
        ("1e", "1e"),
        ("0xZZ", "0xZZ"),
        ("-", [None]),
        ("_1", "_1"),
        ("~", None),
        ("null", None),
        ("", None),
        ("nULL", "nULL"),
        ('"1e5"', "1e5"),
        ("'yes'", "yes"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!int '5'", 5),
        ("!!float 5", 5),
        ("!!bool yes", True),
        ("!!null ''", None),
        ("!!timestamp 2024-05-01", "2024-05-01"),
        ("!!binary aGk=", "hi"),
    ],
)
def test_a_scalar_means_what_kubectl_reads(written: str, meant: object) -> None:
    value = read(f"a: {written}" if written != "-" else "a:\n- ")
    assert value == {"a": meant}
    assert type(value["a"]) is type(meant)


@pytest.mark.spec("3:38")
def test_the_words_for_true_and_false() -> None:
    for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]:
        assert read(f"[{word}]") == [True]
    for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]:
        assert read(f"[{word}]") == [False]
    assert read("[tRUE, yEs, oN, yep]") == ["tRUE", "yEs", "oN", "yep"]


@pytest.mark.spec("3:39")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, 1, "the key `a` is there twice")]),
        ("{a: 1, a: 2}", [(1, 8, "the key `a` is there twice")]),
        ("a: !mine 3", [(1, 4, "unknown tag `!mine`: kubectl knows none of its own")]),
        ("a: !!set {b}", [(1, 4, "unknown tag `!!set`: kubectl knows none of its own")]),
        (
            "a: !!python/name:os.system x",
            [(1, 4, "unknown tag `!!python/name:os.system`: kubectl knows none of its own")],
        ),
        ("a: !!int x", [(1, 4, "`!!int` does not fit what follows it")]),
        ("5: x", [(1, 1, "the key `5` is not text")]),
        ("on: x", [(1, 1, "the key `on` is not text")]),
        ("? [a]\n: b", [(1, 3, "a list or mapping cannot be a key")]),
        ("a: .nan", [(1, 4, '`.nan` is no JSON; write it as text: "NaN"')]),
        ("a: -.inf", [(1, 4, '`-.inf` is no JSON; write it as text: "-Infinity"')]),
        ("a: 1e400", [(1, 4, "`1e400` is beyond what a double can hold")]),
        ("a: " + "9" * 400, [(1, 4, f"`{'9' * 40}` is beyond what a double can hold")]),
        ("a:\n\tb: 1", [(2, 1, "a tab cannot indent YAML")]),
        ("a: *b", [(1, 4, "`*b` has no anchor before it")]),
        ("a: &b [*b]", [(1, 8, "`*b` holds itself")]),
        ("a: b: c", [(1, 5, "is not YAML: mapping values are not allowed in this context")]),
        ("%YAML 1.1\n---\na: 1", [(2, 1, "kubectl reads no `%` directives")]),
        ("<<: 3\na: 1", [(1, 5, "`<<` takes a mapping, or a list of mappings")]),
        (b"a: \xff", [(1, 4, "is not UTF-8 text")]),
        ("a: 1".encode("utf-16"), [(1, 1, "is not UTF-8 text")]),
        ("a: \x00", [(1, 4, "the character U+0000 may not stand in YAML or JSON")]),
        ("", [(1, 1, "the file is empty: it holds no document")]),
        ("# only this\n---\n", [(1, 1, "the file is empty: it holds no document")]),
    ],
)
def test_what_is_refused_has_its_line_and_column(text: str | bytes, expected: list[tuple[int, int, str]]) -> None:
    assert problems(text) == expected


@pytest.mark.spec("3:39")
def test_everything_wrong_with_a_file_is_told_at_once() -> None:
    found = problems("a: .nan\na: 1\n---\n5: !x y\n---\nb: [\n", file="runs.yaml")
    assert [(line, column) for line, column, _ in found] == [(1, 4), (2, 1), (4, 1), (4, 4), (7, 1)]


@pytest.mark.spec("3:39")
def test_json_is_as_strict() -> None:
    text = '{"a": 1,\n "a": NaN,\n "b": -1e999}'
    assert problems(text) == [
        (2, 2, "the key `a` is there twice"),
        (2, 7, '`NaN` is no JSON; write it as text: "NaN"'),
        (3, 7, "`-1e999` is beyond what a double can hold"),
    ]
    ((line, _, message),) = problems('{"a": 1,}', file="x.json")
    assert line == 1
    assert message.startswith("is not JSON: ")


def test_an_alias_that_multiplies_is_stopped() -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [
        f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (found,) = problems("\n".join(rows))
    assert "aliases stand for more than" in found[2]


def test_anchors_and_merge_keys_work_as_kubectl_does() -> None:
    text = "base: &b {k: 1, l: 2}\nmore: &m {k: 9, m: 3}\none: {<<: *b, k: 5}\nall:\n  <<: [*b, *m]\n  z: *b\n"
    assert read(text) == {
        "base": {"k": 1, "l": 2},
        "more": {"k": 9, "m": 3},
        "one": {"k": 5, "l": 2},
        "all": {"z": {"k": 1, "l": 2}, "k": 1, "l": 2, "m": 3},
    }


def test_depth_is_capped() -> None:
    (found,) = problems("[" * 100_000)
    assert found == (1, 201, "is nested deeper than 200 levels")
    assert problems('{"a":' * 100_000)[0][2] == "is nested deeper than 200 levels"


def test_documents_are_counted_and_empty_ones_left_out() -> None:
    found = read_documents("---\n# nothing\n---\na: 1\n--- {b: 2}\n---\n...\n---\nc: |\n  --- not one\n")
    assert [(document.value, document.line, document.index) for document in found] == [
        ({"a": 1}, 3, 0),
        ({"b": 2}, 5, 1),
        ({"c": "--- not one\n"}, 8, 2),
    ]


def test_a_broken_document_does_not_take_the_others_with_it() -> None:
    broken: list[InvalidManifest] = []
    found = read_documents("a: 1\n---\nb: [\n---\nc: 3\n", file="f.yaml", on_error=broken.append)
    assert [document.value for document in found] == [{"a": 1}, {"c": 3}]
    assert [(problem.file, problem.line) for error in broken for problem in error.problems] == [("f.yaml", 4)]


def test_json_escapes_and_several_values() -> None:
    found = read_documents('{"a": "\\ud83d\\ude00\\/"}\n{"b": 1.0}\n')
    assert [document.value for document in found] == [{"a": "😀/"}, {"b": 1}]
    assert [(document.line, document.locate("b")) for document in found] == [(1, (1, 1)), (2, (2, 7))]


def test_a_byte_order_mark_is_no_content() -> None:
    assert read(b"\xef\xbb\xbfa: 1") == {"a": 1}
