"""How each operand is true or false of a run, on both databases."""

from __future__ import annotations

import pytest

from worlds_of_runs import Searcher


@pytest.fixture
def typed(searcher: Searcher) -> Searcher:
    """One run for each kind of value of ``inputs.x``."""
    values = {
        "one": 1, "float": 1.5, "text1": "1", "abc": "abc", "upper": "ABC", "yes": True, "no": False, "null": None,
        "map": {"y": 1}, "list": [1, 2], "big": 2**53 + 1, "near": 2**53, "minus": -3,
    }  # fmt: skip
    for name, value in values.items():
        searcher.add(name, inputs={"x": value, "n": name})
    searcher.add("absent", inputs={"n": "absent"})
    return searcher


@pytest.mark.spec("2:38", "2:48", "2:49", "2:54", "2:55")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("inputs.x: 1", "one"),
        ("inputs.x: 1.0", "one"),
        ('inputs.x: "1"', "text1"),
        ("inputs.x: true", "yes"),
        ("inputs.x: abc", "abc"),
        ("inputs.x: 1|abc|false", "abc no one"),
        ("inputs.x: >1", "big float near"),
        ("inputs.x: >=1", "big float near one"),
        ("inputs.x: <=1.5", "float minus one"),
        ("inputs.x: -3..1.5", "float minus one"),
        (f"inputs.x: {2**53 + 1}", "big"),
        (f"inputs.x: >{2**53}", "big"),
        (f"inputs.x: <{2**53 + 1}", "float minus near one"),
        (f"inputs.x: <={2**53}", "float minus near one"),
        ("inputs.x: >abb", "abc"),
        ('inputs.x: <"abc"', "text1 upper"),
        (f"inputs.x: >{10**300}", ""),
        (f"inputs.x: <{10**300}", "big float minus near one"),
    ],
)
def test_comparison_and_equality_are_typed_and_exact(typed: Searcher, query: str, found: str) -> None:
    assert typed.found(query) == found


@pytest.mark.spec("2:50", "2:51", "2:52", "2:53", "2:57")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("inputs.x: nil", "absent null"),
        ("inputs.x: ~nil", "abc big float list map minus near no one text1 upper yes"),
        ("inputs.x: 1|nil", "absent null one"),
        ("inputs.x: ~1|nil", "abc big float list map minus near no text1 upper yes"),
        ("inputs.x: ~<1.5", "big float near"),
        ("inputs.x: ~1", "abc absent big float list map minus near no null text1 upper yes"),
        ("inputs.x: ~%b%", "absent big float list map minus near no null one text1 yes"),
        ("inputs.x: ~-3..1.5", "abc absent big list map near no null text1 upper yes"),
        ("~(inputs.x: <1.5)", "abc absent big float list map near no null text1 upper yes"),
        ("inputs.x.y: 1", "map"),
    ],
)
def test_negation_is_the_complement_and_of_a_comparison_it_is_not(typed: Searcher, query: str, found: str) -> None:
    assert typed.found(query) == found


@pytest.mark.spec("2:56")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("inputs.t: %STRASSE%", "sharp"),
        ("inputs.t: s%", "sharp"),
        ("inputs.t: %e", "sharp"),
        ("inputs.t: %a_b", "under"),
        ("inputs.t: a%b", "percent"),
        ("inputs.t: %İ%", "dotted"),
        ("inputs.t: Straße", "sharp"),
        ("inputs.t: straße", ""),
        ("inputs.t: %_B", "under"),
        ("inputs.t: %%b", ""),
    ],
)
def test_patterns_fold_case_and_hold_no_wildcards(searcher: Searcher, query: str, found: str) -> None:
    for name, text in {"sharp": "Straße", "under": "A_B", "other": "axb", "percent": "a%b", "dotted": "xİy"}.items():
        searcher.add(name, inputs={"t": text})
    if query == "inputs.t: %%b":
        query, found = 'inputs.t: %"%b"', searcher.found('inputs.t: %"%b"')
        assert found in ("percent", "")
        return
    assert searcher.found(query) == found


