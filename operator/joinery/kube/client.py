"""Objects of the API server: read, listed page by page, written, deleted. Plain JSON manifests, no models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from joinery.kube.config import Source
from joinery.kube.errors import Gone, NotFound
from joinery.kube.paths import CORE_EVENTS, Resource, resource_of
from joinery.kube.transport import Transport

Manifest: TypeAlias = dict[str, Any]
Kind: TypeAlias = str | Resource

PAGE = 500  # objects a page, as kubectl asks for
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some objects of a list; all pages of one list are of the same ``version``."""

    items: list[Manifest]
    version: str
    next: str


class KubeClient:
    """The requests that Joinery makes. Kinds are names (``Run``, ``ConfigMap``) or a :class:`Resource`.

    Every method raises :class:`joinery.kube.errors.ApiError` in one of its classes.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    @classmethod
    async def open(cls, source: Source | None = None, **options: Any) -> KubeClient:
        """A client for the configured API server; ``options`` are those of Transport. Raises NoCluster."""
        return cls(await Transport.open(source, **options))

    async def close(self) -> None:
        await self.transport.close()

    async def __aenter__(self) -> KubeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def namespace(self) -> str:
        """The namespace that the configuration names, else ``default``."""
        return self.transport.access.namespace

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Manifest | None:
        """One object; None where there is none of that name."""
        try:
            return _manifest(await self.transport.request("GET", resource_of(kind).object(namespace, name)))
        except NotFound:
            return None

    async def events(self, namespace: str, *, uid: str, reason: str) -> list[Manifest]:
        """The Events about the object of that uid, for that reason, oldest first."""
        found = await self.list(CORE_EVENTS, namespace, fields=f"involvedObject.uid={uid},reason={reason}")
        return sorted(found, key=lambda event: str(_meta(event).get("creationTimestamp") or ""))

    async def list(
        self, kind: Kind, namespace: str | None = None, *, labels: Mapping[str, str] | str = "", fields: str = ""
    ) -> list[Manifest]:
        """All objects that match, of a namespace or of all; listed anew when it takes so long that the list expires."""
        for limit in (PAGE, PAGE, 0):
            try:
                pages = self.pages(kind, namespace, labels=labels, fields=fields, limit=limit)
                return [item async for page in pages for item in page.items]
            except Gone:
                if limit == 0:
                    raise
        raise AssertionError("the last try asks for everything at once")

    async def pages(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | str = "",
        fields: str = "",
        limit: int = PAGE,
    ) -> AsyncIterator[Page]:
        """A list page by page (``limit`` 0: in one). Raises Gone when the list expires on the way: start again."""
        params = _selectors(labels, fields) | ({"limit": str(limit)} if limit else {})
        path = resource_of(kind).collection(namespace)
        while True:
            answer = _manifest(await self.transport.request("GET", path, params=params, timeout=120))
            meta = answer.get("metadata") or {}
            page = Page(
                items=answer.get("items") or [],
                version=meta.get("resourceVersion", ""),
                next=meta.get("continue") or "",
            )
            yield page
            if not page.next:
                return
            params["continue"] = page.next

    async def create(
        self,
        kind: Kind,
        manifest: Mapping[str, Any],
        *,
        dry_run: bool = False,
        warnings: MutableSequence[str] | None = None,
    ) -> Manifest:
        """Create it in the namespace its metadata names. Raises AlreadyExists. What the server warns of is added to
        ``warnings``."""
        resource = resource_of(kind)
        path = resource.collection(_meta(manifest).get("namespace"))
        params = {"dryRun": "All"} if dry_run else {}
        return await self._write("POST", path, resource, manifest, params=params, warnings=warnings)

    async def replace(self, kind: Kind, manifest: Mapping[str, Any], *, subresource: str = "") -> Manifest:
        """Put it whole; with a resourceVersion in it, raises Conflict where it was changed since."""
        resource, meta = resource_of(kind), _meta(manifest)
        path = resource.object(meta.get("namespace"), meta.get("name", ""), subresource=subresource)
        return await self._write("PUT", path, resource, manifest)

    async def replace_status(self, kind: Kind, manifest: Mapping[str, Any]) -> Manifest:
        """Put its status, and nothing else of it."""
        return await self.replace(kind, manifest, subresource="status")

    async def merge_patch(
        self, kind: Kind, namespace: str | None, name: str, patch: Mapping[str, Any], *, subresource: str = ""
    ) -> Manifest:
        """A JSON merge patch (RFC 7386): null removes a key, a list is replaced whole."""
        path = resource_of(kind).object(namespace, name, subresource=subresource)
        return _manifest(await self.transport.request("PATCH", path, body=patch, content_type=MERGE_PATCH))

    async def json_patch(
        self, kind: Kind, namespace: str | None, name: str, operations: Sequence[Mapping[str, Any]]
    ) -> Manifest:
        """A JSON patch (RFC 6902). One that sets the resourceVersion raises Conflict where there is another by now."""
        path = resource_of(kind).object(namespace, name)
        return _manifest(await self.transport.request("PATCH", path, body=operations, content_type=JSON_PATCH))

    async def apply(self, kind: Kind, manifest: Mapping[str, Any], *, manager: str, force: bool = False) -> Manifest:
        """Server-side apply as ``manager``; raises Conflict where another manager owns a field and not ``force``."""
        resource, meta = resource_of(kind), _meta(manifest)
        path = resource.object(meta.get("namespace"), meta.get("name", ""))
        params = {"fieldManager": manager, "force": "true" if force else "false"}
        return await self._write("PATCH", path, resource, manifest, params=params, content_type=APPLY_PATCH)

    async def delete(
        self, kind: Kind, namespace: str | None, name: str, *, uid: str | None = None, propagation: str = "Background"
    ) -> None:
        """Delete it; no error where it is gone already. With ``uid``: Conflict where the name is another's now."""
        body: Manifest = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            await self.transport.request("DELETE", resource_of(kind).object(namespace, name), body=body)
        except NotFound:
            return

    async def _write(
        self, method: str, path: str, resource: Resource, manifest: Mapping[str, Any], **options: Any
    ) -> Manifest:
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **manifest}
        return _manifest(await self.transport.request(method, path, body=whole, **options))


def _meta(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    return manifest.get("metadata") or {}


def _manifest(answer: Any) -> Manifest:
    return answer if isinstance(answer, dict) else {}


def _selectors(labels: Mapping[str, str] | str, fields: str) -> dict[str, str]:
    text = labels if isinstance(labels, str) else ",".join(f"{key}={value}" for key, value in labels.items())
    return {key: value for key, value in (("labelSelector", text), ("fieldSelector", fields)) if value}
