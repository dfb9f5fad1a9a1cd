"""A real S3 server in the cluster: MinIO, in a namespace of its own for the whole session."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from kubectl import Kubectl
from objects import RESTRICTED, SMALL, resource

PORT = 9000


@dataclass(frozen=True, kw_only=True)
class Store:
    kubectl: Kubectl
    user: str
    password: str

    @property
    def endpoint(self) -> str:
        return f"http://minio.{self.kubectl.namespace}.svc:{PORT}"

    def connection(self, name: str, bucket: str, *, default: bool = True) -> list[dict[str, Any]]:
        """A new bucket, and a Connection to it with its Secret."""
        # A folder of MinIO's data is a bucket: no client is needed to make one.
        self.python(f"import os; os.makedirs('/data/{bucket}', exist_ok=True)")
        keys = {"AWS_ACCESS_KEY_ID": self.user, "AWS_SECRET_ACCESS_KEY": self.password}
        spec = {
            "kind": "s3",
            "schema": {"bucket": bucket, "endpoint": self.endpoint},
            "secret": {"name": name},
            "default": default,
        }
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": keys}
        return [secret, resource("Connection", name, spec)]

    def python(self, script: str) -> str:
        """What a script prints that runs beside the server, on its data."""
        command = ("exec", "deployment/minio", "--container=shell", "--", "python3", "-c", script)
        return self.kubectl.by_kubelet(*command)


def start(kubectl: Kubectl, *, image: str, python: str) -> Store:
    """Start it, with a shell beside it; ready when it returns."""
    store = Store(kubectl=kubectl, user="joinery", password=secrets.token_urlsafe(18))
    labels = {"app": "minio"}
    data = {"name": "data", "mountPath": "/data"}
    security = {"resources": SMALL | {"limits": {"memory": "768Mi"}}, "securityContext": RESTRICTED}
    server = {
        "name": "minio",
        "image": image,
        "args": ["server", "/data", "--address", f":{PORT}"],
        "env": [
            {"name": "MINIO_ROOT_USER", "value": store.user},
            {"name": "MINIO_ROOT_PASSWORD", "value": store.password},
            {"name": "HOME", "value": "/data"},
        ],
        "readinessProbe": {"httpGet": {"path": "/minio/health/ready", "port": PORT}, "periodSeconds": 1},
        "volumeMounts": [data],
        **security,
    }
    shell = {"name": "shell", "image": python, "command": ["sleep", "infinity"], "volumeMounts": [data], **security}
    pod = {
        "containers": [server, shell],
        "volumes": [{"name": "data", "emptyDir": {}}],
        "securityContext": {"fsGroup": 1000},
        "terminationGracePeriodSeconds": 1,
    }
    kubectl.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "minio"},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "minio"},
            "spec": {"selector": labels, "ports": [{"port": PORT}]},
        },
    )
    kubectl("rollout", "status", "deployment/minio", "--timeout=180s")
    return store


def contents(store: Store) -> list[str]:
    """Every object, bucket first; MinIO keeps each in a folder of its name."""
    script = "import json, os; print(json.dumps([r for r, d, f in os.walk('/data') if 'xl.meta' in f]))"
    listed: list[str] = json.loads(store.python(script))
    return sorted(path.removeprefix("/data/") for path in listed)