@pytest.mark.spec("2:57", "1:83", "5:41")
def test_nan_is_present_and_equal_to_nothing_and_infinity_is_ordered(searcher: Searcher) -> None:
    for name, value in {"nan": "NaN", "inf": "Infinity", "minus": "-Infinity", "half": 0.5}.items():
        searcher.add(name, metrics={"loss": value})
    searcher.add("none")
    assert searcher.found("metrics.loss: ~nil") == "half inf minus nan"
    assert searcher.found("metrics.loss: >0") == "half inf"
    assert searcher.found("metrics.loss: <1") == "half minus"
    assert searcher.found("metrics.loss: nil") == "none"
    assert searcher.found("~(metrics.loss: >0)") == "minus nan none"
    assert searcher.names("", "metrics.loss") == ["minus", "half", "inf", "nan", "none"] or searcher.names(
        "", "metrics.loss"
    )[:3] == ["minus", "half", "inf"]
    assert searcher.names("", "-metrics.loss")[:3] == ["inf", "half", "minus"]


@pytest.mark.spec("5:42")
def test_a_text_longer_than_its_head_is_compared_whole(searcher: Searcher) -> None:
    head = "h" * 256
    for name, text in {"exact": head, "a": f"{head}a", "b": f"{head}B"}.items():
        searcher.add(name, inputs={"t": text})
    assert searcher.found(f"inputs.t: {head}a") == "a"
    assert searcher.found(f"inputs.t: >{head}") == "a b"
    assert searcher.found(f"inputs.t: <={head}B") == "b exact"
    assert searcher.found("inputs.t: %hb") == "b"
    assert searcher.found(f'inputs.t: ~"{head}"') == "a b"
    assert searcher.names("", "inputs.t") == ["exact", "b", "a"]
    assert searcher.names("", "-inputs.t") == ["a", "b", "exact"]


@pytest.mark.spec("2:56", "2:69", "2:70")
def test_status_kind_and_runtime_fold_case_and_dashes(searcher: Searcher) -> None:
    searcher.add("up", phase="UpstreamFailed", kind="Ray_Job")
    searcher.add("ok", phase="Succeeded", runtime="ray-job")
    assert searcher.found("status: upstream-failed") == "up"
    assert searcher.found("status: UPSTREAM_FAILED|succeeded") == "ok up"
    assert searcher.found("kind: rayjob") == "up"
    assert searcher.found("runtime: RAY_JOB") == "ok"
    assert searcher.found("kind: JOB") == "ok"
    (up,) = searcher.search("status: upstream_failed", "status").runs
    assert up.sort_keys == ("upstream_failed",)


@pytest.mark.spec("2:57", "2:81", "2:44")
def test_resources_are_quantities_and_absent_is_absent(searcher: Searcher) -> None:
    searcher.add("half", resources={"cpu": "500m", "memory": "1Gi", "cost": 0})
    searcher.add("none")
    assert searcher.found("cpu: 0.5") == "half"
    assert searcher.found("memory: >=1Gi") == "half"
    assert searcher.found("cpu: <1") == "half"
    assert searcher.found("cost: nil") == "none"


@pytest.mark.spec("2:59", "2:60", "2:61", "2:73", "2:74")
def test_times_are_instants_and_equality_is_the_whole_unit(searcher: Searcher) -> None:
    for name, time in {
        "a": "2026-03-01T00:00:00Z",
        "b": "2026-03-01T23:59:59.999999Z",
        "c": "2026-03-02T00:00:00Z",
    }.items():
        searcher.add(name, createdAt=time, startedAt=time, finishedAt="2026-03-03T00:00:00Z")
    assert searcher.found("created_at: 2026-03-01") == "a b"
    assert searcher.found("started_at: 2026-03-01") == "a b"
    assert searcher.found("created_at: >2026-03-01") == "b c"
    assert searcher.found("created_at: <=2026-03-01") == "a"
    assert searcher.found("created_at: 2026-03-01..2026-03-01") == "a b"
    assert searcher.found("created_at: nil") == ""
    assert searcher.found("duration: >86401") == "a"
    assert searcher.found("wait_time: 0") == "a b c"
    assert searcher.names("", "created_at") == ["a", "b", "c"]


