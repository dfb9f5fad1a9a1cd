"""Leader election: its rules as tables, and two replicas at a real API server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cluster.server import Server

from faulty_proxy import FaultyProxy
from joinery.kube.client import KubeClient
from joinery.kube.leases import Election, LeaseRules, Observation, claim, release

NOW = datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
MOMENT = "2025-01-02T03:04:05.000006Z"
# Far enough apart for a machine that is busy: of three seconds here, one may be spent on anything.
QUICK = LeaseRules(duration=6, renew_deadline=3.0, retry=0.2)
LONG = LeaseRules(duration=600, renew_deadline=300.0, retry=0.2)


def lease(holder: str, *, renewed: str = "x", duration: int = 10) -> dict[str, Any]:
    return {"spec": {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": duration}}


@pytest.mark.parametrize(
    ("holder", "unchanged_for", "may"),
    [("me", 0, True), ("", 0, True), ("other", 0, False), ("other", 9.9, False), ("other", 10, True)],
)
def test_who_may_take_a_lease(holder: str, unchanged_for: float, may: bool) -> None:
    seen = Observation()
    seen.see(lease(holder), now=100)
    seen.see(lease(holder), now=100 + unchanged_for)
    assert seen.may_take("me", now=100 + unchanged_for) == may


def test_every_renewal_starts_the_wait_anew() -> None:
    seen = Observation()
    seen.see(lease("other", renewed="a"), now=100)
    seen.see(lease("other", renewed="b"), now=108)
    assert not seen.may_take("me", now=117)
    assert seen.may_take("me", now=118)


def test_a_clock_in_the_lease_is_never_believed() -> None:
    """The holder's clock may be years off: what counts is that nothing changed while we looked."""
    seen = Observation()
    seen.see(lease("other", renewed="1999-01-01T00:00:00.000000Z"), now=100)
    assert not seen.may_take("me", now=109)


def test_taking_over_is_counted_and_renewing_is_not() -> None:
    rules = LeaseRules()
    first = claim({}, identity="a", rules=rules, now=NOW)
    assert first == {
        "holderIdentity": "a",
        "leaseDurationSeconds": 10,
        "acquireTime": MOMENT,
        "renewTime": MOMENT,
        "leaseTransitions": 0,
    }
    later = NOW.replace(second=30)
    renewed = claim(first, identity="a", rules=rules, now=later)
    assert renewed == {**first, "renewTime": "2025-01-02T03:04:30.000006Z"}
    taken = claim(renewed, identity="b", rules=rules, now=later)
    assert (taken["holderIdentity"], taken["leaseTransitions"]) == ("b", 1)
    assert taken["acquireTime"] == taken["renewTime"]
    given_back = release(taken, now=NOW)
    assert (given_back["holderIdentity"], given_back["leaseTransitions"]) == ("", 1)


@pytest.mark.parametrize("bad", [{"duration": 5}, {"renew_deadline": 1.0}, {"retry": 7.0}, {"retry": 0.0}])
def test_rules_that_would_allow_two_leaders_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="duration > renew_deadline > retry"):
        LeaseRules(**bad)


def test_a_dead_leader_is_replaced_within_15_seconds() -> None:
    rules = LeaseRules()
    assert rules.duration + 2 * rules.retry * (1 + rules.jitter) < 15


def election(client: KubeClient, namespace: str, identity: str, rules: LeaseRules = QUICK) -> Election:
    return Election(client, namespace=namespace, name="operator", identity=identity, rules=rules)


async def test_a_leader_keeps_it_for_longer_than_a_lease_lasts(client: KubeClient, namespace: str) -> None:
    first, second = election(client, namespace, "first"), election(client, namespace, "second")
    await first.acquire()
    waiting, keeping = asyncio.create_task(second.acquire()), asyncio.create_task(first.lost())
    await asyncio.sleep(QUICK.duration + 1)
    assert first.leading
    assert not waiting.done()
    assert not keeping.done()
    for task in (waiting, keeping):
        task.cancel()
    await asyncio.gather(waiting, keeping, return_exceptions=True)


async def test_a_leader_that_leaves_hands_over_at_once(client: KubeClient, namespace: str) -> None:
    first, second = (election(client, namespace, name, LONG) for name in ("first", "second"))
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    await asyncio.sleep(1)
    assert not waiting.done()
    await first.release()
    assert not first.leading
    await asyncio.wait_for(waiting, LONG.duration / 2)
    assert second.leading
    found = await client.get("Lease", namespace, "operator")
    assert found is not None
    assert (found["spec"]["holderIdentity"], found["spec"]["leaseTransitions"]) == ("second", 1)


async def test_a_leader_that_is_cut_off_has_lost_before_another_takes_over(
    api_server: Server, client: KubeClient, proxy: FaultyProxy, open_client: Callable[..., Any], namespace: str
) -> None:
    through = await open_client(api_server.kubeconfig(url=proxy.url))
    first, second = election(through, namespace, "first"), election(client, namespace, "second")
    await first.acquire()
    order: list[str] = []

    async def lose() -> None:
        await first.lost()
        order.append("first lost")

    async def take() -> None:
        await second.acquire()
        order.append("second leads")

    async with asyncio.timeout(180), asyncio.TaskGroup() as group:
        group.create_task(lose())
        group.create_task(take())
        await asyncio.sleep(1)
        assert order == []
        proxy.stall()
    assert order == ["first lost", "second leads"]
    assert not first.leading
    await first.release()
    proxy.flow()
    assert second.leading


async def test_a_leader_that_finds_another_in_its_place_has_lost(client: KubeClient, namespace: str) -> None:
    first = election(client, namespace, "first")
    await first.acquire()
    spec = {"holderIdentity": "usurper", "leaseDurationSeconds": 60}
    await client.merge_patch("Lease", namespace, "operator", {"spec": spec})
    await asyncio.wait_for(first.lost(), 180)
    assert not first.leading
    await first.release()
    found = await client.get("Lease", namespace, "operator")
    assert found is not None
    assert found["spec"]["holderIdentity"] == "usurper", "what is another's is not given back"


async def test_of_many_exactly_one_leads(client: KubeClient, namespace: str) -> None:
    many = [election(client, namespace, f"replica-{number}") for number in range(6)]
    tasks = [asyncio.create_task(one.acquire()) for one in many]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0.5)
    assert sum(one.leading for one in many) == 1
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_may_not_write_leases_goes_on_trying(
    make_identity: Any, open_client: Callable[..., Any], namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    limited = await open_client(make_identity(rules=[]))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(election(limited, namespace, "a").acquire(), 1)
    assert "forbidden" in caplog.text
