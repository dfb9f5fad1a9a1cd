"""Values that name files, stores and what init containers fetch: texts of a scheme, and mappings with known keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from joinery.iotypes.plain import Refused
from joinery.problems import did_you_mean

_S3 = re.compile(r"s3://[^/\s]+(?:/.*)?", re.IGNORECASE | re.DOTALL)
_GCS = re.compile(r"gc?s://[^/\s]+(?:/.*)?", re.IGNORECASE | re.DOTALL)
_WASB = re.compile(r"wasbs?://[^@/\s]+@[^./@\s]+\.blob\.core\.windows\.net(?:/.*)?", re.IGNORECASE | re.DOTALL)

_KEYS: Mapping[str, frozenset[str]] = {
    "file": frozenset({"content", "filename", "kind", "chmod"}),
    "git": frozenset({"url", "revision", "flags"}),
    "dockerfile": frozenset(
        {
            *("image", "env", "path", "copy", "postRunCopy", "run", "langEnv", "uid", "gid"),
            *("username", "filename", "workdir", "workdirPath", "shell"),
        }
    ),
    "tensorboard": frozenset({"port", "uuids", "useNames", "pathPrefix", "plugins"}),
    "event": frozenset({"name", "kind"}),
    "artifacts": frozenset({"files", "dirs"}),
}
_NEEDED: Mapping[str, str] = {"file": "content", "dockerfile": "image"}


def _address(pattern: re.Pattern[str], what: str) -> Any:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Refused(f"is not {what}")
        scheme, joint, rest = value.partition("://")
        return f"{scheme.lower()}{joint}{rest}"

    return read


s3 = _address(_S3, "an S3 address: s3://BUCKET/KEY")
gcs = _address(_GCS, "a GCS address: gs://BUCKET/PATH")
wasb = _address(_WASB, "an Azure address: wasb://CONTAINER@ACCOUNT.blob.core.windows.net/PATH")


def mapping_of(name: str, value: Any) -> dict[str, Any]:
    """A mapping that has the keys of that type and no others, those it needs among them."""
    if not isinstance(value, Mapping):
        raise Refused(f"is not a mapping with {_listed(_KEYS[name])}")
    for key in value:
        if key not in _KEYS[name]:
            hint = did_you_mean(str(key), _KEYS[name])
            raise Refused(
                f"has the key `{str(key)[:40]}`, and may have {_listed(_KEYS[name])} only{f': {hint}' if hint else ''}"
            )
    needed = _NEEDED.get(name)
    if needed is not None and not isinstance(value.get(needed), str):
        raise Refused(f"needs the key `{needed}`, a text")
    return {str(key): item for key, item in value.items() if item is not None}


def _listed(keys: frozenset[str]) -> str:
    return ", ".join(f"`{key}`" for key in sorted(keys))


def file(value: Any) -> Any:
    """A path, or the content of a file to be written: a mapping with ``content``."""
    if isinstance(value, str):
        if not value:
            raise Refused("is empty, and the path of a file is not")
        return value
    return mapping_of("file", value)


def git(value: Any) -> Any:
    """The address of a repository, or a mapping with ``url``, ``revision``, ``flags``."""
    if isinstance(value, str):
        if not value.strip():
            raise Refused("is empty, and the address of a repository is not")
        return value
    return mapping_of("git", value)


def artifacts(value: Any) -> dict[str, Any]:
    """``{files: […], dirs: […]}``; each entry a text or a list of texts (``[from, to]``)."""
    found = mapping_of("artifacts", value)
    for key, entries in found.items():
        if not isinstance(entries, (list, tuple)):
            raise Refused(f"has `{key}` that is no list")
        for index, entry in enumerate(entries):
            texts = entry if isinstance(entry, (list, tuple)) and entry else [entry]
            if not all(isinstance(text, str) and text for text in texts):
                raise Refused(f"has in `{key}`, at index {index}, what is neither a path nor a list of paths")
    return {key: [list(e) if isinstance(e, tuple) else e for e in entries] for key, entries in found.items()}