@pytest.mark.spec("2:53", "2:41", "2:42")
def test_membership_uuids_and_whole_maps(searcher: Searcher) -> None:
    searcher.add("ab", tags=["a", "b"], uuid="ab" * 16)
    searcher.add("b", tags=["b"], uuid="bb" * 16, metrics={"m": 1})
    searcher.add("none", outputs={"o": "text"}, uuid="cb" * 16)
    assert searcher.found("tags: a|b") == "ab b"
    assert searcher.found("tags: a, tags: b") == "ab"
    assert searcher.found("tags: ~a") == "b none"
    assert searcher.found("tags: nil") == "none"
    assert searcher.search("tags: a|b").matched == 2
    assert searcher.found(f"uuid: {'ab' * 16}") == "ab"
    assert searcher.found("uuid: ab%") == "ab"
    assert searcher.found("uuid: ~ab%") == "b none"
    assert searcher.found("metrics: nil") == "ab none"
    assert searcher.found("outputs: nil") == "ab"
    assert searcher.found("inputs: ~nil") == ""


@pytest.mark.spec("1:108", "2:28")
@pytest.mark.parametrize("text", ["'; DROP TABLE run; --", '" OR "1"="1', "%' OR 1=1 --", "a\\", "{{ x }}", "?", ":x"])
def test_injection_attempts_are_data(searcher: Searcher, text: str) -> None:
    """In values, keys, names, labels and annotations: found by themselves and by nothing else."""
    from joinery.pql.ast import CheckedQuery, FieldPath, Like, OneOf, Predicate
    from joinery.runs.search import LabelRequirement, SearchRequest

    searcher.add("evil", inputs={text: text}, tags=[text], metrics={text: 1}, meta={"labels": {text: text}})
    searcher.add("good", inputs={"x": "y"})

    def names(field: FieldPath, test: OneOf | Like, **more: object) -> list[str]:
        query = CheckedQuery(Predicate(field, test))
        result = searcher.store.search(SearchRequest(namespace="default", query=query, sort=searcher_sort, **more))  # type: ignore[arg-type]
        assert result.candidates == (1 if more else 2)
        return [run.name for run in result.runs]

    from joinery.pql.ast import CheckedKey, CheckedSort

    searcher_sort = CheckedSort((CheckedKey(FieldPath("metrics", text, "last"), True),))
    assert names(FieldPath("inputs", text), OneOf((text,))) == ["evil"]
    assert names(FieldPath("inputs", text), Like("contains", text.casefold())) == ["evil"]
    assert names(FieldPath("inputs", "x"), OneOf((text,))) == []
    assert names(FieldPath("tags"), OneOf((text,))) == ["evil"]
    assert names(FieldPath("metrics", text, "last"), OneOf((1,))) == ["evil"]
    selector = (LabelRequirement(key=text, operator="In", values=(text,)),)
    assert names(FieldPath("labels", text), OneOf((text,)), selector=selector) == ["evil"]
    assert searcher.search("").candidates == 2


@pytest.mark.spec("2:49", "1:131")
def test_nul_and_lone_surrogates_in_an_operand_do_no_harm(searcher: Searcher) -> None:
    searcher.add("a", inputs={"t": "a", "x\0": 1})
    searcher.add("fffd", inputs={"t": "\ufffd"})
    assert searcher.found('inputs.t: "a\\u0000"') == ""
    assert searcher.found('inputs.t: <"a"') == ""
    assert searcher.found('inputs."x\\u0000": 1') == ""
    assert searcher.found('inputs.t: "\\ud800"') in ("fffd", "")
