"""Joinery: joins over past runs, in Kubernetes, on the command line and in notebooks.

Everything here is loaded when it is first asked for, so that ``import joinery`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from joinery.lazy import lazy_names

__version__ = "0.1.0"

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import (
        V1IO,
        V1Component,
        V1Connection,
        V1Join,
        V1JoinParam,
        V1Operation,
        V1Param,
        V1Run,
        V1Search,
    )
    from joinery.client.start import start_run
    from joinery.local.facade import Runs, load_runs
    from joinery.local.language import check_query, coerce, parse_query, parse_sort
    from joinery.local.sources import UnreadableFile
    from joinery.problems import (
        InvalidManifest,
        InvalidOperation,
        InvalidQuery,
        InvalidTemplate,
        InvalidValue,
        JoineryError,
        Problem,
    )

__all__ = [
    "V1IO",
    "InvalidManifest",
    "InvalidOperation",
    "InvalidQuery",
    "InvalidTemplate",
    "InvalidValue",
    "JoineryError",
    "Problem",
    "Runs",
    "UnreadableFile",
    "V1Component",
    "V1Connection",
    "V1Join",
    "V1JoinParam",
    "V1Operation",
    "V1Param",
    "V1Run",
    "V1Search",
    "__version__",
    "check_query",
    "coerce",
    "load_runs",
    "parse_query",
    "parse_sort",
    "start_run",
]


__getattr__ = lazy_names(
    __name__,
    {
        "api.v1alpha1": (
            "V1IO",
            "V1Component",
            "V1Connection",
            "V1Join",
            "V1JoinParam",
            "V1Operation",
            "V1Param",
            "V1Run",
            "V1Search",
        ),
        "client.start": ("start_run",),
        "local.facade": ("Runs", "load_runs"),
        "local.language": ("check_query", "coerce", "parse_query", "parse_sort"),
        "local.sources": ("UnreadableFile",),
        "problems": (
            "InvalidManifest",
            "InvalidOperation",
            "InvalidQuery",
            "InvalidTemplate",
            "InvalidValue",
            "JoineryError",
            "Problem",
        ),
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
