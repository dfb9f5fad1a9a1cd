"""One operator process, from its start to a clean stop.

The order matters. Start: probes, the Lease, the store filled by the reflector, then workers, then Kopf's streams.
Stop: no new keys, workers finish, the reflector, Kopf, the Lease given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from joinery.control.departed import Departed
from joinery.control.echo import EchoBoard
from joinery.control.ending import Ending
from joinery.control.launch import ResolveOnly
from joinery.control.launching import JobLauncher
from joinery.control.observe import Observer
from joinery.control.orphans import Orphans
from joinery.control.outcome import Launcher, Resolver
from joinery.control.ports import Key
from joinery.control.queue import WorkQueue
from joinery.control.reconcile import Reconciler
from joinery.control.report import Reporter
from joinery.control.resync import resync
from joinery.control.room import Room
from joinery.control.searches import SearchKeeper
from joinery.control.sightings import Sightings
from joinery.control.waiting import Waiters
from joinery.control.workers import Controller
from joinery.kube.client import KubeClient
from joinery.kube.config import Source
from joinery.kube.events import EventRecorder
from joinery.kube.leases import Election
from joinery.kube.mirror import Applied, Mirror
from joinery.kube.readmission import readmit
from joinery.kube.reflector import Reflector
from joinery.operator.clock import now, now_text
from joinery.operator.gauges import add_gauges
from joinery.operator.metrics import Metrics
from joinery.operator.probes import Probes
from joinery.operator.settings import Settings
from joinery.operator.tasks import cancel, first
from joinery.operator.watches import Watches
from joinery.operator.wiring import Wiring
from joinery.store import SqlStore

logger = logging.getLogger(__name__)


class OperatorProcess:
    """Runs until told to stop. ``run`` returns the exit code: 0 after a stop, 1 where it could not go on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._source = Source(kubeconfig=settings.kubeconfig, context=settings.context)
        self.metrics = Metrics()
        self.stopping = asyncio.Event()
        self.started = asyncio.Event()
        self.probes = Probes(metrics=self.metrics, alive=self._alive, ready=self._unready)
        self._standby = settings.leader_election
        self._watches: Watches | None = None
        self._reflector: Reflector | None = None
        self._echo: EchoBoard | None = None
        self._departed = Departed()
        self._wiring: Wiring | None = None

    async def run(self) -> int:
        """Start, work, stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        await self.probes.start(*self.settings.listen)
        try:
            async with (
                await KubeClient.open(
                    self._source, observe=self.metrics.requested, user_agent="joinery-operator"
                ) as api,
                self._leadership(api) as lost,
            ):
                if self.stopping.is_set():
                    return 0
                return await self._lead(api, lost)
        finally:
            await self.probes.stop()

    def _told_to_stop(self) -> None:
        """A stop has its time, whatever hangs: every write is safe to repeat, so what is left undone is done later."""
        if not self.stopping.is_set():
            last_resort = threading.Timer(self.settings.grace, os._exit, (0,))
            last_resort.daemon = True
            last_resort.start()
        self.stopping.set()

    @contextlib.asynccontextmanager
    async def _leadership(self, api: KubeClient) -> AsyncIterator[asyncio.Task[None] | None]:
        """Holds the Lease, where one is asked for; gives the task that ends when it is lost."""
        if not self.settings.leader_election:
            yield None
            return
        election = Election(
            api,
            namespace=self.settings.lease_namespace or api.namespace,
            name=self.settings.lease_name,
            identity=f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}",
        )
        acquire = asyncio.create_task(election.acquire())
        await first([acquire, asyncio.create_task(self.stopping.wait())])
        if not acquire.done():
            await cancel(acquire)
            yield None
            return
        self._standby = False
        lost = asyncio.create_task(election.lost())
        try:
            yield lost
        finally:
            await cancel(lost)
            await election.release()

    async def _lead(self, api: KubeClient, lost: asyncio.Task[None] | None) -> int:
        settings, loop = self.settings, asyncio.get_running_loop()
        mirror = Mirror(
            self._make_store,
            lasting=settings.database is not None,
            namespaces=settings.namespaces,
            max_values=settings.namespace_values,
            applied=self._applied,
        )
        store = mirror.store
        recorder = EventRecorder(api, controller="joinery.dev/operator", instance=socket.gethostname())
        operations: WorkQueue[Key] = WorkQueue(waited=self.metrics.waited("operation"))
        searches: WorkQueue[Key] = WorkQueue(waited=self.metrics.waited("search"))
        orphaned: WorkQueue[Key] = WorkQueue(waited=self.metrics.waited("orphan"))
        queues = {"operation": operations, "search": searches, "orphan": orphaned}
        waiters = Waiters(add_after=operations.add_after, clock=loop.time)
        echo = EchoBoard()
        room = Room(namespace_cap=settings.namespace_result_bytes, cluster_cap=settings.cluster_result_bytes)
        keeper = SearchKeeper(
            api=api, store=store, add_after=searches.add_after, clock=loop.time, now=now, limits=settings.limits
        )
        sightings = Sightings(wake=operations.add)
        orphans = Orphans(api=api, store=store, add=orphaned.add, now=now_text)
        reporter = Reporter(api=api, recorder=recorder, sightings=sightings, now=now_text)
        reconciler = Reconciler(
            api=api,
            observer=Observer(api=api, store=store),
            resolver=Resolver(
                api=api, store=store, reporter=reporter, waiters=waiters, room=room,
                launcher=self._launcher(api, sightings), departed=self._departed,
                ending=Ending(api=api, now=now, kept=settings.results_kept), meter=self.metrics, now=now,
                limits=settings.limits, result_cap=settings.operation_result_bytes,
            ),
            reporter=reporter,
            echo=echo,
            waiters=waiters,
            sightings=sightings,
            gone=orphans.gone,
        )  # fmt: skip
        wiring = Wiring(
            operations=operations, searches=searches, gone=orphans.gone, waiters=waiters, keeper=keeper, room=room,
            sightings=sightings,
        )  # fmt: skip
        self._echo, self._wiring = echo, wiring
        self._reflector = Reflector(api, mirror, namespaces=settings.namespaces, took=self.metrics.store_lag.observe)
        owned = (("", "configmaps"), ("batch", "jobs"), ("", "pods")) if settings.launch else (("", "configmaps"),)
        self._watches = Watches(
            wiring.seen, source=self._source, loop=loop, namespaces=settings.namespaces, owned=owned
        )
        add_gauges(self.metrics, store=store, queues=queues, waiters=waiters, room=room, left_out=mirror.left_out)
        controllers = [
            Controller(
                name="operation",
                queue=operations,
                reconcile=reconciler,
                meter=self.metrics,
                concurrency=settings.workers,
            ),
            Controller(name="search", queue=searches, reconcile=keeper, meter=self.metrics, concurrency=2),
            Controller(name="orphan", queue=orphaned, reconcile=orphans, meter=self.metrics, concurrency=2),
        ]
        reflecting = asyncio.create_task(self._reflector.run())
        recording = asyncio.create_task(recorder.run())
        readmitting = asyncio.create_task(readmit(api, mirror))
        resyncing = asyncio.create_task(resync(orphans, store, [orphaned, operations], every=settings.resync))
        stopping = asyncio.create_task(self.stopping.wait())
        watched = [task for task in (reflecting, recording, readmitting, resyncing, stopping, lost) if task is not None]
        working: list[asyncio.Task[None]] = []
        try:
            began = time.monotonic()
            synced = asyncio.create_task(self._reflector.wait_synced())
            await first([synced, *watched])
            if synced.done():
                logger.info("%s Runs in the store after %.1f s", store.counts().runs, time.monotonic() - began)
                working = [asyncio.create_task(controller.run()) for controller in controllers]
                for key in orphans.left_over(store.counts().by_namespace):
                    orphaned.add(key)
                self._watches.start()
                self.started.set()
                dead = asyncio.create_task(self._watch_kopf())
                await first([*watched, *working, dead])
                await cancel(dead)
            await cancel(synced)
            return self._exit_code(lost)
        finally:
            await self._stop(controllers, working, [reflecting, recording, readmitting, resyncing, stopping], recorder)
            await mirror.close()

    def _launcher(self, api: KubeClient, sightings: Sightings) -> Launcher:
        if not self.settings.launch:
            return ResolveOnly()
        return JobLauncher(api=api, settings=self.settings.workload, sightings=sightings, now=now_text)

    def _make_store(self) -> SqlStore:
        database = self.settings.database
        return SqlStore.open(database) if database else SqlStore.in_memory()

    def _applied(self, change: Applied) -> None:
        """The store has applied a change of Runs: who waits for one of them, or for any, is told."""
        if self._echo is None or self._wiring is None:
            return
        if change.whole:
            self._wiring.runs_loaded()
        self._echo.applied(key.uid for key in change.upserted)
        for key in change.deleted:
            self._departed.note(key.namespace, key.name)
        for key in (*change.upserted, *change.deleted):
            self._wiring.run_changed(key.namespace, key.name)

    async def _stop(
        self,
        controllers: list[Controller],
        working: list[asyncio.Task[None]],
        others: list[asyncio.Task[Any]],
        recorder: EventRecorder,
    ) -> None:
        """Workers finish what they have begun, the next process does the rest; then the streams end."""
        began, left = time.monotonic(), sum(len(controller.queue) for controller in controllers)
        logger.info("stopping; %s keys are left to the next", left)
        for controller in controllers:
            controller.queue.shut_down(drop=True)
        if working:
            _, late = await asyncio.wait(working, timeout=self.settings.grace / 2)
            for task in late:
                await cancel(task)
        for task in others:
            await cancel(task)
        flushing = asyncio.create_task(recorder.flush())
        if self._watches is not None:
            await self._watches.stop(timeout=self.settings.grace / 4)
        await asyncio.wait([flushing], timeout=self.settings.grace / 8)
        await cancel(flushing)
        logger.info("stopped after %.2f s", time.monotonic() - began)

    async def _watch_kopf(self) -> None:
        while self._watches is not None and self._watches.alive:
            await asyncio.sleep(1)
        logger.error("the watch streams ended; restarting is the remedy")

    def _exit_code(self, lost: asyncio.Task[None] | None) -> int:
        if self.stopping.is_set():
            return 0
        if lost is not None and lost.done():
            logger.error("leadership lost: exiting, so that there is one leader")
        return 1

    def _alive(self) -> list[str]:
        watches = self._watches
        return ["the watch streams have ended"] if watches is not None and watches.failure is not None else []

    def _unready(self) -> list[str]:
        if self._standby:
            return []  # a stand-by is as ready as it can be: it takes over when the leader goes
        if self._reflector is None or not self._reflector.synced:
            return ["the Runs are being loaded", *(self._reflector.errors if self._reflector else [])]
        if not self.started.is_set() or self._watches is None or not self._watches.ready:
            return ["the watch streams are being opened"]
        return []


def run(settings: Settings) -> int:
    """Run an operator in this process."""

    async def main() -> int:
        return await OperatorProcess(settings).run()

    code = asyncio.run(main())
    # Kopf's thread, if it hangs, must not hold the process.
    if code:
        os._exit(code)
    return code
