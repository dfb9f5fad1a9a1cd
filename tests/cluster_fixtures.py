"""Fixtures that give tests a real API server; what is behind them is `e2e/cluster`.

One server a test process (each worker of pytest-xdist has its own: it is ready in about 3 s), one namespace a
test. Where its programs are missing and cannot be built the tests are skipped, and with ``CI`` set they fail.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from faulty_proxy import FaultyProxy

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from cluster import credentials
from cluster.build import Unavailable, ensure
from cluster.programs import SERVER
from cluster.server import Server

OUR_KINDS = ("operations", "searches", "components", "connections", "runs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever takes a server, or a program that is built for it, is marked ``cluster``."""
    for item in items:
        if "cluster_programs" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)


class Admin:
    """The administrator's plain requests, for what a test prepares and looks at; answers are JSON."""

    def __init__(self, server: Server, *, user: str = credentials.ADMIN) -> None:
        self.server = server
        self.token = server.users[user].token
        self.context = ssl.create_default_context(cafile=str(server.authority))

    def request(self, method: str, path: str, body: Any = None, *, content: str = "application/json") -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.url}{path}", data=data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content)
        try:
            with urllib.request.urlopen(request, timeout=120, context=self.context) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                refusal.msg = f"{refusal.msg}: {refusal.read().decode(errors='replace')[:2000]}"
            raise

    def apply_crds(self) -> None:
        """Our five kinds, as the code says them (not as the files in deploy/ say, which a test compares)."""
        from joinery.api.v1alpha1 import crds

        base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        manifests = crds()
        for manifest in manifests.values():
            self.request("POST", base, manifest)
        for manifest in manifests.values():
            self._wait_established(f"{base}/{manifest['metadata']['name']}")
        for plural in OUR_KINDS:
            self._wait_served(f"/apis/joinery.dev/v1alpha1/{plural}")

    def _wait_established(self, path: str) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            conditions = self.request("GET", path).get("status", {}).get("conditions", [])
            if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
                return
            time.sleep(0.05)
        raise TimeoutError(f"{path} is not established: {conditions}")

    def _wait_served(self, path: str) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                self.request("GET", f"{path}?limit=1")
            except urllib.error.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


def compact(server: Server) -> None:
    """Let etcd forget every revision but the newest, by its own gateway: JSON over HTTP."""

    def ask(method: str, body: dict[str, Any]) -> Any:
        url = f"http://127.0.0.1:{server.etcd_port}/v3/kv/{method}"
        with urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(body).encode()), timeout=60) as answer:
            return json.loads(answer.read())

    ask("compaction", {"revision": ask("range", {"key": b64encode(b"/").decode()})["header"]["revision"]})


@pytest.fixture(scope="session")
def cluster_programs(request: pytest.FixtureRequest) -> Callable[..., Mapping[str, Path]]:
    """``cluster_programs("helm", "kubectl")``: their paths; where one is missing the test is skipped (CI: fails)."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(line, file=sys.stderr, flush=True)

    def programs(*names: str) -> Mapping[str, Path]:
        try:
            return ensure(names, tell=tell)
        except Unavailable as problem:
            if os.environ.get("CI"):
                pytest.fail(f"no real API server to test against: {problem}", pytrace=False)
            pytest.skip(f"NO REAL API SERVER, what needs one is NOT TESTED: {problem}")

    return programs


@pytest.fixture(scope="session")
def make_server(
    cluster_programs: Callable[..., Mapping[str, Path]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Server]]:
    """Makes servers of one's own, to restart and to break: ``make_server(api_arguments=[…], audit=True)``."""
    made: list[Server] = []

    def make(*, crds: bool = True, controllers: bool = False, **options: Any) -> Server:
        extra = ["kube-controller-manager"] if controllers else []
        server = Server(
            folder=tmp_path_factory.mktemp("cluster"), programs=cluster_programs(*SERVER, *extra), **options
        )
        made.append(server)
        server.start()
        if crds:
            Admin(server).apply_crds()
        if controllers:
            server.start_controllers()
        return server

    yield make
    for server in made:
        server.stop(kill=True)


