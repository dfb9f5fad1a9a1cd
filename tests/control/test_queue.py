"""The work queue: client-go's rules, on a clock that is only counted (looptime)."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.control.queue import ShutDown, WorkQueue

pytestmark = pytest.mark.looptime(start=100.0)


def now() -> float:
    return round(asyncio.get_running_loop().time() - 100.0, 3)


async def test_keys_come_in_the_order_they_were_added_and_only_once():
    queue: WorkQueue[str] = WorkQueue()
    for key in ("a", "b", "a", "c", "b"):
        queue.add(key)
    assert len(queue) == 3
    assert [await queue.get() for _ in range(3)] == ["a", "b", "c"]
    assert (len(queue), queue.processing) == (0, 3)


async def test_a_key_that_changes_while_it_is_worked_on_comes_again_after_that():
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert await queue.get() == "b", "a is still being worked on"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 10)
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    assert len(queue) == 0


async def test_failures_come_back_later_and_later_up_to_a_cap():
    queue: WorkQueue[str] = WorkQueue(first=1, longest=10)
    times = []
    queue.add("a")
    for _ in range(6):
        key = await queue.get()
        times.append(now())
        queue.retry(key)
        queue.done(key)
    assert times == [0, 1, 3, 7, 15, 25]
    assert queue.failures("a") == 6
    queue.forget("a")
    assert queue.failures("a") == 0
    assert queue.retry("b") == 1


async def test_a_failing_key_does_not_hold_up_the_others():
    queue: WorkQueue[str] = WorkQueue(first=60)
    queue.add("bad")
    queue.retry(await queue.get())
    queue.done("bad")
    queue.add("good")
    assert await queue.get() == "good"
    assert now() == 0


async def test_what_the_server_asked_for_is_waited_for():
    queue: WorkQueue[str] = WorkQueue(first=0.1)
    assert queue.retry("a", at_least=7) == 7
    assert await queue.get() == "a"
    assert now() == 7


async def test_of_several_delays_the_soonest_counts():
    queue: WorkQueue[str] = WorkQueue()
    for delay in (30, 5, 60):
        queue.add_after("a", delay)
    queue.add_after("b", 10)
    assert queue.delayed == 2
    assert [(await queue.get(), now()), (await queue.get(), now())] == [("a", 5), ("b", 10)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 100)


async def test_adding_now_overtakes_a_delay():
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 30)
    queue.add("a")
    assert await queue.get() == "a"
    queue.done("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 100)


async def test_shutting_down_hands_out_what_is_queued_and_then_ends_every_worker():
    queue: WorkQueue[str] = WorkQueue()
    finished: list[str] = []

    async def worker() -> None:
        while True:
            try:
                key = await queue.get()
            except ShutDown:
                return
            await asyncio.sleep(2)
            finished.append(key)
            queue.done(key)

    workers = [asyncio.create_task(worker()) for _ in range(2)]
    for key in ("a", "b", "c"):
        queue.add(key)
    queue.add_after("later", 1)
    await asyncio.sleep(1.5)
    queue.add("a")  # while it is worked on: still done before the end
    await queue.drain()
    queue.add("too late")
    assert sorted(finished) == ["a", "a", "b", "c", "later"]
    await asyncio.gather(*workers)
    assert len(queue) == 0


async def test_what_is_dropped_is_not_handed_out_and_what_is_under_way_is_finished():
    queue: WorkQueue[str] = WorkQueue()
    for key in ("a", "b"):
        queue.add(key)
    assert await queue.get() == "a"
    queue.add("a")  # again, while it is worked on: that is left to the next process, too
    waiting = asyncio.create_task(queue.drain())
    queue.shut_down(drop=True)
    with pytest.raises(ShutDown):
        await queue.get()
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.done("a")
    await waiting
    assert (len(queue), queue.processing) == (0, 0)


async def test_an_empty_queue_drains_at_once():
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 5)
    await queue.drain()
    assert (now(), queue.delayed) == (0, 0)
    with pytest.raises(ShutDown):
        await queue.get()


async def test_a_cancelled_worker_loses_no_key():
    queue: WorkQueue[str] = WorkQueue()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    first.cancel()
    assert await second == "a"


async def test_it_tells_how_long_keys_waited():
    waits: list[float] = []
    queue: WorkQueue[str] = WorkQueue(waited=waits.append)
    queue.add_after("a", 10)
    await asyncio.sleep(13)
    await queue.get()
    assert waits == [pytest.approx(3)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 0, 0.5, 3])), max_size=40))
def test_no_key_is_ever_with_two_workers_and_none_is_lost(additions):
    """Whatever is added when: after the last addition each key is worked on once more."""

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        running: Counter[str] = Counter()
        version: Counter[str] = Counter()
        seen: Counter[str] = Counter()

        async def worker() -> None:
            while True:
                try:
                    key = await queue.get()
                except ShutDown:
                    return
                running[key] += 1
                assert running[key] == 1
                seen[key] = version[key]
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                running[key] -= 1
                queue.done(key)

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(worker())
            for key, pause in additions:
                version[key] += 1
                queue.add(key)
                if pause:
                    await asyncio.sleep(0)
            await queue.drain()
        assert seen == version

    asyncio.run(scenario())
