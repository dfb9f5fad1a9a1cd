"""The one ValidatingWebhookConfiguration that is ours: what it calls us by, and the authorities it trusts. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from joinery.admission.authority import split


def server_names(configuration: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that API servers check our certificate against, sorted."""
    return tuple(sorted({name for client in _clients(configuration) if (name := _name(client))}))


def trusts(configuration: Mapping[str, Any], certificates: Sequence[bytes]) -> bool:
    """Whether every webhook of it trusts all of ``certificates``."""
    bundles = [set(split(_bundle(client))) for client in _clients(configuration)]
    return bool(bundles) and all(set(certificates) <= bundle for bundle in bundles)


def is_up_to_date(configuration: Mapping[str, Any], certificates: Sequence[bytes]) -> bool:
    """Whether every webhook of it trusts ``certificates`` and nothing else, in any order."""
    return all(set(split(_bundle(client))) == set(certificates) for client in _clients(configuration))


def bundle_patch(configuration: Mapping[str, Any], certificates: Sequence[bytes]) -> dict[str, Any]:
    """A merge patch that changes the bundles, and refuses to where somebody changed the object since."""
    text = base64.b64encode(b"".join(certificates)).decode()
    return {
        "metadata": {"resourceVersion": configuration["metadata"]["resourceVersion"]},
        "webhooks": [
            {**webhook, "clientConfig": {**webhook.get("clientConfig", {}), "caBundle": text}}
            for webhook in configuration.get("webhooks") or ()
        ],
    }


def _clients(configuration: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for webhook in configuration.get("webhooks") or ():
        yield webhook.get("clientConfig") or {}


def _name(client: Mapping[str, Any]) -> str | None:
    if service := client.get("service"):
        return f"{service['name']}.{service['namespace']}.svc"
    return urlsplit(client.get("url") or "").hostname


def _bundle(client: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(client.get("caBundle") or "", validate=True)
    except (binascii.Error, ValueError):
        return b""
