"""Where each kind of object lives on the API server. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

GROUP = "joinery.dev"
VERSION = "v1alpha1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A kind as the API server serves it. ``group`` is empty for the core group."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def collection(self, namespace: str | None = None) -> str:
        """The path of all objects of a namespace, or of all namespaces where none is given."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        where = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{base}{where}/{self.plural}"

    def object(self, namespace: str | None, name: str, *, subresource: str = "") -> str:
        """The path of one object. Names are data: nothing in them can lead to another path."""
        if not name or name in {".", ".."}:
            raise ValueError(f"{name!r} is no name of a {self.kind}")
        if self.namespaced and not namespace:
            raise ValueError(f"{self.kind} {name}: a namespace is needed")
        tail = f"/{subresource}" if subresource else ""
        return f"{self.collection(namespace)}/{quote(name, safe='')}{tail}"


RUNS = Resource(kind="Run", plural="runs", group=GROUP, version=VERSION)
OPERATIONS = Resource(kind="Operation", plural="operations", group=GROUP, version=VERSION)
SEARCHES = Resource(kind="Search", plural="searches", group=GROUP, version=VERSION)
COMPONENTS = Resource(kind="Component", plural="components", group=GROUP, version=VERSION)
CONNECTIONS = Resource(kind="Connection", plural="connections", group=GROUP, version=VERSION)
CONFIG_MAPS = Resource(kind="ConfigMap", plural="configmaps")
SECRETS = Resource(kind="Secret", plural="secrets")
PODS = Resource(kind="Pod", plural="pods")
NAMESPACES = Resource(kind="Namespace", plural="namespaces", namespaced=False)
JOBS = Resource(kind="Job", plural="jobs", group="batch")
LEASES = Resource(kind="Lease", plural="leases", group="coordination.k8s.io")
EVENTS = Resource(kind="Event", plural="events", group="events.k8s.io")
CORE_EVENTS = Resource(kind="Event", plural="events")  # the same objects; only here can the object's uid be asked for
WEBHOOKS = Resource(
    kind="ValidatingWebhookConfiguration",
    plural="validatingwebhookconfigurations",
    group="admissionregistration.k8s.io",
    namespaced=False,
)
ACCESS_REVIEWS = Resource(
    kind="SelfSubjectAccessReview", plural="selfsubjectaccessreviews", group="authorization.k8s.io", namespaced=False
)

BY_KIND: Mapping[str, Resource] = {
    resource.kind: resource
    for resource in (
        RUNS,
        OPERATIONS,
        SEARCHES,
        COMPONENTS,
        CONNECTIONS,
        CONFIG_MAPS,
        SECRETS,
        PODS,
        NAMESPACES,
        JOBS,
        LEASES,
        EVENTS,
        WEBHOOKS,
        ACCESS_REVIEWS,
    )
}


def resource_of(kind: str | Resource) -> Resource:
    """The resource of a kind's name; KeyError for one that Joinery never talks about."""
    return kind if isinstance(kind, Resource) else BY_KIND[kind]
