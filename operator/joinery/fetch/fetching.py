"""``joinery fetch``: from a manifest to the files in the destination. Source: spec 4, *Artifacts by init container*."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from joinery.fetch.errors import FetchError, Missing, MissingSources, UnsafePath, failed
from joinery.fetch.journal import FOLDER, Journal, Record
from joinery.fetch.manifest import Item, Manifest
from joinery.fetch.paths import shown, split
from joinery.fetch.progress import Progress, Say, say
from joinery.fetch.retry import retrying
from joinery.fetch.stores.base import Arrived, Entry, Store
from joinery.fetch.summary import Summary
from joinery.fetch.together import beside, each
from joinery.fetch.tree import Tree
from joinery.problems import Problem

T = TypeVar("T")
MANIFEST = "manifest.json"
PARALLEL = 16
_MOST_PROBLEMS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One file to fetch: where it is in the store, where it goes; ``entry`` where the store was asked already."""

    item: Item
    path: str
    names: tuple[str, ...]
    entry: Entry | None = None


class Fetcher:
    """Brings what a manifest lists into ``tree``."""

    def __init__(self, manifest: Manifest, tree: Tree, store: Store, *, parallel: int = PARALLEL, tell: Say = say):
        self.manifest, self.tree, self.store = manifest, tree, store
        self.parallel, self.tell = parallel, tell
        self.journal = Journal(tree)
        self.progress = Progress(f"fetch {manifest.connection.name}", tell=tell)
        self.summary = Summary(connection=manifest.connection.name)
        self.claimed: dict[str, str] = {}
        self.required: set[str] = set()

    async def run(self) -> Summary:
        """Everything. Raises MissingSources at the end, with all of them; any other failure at once."""
        places = check(self.manifest.items)
        self.progress.expected = len(places)
        async with beside(self.progress.report()):
            await each(self._works(places), self._fetch, parallel=self.parallel)
        self._write_manifest()
        self.summary.seconds = self.progress.seconds
        if lacking := self.required.intersection(self.summary.missing):
            raise MissingSources(sorted(lacking), connection=self.manifest.connection.name)
        return self.summary

    async def _works(self, places: list[tuple[Item, tuple[str, ...]]]) -> AsyncIterator[Work]:
        for item, names in places:
            if item.kind == "file":
                yield Work(item=item, path=item.source, names=names)
                continue
            if item.kind == "any" and (entry := await self._is_file(item)) is not None:
                yield Work(item=item, path=item.source, names=names, entry=entry)
                continue
            async for work in self._folder(item, names):
                yield work

    async def _is_file(self, item: Item) -> Entry | None:
        try:
            return await self._try(lambda: self.store.stat(item.source), what=f"asking for `{shown(item.source)}`")
        except Missing:
            return None

    async def _folder(self, item: Item, names: tuple[str, ...]) -> AsyncIterator[Work]:
        """The files below a folder. What the store says they are called is data, and tested like any name."""
        found = False
        start = item.source.rstrip("/") + "/"
        async for entry in self._listed(item):
            below = split(entry.path[len(start) :] if entry.path.startswith(start) else entry.path)
            if found:
                self.progress.expected += 1
            found = True
            yield Work(item=item, path=entry.path, names=(*names, *below), entry=entry)
        if not found:
            if await self._has_folder(item):
                self.tree.make_folder(names)
                self.progress.expected -= 1
            else:
                self._missing(item, item.source)

    async def _listed(self, item: Item) -> AsyncIterator[Entry]:
        """The listing, begun anew after a transient error; what was given already is not given again, wherever it
        stands in the new one."""
        given: set[str] = set()
        iterator: AsyncIterator[Entry] | None = None

        async def following() -> Entry | None:
            nonlocal iterator
            try:
                if iterator is None:
                    iterator = aiter(self.store.walk(item.source))
                while (entry := await anext(iterator)).path in given:
                    pass
            except StopAsyncIteration:
                return None
            except BaseException:
                iterator = None
                raise
            else:
                return entry

        while (entry := await self._try(following, what=f"listing `{shown(item.source)}`")) is not None:
            given.add(entry.path)
            yield entry

    async def _has_folder(self, item: Item) -> bool:
        try:
            what = f"looking for `{shown(item.source)}`"
            return await self._try(lambda: self.store.has_folder(item.source), what=what)
        except Missing:
            return False

    async def _fetch(self, work: Work) -> None:
        place = "/".join(work.names)
        if work.item.required:
            self.required.add(work.path)
        if (other := self.claimed.get(place)) == work.path:
            return  # a file, and the folder that holds it
        self.claimed[place] = work.path
        if other is not None:
            message = f"`{shown(other)}` and `{shown(work.path)}` would both become `{shown(place)}`"
            raise failed(message, rule="two-sources", hint="give one of them another place: `[from, to]`")
        try:
            if await self._is_there(work, place):
                return
            arrived = await self._try(lambda: self._download(work), what=f"fetching `{shown(work.path)}`")
        except Missing:
            self._missing(work.item, work.path)
            return
        self._count(
            Record(
                path=place,
                source=work.path,
                bytes=arrived.size,
                sha256=arrived.sha256,
                version=arrived.version,
                run=work.item.run,
            )
        )

    async def _download(self, work: Work) -> Arrived:
        # A busy disk takes its time to make a file, and all that arrives meanwhile would wait for it.
        part = await asyncio.to_thread(self.tree.create, work.names)
        try:
            arrived = await self.store.download(work.path, part.fd)
            part.commit()
        finally:
            part.discard()
        return arrived

    async def _is_there(self, work: Work, place: str) -> bool:
        """Whether an attempt before brought this very version of it, and it is still whole."""
        record = self.journal.known.get(place)
        if record is None or record.source != work.path or record.version is None:
            return False
        entry = work.entry
        if entry is None:
            entry = await self._try(lambda: self.store.stat(work.path), what=f"asking for `{shown(work.path)}`")
        if entry.version != record.version:
            return False
        digest = await asyncio.to_thread(self.tree.digest, work.names, size=record.bytes)
        if digest != record.sha256:
            return False
        self.summary.kept += 1
        self._count(record, new=False)
        return True

    def _count(self, record: Record, *, new: bool = True) -> None:
        if new:
            self.journal.add(record)
        self.progress.add(record.bytes)
        self.summary.files += 1
        self.summary.bytes += record.bytes

    def _missing(self, item: Item, path: str) -> None:
        self.progress.expected -= 1
        self.summary.missing.append(path)
        if item.required:
            self.required.add(path)
        else:
            self.tell(f"fetch {self.manifest.connection.name}: `{shown(path)}` is missing, and passed over")

    async def _try(self, call: Callable[[], Awaitable[T]], *, what: str) -> T:
        return await retrying(call, what=what, tell=self.tell)

    def _write_manifest(self) -> None:
        """``manifest.json``: what arrived, in the order of paths."""
        known = self.journal.known
        files = [
            {"path": path, "bytes": record.bytes, "sha256": record.sha256, "run": record.run}
            for path in sorted(self.claimed)
            if (record := known.get(path)) is not None and record.source == self.claimed[path]
        ]
        document = {
            "version": 1,
            "connection": self.manifest.connection.name,
            "files": files,
            "missing": sorted(self.summary.missing),
        }
        part = self.tree.create((MANIFEST,))
        try:
            with os.fdopen(os.dup(part.fd), "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
            part.commit()
        finally:
            part.discard()


def check(items: tuple[Item, ...]) -> list[tuple[Item, tuple[str, ...]]]:
    """Each item with the names of its destination. Raises UnsafePath with every path that is none."""
    found: list[tuple[Item, tuple[str, ...]]] = []
    problems: list[Problem] = []
    for item in items:
        try:
            split(item.source)
            names = split(item.destination)
        except FetchError as error:
            problems += error.problems
            continue
        if names[0] == FOLDER or names == (MANIFEST,):
            message = f"the destination `{shown(item.destination)}` is kept for Joinery's own records"
            problems.append(Problem(message=message, rule="unsafe-path"))
        else:
            found.append((item, names))
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        note = [Problem(message=f"and {more:,} more such paths", rule="unsafe-path")] if more > 0 else []
        raise UnsafePath([*problems[:_MOST_PROBLEMS], *note])
    return found
