"""``joinery fetch`` and ``joinery collect`` as the command line calls them; each returns its exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from joinery.fetch.collecting import Collector
from joinery.fetch.errors import BadConnection
from joinery.fetch.fetching import PARALLEL, Fetcher
from joinery.fetch.manifest import read_manifest
from joinery.fetch.program import end_well, stop_on_signals
from joinery.fetch.progress import amount, say
from joinery.fetch.stores import open_store
from joinery.fetch.summary import Summary
from joinery.fetch.tree import Tree
from joinery.problems import Problem


def fetch(manifests: Sequence[Path], destination: Path, *, message: Path | None, parallel: int = PARALLEL) -> int:
    """Bring what the manifest lists into ``destination``."""

    async def work() -> Summary:
        task = asyncio.current_task()
        stop_on_signals(task.cancel if task else lambda: None)
        manifest = read_manifest(manifests)
        store = await open_store(manifest.connection)
        try:
            tree = Tree(destination)
            fetcher = Fetcher(manifest, tree, store, parallel=parallel)
            try:
                summary = await fetcher.run()
            finally:
                fetcher.journal.close()
                tree.close()
        finally:
            await store.close()
        kept = f", {summary.kept:,} of them there before" if summary.kept else ""
        passed = f"; {summary.skipped:,} missing" if summary.skipped else ""
        say(
            f"fetch {manifest.connection.name}: {summary.files:,} files{kept}, {amount(summary.bytes)} "
            f"in {summary.seconds:.1f} s{passed}"
        )
        return summary

    return end_well(work, what="fetch", message=message)


def collect(
    manifests: Sequence[Path],
    source: Path,
    *,
    message: Path | None,
    timeout: float,
    at_once: bool = False,
    ready: Path | None = None,
) -> int:
    """Wait for SIGTERM, which comes when the main container has ended (``at_once``: don't); then upload ``source``.

    ``ready`` is made when the signal would be heard: the main container may start.
    """

    async def work() -> Summary:
        ended = asyncio.Event()
        stop_on_signals(ended.set)
        if ready is not None:
            ready.touch()
        if not at_once:
            say("collect: waiting for the main container's end")
            await ended.wait()
        manifest = read_manifest(manifests)
        if not manifest.destination:
            raise BadConnection(Problem(message="the manifest names no destination in the store", rule="manifest"))
        store = await open_store(manifest.connection)
        try:
            if not hasattr(store, "upload"):
                kind = manifest.connection.kind
                raise BadConnection(Problem(message=f"nothing can be written to a {kind} store", rule="connection"))
            summary = await Collector(manifest, source, store).run(timeout=timeout)
        finally:
            await store.close()
        say(f"collect {manifest.connection.name}: {summary.files:,} files, {amount(summary.bytes)}")
        return summary

    return end_well(work, what="collect", message=message)
