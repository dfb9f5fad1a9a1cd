"""Where the server's certificate comes from: files that cert-manager keeps fresh, or a Secret that we keep ourselves.

Either way it is looked at again and again, and a change is shown from the next handshake on, without a restart.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from joinery.admission import webhook
from joinery.admission.authority import Pair
from joinery.admission.rotation import Kept, Lifetimes, step
from joinery.admission.tls import ServerTls
from joinery.kube.client import KubeClient
from joinery.kube.errors import AlreadyExists, Conflict
from joinery.kube.paths import SECRETS, WEBHOOKS
from joinery.problems import JoineryError

logger = logging.getLogger(__name__)

ROTATE = "joinery.dev/rotate"  # an annotation on the Secret: a new authority is wanted now
STEPS = 8  # changes in one look; more of them would be a loop


class Certificates(Protocol):
    """Keeps a :class:`ServerTls` supplied. ``look`` brings it up to date; it raises nothing that passes by itself."""

    async def look(self) -> str:
        """What stands in the way of serving; empty when nothing does."""


@dataclass(slots=True, kw_only=True)
class FromFiles:
    """``tls.crt`` and ``tls.key`` of a folder: a mounted Secret. Who makes them (cert-manager) puts the authority
    into the webhook configuration too."""

    tls: ServerTls
    folder: Path

    async def look(self) -> str:
        try:
            pair = await asyncio.to_thread(self._read)
        except OSError as error:
            return self._unfit(f"cannot be read: {error.strerror}")
        try:
            if self.tls.use(pair):
                logger.info("the certificate in %s is in use, good until %s", self.folder, self.tls.expires)
        except ssl.SSLError:
            return self._unfit("are no certificate with its key")
        return ""

    def _read(self) -> Pair:
        return Pair((self.folder / "tls.crt").read_bytes(), (self.folder / "tls.key").read_bytes())

    def _unfit(self, why: str) -> str:
        text = f"tls.crt and tls.key in {self.folder} {why}"
        if self.tls.pair is None:
            return text
        # The files may be half changed just now: the former pair is as good as it was.
        logger.warning("%s; the former certificate stays in use", text)
        return ""


@dataclass(slots=True, kw_only=True)
class FromSecret:
    """An authority and a certificate of our own in one Secret, shared by all replicas, and the authority in one
    webhook configuration. ``overlap``: seconds that a new authority is trusted before it is used."""

    api: KubeClient
    tls: ServerTls
    namespace: str
    secret: str
    webhook: str
    overlap: float = 60.0
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _trusted_since: tuple[bytes, float] | None = None

    async def look(self) -> str:
        try:
            for _ in range(STEPS):
                try:
                    if (problem := await self._step()) is not None:
                        return problem
                except (Conflict, AlreadyExists):
                    # Another replica was quicker: what it wrote is what we want to read.
                    await asyncio.sleep(0.05 * (1 + random.random()))  # noqa: S311 - jitter
            text = "the Secret and the webhook configuration change all the time"
        except JoineryError as error:
            text = str(error)
        if self.tls.pair is not None:
            logger.warning("the certificate could not be looked after: %s", text)
            return ""
        return text

    async def _step(self) -> str | None:
        """One read, and at most one write; None when it wrote, and there may be more to do."""
        configuration = await self.api.get(WEBHOOKS, None, self.webhook)
        if configuration is None:
            return f"there is no ValidatingWebhookConfiguration {self.webhook}"
        names = webhook.server_names(configuration)
        if not names:
            return f"the ValidatingWebhookConfiguration {self.webhook} names no service and no url"
        secret = await self.api.get(SECRETS, self.namespace, self.secret)
        kept = Kept.from_data(_data(secret))
        changed, what = step(
            kept,
            names=names,
            now=self.now(),
            lifetimes=self.lifetimes,
            coming_trusted=self._is_trusted(kept, configuration),
            asked=ROTATE in _annotations(secret),
        )
        if what:
            await self._write(secret, changed)
            logger.info("%s", what)
            return None
        if not webhook.is_up_to_date(configuration, kept.bundle):
            await self.api.merge_patch(WEBHOOKS, None, self.webhook, webhook.bundle_patch(configuration, kept.bundle))
            logger.info("the webhook configuration trusts %s of our authorities", len(kept.bundle))
            return None
        if kept.serving is not None and self.tls.use(kept.serving):
            logger.info("a certificate is in use for %s, good until %s", ", ".join(names), self.tls.expires)
        return ""

    def _is_trusted(self, kept: Kept, configuration: Mapping[str, Any]) -> bool:
        """Whether the coming authority has been seen in the webhook configuration for ``overlap`` seconds."""
        coming = kept.coming.certificate if kept.coming is not None else None
        if coming is None or not webhook.trusts(configuration, [coming]):
            self._trusted_since = None
            return False
        clock = asyncio.get_running_loop().time()
        if self._trusted_since is None or self._trusted_since[0] != coming:
            self._trusted_since = (coming, clock)
        return clock - self._trusted_since[1] >= self.overlap

    async def _write(self, secret: Mapping[str, Any] | None, kept: Kept) -> None:
        ours = {key: base64.b64encode(value).decode() for key, value in kept.to_data().items()}
        if secret is None:
            metadata = {"name": self.secret, "namespace": self.namespace}
            await self.api.create(SECRETS, {"metadata": metadata, "type": "Opaque", "data": ours})
            return
        annotations = dict(_annotations(secret))
        if kept.coming is not None:
            annotations.pop(ROTATE, None)  # what was asked for is under way
        whole = {
            **secret,
            "metadata": {**secret["metadata"], "annotations": annotations},
            "data": {**(secret.get("data") or {}), **ours},
        }
        # The resourceVersion in it makes the write fail where another replica wrote first.
        await self.api.replace(SECRETS, whole)


def _annotations(secret: Mapping[str, Any] | None) -> Mapping[str, str]:
    return (secret or {}).get("metadata", {}).get("annotations") or {}


def _data(secret: Mapping[str, Any] | None) -> dict[str, bytes]:
    found = {}
    for key, value in ((secret or {}).get("data") or {}).items():
        try:
            found[key] = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            continue
    return found
