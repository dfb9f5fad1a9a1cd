"""The cluster's refusals as sentences: which right is missing, and whether Joinery is installed at all.

The commands have no rights of their own: what the caller may not do, they may not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from joinery.kube.errors import Forbidden, NotFound
from joinery.kube.paths import GROUP, Resource
from joinery.problems import JoineryError, Problem

UNKNOWN_KIND = "could not find the requested resource"  # another 404 is about an object, or about the namespace


class MissingRight(JoineryError):
    """The caller may not do what the command needs."""


class NotInstalled(JoineryError):
    """The API server knows no such kind."""


@contextmanager
def asking(verb: str, resource: Resource, namespace: str) -> Iterator[None]:
    """Around one request of ``verb`` (``get``, ``list``, ``create``). Raises MissingRight and NotInstalled.

    A refusal for another reason (an admission policy, a quota) stays what it is.
    """
    try:
        yield
    except Forbidden as error:
        if f"cannot {verb} resource" not in error.message:
            raise
        raise MissingRight(missing(verb, resource, namespace, said=error.message)) from None
    except NotFound as error:
        # A namespace that is not there has empty lists; only creating in it is answered with its absence.
        if resource.group != GROUP or (error.reason == "NotFound" and "namespaces" in error.message):
            raise
        raise NotInstalled(
            Problem(
                message=f"the API server knows no {resource.plural}.{resource.group}: Joinery is not installed there",
                rule="not-installed",
                hint="the CRDs alone come with `joinery crds | kubectl apply --server-side -f -`",
            )
        ) from None


def missing(verb: str, resource: Resource, namespace: str, *, said: str) -> Problem:
    """Which right is missing, for whom, and how to see whether it has been given."""
    name = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    user = said.partition('User "')[2].partition('"')[0]
    who = f"`{user}`" if user else "you"
    return Problem(
        message=f"{who} may not {verb} {name} in namespace `{namespace}`",
        rule="forbidden",
        hint=(
            f'a role needs `apiGroups: ["{resource.group}"], resources: ["{resource.plural}"], verbs: ["{verb}"]`; '
            f"`kubectl auth can-i {verb} {name} -n {namespace}` says whether it holds"
        ),
    )
