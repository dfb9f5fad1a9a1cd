"""What one run has recorded so far, and what of it has yet to be written. Safe for any number of threads.

A change is known by its address, (section, key), so that what waits to be written is bounded by what there is, however
much is logged meanwhile. Source: spec 5, *Run*.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from joinery.client.values import Number, plain_number

Address: TypeAlias = tuple[str, str]
Changes: TypeAlias = dict[Address, Any]

METRICS, OUTPUTS, INPUTS, ARTIFACTS, TAGS, STATUS = "metrics", "outputs", "inputs", "artifacts", "tags", "status"
HOMES = {METRICS: "status", OUTPUTS: "status", INPUTS: "spec"}  # sections that are mappings of the manifest
LISTS = {ARTIFACTS: "status", TAGS: "spec"}
MAX_KEYS = {METRICS: 16_384, OUTPUTS: 16_384, INPUTS: 16_384, ARTIFACTS: 16_384, TAGS: 128, STATUS: 64}
API_VERSION = "joinery.dev/v1alpha1"


class Full(ValueError):
    """The section holds as many keys as a Run may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which Run it is. ``spec``: what is fixed from the start. ``owned``: we made it, and say how it ends."""

    name: str
    uuid: str
    namespace: str | None
    owned: bool
    spec: Mapping[str, Any] = field(default_factory=dict)

    def manifest(self) -> dict[str, Any]:
        """The Run with nothing recorded yet."""
        metadata = {"name": self.name} | ({"namespace": self.namespace} if self.namespace else {})
        spec = {"uuid": self.uuid, **self.spec}
        return {"apiVersion": API_VERSION, "kind": "Run", "metadata": metadata, "spec": spec, "status": {}}


class Record:
    """Inputs, metrics, outputs, artifacts, tags and how it stands."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.made = 0  # changes so far
        self._values: dict[str, dict[str, Any]] = {section: {} for section in MAX_KEYS}
        self._dirty: dict[Address, None] = {}  # in the order of the first change
        self._lock = threading.Lock()

    def put(self, section: str, key: str, value: Any) -> None:
        """Set one value, as JSON. Raises Full."""
        with self._lock:
            self._room(section, key)
            self._values[section][key] = value
            self._touch(section, key)

    def measure(self, name: str, value: Number, step: int | None) -> None:
        """One more value of a metric. NaN is the last, never the least or the greatest while there is a number."""
        with self._lock:
            stats = self._values[METRICS].get(name)
            if stats is None:
                self._room(METRICS, name)
                self._values[METRICS][name] = [value, value, value, step]
            else:
                stats[0], stats[3] = value, step
                # Comparisons with NaN are false, hence the first test of each.
                if stats[1] != stats[1] or value < stats[1]:
                    stats[1] = value
                if stats[2] != stats[2] or value > stats[2]:
                    stats[2] = value
            self._touch(METRICS, name)

    def _room(self, section: str, key: str) -> None:
        held = self._values[section]
        if key not in held and len(held) >= MAX_KEYS[section]:
            raise Full(f"a Run holds at most {MAX_KEYS[section]:,} {section}")

    def _touch(self, section: str, key: str) -> None:
        self._dirty[section, key] = None
        self.made += 1

    @property
    def waits(self) -> bool:
        """Whether anything has yet to be written."""
        return bool(self._dirty)

    def take(self) -> tuple[Changes, int]:
        """What has yet to be written, as JSON, now no longer waiting; and how many changes there were up to here."""
        with self._lock:
            taken = {address: self._value(address) for address in self._dirty}
            self._dirty.clear()
            return taken, self.made

    def give_back(self, addresses: Iterable[Address]) -> None:
        """These could not be written: they wait again, as they are by then."""
        with self._lock:
            self._dirty = dict.fromkeys(addresses) | self._dirty

    def everything(self) -> Changes:
        """All that was recorded, as JSON."""
        with self._lock:
            return {
                (section, key): self._value((section, key)) for section, held in self._values.items() for key in held
            }

    def _value(self, address: Address) -> Any:
        section, key = address
        value = self._values[section][key]
        if section != METRICS:
            return value
        last, least, greatest, step = value
        stats = {"last": plain_number(last), "min": plain_number(least), "max": plain_number(greatest)}
        return stats if step is None else {**stats, "step": step}

    def after_fork(self) -> None:
        """In a child process: what waits is the parent's to write."""
        self._lock = threading.Lock()
        self._dirty = {}


def fold(manifest: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """``manifest`` with the changes in it; it is changed in place. What has another shape there is replaced."""
    for (section, key), value in changes.items():
        if section in HOMES:
            _mapping(_mapping(manifest, HOMES[section]), section)[key] = value
        elif section in LISTS:
            parent = _mapping(manifest, LISTS[section])
            parent[section] = merged_list(section, parent.get(section), {key: value})
        else:
            _mapping(manifest, "status")[key] = value
    return manifest


def merged_list(section: str, before: Any, new: Mapping[str, Any]) -> list[Any]:
    """A list of the manifest with the new entries: artifacts are known by their name, tags are texts."""
    old = before if isinstance(before, list) else []
    if section == TAGS:
        return [*old, *(tag for tag in new if tag not in old)]
    return [*(item for item in old if not (isinstance(item, dict) and item.get("name") in new)), *new.values()]


def _mapping(parent: dict[str, Any], key: str) -> dict[str, Any]:
    found = parent.get(key)
    if not isinstance(found, dict):
        found = parent[key] = {}
    return found
