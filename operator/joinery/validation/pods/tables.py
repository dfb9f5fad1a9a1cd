"""The words that a pod is made of, each with the kind of value it takes."""

from __future__ import annotations

from collections.abc import Mapping

CONTEXT_PATH = "/joinery"
RESERVED_PREFIX = "joinery-"
"""Names of volumes that begin so are ours."""
CONNECTION_VOLUMES = ("joinery-store-", "joinery-secret-")
"""Of these, the volumes and Secrets of Connections: what serves our containers alone must not reach the user's."""

OWN_CONTAINERS = ("init-params", "init-outputs", "collect")
OWN_CONTAINER_PREFIX = "init-artifacts-"
OWN_VARIABLES = (
    "JOINERY_RUN_NAME",
    "JOINERY_RUN_UUID",
    "JOINERY_NAMESPACE",
    "JOINERY_PROJECT",
    "JOINERY_PARAMS",
    "JOINERY_ARTIFACTS",
    "JOINERY_OUTPUTS",
    "JOINERY_OUTPUTS_PATH",
)

ENVIRONMENT: Mapping[str, type] = {
    "labels": dict,
    "annotations": dict,
    "nodeSelector": dict,
    "affinity": dict,
    "tolerations": list,
    "nodeName": str,
    "serviceAccountName": str,
    "automountServiceAccountToken": bool,
    "hostAliases": list,
    "securityContext": dict,
    "imagePullSecrets": list,
    "hostNetwork": bool,
    "hostPID": bool,
    "hostIPC": bool,
    "hostUsers": bool,
    "shareProcessNamespace": bool,
    "dnsPolicy": str,
    "dnsConfig": dict,
    "enableServiceLinks": bool,
    "schedulerName": str,
    "runtimeClassName": str,
    "topologySpreadConstraints": list,
    "resourceClaims": list,
    "priorityClassName": str,
    "priority": int,
    "preemptionPolicy": str,
    "restartPolicy": str,
    "terminationGracePeriodSeconds": int,
}
"""Options of ``environment``: Polyaxon's, and those of Kubernetes' PodSpec that a Job's author may want."""

ENVIRONMENT_ELSEWHERE: Mapping[str, str] = {
    "activeDeadlineSeconds": "it is `spec.termination.timeout` of the operation",
    "backoffLimit": "it is `spec.termination.maxRetries` of the operation",
    "ttlSecondsAfterFinished": "it is `spec.termination.ttl` of the operation",
    "volumes": "it belongs beside `environment`: `run.volumes`",
    "containers": "the main container is `run.container`, those beside it `run.sidecars`",
    "initContainers": "it is `run.init`",
    "serviceAccount": "write it `serviceAccountName`",
}

CONTAINER: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "image": str,
    "command": (list, str),
    "args": (list, str),
    "workingDir": str,
    "ports": list,
    "envFrom": list,
    "env": list,
    "resources": dict,
    "resizePolicy": list,
    "restartPolicy": str,
    "restartPolicyRules": list,
    "volumeMounts": list,
    "volumeDevices": list,
    "livenessProbe": dict,
    "readinessProbe": dict,
    "startupProbe": dict,
    "lifecycle": dict,
    "terminationMessagePath": str,
    "terminationMessagePolicy": str,
    "imagePullPolicy": str,
    "securityContext": dict,
    "stdin": bool,
    "stdinOnce": bool,
    "tty": bool,
}

OTHER_INITS: Mapping[str, str] = {
    "git": "clone it in a container with git, into a volume of `run.volumes`",
    "dockerfile": "build the image beforehand, and name it in `container.image`",
    "artifacts": "declare an input of type `artifacts` with `toInit: true`: it is fetched before the pod's own init",
    "paths": "declare an input of type `path` with `isList: true` and `toInit: true`",
    "path": "declare an input of type `path` with `toInit: true`",
    "file": "write it in a container, or mount a ConfigMap by `run.volumes`",
    "tensorboard": "declare an input of type `artifacts` with `toInit: true`",
    "connection": "name the Connection on the param or input, or in `run.connections`",
    "connections": "name the Connections in `run.connections`",
    "modelRef": "join the run by a query, and take its artifacts",
    "artifactRef": "join the run by a query, and take its artifacts",
    "lineageRef": "join the run by a query, and take its artifacts",
}
"""Polyaxon's other forms of ``init``, each with what to do instead."""
