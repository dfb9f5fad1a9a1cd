"""One admission process, from its start to a clean stop.

Start: probes, a certificate, then the server. Stop: not ready any more, a moment for those who have not heard of it,
what is under way answered, everything closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from joinery.admission.certificates import Certificates, FromFiles, FromSecret
from joinery.admission.metrics import Metrics
from joinery.admission.probes import Probes
from joinery.admission.server import Server
from joinery.admission.tls import ServerTls
from joinery.kube.client import KubeClient
from joinery.kube.config import Source

logger = logging.getLogger(__name__)

DEFAULT_NAME = "joinery-admission"  # of the Secret and of the webhook configuration
FIRST_TRIES = 1.0  # seconds between looks as long as there is no certificate
DRAIN = 1.0  # seconds between "not ready" and the end of listening
# A thread that judges a large object gives way to others this often (seconds): five times as often as usual.
SWITCH = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One admission process. Certificates: from ``tls_directory``, else from ``secret`` with ``webhook``.

    ``check_every``: seconds between two looks at the certificate. ``overlap``: seconds that a new authority is
    trusted before it is used. ``timeout``: seconds for one review.
    """

    listen: tuple[str, int]
    probes: tuple[str, int]
    namespace: str | None = None
    secret: str = DEFAULT_NAME
    webhook: str = DEFAULT_NAME
    tls_directory: Path | None = None
    kubeconfig: str | None = None
    context: str | None = None
    threads: int = 4
    timeout: float = 4.0
    check_every: float = 10.0
    overlap: float = 60.0


class AdmissionProcess:
    """Runs until told to stop; ``run`` returns the exit code."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.tls = ServerTls()
        self.server = Server(tls=self.tls, metrics=self.metrics, threads=settings.threads, timeout=settings.timeout)
        self.probes = Probes(metrics=self.metrics, unready=lambda: self._problem)
        self.stopping = asyncio.Event()
        self._problem = "starting"

    async def run(self) -> int:
        """Start, serve, stop. Raises NoCluster, and OSError where an address is taken."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        async with AsyncExitStack() as stack:
            await self.probes.start(*self.settings.probes)
            stack.push_async_callback(self.probes.stop)
            certificates = await self._certificates(stack)
            await self._first_certificate(certificates)
            if not self.stopping.is_set():
                await self._serve(certificates)
        return 0

    async def _certificates(self, stack: AsyncExitStack) -> Certificates:
        settings = self.settings
        if settings.tls_directory is not None:
            return FromFiles(tls=self.tls, folder=settings.tls_directory)
        source = Source(kubeconfig=settings.kubeconfig, context=settings.context)
        opened = await KubeClient.open(source, user_agent="joinery-admission", timeout=10.0)
        api = await stack.enter_async_context(opened)
        return FromSecret(
            api=api,
            tls=self.tls,
            namespace=settings.namespace or api.namespace,
            secret=settings.secret,
            webhook=settings.webhook,
            overlap=settings.overlap,
        )

    async def _first_certificate(self, certificates: Certificates) -> None:
        while not self.stopping.is_set():
            said, self._problem = self._problem, await certificates.look()
            if not self._problem:
                self.metrics.certificate(self.tls.expires)
                return
            if said != self._problem:
                logger.warning("no certificate yet: %s", self._problem)
            await self._pause(FIRST_TRIES)

    async def _serve(self, certificates: Certificates) -> None:
        await self.server.start(*self.settings.listen)
        logger.info("reviews are answered on port %s", self.server.port)
        looking = asyncio.create_task(self._keep_looking(certificates))
        try:
            await self.stopping.wait()
        finally:
            self._problem, self.server.draining = "stopping", True
            logger.info("stopping")
            looking.cancel()
            await asyncio.wait([looking])
            await asyncio.sleep(DRAIN)
            await self.server.stop()

    async def _keep_looking(self, certificates: Certificates) -> None:
        while True:
            await asyncio.sleep(self.settings.check_every * (0.8 + 0.4 * random.random()))  # noqa: S311 - jitter
            try:
                await certificates.look()
            except Exception:  # a fault of ours must not end the looking: the next certificate would be missed
                logger.exception("the certificate could not be looked after")
            self.metrics.certificate(self.tls.expires)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()


def run(settings: Settings) -> int:
    """Serve in this process until SIGTERM; the exit code."""
    sys.setswitchinterval(SWITCH)

    async def main() -> int:
        return await AdmissionProcess(settings).run()

    code = asyncio.run(main())
    logging.shutdown()
    # A thread may still judge an object whose asker has gone; nobody waits for it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
