"""The chart's values: described, in the schema, wrong ones refused; sets of them against a real API server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart_tools import CHART, RELEASE_NAMESPACE, Helm, Render, of_kind
from jsonschema import Draft7Validator

from cluster_fixtures import Admin

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = (CHART / "values.yaml").read_text()

FULL_POD = {
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
    "priorityClassName": "system-cluster-critical",
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
}
SETS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything": {
        "commonLabels": {"team": "ml"},
        "podAnnotations": {"example.com/a": "b"},
        "imagePullSecrets": ["pull"],
        "image": {"repository": "example.com/joinery", "digest": f"sha256:{'0' * 64}"},
        "operator": {
            "replicas": 3,
            "database": {"existingSecret": "database"},
            "serviceAccount": {"annotations": {"example.com/role": "x"}},
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
            ],
            **FULL_POD,
        },
        "admission": {"replicas": 3, "affinity": {"nodeAffinity": {}}, **FULL_POD},
        "policies": {"runManagers": ["system:serviceaccount:velero:velero"]},
        "networkPolicy": {
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
            "egress": {"enabled": True, "extra": [{"ports": [{"port": 5432}]}]},
        },
        "metrics": {
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "prometheusRule": {"enabled": True, "alertLabels": {"team": "ml"}},
        },
    },
    "two namespaces": {"namespaces": ["team-a", "team-b"], "operator": {"replicas": 2}},
    "nothing of the cluster": {
        "namespaces": [RELEASE_NAMESPACE],
        "crds": {"install": False},
        "admission": {"enabled": False},
        "policies": {"enabled": False},
        "roles": {"aggregate": False},
    },
    "cert-manager": {"admission": {"certificate": {"source": "cert-manager"}}},
    "cert-manager with an issuer": {
        "admission": {"certificate": {"source": "cert-manager", "issuerRef": {"kind": "ClusterIssuer", "name": "ours"}}}
    },
    "accounts of one's own": {
        "rbac": {"create": False},
        "operator": {"serviceAccount": {"create": False, "name": "mine"}},
        "admission": {"serviceAccount": {"create": False, "name": "mine"}},
    },
}
FOREIGN = {
    "Certificate": ("cert-manager.io", "v1"),
    "Issuer": ("cert-manager.io", "v1"),
    "ServiceMonitor": ("monitoring.coreos.com", "v1"),
    "PrometheusRule": ("monitoring.coreos.com", "v1"),
}
CLUSTER_KINDS = {
    "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
}  # fmt: skip


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value and not path.endswith((".requests", ".limits", ".resources")):
        for key, child in value.items():
            yield from leaves(child, f"{path}.{key}" if path else key)
    else:
        yield path


def test_every_value_is_described_and_in_the_readme() -> None:
    from generate import values

    described = {value.path: value for value in values(VALUES)}
    assert set(leaves(yaml.safe_load(VALUES))) == set(described)
    table = (CHART / "README.md").read_text()
    for value in described.values():
        assert f"| `{value.path}` | `{value.default}` |" in table
        assert value.text.endswith((".", ")"))


def test_every_value_is_in_the_schema_and_nothing_else_is() -> None:
    Draft7Validator.check_schema(SCHEMA)

    def declared(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
        if "properties" not in schema or path.endswith(("resources", "issuerRef")):
            yield path
            return
        assert schema["additionalProperties"] is False, path
        for key, child in schema["properties"].items():
            yield from declared(child, f"{path}.{key}" if path else key)

    assert set(declared(SCHEMA)) - {"global"} == set(leaves(yaml.safe_load(VALUES)))


def test_what_the_operator_does_by_itself_is_what_the_chart_says() -> None:
    from joinery.api.v1alpha1.types import parse_duration
    from joinery.operator.settings import Settings

    said, own = yaml.safe_load(VALUES)["operator"], Settings()
    assert said["maxRunsPerJoin"] == own.limits.max_runs_per_join
    assert said["maxValuesPerNamespace"] == own.namespace_values
    assert said["workers"] == own.workers
    assert said["results"] == {
        "keptFor": "7d",
        "operationBytes": own.operation_result_bytes,
        "namespaceBytes": own.namespace_result_bytes,
        "clusterBytes": own.cluster_result_bytes,
    }
    assert parse_duration(said["results"]["keptFor"]) == own.results_kept
    assert own.grace < yaml.safe_load(VALUES)["operator"]["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", SETS)
def test_the_sets_that_are_tried_hold_the_schema(name: str) -> None:
    Draft7Validator(SCHEMA).validate(SETS[name])


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("operator.replica=2", "replica"),
        ("operator.workers=0", "operator"),
        ("operator.replicas=many", "replicas"),
        ("admission.certificate.source=vault", "source"),
        ("admission.failurePolicy=Sometimes", "failurePolicy"),
        ("operator.log.level=loud", "level"),
        ("namespaces={Not_A_Name}", "namespaces"),
        ("namespaces=team-a", "namespaces"),
        ("image.digest=latest", "digest"),
        ("networkPolicy.egress.apiServerPorts={70000}", "apiServerPorts"),
        ("metrics.serviceMonitor.interval=soon", "interval"),
        ("policies.enabled=perhaps", "enabled"),
    ],
)
def test_helm_refuses_wrong_values(helm: Helm, setting: str, said: str) -> None:
    done = helm("template", "joinery", str(CHART), "--kube-version=1.35.0", f"--set={setting}", check=False)
    assert done.returncode != 0
    assert "values don't meet the specifications" in done.stderr
    assert said in done.stderr


def test_helm_lint_is_content(helm: Helm) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(CHART)).stdout


@pytest.fixture(scope="session")
def with_foreign_kinds(admin: Admin) -> Admin:
    """The server with stand-ins for cert-manager's and the Prometheus operator's kinds; they take any fields."""
    base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    for kind, (group, version) in FOREIGN.items():
        plural = f"{kind.lower()}s"
        manifest = {
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
            },
        }
        admin.request("POST", base, manifest)
    for kind, (group, version) in FOREIGN.items():
        admin._wait_served(f"/apis/{group}/{version}/{kind.lower()}s")
    for name in (RELEASE_NAMESPACE, "team-a", "team-b"):
        present = [item["metadata"]["name"] for item in admin.request("GET", "/api/v1/namespaces")["items"]]
        if name not in present:
            admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    # Pods and Deployments that are not under the restricted standard are refused or warned of.
    marks = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    path = f"/api/v1/namespaces/{RELEASE_NAMESPACE}"
    admin.request("PATCH", path, {"metadata": {"labels": marks}}, content="application/merge-patch+json")
    admin.request("POST", f"{path}/serviceaccounts", {"metadata": {"name": "default"}})
    return admin


@pytest.mark.parametrize("name", SETS)
def test_a_real_api_server_takes_what_is_rendered(
    with_foreign_kinds: Admin,
    render: Render,
    cluster_programs: Callable[..., Mapping[str, Path]],
    name: str,
    tmp_path: Path,
) -> None:
    manifests = render(SETS[name])
    done = subprocess.run(
        [
            cluster_programs("kubectl")["kubectl"], "apply", "--server-side", "--dry-run=server", "--validate=strict",
            "--force-conflicts", "--field-manager=helm", "-f", "-",
        ],
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}),
        env=os.environ | {"KUBECONFIG": str(with_foreign_kinds.server.kubeconfig()), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    assert len(done.stdout.splitlines()) == len(manifests)


def test_a_release_for_some_namespaces_takes_no_right_of_the_cluster(render: Render) -> None:
    manifests = render(SETS["nothing of the cluster"])
    assert {m["kind"] for m in manifests} & CLUSTER_KINDS == set()
    [role, *rest] = of_kind(manifests, "Role", "joinery-operator")
    assert not rest
    assert role["metadata"]["namespace"] == RELEASE_NAMESPACE
    two = render(SETS["two namespaces"])
    assert [m["metadata"]["namespace"] for m in of_kind(two, "Role", "joinery-operator")] == ["team-a", "team-b"]
    assert "joinery-operator" not in {m["metadata"]["name"] for m in of_kind(two, "ClusterRole")}
    [deployment] = of_kind(two, "Deployment", "joinery-operator")
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [a for a in arguments if a.startswith("--namespace=")] == ["--namespace=team-a", "--namespace=team-b"]
    only = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a", "team-b"]}
    for binding in of_kind(two, "ValidatingAdmissionPolicyBinding"):
        assert binding["spec"]["matchResources"]["namespaceSelector"] == {"matchExpressions": [only]}
    [webhook] = of_kind(two, "ValidatingWebhookConfiguration")
    assert webhook["webhooks"][0]["namespaceSelector"] == {"matchExpressions": [only]}


def test_with_more_than_one_replica_one_leads_by_a_lease(render: Render) -> None:
    def arguments(values: dict[str, Any]) -> list[str]:
        [deployment] = of_kind(render(values), "Deployment", "joinery-operator")
        found: list[str] = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        return found

    assert "--leader-elect" not in arguments({})
    assert "--leader-elect" in arguments({"operator": {"replicas": 2}})
    assert "--leader-elect" in arguments({"operator": {"leaderElection": True}})
    assert "--leader-elect" not in arguments({"operator": {"replicas": 2, "leaderElection": False}})
    assert "joinery-operator-leader" not in {m["metadata"]["name"] for m in render({})}


def test_the_webhook_is_for_our_kinds_save_runs_and_answers_are_asked_of_it_alone(render: Render) -> None:
    [configuration] = of_kind(render({}), "ValidatingWebhookConfiguration")
    [webhook] = configuration["webhooks"]
    [rule] = webhook["rules"]
    assert rule["resources"] == ["operations", "components", "searches", "connections"]
    assert rule["operations"] == ["CREATE", "UPDATE"]
    assert (webhook["failurePolicy"], webhook["timeoutSeconds"], webhook["matchPolicy"]) == ("Fail", 5, "Equivalent")
    assert "caBundle" not in webhook["clientConfig"]


def test_the_crds_stay_when_the_release_goes(render: Render) -> None:
    found = of_kind(render({}), "CustomResourceDefinition")
    assert len(found) == 5
    assert all(crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for crd in found)
