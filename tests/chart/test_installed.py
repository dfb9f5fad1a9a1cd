"""An installation as its users have it: `helm test`, alerts, the admission server's rights, upgrade and removal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from admission_server import Admission
from chart_tools import CHART, RELEASE_NAMESPACE, Helm, Render, account_kubeconfig, of_kind, wait_for_policies
from cluster.server import Server
from test_rights_of_the_operator import asked

from cluster_fixtures import Admin
from operator_fixtures import Operator, run, until

MERGE = "application/merge-patch+json"
# Nobody is in that namespace: an unreachable webhook stands in nobody's way.
VALUES = {"namespaces": ["served"], "fullnameOverride": "second", "crds": {"install": False}}
PATHS = {
    "ServiceAccount": f"/api/v1/namespaces/{RELEASE_NAMESPACE}/serviceaccounts",
    "Secret": f"/api/v1/namespaces/{RELEASE_NAMESPACE}/secrets",
    "Role": f"/apis/rbac.authorization.k8s.io/v1/namespaces/{RELEASE_NAMESPACE}/roles",
    "RoleBinding": f"/apis/rbac.authorization.k8s.io/v1/namespaces/{RELEASE_NAMESPACE}/rolebindings",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
}


@pytest.fixture(scope="module")
def admission(
    installed: Admin, render: Render, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Admission, list[dict[str, Any]]]]:
    """`joinery admission` with the arguments of the chart's Deployment, as its service account; and its manifests."""
    folder = tmp_path_factory.mktemp("admission")
    manifests = [m for m in render(VALUES) if m["metadata"]["name"] == "second-admission"]
    for manifest in manifests:
        if manifest["kind"] in PATHS:
            installed.request("POST", PATHS[manifest["kind"]], manifest)
    [deployment] = of_kind(manifests, "Deployment")
    given = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert given[0] == "admission"
    arguments = [text for text in given[1:] if not text.startswith(("--listen", "--probes"))]
    kubeconfig = account_kubeconfig(installed, "second-admission", folder=folder)
    server = Admission(*arguments, log=folder / "admission.log", kubeconfig=kubeconfig)
    server.wait_ready()
    yield server, manifests
    server.stop(9)


