"""One leader among replicas, by a Lease (coordination.k8s.io), with client-go's rules.

A holder renews in time or stops being the leader; another takes a lease that it has itself seen unchanged for as
long as it lasts. Clocks of different machines are never compared.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joinery.kube.backoff import jittered
from joinery.kube.client import KubeClient
from joinery.kube.errors import AlreadyExists, ApiError, Conflict
from joinery.kube.paths import LEASES

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRules:
    """Seconds. A dead leader is replaced within ``duration`` and two ``retry`` periods: under 15 s by default.

    ``renew_deadline`` without a renewal and a leader has lost; it is shorter than ``duration``, so that there
    are never two.
    """

    duration: int = 10
    renew_deadline: float = 7.0
    retry: float = 1.5
    jitter: float = 0.2

    def __post_init__(self) -> None:
        if not self.duration > self.renew_deadline > self.retry * (1 + self.jitter) > 0:
            raise ValueError("a lease needs duration > renew_deadline > retry, with its jitter, > 0")


@dataclass(slots=True)
class Observation:
    """What one replica has seen of the lease: ``holding`` as last read, and since when (its own clock) it is so."""

    holding: Mapping[str, Any] = field(default_factory=dict)
    since: float = 0.0

    def see(self, lease: Mapping[str, Any], *, now: float) -> None:
        spec = dict(lease.get("spec") or {})
        if spec != self.holding:
            self.holding, self.since = spec, now

    def may_take(self, identity: str, *, now: float) -> bool:
        """Whether ``identity`` may write itself into the lease: it is its own, given back, or run out."""
        holder = self.holding.get("holderIdentity")
        lasts = self.holding.get("leaseDurationSeconds") or 0
        return not holder or holder == identity or now >= self.since + float(lasts)


def claim(spec: Mapping[str, Any], *, identity: str, rules: LeaseRules, now: datetime) -> dict[str, Any]:
    """The lease's new spec with ``identity`` as its holder."""
    moment = _micro_time(now)
    own = spec.get("holderIdentity") == identity
    changes = int(spec.get("leaseTransitions") or 0)
    return {
        "holderIdentity": identity,
        "leaseDurationSeconds": rules.duration,
        "acquireTime": spec.get("acquireTime", moment) if own else moment,
        "renewTime": moment,
        "leaseTransitions": changes if own or not spec else changes + 1,
    }


def release(spec: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The lease's spec once its holder has given it back: the next may take it at once."""
    moment = _micro_time(now)
    return {
        "holderIdentity": "",
        "leaseDurationSeconds": 1,
        "acquireTime": moment,
        "renewTime": moment,
        "leaseTransitions": spec.get("leaseTransitions") or 0,
    }


class Election:
    """One replica's part in it: ``acquire()``, then work until ``lost()`` returns, then ``release()``."""

    def __init__(
        self, client: KubeClient, *, namespace: str, name: str, identity: str, rules: LeaseRules | None = None
    ) -> None:
        """``identity`` must differ for each process, restarts included: a pod's name and a random part."""
        self._client, self._namespace, self._name = client, namespace, name
        self._identity, self._rules = identity, rules or LeaseRules()
        self._seen = Observation()
        self._renewed: float | None = None

    @property
    def leading(self) -> bool:
        """Whether we hold the lease: the last renewal is within its deadline."""
        return self._renewed is not None and self._now() < self._renewed + self._rules.renew_deadline

    async def acquire(self) -> None:
        """Until we are the leader. Errors of the API server are logged and tried again."""
        said = ""
        while not await self._try_in_time():
            holder = str(self._seen.holding.get("holderIdentity") or "")
            if holder and holder != said:
                log.info("standing by: %s leads", holder)
                said = holder
            await self._pause()
        log.info("leading as %s", self._identity)

    async def lost(self) -> None:
        """Keep renewing; returns once we no longer lead (taken over, or no renewal within the deadline)."""
        while self._renewed is not None:
            await self._pause()
            try:
                async with asyncio.timeout_at(self._renewed + self._rules.renew_deadline):
                    while not await self._try():
                        if self._seen.holding.get("holderIdentity") not in (self._identity, "", None):
                            self._renewed = None
                            break
                        await self._pause()
            except TimeoutError:
                self._renewed = None
        log.error("no longer leading: the lease %s/%s could not be renewed in time", self._namespace, self._name)

    async def release(self) -> None:
        """Give it back, so that the next need not wait; for the end, when all work has stopped. Never raises."""
        held, self._renewed = self._renewed, None
        if held is None:
            return
        try:
            async with asyncio.timeout(3):
                lease = await self._client.get(LEASES, self._namespace, self._name)
                if lease and (lease.get("spec") or {}).get("holderIdentity") == self._identity:
                    spec = release(lease["spec"], now=datetime.now(UTC))
                    await self._client.replace(LEASES, {**lease, "spec": spec})
        except (ApiError, TimeoutError) as error:
            log.info("the lease was not given back: %s", error)

    async def _try_in_time(self) -> bool:
        try:
            async with asyncio.timeout(self._rules.renew_deadline):
                return await self._try()
        except TimeoutError:
            return False

    async def _try(self) -> bool:
        """One try to take or renew the lease."""
        started = self._now()
        try:
            lease = await self._client.get(LEASES, self._namespace, self._name)
            if lease is None:
                await self._create()
            else:
                self._seen.see(lease, now=self._now())
                if not self._seen.may_take(self._identity, now=self._now()):
                    return False
                # With the resourceVersion just read in it: of two who try at once, one gets a conflict.
                spec = claim(lease.get("spec") or {}, identity=self._identity, rules=self._rules, now=datetime.now(UTC))
                self._seen.see(await self._client.replace(LEASES, {**lease, "spec": spec}), now=self._now())
        except (Conflict, AlreadyExists):
            return False
        except ApiError as error:
            log.warning("the lease %s/%s: %s", self._namespace, self._name, error.message)
            return False
        self._renewed = started  # from before it was sent: the others count from later
        return True

    async def _create(self) -> None:
        spec = claim({}, identity=self._identity, rules=self._rules, now=datetime.now(UTC))
        meta = {"name": self._name, "namespace": self._namespace}
        self._seen.see(await self._client.create(LEASES, {"metadata": meta, "spec": spec}), now=self._now())

    async def _pause(self) -> None:
        await asyncio.sleep(jittered(self._rules.retry, self._rules.jitter))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _micro_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
