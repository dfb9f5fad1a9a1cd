"""A webhook configuration of the chart's rules, on the loopback, and an account with just the chart's rights."""

from __future__ import annotations

from typing import Any

NAME = "joinery-admission"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


def configuration(*ports: int, name: str = NAME, namespace: str) -> dict[str, Any]:
    """One webhook a port, all of them asked about each object of ``namespace``."""
    return {
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": f"validate-{port}.joinery.dev",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "matchPolicy": "Equivalent",
                "failurePolicy": "Fail",
                "timeoutSeconds": 5,
                "clientConfig": {"url": f"https://127.0.0.1:{port}/validate"},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [
                    {
                        "apiGroups": ["joinery.dev"],
                        "apiVersions": ["v1alpha1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["operations", "components", "searches", "connections"],
                        "scope": "Namespaced",
                    }
                ],
                "matchConditions": [
                    {
                        "name": "created-or-spec-changed",
                        "expression": "request.operation == 'CREATE' || object.?spec != oldObject.?spec",
                    }
                ],
            }
            for port in ports
        ],
    }


RULES = [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": [NAME], "verbs": ["get", "update"]}]


def cluster_rules(name: str) -> list[dict[str, Any]]:
    group, plural = "admissionregistration.k8s.io", "validatingwebhookconfigurations"
    return [{"apiGroups": [group], "resources": [plural], "resourceNames": [name], "verbs": ["get", "patch"]}]
