"""``joinery crds`` and ``joinery schema``: what they print can be applied, and can be used by an editor."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml
from typer.testing import Result

Invoke = Callable[..., Result]
NAMES = ["components", "connections", "operations", "runs", "searches"]


def test_the_crds_can_be_applied(invoke: Invoke) -> None:
    documents = list(yaml.safe_load_all(invoke("crds").stdout))
    assert sorted(document["metadata"]["name"] for document in documents) == [f"{name}.joinery.dev" for name in NAMES]
    listed = json.loads(invoke("crds", "-o", "json").stdout)
    assert listed["kind"] == "List"
    assert listed["items"] == documents
    names = invoke("crds", "-o", "name").stdout.splitlines()
    assert names[0].startswith("customresourcedefinition.apiextensions.k8s.io/")
    assert len(names) == 5


def test_one_crd_is_chosen_by_name(invoke: Invoke) -> None:
    first = invoke("crds", "-o", "name").stdout.splitlines()[0].partition("/")[2]
    (document,) = yaml.safe_load_all(invoke("crds", first).stdout)
    assert document["metadata"]["name"] == first
    assert invoke("crds", "nothing").exit_code == 2


@pytest.mark.parametrize("kind", ["Operation", "Component", "Search", "Connection", "Run", "operation"])
def test_schemas_are_for_editors(invoke: Invoke, kind: str) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(invoke("schema", kind).stdout)
    Draft202012Validator.check_schema(schema)
    assert yaml.safe_load(invoke("schema", kind, "-o", "yaml").stdout) == schema
