"""Which Connections a workload uses, and how a container comes by one. Source: spec 4, *Artifacts by init container*.

A param's connection serves the fetcher alone; only what ``component.run.connections`` names reaches the main
container.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.api.v1alpha1 import V1Connection, parse
from joinery.problems import JoineryError, Problem, did_you_mean
from joinery.validation.pods import is_ours
from joinery.workload import names

_VOLUMES = ("volumeClaim", "hostPath")
_WRITABLE_STORES = ("s3", "gcs", "wasb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One artifact store, read."""

    name: str
    kind: str
    schema: Mapping[str, Any]
    secret: str | None = None
    secret_items: tuple[str, ...] = ()

    @property
    def is_volume(self) -> bool:
        """Whether it is mounted; else it is spoken to over the network."""
        return self.kind in _VOLUMES

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written there."""
        return bool(self.schema.get("readOnly")) or not (self.is_volume or self.kind in _WRITABLE_STORES)

    @property
    def volume_name(self) -> str:
        return names.label("joinery-store", self.name)

    @property
    def secret_volume_name(self) -> str:
        return names.label("joinery-secret", self.name)

    @property
    def folder(self) -> str:
        """The folder below the volume, without slashes around it; of a host path it is part of the volume."""
        path = str(self.schema.get("path") or "") if self.kind == "volumeClaim" else ""
        return "" if (plain := posixpath.normpath(path).strip("/")) == "." else plain

    @property
    def store_path(self) -> str:
        """Where our own containers have the volume."""
        return f"{names.STORES_PATH}/{self.name}"

    @property
    def root(self) -> str | None:
        """In our own containers, the folder under which ``UUID/…`` lies; None where it is not mounted."""
        return posixpath.join(self.store_path, self.folder).rstrip("/") if self.is_volume else None

    @property
    def secret_path(self) -> str | None:
        """In our own containers, the folder with the Secret's keys as files."""
        return f"{names.SECRETS_PATH}/{self.name}" if self.secret else None

    @property
    def mount_path(self) -> str:
        """Where the main container has the volume."""
        return str(self.schema.get("mountPath") or f"{names.CONNECTIONS_PATH}/{self.name}")

    def volume(self) -> dict[str, Any]:
        """The pod's volume."""
        if self.kind == "hostPath":
            return {"name": self.volume_name, "hostPath": {"path": self.schema["path"], "type": "Directory"}}
        return {"name": self.volume_name, "persistentVolumeClaim": {"claimName": self.schema["claim"]}}

    def secret_volume(self) -> dict[str, Any]:
        """The Secret as files, of the keys that the Connection names."""
        secret: dict[str, Any] = {"secretName": self.secret, "defaultMode": 0o444}
        if self.secret_items:
            secret["items"] = [{"key": key, "path": key} for key in self.secret_items]
        return {"name": self.secret_volume_name, "secret": secret}

    def store_mount(self, *, read_only: bool) -> dict[str, Any]:
        """The whole volume, for one of our own containers."""
        return {"name": self.volume_name, "mountPath": self.store_path, **({"readOnly": True} if read_only else {})}

    def secret_environment(self) -> dict[str, Any]:
        """The Secret as environment variables: parts of a container, ``env`` or ``envFrom``."""
        if not self.secret:
            return {}
        if not self.secret_items:
            return {"envFrom": [{"secretRef": {"name": self.secret}}]}
        return {
            "env": [
                {"name": key, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": key}}}
                for key in self.secret_items
            ]
        }

    def for_templates(self) -> dict[str, Any]:
        """``connections.NAME`` of templates: never a secret."""
        where = {"mountPath": self.mount_path} if self.is_volume else {}
        return {**where, **self.schema, "name": self.name, "kind": self.kind}

    def for_manifest(self) -> dict[str, Any]:
        """What the programs in our own containers are told of it."""
        said = {"name": self.name, "kind": self.kind, "schema": dict(self.schema), "root": self.root}
        return {**{key: value for key, value in said.items() if value is not None}, "secretPath": self.secret_path}


@dataclass(slots=True)
class Connections:
    """The Connections at hand. What is missing goes to ``missing``, two defaults to ``ambiguous``, other faults to
    ``invalid``; each is said once, where it was first asked for."""

    manifests: Mapping[str, Mapping[str, Any]]
    allowed_host_paths: tuple[str, ...]
    missing: list[Problem] = field(default_factory=list)
    ambiguous: list[Problem] = field(default_factory=list)
    invalid: list[Problem] = field(default_factory=list)
    _read: dict[str, Connection | None] = field(default_factory=dict)

    @property
    def defaults(self) -> list[str]:
        """The names of those that say they are the default."""
        return sorted(name for name, one in self.manifests.items() if (one.get("spec") or {}).get("default") is True)

    def get(self, name: str, *, at: str) -> Connection | None:
        """The Connection of that name; None after a problem was noted."""
        if name not in self._read:
            self._read[name] = self._find(name, at)
        return self._read[name]

    def default(self, *, at: str, why: str) -> Connection | None:
        """The namespace's default; None after a problem was noted."""
        match self.defaults:
            case [one]:
                return self.get(one, at=at)
            case []:
                self._note(
                    self.missing,
                    Problem(
                        message=f"no Connection of this namespace is the default, and {why}",
                        path=at,
                        rule="no-default-connection",
                        hint="name one with `connection`, or set `default: true` on one Connection",
                    ),
                )
            case several:
                listed = ", ".join(f"`{name}`" for name in several)
                self._note(
                    self.ambiguous,
                    Problem(
                        message=f"the Connections {listed} all say `default: true`, and {why}",
                        path=at,
                        rule="two-default-connections",
                        hint="leave `default: true` on one of them, or name one with `connection`",
                    ),
                )
        return None

    def _find(self, name: str, at: str) -> Connection | None:
        manifest = self.manifests.get(name)
        if manifest is None:
            hint = did_you_mean(name, self.manifests) or "apply it, and the operation goes on"
            message = f"there is no Connection `{name[:253]}` in this namespace"
            self.missing.append(Problem(message=message, path=at, rule="connection-not-found", hint=hint))
            return None
        try:
            resource = parse({"apiVersion": names.API_VERSION, "kind": "Connection", **manifest})
            if not isinstance(resource, V1Connection):
                raise TypeError
        except (JoineryError, TypeError) as error:
            why = f": {error}" if isinstance(error, JoineryError) else ""
            self.invalid.append(
                Problem(message=f"the Connection `{name}` is not valid{why}", path=at, rule="connection")
            )
            return None
        spec = resource.spec
        found = Connection(
            name=name,
            kind=spec.kind,
            schema=spec.schema_.to_dict(),
            secret=spec.secret.name if spec.secret else None,
            secret_items=tuple(spec.secret.items) if spec.secret else (),
        )
        faults = list(self._faults(found, at))
        self.invalid += faults
        return None if faults else found

    def _faults(self, connection: Connection, at: str) -> Iterator[Problem]:
        path = str(connection.schema.get("path") or "")
        if ".." in path.split("/"):
            message = f"`..` in the path `{path[:80]}` of the Connection `{connection.name}` could lead anywhere"
            yield Problem(message=message, path=at, rule="connection-path")
        mounted = posixpath.normpath(connection.mount_path)
        if is_ours(mounted) and not mounted.startswith(f"{names.CONNECTIONS_PATH}/"):
            message = (
                f"the Connection `{connection.name}` is mounted at `{mounted[:80]}`, in the folder of Joinery's own"
            )
            yield Problem(message=message, path=at, rule="reserved-path", hint="give it another `schema.mountPath`")
        if connection.kind == "hostPath" and not self._is_allowed(path):
            allowed = ", ".join(f"`{one}`" for one in self.allowed_host_paths) or "none"
            yield Problem(
                message=f"the Connection `{connection.name}` is the folder `{path[:80]}` of a node, which the operator "
                f"does not allow (allowed are: {allowed})",
                path=at,
                rule="host-path",
                hint="an administrator may name it in the operator's setting `allowedHostPaths`",
            )

    def _is_allowed(self, path: str) -> bool:
        if not path.startswith("/"):
            return False
        plain = posixpath.normpath(path)
        prefixes = [posixpath.normpath(one) for one in self.allowed_host_paths if one.startswith("/")]
        return any(plain == one or plain.startswith(f"{one.rstrip('/')}/") for one in prefixes)

    @staticmethod
    def _note(problems: list[Problem], problem: Problem) -> None:
        if all(problem.rule != known.rule for known in problems):
            problems.append(problem)


def connections_needed(component: Mapping[str, Any], params: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The names of the Connections that a workload uses, from the component and the params of a snapshot. The default
    Connection is not among them unless it is named: those with ``spec.default`` are needed besides."""
    run = component.get("run") or {}
    named = {str(param["connection"]) for param in params.values() if param.get("toInit") and param.get("connection")}
    named |= set(run.get("connections") or ())
    collect = (run.get("collect") or {}).get("connection")
    return frozenset(named | ({collect} if collect else set()))