def test_the_rights_of_the_admission_server_are_exactly_those_it_uses(
    installed: Admin, admission: tuple[Admission, list[dict[str, Any]]]
) -> None:
    _, manifests = admission
    webhook = installed.request("GET", f"{PATHS['ValidatingWebhookConfiguration']}/second-admission")
    assert webhook["webhooks"][0]["clientConfig"]["caBundle"]
    assert installed.request("GET", f"{PATHS['Secret']}/second-admission")["data"]
    account = f"system:serviceaccount:{RELEASE_NAMESPACE}:second-admission"
    used, forbidden = asked(installed.server.folder / "audit.log", account)
    assert not forbidden
    rules = [rule for kind in ("Role", "ClusterRole") for role in of_kind(manifests, kind) for rule in role["rules"]]
    assert all(rule["resourceNames"] == ["second-admission"] for rule in rules)
    granted = {
        (rule["apiGroups"][0], resource, verb)
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert used == granted


def test_the_program_of_helm_test_tells_a_good_installation_from_a_bad_one(
    start_operator: Callable[..., Operator], admission: tuple[Admission, list[dict[str, Any]]], render: Render
) -> None:
    operator, (server, _) = start_operator(), admission
    [pod] = of_kind(render({}), "Pod")
    [container] = pod["spec"]["containers"]
    assert container["command"] == ["python", "-c"]
    program, *urls = container["args"]
    assert urls == [
        f"http://joinery-operator.{RELEASE_NAMESPACE}.svc:8080",
        f"https://joinery-admission.{RELEASE_NAMESPACE}.svc",
    ]

    def check(*urls: str, program: str = program) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-c", program, *urls]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    good = check(operator.url, f"https://127.0.0.1:{server.port}")
    assert good.returncode == 0, good.stderr
    assert good.stdout == "operator: answers\nadmission: answers\n"
    impatient = program.replace("seconds=60", "seconds=0")
    assert check("http://127.0.0.1:1", program=impatient).returncode != 0
    # Somebody else answers where the admission server should be.
    assert check(operator.url, operator.url, program=impatient).returncode != 0

    # Every alert is about metrics that are there.
    [rules] = of_kind(render({"metrics": {"prometheusRule": {"enabled": True}}}), "PrometheusRule")
    alerts = rules["spec"]["groups"][0]["rules"]
    served = operator.get("/metrics")[1] + server.get("/metrics")[1]
    assert len(alerts) == 9
    for alert in alerts:
        named = set(re.findall(r"\b(?:joinery|controller_runtime|workqueue)_\w+", alert["expr"])) or {"up"}
        assert all(name == "up" or f"# TYPE {name.removesuffix('_bucket')}" in served for name in named), alert
        assert {"severity"} <= set(alert["labels"])
        assert alert["annotations"]["summary"]


def test_upgrade_and_removal(make_server: Callable[..., Server], helm: Helm) -> None:
    """An upgrade mends what it owns; what goes with a release is the program, never what users wrote."""
    admin = Admin(server := make_server(crds=False, controllers=False))
    release = ["joinery", f"--namespace={RELEASE_NAMESPACE}"]
    values = ["--set", "admission.enabled=false"]
    helm("install", *release, str(CHART), "--create-namespace", *values, kubeconfig=server.kubeconfig())
    admin._wait_served("/apis/joinery.dev/v1alpha1/runs")
    admin.request("POST", "/apis/joinery.dev/v1alpha1/namespaces/default/runs", run("kept", loss=0.5))
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/runs.joinery.dev"
    admin.request("PATCH", crd, {"spec": {"names": {"shortNames": ["rr"]}}}, content=MERGE)

    helm("upgrade", *release, str(CHART), *values, "--set", "operator.replicas=3", kubeconfig=server.kubeconfig())
    deployment = admin.request("GET", f"/apis/apps/v1/namespaces/{RELEASE_NAMESPACE}/deployments/joinery-operator")
    assert deployment["spec"]["replicas"] == 3
    wait_for_policies(admin)

    helm("uninstall", *release, kubeconfig=server.kubeconfig())
    assert admin.request("GET", f"/apis/apps/v1/namespaces/{RELEASE_NAMESPACE}/deployments")["items"] == []
    assert admin.request("GET", "/apis/joinery.dev/v1alpha1/namespaces/default/runs/kept")["status"]["metrics"]
    assert not [
        role
        for role in admin.request("GET", PATHS["ClusterRole"])["items"]
        if role["metadata"]["name"].startswith("joinery")
    ]
    # Installed again, the CRDs that stayed are its own again.
    helm("install", *release, str(CHART), *values, kubeconfig=server.kubeconfig())


def test_the_roles_of_the_cluster_gain_our_kinds(installed: Admin, cluster_programs: Callable[..., Any]) -> None:
    server = installed.server
    server.programs = {**server.programs, **cluster_programs("kube-controller-manager")}
    server.start_controllers("clusterrole-aggregation-controller")
    for name in ("edit", "view"):
        until(
            lambda name=name: "joinery.dev" in json.dumps(installed.request("GET", f"{PATHS['ClusterRole']}/{name}")),  # type: ignore[misc]
            told=lambda: "the role does not aggregate ours",
        )
    server.stop("kube-controller-manager")
    edit, view = (installed.request("GET", f"{PATHS['ClusterRole']}/{name}")["rules"] for name in ("edit", "view"))
    ours = {"edit": edit, "view": view}
    verbs = {
        name: {verb for rule in rules if "joinery.dev" in rule["apiGroups"] for verb in rule["verbs"]}
        for name, rules in ours.items()
    }
    assert verbs["view"] == {"get", "list", "watch"}
    assert verbs["edit"] == {
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use",
    }  # fmt: skip
