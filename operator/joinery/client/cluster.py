"""The Run of the cluster: made if it is ours, then patched, our own keys alone.

A JSON merge patch sets numbers and texts. What a merge patch cannot say (null, and a mapping or list whole, whatever
was there before) goes by RFC 6902. Tags and artifacts are lists: they are read, merged and written with the version
that was read. ``managedFields`` are dropped: they are half of a Run's bytes. Source: spec 4, 5 *Run*.
"""

from __future__ import annotations

import socket
from typing import Any

from joinery.client.api import MERGE, OPERATIONS, ApiError, ApiServer
from joinery.client.record import (
    API_VERSION,
    ARTIFACTS,
    HOMES,
    LISTS,
    METRICS,
    OUTPUTS,
    Address,
    Changes,
    Record,
    fold,
    merged_list,
)
from joinery.client.sinks import Away, Refused

ATTEMPT = "joinery.dev/recorded-by"
"""Annotation of an operation's Run: the pod whose client recorded in it last, which is one attempt of the Job."""

_INVALID = (400, 413, 422)
_TOO_LARGE = ("request is too large", "message larger than max")  # etcd's words, in a 500
_FINAL = (403, 404, 405, 410, 415)


class ClusterSink:
    """One Run of an API server."""

    def __init__(self, record: Record, server: ApiServer) -> None:
        self._record, self._server = record, server
        identity = record.identity
        self._runs = f"/apis/{API_VERSION}/namespaces/{identity.namespace}/runs"
        self._made = not identity.owned
        self._begun = identity.owned

    @property
    def where(self) -> str:
        return f"the Run {self._record.identity.namespace}/{self._record.identity.name}"

    def write(self, changes: Changes) -> dict[Address, str]:
        try:
            if not self._made:
                return self._make(changes)
            if not self._begun:
                self._begin()
            return self._patch(changes)
        except ApiError as error:
            if error.code in _FINAL or 300 <= error.code < 400:
                raise Refused(f"{self.where}: {error}") from error
            raise Away(f"{self.where}: {error}", wait=error.wait, overtaken=error.code == 409) from error

    def _make(self, changes: Changes) -> dict[Address, str]:
        everything = self._record.everything()
        try:
            self._server.request("POST", self._runs, fold(self._record.identity.manifest(), everything))
        except ApiError as error:
            if _is_invalid(error) and any(address[0] != "status" for address in everything):
                # Something that was logged is in the way: make it without, then see what of it is taken.
                status = {address: value for address, value in everything.items() if address[0] == "status"}
                self._server.request("POST", self._runs, fold(self._record.identity.manifest(), status))
            elif _is_invalid(error):
                raise Refused(f"{self.where}: {error}") from error
            elif error.code != 409 or error.reason != "AlreadyExists":
                raise
            self._made = True  # if it was there, an earlier try had arrived: the name holds a part of our uuid
            return self._patch(everything | changes)
        self._made = True
        return {}

    def _begin(self) -> None:
        """Take away what an earlier attempt of the Job recorded: its files are gone, and its results are not those of
        this one. Without the right to read the Run nobody can tell, and all stays."""
        path = f"{self._runs}/{self._record.identity.name}"
        try:
            metadata = self._server.request("GET", path)["metadata"]
        except ApiError as error:
            if error.code != 403:
                raise
        else:
            attempt, before = socket.gethostname(), (metadata.get("annotations") or {}).get(ATTEMPT)
            if attempt != before:
                kept = {"annotations": {ATTEMPT: attempt}, "resourceVersion": metadata["resourceVersion"]}
                gone = dict.fromkeys((METRICS, OUTPUTS, ARTIFACTS)) if before else {}
                patch = {"metadata": {"managedFields": [{}], **kept}, "status": gone}
                self._server.request("PATCH", path, patch, content=MERGE)
        self._begun = True

    def _patch(self, changes: Changes) -> dict[Address, str]:
        """Send it whole; where the server finds something invalid, in halves, to lose only what is at fault."""
        try:
            self._send(changes)
        except ApiError as error:
            if not _is_invalid(error):
                raise
            if len(changes) == 1:
                return dict.fromkeys(changes, str(error))
            items, half = list(changes.items()), len(changes) // 2
            return self._patch(dict(items[:half])) | self._patch(dict(items[half:]))
        return {}

    def _send(self, changes: Changes) -> None:
        path = f"{self._runs}/{self._record.identity.name}"
        simple, whole, lists = _sorted_out(changes)
        if simple or whole:
            self._server.request("PATCH", path, _merge_patch(simple, whole), content=MERGE)
        if whole:
            self._server.request("PATCH", path, [_addition(*item) for item in whole.items()], content=OPERATIONS)
        for section, new in lists.items():
            self._extend(path, section, new)

    def _extend(self, path: str, section: str, new: dict[str, Any]) -> None:
        home = LISTS[section]
        try:
            there = self._server.request("GET", path)
        except ApiError as error:
            if error.code != 403:
                raise
            there = {}  # no right to read: the list is what we know of it
            new = {key: value for (found, key), value in self._record.everything().items() if found == section}
        metadata: dict[str, Any] = {"managedFields": [{}]}
        if version := (there.get("metadata") or {}).get("resourceVersion"):
            metadata["resourceVersion"] = version
        merged = merged_list(section, (there.get(home) or {}).get(section), new)
        self._server.request("PATCH", path, {"metadata": metadata, home: {section: merged}}, content=MERGE)

    def withdraw(self) -> None:
        """A Run stays."""

    def close(self) -> None:
        self._server.forget()

    def after_fork(self) -> None:
        self._server.after_fork()


def _sorted_out(changes: Changes) -> tuple[Changes, Changes, dict[str, dict[str, Any]]]:
    """What a merge patch can say, what must be put whole, and the lists that grow."""
    simple: Changes = {}
    whole: Changes = {}
    lists: dict[str, dict[str, Any]] = {}
    for (section, key), value in changes.items():
        if section in LISTS:
            lists.setdefault(section, {})[key] = value
        elif section in HOMES and section != METRICS and (value is None or isinstance(value, (dict, list))):
            whole[section, key] = value
        else:
            simple[section, key] = value
    return simple, whole, lists


def _merge_patch(simple: Changes, whole: Changes) -> dict[str, Any]:
    patch: dict[str, Any] = {"metadata": {"managedFields": [{}]}}
    for (section, key), value in simple.items():
        # A metric that was written with a step, by another hand, must not keep it.
        value = {"step": None, **value} if section == METRICS else value
        fold(patch, {(section, key): value})
    for section, _ in whole:
        patch.setdefault(HOMES[section], {}).setdefault(section, {})
    return patch


def _addition(address: Address, value: Any) -> dict[str, Any]:
    section, key = address
    pointer = key.replace("~", "~0").replace("/", "~1")
    return {"op": "add", "path": f"/{HOMES[section]}/{section}/{pointer}", "value": value}


def _is_invalid(error: ApiError) -> bool:
    return error.code in _INVALID or (error.code >= 500 and any(words in error.message for words in _TOO_LARGE))
