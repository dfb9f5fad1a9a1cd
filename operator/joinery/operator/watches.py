"""The one place that imports Kopf: its watch streams, and handlers that only observe and enqueue.

Kopf runs in a thread and an event loop of its own; what it sees crosses into our loop by one call. Handlers are
`@kopf.on.event`, return nothing and write nothing: create and update handlers would keep whole specs in annotations.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from joinery.control.names import OPERATION_UID_LABEL
from joinery.kube.config import Source
from joinery.operator.hiding import hidden

# To know its models when it sees one Kopf loads the official client, where that is installed: 0.4 s and 40 MB.
with hidden("kubernetes"):
    import kopf

logger = logging.getLogger(__name__)

OURS = ("operations", "searches", "components", "connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One change of an object: its kind, whether it is gone, and the object as last seen."""

    kind: str
    deleted: bool
    manifest: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        metadata = self.manifest["metadata"]
        return metadata["namespace"], metadata["name"]


class Watches:
    """Kopf's streams over our kinds and what our operations own. ``tell`` is called in ``loop`` for every change."""

    def __init__(
        self,
        tell: Callable[[Seen], None],
        *,
        source: Source,
        loop: asyncio.AbstractEventLoop,
        namespaces: tuple[str, ...] | None,
        owned: tuple[tuple[str, str], ...] = (("", "configmaps"),),
    ) -> None:
        self._tell, self._source, self._loop, self._namespaces = tell, source, loop, namespaces
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._registry = kopf.OperatorRegistry()
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)
        self.failure: BaseException | None = None
        for plural in OURS:
            kopf.on.event("joinery.dev", "v1alpha1", plural, registry=self._registry, id=f"see-{plural}")(self._see)
        for group, plural in owned:
            kopf.on.event(
                group, "v1", plural, registry=self._registry, id=f"see-{plural}",
                labels={OPERATION_UID_LABEL: kopf.PRESENT},
            )(self._see)  # fmt: skip
        kopf.on.login(registry=self._registry)(self._login)

    def start(self) -> None:
        """Begin to watch, in a thread of its own."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether Kopf runs."""
        return self._thread.is_alive() and self.failure is None

    @property
    def ready(self) -> bool:
        """Whether Kopf has found the resources and begun to watch them."""
        return self._ready.is_set()

    async def stop(self, *, timeout: float) -> None:
        """Tell Kopf to stop and wait for it; after ``timeout`` seconds its thread is left to end with the process."""
        self._stop.set()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, timeout)

    async def _login(self, **_: Any) -> kopf.AiohttpSession:
        """As the rest of the operator logs in; asked again when the API server refuses the credentials."""
        access = await self._source.load()
        authorization = await access.authorization()
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=access.ssl or True),
            headers={"Authorization": authorization} if authorization else {},
            proxy=access.proxy,
        )
        return kopf.AiohttpSession(server=access.server, default_namespace=access.namespace, aiohttp_session=session)

    async def _see(self, event: Mapping[str, Any], **_: Any) -> None:
        manifest = event["object"]
        seen = Seen(kind=manifest["kind"], deleted=event.get("type") == "DELETED", manifest=manifest)
        self._loop.call_soon_threadsafe(self._tell, seen)

    def _run(self) -> None:
        try:
            asyncio.run(
                kopf.operator(
                    registry=self._registry,
                    settings=_settings(),
                    # Named here, since Kopf would ask for the user's name, and a container's user may have none.
                    identity=cast(Any, "joinery"),
                    standalone=True,
                    clusterwide=self._namespaces is None,
                    namespaces=self._namespaces or (),
                    stop_flag=self._stop,
                    ready_flag=self._ready,
                )
            )
        except Exception as error:
            logger.exception("the watch streams ended")
            self.failure = error


class _NothingKept(kopf.DiffBaseStorage):
    """Kopf compares each object with what it was: for handlers that we do not have, by a deep copy of a whole spec."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


class _Forever:
    """Pauses between tries of a request, in seconds: an API server that is away for an hour ends no stream."""

    def __iter__(self) -> Iterator[float]:
        return itertools.chain((0.1, 0.5, 1.0, 2.0), itertools.repeat(4.0))


def _settings() -> kopf.OperatorSettings:
    """Kopf as a watcher and nothing else: it writes nothing, needs no peers, and watches no CRDs or namespaces."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.admission.managed = None
    settings.persistence.finalizer = "joinery.dev/never-used"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix="joinery.dev")
    settings.persistence.diffbase_storage = _NothingKept()
    settings.watching.connect_timeout = 10
    settings.watching.server_timeout = 300
    settings.networking.error_backoffs = _Forever()
    settings.queueing.idle_timeout = 1
    settings.queueing.exit_timeout = 1
    return settings
