"""What a workload is built from, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from joinery.problems import Problem

_RESOURCES: Mapping[str, Any] = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"cpu": "2", "memory": "512Mi"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadSettings:
    """What the operator's settings say of every Job.

    * ``image``: ours, for the containers that deliver and collect; ``image_pull_policy`` as Kubernetes has it.
    * ``security_defaults``: ``restricted`` fills what the user's containers leave out of their security contexts.
    * ``allowed_host_paths``: folders of the nodes that Connections of kind ``hostPath`` may lie in; none: no such one.
    * ``resources``: requests and limits of each of our containers.
    * ``artifacts_size_limit``: of the emptyDir that artifacts are fetched into (a quantity); None: no limit.
    """

    image: str = "joinery"
    image_pull_policy: str | None = None
    security_defaults: Literal["none", "restricted"] = "none"
    allowed_host_paths: tuple[str, ...] = ()
    resources: Mapping[str, Any] = field(default_factory=lambda: _RESOURCES)
    artifacts_size_limit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRequest:
    """One committed operation.

    * ``operation``: the manifest; ``metadata`` has name, namespace and uid.
    * ``params``: by name, as a snapshot keeps them: ``value``, ``type``, and the flags ``toInit``, ``toEnv``,
      ``connection``, ``onMissing`` …
    * ``component``: the component that was resolved (``inputs``, ``outputs``, ``run``).
    * ``globals``: what ``globals.*`` is; empty: what the operation itself says.
    * ``connections``: the Connection manifests of the namespace by name, at least those that
      :func:`joinery.workload.connections_needed` names and those with ``spec.default``.
    * ``result_config_maps``: names of the snapshot's ConfigMaps, in order; empty where status holds it all.
    """

    operation: Mapping[str, Any]
    run_uuid: str
    run_name: str
    params: Mapping[str, Mapping[str, Any]]
    component: Mapping[str, Any]
    globals: Mapping[str, Any] = field(default_factory=dict)
    connections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    result_config_maps: Sequence[str] = ()
    settings: WorkloadSettings = field(default_factory=WorkloadSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The objects to create: first ``config_maps``, then ``job``.

    ``main_container`` is the name of the container whose termination message is the outputs document; ``fetchers``
    the names of the init containers that fetch, by connection; ``collector`` that of the native sidecar that must end
    with 0 and a summary, None where nothing is uploaded.
    """

    job: dict[str, Any]
    config_maps: list[dict[str, Any]]
    warnings: list[Problem]
    main_container: str
    fetchers: Mapping[str, str]
    collector: str | None
