"""Label selectors as kubectl writes them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.local.selectors import parse_selector, read_selector
from joinery.problems import InvalidQuery
from joinery.runs.search import LabelRequirement


def requirement(key: str, operator: str, *values: str) -> LabelRequirement:
    return LabelRequirement(key=key, operator=operator, values=values)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("  ", ()),
        ("team=vision", (requirement("team", "In", "vision"),)),
        ("team == vision", (requirement("team", "In", "vision"),)),
        ("team!=vision", (requirement("team", "NotIn", "vision"),)),
        ("team=", (requirement("team", "In", ""),)),
        ("stage in (dev, test)", (requirement("stage", "In", "dev", "test"),)),
        ("stage notin (prod)", (requirement("stage", "NotIn", "prod"),)),
        ("team", (requirement("team", "Exists"),)),
        ("!archived", (requirement("archived", "DoesNotExist"),)),
        (
            "app.kubernetes.io/part-of=sweep, !old ,x in (a)",
            (
                requirement("app.kubernetes.io/part-of", "In", "sweep"),
                requirement("old", "DoesNotExist"),
                requirement("x", "In", "a"),
            ),
        ),
    ],
)
@pytest.mark.spec("1:41")
def test_what_kubectl_writes_is_read(text: str, found: tuple[LabelRequirement, ...]) -> None:
    assert parse_selector(text) == found


def test_a_slip_is_shown_with_a_caret() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_selector("team=vision, metrics.loss<1")
    (problem,) = caught.value.problems
    assert problem.caret() == "team=vision, metrics.loss<1\n" + " " * 25 + "^"
    assert "a comma or the end" in problem.message


def test_manifests_write_the_same_as_a_mapping() -> None:
    selector = {
        "matchLabels": {"team": "vision"},
        "matchExpressions": [
            {"key": "stage", "operator": "NotIn", "values": ["prod"]},
            {"key": "x", "operator": "Exists"},
        ],
    }
    assert read_selector(selector) == (
        requirement("team", "In", "vision"),
        requirement("stage", "NotIn", "prod"),
        requirement("x", "Exists"),
    )
    assert read_selector({"team": "vision"}) == (requirement("team", "In", "vision"),)
    assert read_selector(None) == ()


def test_all_problems_of_a_mapping_come_together() -> None:
    with pytest.raises(InvalidQuery) as caught:
        read_selector(
            {
                "matchLabel": {},
                "matchLabels": {"a": 1},
                "matchExpressions": [{"key": "a", "operator": "Is"}, {"key": "a", "operator": "In"}, 3],
            }
        )
    texts = [problem.message for problem in caught.value.problems]
    assert len(texts) == 5
    assert "`matchLabel` is unknown" in texts[0]


@given(st.text(alphabet=st.sampled_from("ab=!,() in.-/\x00é"), max_size=60))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    with suppress(InvalidQuery):
        assert all(found.key in text for found in parse_selector(text))
