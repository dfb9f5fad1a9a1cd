"""One conversation with the API server as the caller: the kubeconfig that kubectl reads, and no rights but theirs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, TypeVar

import typer

from joinery.cli.live.options import Where
from joinery.cli.live.rights import MissingRight, asking
from joinery.kube.errors import NotFound
from joinery.kube.paths import OPERATIONS, RUNS, Resource
from joinery.problems import InvalidValue, JoineryError, Problem, did_you_mean

T = TypeVar("T")
Manifest = dict[str, Any]
NEEDED = ("aiohttp", "kubernetes")
NEIGHBOURS = 200  # names looked at for a hint


class NoSuchObject(JoineryError):
    """There is no object of that name in the namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The namespace that is asked, and the requests that the commands make there.

    Every method raises MissingRight, NotInstalled or ApiError.
    """

    client: Any  # joinery.kube.client.KubeClient; untyped here so that naming it imports nothing
    namespace: str

    async def get(self, resource: Resource, name: str) -> Manifest | None:
        """One object; None where there is none."""
        with asking("get", resource, self.namespace):
            found: Manifest | None = await self.client.get(resource, self.namespace, name)
            return found

    async def need(self, resource: Resource, name: str) -> Manifest:
        """One object. Raises NoSuchObject with the nearest names that are there."""
        found = await self.get(resource, name)
        if found is None:
            raise NoSuchObject(
                Problem(
                    message=f"there is no {resource.kind} `{name}` in namespace `{self.namespace}`",
                    rule="no-such-object",
                    hint=did_you_mean(name, await self._neighbours(resource)),
                )
            )
        return found

    async def operation(self, name: str) -> Manifest:
        """One Operation. Raises NoSuchObject."""
        return await self.need(OPERATIONS, name)

    async def run_pages(self) -> AsyncIterator[tuple[list[Manifest], str]]:
        """All Runs of the namespace, page by page, each with the resource version of the whole list.

        Raises Gone when that version is no longer kept: start again.
        """
        with asking("list", RUNS, self.namespace):
            async for page in self.client.pages(RUNS, self.namespace):
                yield page.items, page.version

    async def create(self, resource: Resource, manifest: Mapping[str, Any]) -> Manifest:
        """Create it. Raises AlreadyExists."""
        with asking("create", resource, self.namespace):
            made: Manifest = await self.client.create(resource, manifest)
            return made

    async def _neighbours(self, resource: Resource) -> list[str]:
        try:
            with asking("list", resource, self.namespace):
                async for page in self.client.pages(resource, self.namespace, limit=NEIGHBOURS):
                    return [str(item["metadata"]["name"]) for item in page.items]
        except (MissingRight, NotFound):
            return []
        return []


def run(where: Where, work: Callable[[Session], Awaitable[T]]) -> T:
    """Do ``work`` in a session with the cluster that ``where`` names. Raises NoCluster."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise typer.BadParameter(
            f"to ask a cluster, {' and '.join(missing)} must be there: pip install 'joinery-operator[operator]'; "
            "files of Runs are read with `--runs`"
        )
    return asyncio.run(_run(where, work))


async def _run(where: Where, work: Callable[[Session], Awaitable[T]]) -> T:
    from joinery.kube.client import KubeClient
    from joinery.kube.config import Source

    # What its configuration lacks is said once, by us.
    logging.getLogger("kubernetes").setLevel(logging.CRITICAL)
    source = Source(kubeconfig=where.kubeconfig, context=where.context)
    async with await KubeClient.open(source, user_agent="kubectl-joinery") as client:
        return await work(Session(client=client, namespace=_checked(where.namespace or client.namespace)))


def _checked(namespace: str) -> str:
    """A namespace as it may be written in a path. Raises InvalidValue: an empty or odd one would widen the question."""
    if len(namespace) > 63 or not namespace.isascii() or not namespace.replace("-", "").isalnum():
        raise InvalidValue(Problem(message=f"`{namespace[:63]}` is no name of a namespace", rule="namespace"))
    return namespace
