"""Operands by the class of their field: what each takes, what it comes to, what it refuses. Source: spec 2."""

from __future__ import annotations

import pytest
from checked import NOW, UUID, one, problems, warnings

from joinery.pql import check_query
from joinery.pql.ast import (
    All,
    Between,
    Compare,
    FieldPath,
    IsNil,
    Like,
    OneOf,
    Predicate,
    Test,
    Within,
)


@pytest.mark.spec("2:39", "2:71")
def test_membership() -> None:
    assert one("tags: 1|b").test == OneOf(("1", "b"))
    assert one("tags: ~a|nil") == Predicate(FieldPath("tags"), OneOf(("a",), or_nil=True), negated=True)
    assert check_query("tags: a, tags: b", now=NOW).root == All(
        (Predicate(FieldPath("tags"), OneOf(("a",))), Predicate(FieldPath("tags"), OneOf(("b",))))
    )
    for operand in ("<a", "a..b", "%a", "a%", "%a%", "a%|b", "%"):
        assert problems(f"tags: {operand}")
    assert one('tags: "%a"').test == OneOf(("%a",))


@pytest.mark.spec("2:40", "2:77")
def test_booleans() -> None:
    for word in ("true", "yes", "on", "1", "TRUE", "Yes", "oN"):
        assert one(f"meta_flags.cached: {word}").test == OneOf((True,))
    for word in ("false", "no", "off", "0", "NO"):
        assert one(f"meta_flags.cached: {word}").test == OneOf((False,))
    for word in ("y", "t", "2", "true|false", "<1", "%t", "0..1", "nope"):
        assert problems(f"meta_flags.cached: {word}")


@pytest.mark.spec("2:41", "2:67", "2:80")
def test_uuids() -> None:
    dashed = "6F1C3B0A-9d5e-4c7f-8a2b-1c0d9e8f7a6b"
    for field in ("uuid", "id", "uid"):
        assert one(f"{field}: {dashed}") == Predicate(FieldPath("uuid"), OneOf((UUID,)))
    assert one(f"uuid: {UUID}|{dashed}").test == OneOf((UUID, UUID))
    assert one("uuid: 6F1C3b0a-9%").test == Like("prefix", "6f1c3b0a9")
    for field in ("pipeline", "original", "controller", "upstream", "downstream"):
        assert one(f"{field}: {UUID}").field == FieldPath(field)
        assert one(f"{field}.name: a%") == Predicate(FieldPath(f"{field}.name"), Like("prefix", "a"))
    for operand in ("12", "xyz", f"{UUID}0", f"{UUID}|x", "%6f", "%6f%", "x%", "<6f", "6f..7f", f"{UUID}00%", "-%"):
        assert problems(f"uuid: {operand}")


@pytest.mark.spec("2:43", "2:48", "2:49", "2:54", "2:74", "2:76")
@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("metrics.a: .9", OneOf((0.9,))),
        ("metrics.a: -.5|+1|1.|1e-3", OneOf((-0.5, 1, 1.0, 0.001))),
        ('metrics.a: "1"', OneOf((1,))),
        ("metrics.a: >.9", Compare(">", 0.9)),
        ("metrics.a: -1..1e3", Between(-1, 1000.0)),
        ("metrics.a: nil", IsNil()),
        ("meta_values.a: 3", OneOf((3,))),
        ("metrics.a: 9007199254740993", OneOf((9007199254740993,))),
        ("duration: 90", OneOf((90,))),
        ("duration: <10m", Compare("<", 600)),
        ("wait_time: 1h30m..2h", Between(5400, 7200)),
        ("duration: 1.5d|250ms", OneOf((129_600, 0.25))),
    ],
)
def test_numbers_and_durations(text: str, test: Test) -> None:
    assert one(text).test == test


@pytest.mark.spec("2:43", "2:48", "2:49")
@pytest.mark.parametrize(
    "operand", ["1_000", "a", "true", "nan", '"inf"', "1e400", "0x10", "%1%", "1,5x", "1..", "=1", "<1|2", "１", "nil2"]
)
def test_what_is_no_number(operand: str) -> None:
    assert problems(f"metrics.a: {operand}")


