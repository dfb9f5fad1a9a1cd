"""The API ``joinery.dev/v1alpha1`` as models: five kinds, their parts, and how they are read. Source: spec 5.

Each is loaded when it is first asked for: most programs need but one or two of the kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from joinery.lazy import lazy_names

if TYPE_CHECKING:
    from joinery.api.v1alpha1.component import V1Collect, V1ComponentSpec, V1JobRun
    from joinery.api.v1alpha1.component_kind import V1Component
    from joinery.api.v1alpha1.connection import V1Connection
    from joinery.api.v1alpha1.crd import crds
    from joinery.api.v1alpha1.editor_schema import json_schema
    from joinery.api.v1alpha1.io import V1IO, V1Validation
    from joinery.api.v1alpha1.joins import V1Join, V1JoinParam, V1LabelRequirement, V1LabelSelector
    from joinery.api.v1alpha1.meta import API_VERSION, GROUP, VERSION, Resource, V1Condition, V1ObjectMeta
    from joinery.api.v1alpha1.operation import V1Operation, V1OperationSpec, V1OperationStatus, V1Termination
    from joinery.api.v1alpha1.params import V1Param
    from joinery.api.v1alpha1.parsing import KINDS, AnyResource, parse
    from joinery.api.v1alpha1.run import PHASES, V1Run, V1RunSpec, V1RunStatus
    from joinery.api.v1alpha1.search import V1Search, V1SearchSpec
    from joinery.api.v1alpha1.types import PARAM_NAME, RESERVED_NAMES, parse_duration

__all__ = [
    "API_VERSION",
    "GROUP",
    "KINDS",
    "PARAM_NAME",
    "PHASES",
    "RESERVED_NAMES",
    "V1IO",
    "VERSION",
    "AnyResource",
    "Resource",
    "V1Collect",
    "V1Component",
    "V1ComponentSpec",
    "V1Condition",
    "V1Connection",
    "V1JobRun",
    "V1Join",
    "V1JoinParam",
    "V1LabelRequirement",
    "V1LabelSelector",
    "V1ObjectMeta",
    "V1Operation",
    "V1OperationSpec",
    "V1OperationStatus",
    "V1Param",
    "V1Run",
    "V1RunSpec",
    "V1RunStatus",
    "V1Search",
    "V1SearchSpec",
    "V1Termination",
    "V1Validation",
    "crds",
    "json_schema",
    "parse",
    "parse_duration",
]

__getattr__ = lazy_names(
    __name__,
    {
        "component": ("V1Collect", "V1ComponentSpec", "V1JobRun"),
        "component_kind": ("V1Component",),
        "connection": ("V1Connection",),
        "crd": ("crds",),
        "editor_schema": ("json_schema",),
        "io": ("V1IO", "V1Validation"),
        "joins": ("V1Join", "V1JoinParam", "V1LabelRequirement", "V1LabelSelector"),
        "meta": ("API_VERSION", "GROUP", "VERSION", "Resource", "V1Condition", "V1ObjectMeta"),
        "operation": ("V1Operation", "V1OperationSpec", "V1OperationStatus", "V1Termination"),
        "params": ("V1Param",),
        "parsing": ("KINDS", "AnyResource", "parse"),
        "run": ("PHASES", "V1Run", "V1RunSpec", "V1RunStatus"),
        "search": ("V1Search", "V1SearchSpec"),
        "types": ("PARAM_NAME", "RESERVED_NAMES", "parse_duration"),
    },
)
