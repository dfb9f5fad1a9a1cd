"""The CRDs as they are generated, as they are committed, and what spec 5 asks of them; and the schemas for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from joinery.api.v1alpha1 import KINDS, conditions, crds, json_schema, parse, reasons
from joinery.api.v1alpha1.crd import file_name
from joinery.manifests import dump_yaml, read_documents
from joinery.problems import InvalidManifest

ROOT = Path(__file__).resolve().parents[2]
KEEP = "x-kubernetes-preserve-unknown-fields"


def committed(name: str) -> Path:
    return ROOT / "deploy" / "crds" / file_name(name)


def schema_of(name: str) -> dict[str, Any]:
    return crds()[f"{name}.joinery.dev"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key], path + mark)


@pytest.mark.parametrize("name", list(crds()))
def test_the_committed_crds_are_the_generated_ones(name: str) -> None:
    """``UPDATE_CRDS=1`` writes them anew."""
    text = dump_yaml(crds()[name])
    if os.environ.get("UPDATE_CRDS"):
        committed(name).write_text(text, encoding="utf-8")
    assert committed(name).read_text(encoding="utf-8") == text, "run this test with UPDATE_CRDS=1"
    assert read_documents(text)[0].value == crds()[name]
    assert len(json.dumps(crds()[name])) < 200_000


def test_there_are_five_and_no_other_file() -> None:
    found = {path.name for path in committed("x.joinery.dev").parent.glob("*.yaml")}
    assert found == {*map(file_name, crds()), "kustomization.yaml"}
    assert [crd["spec"]["names"]["kind"] for crd in crds().values()] == list(KINDS)


@pytest.mark.parametrize("name", list(crds()))
def test_every_crd_is_one_that_people_can_use(name: str) -> None:
    spec = crds()[name]["spec"]
    (version,) = spec["versions"]
    assert spec["names"]["categories"] == ["joinery"]
    assert spec["scope"] == "Namespaced"
    assert ("subresources" in version) is (spec["names"]["kind"] != "Run")
    assert version["additionalPrinterColumns"][-1]["name"] in ("Age", "Job")


@pytest.mark.parametrize("plural", [name.partition(".")[0] for name in crds()])
def test_every_field_is_described_and_bounded(plural: str) -> None:
    for path, node in nodes(schema_of(plural)):
        if path.endswith(("[]", "{}")) or path == ".metadata":
            pass
        else:
            assert node.get("description"), path
        if path in ("", ".metadata", ".apiVersion", ".kind"):
            continue
        match node.get("type"):
            case "string":
                assert "maxLength" in node or "enum" in node, path
            case "array":
                assert "maxItems" in node, path
            case "object" if "properties" not in node:
                assert "maxProperties" in node, path
            case None:
                assert node.get(KEEP) or node.get("x-kubernetes-int-or-string"), path


def test_unknown_fields_are_kept_where_the_contract_says_so() -> None:
    kept = {path for path, node in nodes(schema_of("operations")) if node.get(KEEP)}
    for path in (
        ".spec.joins[]",
        ".spec.joins[].params{}",
        ".spec.joins[].params{}.value",
        ".spec.joins[].selector",
        ".spec.params",
        ".spec.component",
        ".spec.component.inputs[]",
        ".spec.component.inputs[].validation",
        ".spec.component.run",
        ".spec.component.run.container",
        ".spec.component.run.environment",
    ):
        assert path in kept
    assert ".spec" not in kept
    assert "additionalProperties" not in schema_of("operations")["properties"]["spec"]["properties"]["params"]


def test_nothing_inside_joins_params_and_component_has_a_default() -> None:
    for name in ("operations", "components"):
        with_default = {path for path, node in nodes(schema_of(name)) if "default" in node}
        assert with_default <= {".spec.suspend", ".spec.stop", ".status"}
    assert schema_of("operations")["properties"]["status"]["default"] == {"observedGeneration": -1}


def test_conditions_are_a_list_keyed_by_type() -> None:
    node = schema_of("operations")["properties"]["status"]["properties"]["conditions"]
    assert node["x-kubernetes-list-type"] == "map"
    assert node["x-kubernetes-list-map-keys"] == ["type"]


def test_the_columns_of_operations() -> None:
    columns = crds()["operations.joinery.dev"]["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [c["name"].upper() for c in columns if not c.get("priority")] == [
        "RESOLVED",
        "RUNS",
        "SUCCEEDED",
        "REASON",
        "AGE",
    ]
    assert [c["name"].upper() for c in columns if c.get("priority")] == ["RUN", "JOB"]


def test_each_call_gives_a_copy() -> None:
    crds()["runs.joinery.dev"]["spec"].clear()
    assert crds()["runs.joinery.dev"]["spec"]


EXAMPLES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "Operation",
        {
            "joins": [
                {
                    "query": "",
                    "limit": "{{ n }}",
                    "min_runs": 1,
                    "params": {"p": {"value": {"files": ["a", ["b", "c"]]}, "to_init": True}, "q": {"value": "io"}},
                }
            ],
            "params": {"bare": [1], "full": {"value": None}},
            "component": {"inputs": [{"name": "p", "is_list": True}], "run": {"container": {"image": "x"}}},
        },
        {"joins": [{"qery": "", "params": {"p": {"value": 5}}}], "component": {}},
    ),
    ("Component", {"inputs": [{"name": "x", "type": "float"}], "run": {"kind": "job"}}, {"inputs": [{"type": "x"}]}),
    ("Run", {"uuid": "a" * 32, "inputs": {"x": [1, None]}, "tags": ["t"]}, {"uuid": "A"}),
    ("Search", {"query": "", "limit": 10}, {"query": "", "limit": 0}),
    ("Connection", {"kind": "s3", "schema": {"bucket": "b"}}, {"kind": "s4"}),
]


@pytest.mark.parametrize(("kind", "good", "bad"), EXAMPLES)
def test_schemas_for_editors_accept_what_parse_accepts(kind: str, good: dict[str, Any], bad: dict[str, Any]) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    head = {"apiVersion": "joinery.dev/v1alpha1", "kind": kind, "metadata": {"name": "x", "labels": {"a": "b"}}}
    parse({**head, "spec": good})
    assert [error.message for error in check.iter_errors({**head, "spec": good})] == []
    with pytest.raises(InvalidManifest):
        parse({**head, "spec": bad})
    assert not check.is_valid({**head, "spec": bad})
    assert "x-joinery" not in json.dumps(schema)
    assert "x-kubernetes" not in json.dumps(schema)


def test_no_schema_of_a_kind_that_is_not_ours() -> None:
    with pytest.raises(InvalidManifest, match="did you mean `Operation`"):
        json_schema("Operaton")


def test_every_reason_is_its_name() -> None:
    constants = {name: value for name, value in vars(reasons).items() if name.isupper()}
    for name, value in constants.items():
        assert value.isalpha()
        assert "".join(part.capitalize() for part in name.split("_")) == value
    assert len(set(constants.values())) == len(constants) > 40
    assert set(conditions.ALWAYS) | set(conditions.WHILE_TRUE) == {
        "Accepted", "Resolved", "Launched", "Succeeded", "Ready", "Reconciling", "Stalled",
    }  # fmt: skip


STATES = {
    "ComponentNotFound", "SearchNotFound", "Pending", "Invalid", "Valid", "Resolving", "WaitingForRuns",
    "WaitingForOperations", "TooFewRuns", "UpstreamFailed", "NullValue", "InvalidParams", "TooLarge", "StoreFull",
    "NotResolved", "Resolved", "Suspended", "ConnectionNotFound", "ConnectionAmbiguous", "JobRefused", "NameTaken",
    "ArgumentTooLong", "SnapshotLost", "JobSuspended", "JobCreated", "Unschedulable", "PodsRefused", "Running",
    "Retrying", "Collecting", "JobComplete", "JobFailed", "DeadlineExceeded", "ArtifactsMissing",
    "OutputsNotCollected", "JobDeleted", "Stopped",
}  # fmt: skip


def test_every_reason_of_the_contract_is_there() -> None:
    assert {value for name, value in vars(reasons).items() if name.isupper()} >= STATES
