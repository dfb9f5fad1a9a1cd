"""From a manifest to its model: which kind it is, and everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from joinery.api.v1alpha1.errors import describe, problems_of
from joinery.api.v1alpha1.meta import API_VERSION, GROUP
from joinery.problems import InvalidManifest, Problem, did_you_mean

if TYPE_CHECKING:
    from joinery.api.v1alpha1.component_kind import V1Component
    from joinery.api.v1alpha1.connection import V1Connection
    from joinery.api.v1alpha1.operation import V1Operation
    from joinery.api.v1alpha1.run import V1Run
    from joinery.api.v1alpha1.search import V1Search

AnyResource: TypeAlias = "V1Operation | V1Component | V1Run | V1Search | V1Connection"

_MODULES = {
    "Operation": "operation",
    "Component": "component_kind",
    "Run": "run",
    "Search": "search",
    "Connection": "connection",
}
KINDS = tuple(_MODULES)


def model_of(kind: str) -> type[AnyResource]:
    """The model of one of ``KINDS``, loaded when it is first asked for: each takes its time to build."""
    model: type[AnyResource] = getattr(import_module(f"joinery.api.v1alpha1.{_MODULES[kind]}"), f"V1{kind}")
    return model


def parse(manifest: Any) -> AnyResource:
    """Read one object of our kinds. Raises ``InvalidManifest`` with every problem, paths as kubectl writes them."""
    problems = envelope_problems(manifest)
    kind = manifest.get("kind") if isinstance(manifest, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidManifest(problems)
    try:
        resource = model_of(kind).model_validate(manifest)
    except ValidationError as error:
        known = {problem.path for problem in problems}
        found = [problem for problem in problems_of(error) if problem.path not in known]
        raise InvalidManifest([*problems, *found]) from None
    if problems:
        raise InvalidManifest(problems)
    return resource


def envelope_problems(manifest: Any) -> list[Problem]:
    """What is wrong with a manifest as a Kubernetes object: its apiVersion, kind and name."""
    if not isinstance(manifest, Mapping):
        message = f"is no Kubernetes object: it is {describe(manifest)}, not a mapping"
        return [Problem(message=message, rule="no-object")]
    problems: list[Problem] = []
    hint: str | None
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if version is None and kind is None:
        hint = f"it starts with `apiVersion: {API_VERSION}` and `kind: Operation`"
        return [
            Problem(message="is no Kubernetes object: it has no apiVersion and no kind", rule="no-object", hint=hint)
        ]
    if version != API_VERSION:
        message = "is required" if version is None else f"must be `{API_VERSION}`, and is {describe(version)}"
        ours = isinstance(version, str) and version.partition("/")[0] in (GROUP, "joinery", "v1alpha1")
        hint = f"write `apiVersion: {API_VERSION}`" if version is None or ours else None
        problems.append(Problem(message=message, path="apiVersion", rule="api-version", hint=hint))
    if not isinstance(kind, str) or kind not in KINDS:
        known = ", ".join(f"`{name}`" for name in KINDS)
        message = "is required" if kind is None else f"must be one of {known}, and is {describe(kind)}"
        hint = did_you_mean(kind, KINDS) if isinstance(kind, str) else None
        problems.append(Problem(message=message, path="kind", rule="kind", hint=hint))
    metadata = manifest.get("metadata")
    named = isinstance(metadata, Mapping) and (metadata.get("name") or metadata.get("generateName"))
    if metadata is None or (isinstance(metadata, Mapping) and not named):
        problems.append(Problem(message="is required", path="metadata.name", rule="required"))
    return problems
