"""Joins: from an operation and a store of runs to its resolution. Source: spec 1.

``resolve`` gives the snapshot or every problem; ``check_operation`` says what can be said without a run;
``explain`` says of one run why a join took it, or did not.

Everything is loaded when it is first asked for: ``joinery lint`` needs but the checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from joinery.lazy import lazy_names

if TYPE_CHECKING:
    from joinery.joins.changes import ChangedRun, changed_runs
    from joinery.joins.check import check_operation, check_parts, judge_operation
    from joinery.joins.digest import digest_of
    from joinery.joins.explaining import Explanation, JoinExplanation, explain, explain_search
    from joinery.joins.globals import operation_globals
    from joinery.joins.limits import DEFAULT_LIMITS, Limits
    from joinery.joins.request import ResolveRequest
    from joinery.joins.resolution import JoinRecord, ReferredRun, Resolution, ResolvedParam, TakenRun
    from joinery.joins.resolving import resolve
    from joinery.joins.scope import params_mapping
    from joinery.joins.status import to_status
    from joinery.joins.values import ValueExpression, parse_value

__all__ = [
    "DEFAULT_LIMITS",
    "ChangedRun",
    "Explanation",
    "JoinExplanation",
    "JoinRecord",
    "Limits",
    "ReferredRun",
    "Resolution",
    "ResolveRequest",
    "ResolvedParam",
    "TakenRun",
    "ValueExpression",
    "changed_runs",
    "check_operation",
    "check_parts",
    "digest_of",
    "explain",
    "explain_search",
    "judge_operation",
    "operation_globals",
    "params_mapping",
    "parse_value",
    "resolve",
    "to_status",
]


__getattr__ = lazy_names(
    __name__,
    {
        "changes": ("ChangedRun", "changed_runs"),
        "check": ("check_operation", "check_parts", "judge_operation"),
        "digest": ("digest_of",),
        "explaining": ("Explanation", "JoinExplanation", "explain", "explain_search"),
        "globals": ("operation_globals",),
        "limits": ("DEFAULT_LIMITS", "Limits"),
        "request": ("ResolveRequest",),
        "resolution": ("JoinRecord", "ReferredRun", "Resolution", "ResolvedParam", "TakenRun"),
        "resolving": ("resolve",),
        "scope": ("params_mapping",),
        "status": ("to_status",),
        "values": ("ValueExpression", "parse_value"),
    },
)