@pytest.mark.spec("2:44", "2:57", "2:81")
def test_quantities() -> None:
    assert one("cpu: 500m").test == OneOf((0.5,))
    assert one("cpu: >=2").test == Compare(">=", 2)
    assert one("memory: <1Gi").test == Compare("<", 1 << 30)
    assert one("memory: 1.5Gi..2G").test == Between(3 << 29, 2 * 10**9)
    assert one("memory: 1k|1Ki|1M|1E").test == OneOf((1000, 1024, 10**6, 10**18))
    assert one("gpu: 1").test == OneOf((1,))
    assert one("cost: 2.5k").test == OneOf((2500,))
    for text in ("memory: 500m", "memory: <1u", "memory: 1Zi", "cpu: 1 Gi", "memory: m", "cpu: 500mm"):
        assert problems(text)
    assert "no whole byte" in str(problems("memory: 500m")[0])


@pytest.mark.spec("2:46", "2:48", "2:56", "2:68", "2:72", "2:78")
def test_texts() -> None:
    assert one("name: 1").test == OneOf(("1",))
    assert one("name: true|1.0|nan").test == OneOf(("true", "1.0", "nan"))
    assert one("description: %Base Line%").test == Like("contains", "base line")
    assert one("name: a%b").test == OneOf(("a%b",))
    assert one("name: %%a").test == Like("suffix", "a")
    assert one('name: "a..b"').test == OneOf(("a..b",))
    assert one("labels.team/owner: vision") == Predicate(FieldPath("labels", "team/owner"), OneOf(("vision",)))
    assert one('annotations."a b": x').field == FieldPath("annotations", "a b")
    assert one("artifacts: model%").field == one("artifacts.name: model%").field == FieldPath("artifacts.name")
    assert one("artifacts.kind: ~model").negated
    assert one("artifacts.path: %.onnx").test == Like("suffix", ".onnx")
    for operand in ("<a", ">=1", "a..b", "..", "%a%b%", "%a%b", "a%b%", "%", "%a|b", "a|b%", "<a|b", "a|b..c"):
        assert problems(f"name: {operand}")


@pytest.mark.spec("2:38", "2:55", "2:56", "2:69", "2:70", "2:79")
def test_values_that_are_always_text() -> None:
    assert one("commit: 1234567").test == OneOf(("1234567",))
    assert one("queue: gpu|nil").test == OneOf(("gpu",), or_nil=True)
    for text, name in (("user.username: ada", "user"), ("project.name: x", "project"), ("user: ada", "user")):
        assert one(text).field == FieldPath(name)
    for name in ("runtime", "namespace", "cloning_kind", "managed_by", "in_artifact_kind", "out_artifact_kind"):
        assert one(f"{name}: x").field == FieldPath(name)
        assert problems(f"{name}: <x")
        assert problems(f"{name}: a..b")
    assert one("queue: a%").test == OneOf(("a%",))
    assert "looks for the text `a%`" in warnings("queue: a%")


@pytest.mark.spec("2:56", "2:69", "1:137")
def test_status_kind_and_runtime_are_folded_and_phases_are_known() -> None:
    assert one("status: Upstream-Failed|SUCCEEDED").test == OneOf(("upstreamfailed", "succeeded"))
    assert one("kind: TF_Job").test == OneOf(("tfjob",))
    assert one("runtime: Tf-Job").test == OneOf(("tfjob",))
    assert one("status: ~nil").test == IsNil()
    (problem,) = problems("status: sucess")
    assert problem.rule == "unknown-phase"
    assert problem.hint is not None
    assert "`succeeded`" in problem.hint
    assert len(problems("status: foo|failed|bar")) == 2
    assert problems("status: %fail%")


@pytest.mark.spec("2:45", "2:59", "2:60", "2:61", "2:73")
def test_dates_come_to_spans_and_instants() -> None:
    day = 86_400_000_000
    start = 1_767_225_600_000_000  # 2026-01-01
    assert one("created_at: 2026-01-01").test == Within(start, start + day)
    assert one("created_at: >2026-01-01").test == Compare(">", start)
    assert one("created_at: <=2026-01-01").test == Compare("<=", start)
    assert one("created_at: 2026-01-01..2026-01-02").test == Within(start, start + 2 * day)
    assert one("created_at: ~2026-01-01 .. 2026-01-02").negated
    for field in ("updated_at", "started_at", "finished_at", "schedule_at"):
        assert one(f"{field}: nil") == Predicate(FieldPath(field), IsNil())
    for operand in ("2026-01-01|2026-01-02", "%2026", "soon", "1", "last_7_days..now", "<last_month", "2026-01-01|nil"):
        assert problems(f"created_at: {operand}")