@pytest.fixture(scope="session")
def api_server(make_server: Callable[..., Server]) -> Server:
    """The server that tests share, with our kinds in it. Take one of your own from `make_server` to break it."""
    return make_server()


@pytest.fixture(scope="session")
def controllers(api_server: Server, cluster_programs: Callable[..., Mapping[str, Path]]) -> Server:
    """The shared server with kube-controller-manager beside it: garbage collection, Jobs, service accounts."""
    if "kube-controller-manager" not in api_server.processes:
        api_server.programs = {**api_server.programs, **cluster_programs("kube-controller-manager")}
        api_server.start_controllers()
    return api_server


@pytest.fixture(scope="session")
def admin(api_server: Server) -> Admin:
    return Admin(api_server)


@pytest_asyncio.fixture
async def proxy(api_server: Server) -> AsyncIterator[FaultyProxy]:
    """A proxy before the shared server, to break the connections of one test only.

    ``api_server.kubeconfig(url=proxy.url)`` goes through it.
    """
    async with FaultyProxy(port=api_server.port) as running:
        yield running


@pytest.fixture
def namespace(admin: Admin) -> Iterator[str]:
    """A namespace of the test's own, emptied of our kinds after it."""
    name = f"t-{secrets.token_hex(4)}"
    admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    for plural in OUR_KINDS:
        admin.request("DELETE", f"/apis/joinery.dev/v1alpha1/namespaces/{name}/{plural}")
    admin.request("DELETE", f"/api/v1/namespaces/{name}")


Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kubectl(
    api_server: Server, namespace: str, cluster_programs: Callable[..., Mapping[str, Path]], tmp_path: Path
) -> Kubectl:
    """``kubectl("get", "ops", stdin=…, kubeconfig=…, check=False)`` in the test's namespace, as the administrator."""
    program = cluster_programs("kubectl")["kubectl"]
    default = api_server.kubeconfig(namespace=namespace)

    def run(
        *arguments: str, stdin: str | None = None, kubeconfig: Path = default, check: bool = True, timeout: float = 240
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"KUBECONFIG": str(kubeconfig), "HOME": str(tmp_path)}
        done = subprocess.run(
            [program, *arguments],
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done

    return run


@pytest.fixture
def make_identity(admin: Admin, namespace: str, tmp_path: Path) -> Callable[..., Path]:
    """``make_identity(rules=[…], cluster_rules=[…])``: the kubeconfig of a service account with just these rights.

    ``rules`` are a Role's rules, good in the test's namespace; ``cluster_rules`` a ClusterRole's.
    """

    def make(*, rules: Sequence[Any] = (), cluster_rules: Sequence[Any] = (), name: str | None = None) -> Path:
        name = name or f"identity-{secrets.token_hex(3)}"
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        admin.request("POST", accounts, {"metadata": {"name": name}})
        rbac, own = "/apis/rbac.authorization.k8s.io/v1", f"/namespaces/{namespace}"
        subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
        for kind, given, scope in (("Role", rules, own), ("ClusterRole", cluster_rules, "")):
            if not given:
                continue
            whole = name if scope else f"{namespace}-{name}"
            reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": whole}
            admin.request("POST", f"{rbac}{scope}/{kind.lower()}s", {"metadata": {"name": whole}, "rules": list(given)})
            binding = {"metadata": {"name": whole}, "roleRef": reference, "subjects": [subject]}
            admin.request("POST", f"{rbac}{scope}/{kind.lower()}bindings", binding)
        token = admin.request("POST", f"{accounts}/{name}/token", {"spec": {"expirationSeconds": 3600}})
        text = credentials.kubeconfig(
            url=admin.server.url,
            authority=admin.server.authority,
            user=name,
            token=token["status"]["token"],
            namespace=namespace,
        )
        return credentials.write_private(tmp_path / f"kubeconfig-{name}", text)

    return make
