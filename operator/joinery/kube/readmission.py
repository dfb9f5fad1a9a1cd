"""Brings Runs back that were left out of a full namespace, once there is room for all of them."""

from __future__ import annotations

import asyncio
import logging

from joinery.kube.client import KubeClient
from joinery.kube.errors import ApiError
from joinery.kube.mirror import Mirror
from joinery.kube.paths import RUNS

logger = logging.getLogger(__name__)

EVERY = 15.0  # seconds


async def readmit(client: KubeClient, mirror: Mirror, *, every: float = EVERY) -> None:
    """Until cancelled: the Runs of a namespace are listed only where all that was left out fits."""
    while True:
        await asyncio.sleep(every)
        for namespace in mirror.roomy():
            try:
                async for page in client.pages(RUNS, namespace):
                    await mirror.readmit(namespace, page.items)
            except ApiError as error:
                logger.warning("the Runs left out of namespace %s: %s; trying again", namespace, error.message)
            except Exception:
                logger.exception("the Runs left out of namespace %s; trying again", namespace)
            else:
                logger.info("namespace %s: the Runs that were left out have been taken up", namespace)
