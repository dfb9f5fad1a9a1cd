"""The review itself, pure: bytes of an AdmissionReview in, the answer out. Total: any bytes at all get an answer.

Refused is only a creation, or an edit of the spec, of one of our four kinds. Metadata, status and whatever goes
away are never in the way of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from joinery.admission import edits, texts
from joinery.admission.request import REVIEW_VERSION, Malformed, Request, read_request
from joinery.api.v1alpha1.errors import describe
from joinery.api.v1alpha1.meta import API_VERSION, GROUP
from joinery.problems import Problem
from joinery.validation import Findings, check_manifest

INVALID = 422
BAD_REQUEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer, and what metrics and logs want to know of it. ``kind`` and ``operation`` are empty for garbage."""

    answer: dict[str, Any]
    kind: str = ""
    operation: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def allowed(self) -> bool:
        return bool(self.answer["response"]["allowed"])

    @property
    def is_review(self) -> bool:
        """Whether there is a request to answer at all."""
        return bool(self.answer["response"]["uid"])


def review(body: bytes) -> dict[str, Any]:
    """The AdmissionReview that answers ``body``; never raises. Its ``uid`` is empty where none could be read."""
    return judge(body).answer


def judge(body: bytes) -> Judged:
    """The answer to ``body`` with what is to be counted of it; never raises."""
    try:
        request = read_request(body)
    except Malformed as error:
        return Judged(answer=refusal(error.uid, str(error), code=BAD_REQUEST, reason="BadRequest"))
    findings = _findings(request)
    return Judged(
        answer=_answer(request, findings),
        kind=request.kind,
        operation=request.operation,
        problems=findings.errors,
    )


def refusal(uid: str, text: str, *, code: int, reason: str) -> dict[str, Any]:
    """No, for a reason that is not in the object."""
    status = {"status": "Failure", "code": code, "reason": reason, "message": texts.printable(text)[:2_048]}
    return _wrapped({"uid": uid, "allowed": False, "status": status})


def _findings(request: Request) -> Findings:
    if request.subresource or request.operation not in ("CREATE", "UPDATE"):
        return Findings()
    new, old = request.object, request.old
    if request.operation == "UPDATE" and (_goes_away(new) or edits.same(new.get("spec"), old.get("spec"))):
        return Findings()
    if mismatch := _not_as_announced(request):
        return Findings(errors=(mismatch,))
    findings = check_manifest(new)
    if request.operation == "CREATE" or request.kind != "Operation":
        return findings
    errors: Sequence[Problem] = findings.errors
    warnings = [*edits.edit_warnings(new, old), *findings.warnings]
    if edits.is_resolved(old):
        errors = [
            *edits.frozen_problems(new, old),
            *edits.mendable(errors, launches=edits.launches(new, old)),
        ]
    return Findings(errors=tuple(errors), warnings=tuple(warnings))


def _goes_away(new: Any) -> bool:
    metadata = new.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("deletionTimestamp"))


def _not_as_announced(request: Request) -> Problem | None:
    """The object must be what the request says it is; else another kind's rules would be asked."""
    kind, version = request.object.get("kind"), request.object.get("apiVersion")
    if kind == request.kind and version == API_VERSION:
        return None
    said = f"{describe(kind)} of {describe(version)}"
    return Problem(message=f"must be a {request.kind} of {API_VERSION}, and is {said}", path="kind", rule="kind")


def _answer(request: Request, findings: Findings) -> dict[str, Any]:
    response: dict[str, Any] = {"uid": request.uid, "allowed": findings.is_valid}
    if not findings.is_valid:
        response["status"] = {
            "status": "Failure",
            "code": INVALID,
            "reason": "Invalid",
            "message": texts.message(findings.errors),
            "details": {
                "group": GROUP,
                "kind": request.kind,
                "name": texts.printable(request.name)[:253],
                "causes": texts.causes(findings.errors),
            },
        }
    if findings.warnings:
        response["warnings"] = texts.warnings(findings.warnings)
    return _wrapped(response)


def _wrapped(response: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": REVIEW_VERSION, "kind": "AdmissionReview", "response": response}
