"""Certificates change while requests run, and no request notices; replicas agree on one Secret."""

from __future__ import annotations

import base64
import re
import ssl
import subprocess
import threading
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from admission_server import Admission
from cryptography import x509
from reviews import SEARCH, changed
from test_webhook import wait_asked
from webhook_cluster import CONFIGURATIONS, NAME

from cluster_fixtures import Admin
from operator_fixtures import Objects

Kubectl = Callable[..., subprocess.CompletedProcess[str]]
Registered = Callable[..., list[Admission]]


def issuer(server: Admission) -> str:
    """Who signed the certificate that a new connection is shown."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.port), timeout=30)
    return x509.load_pem_x509_certificate(pem.encode()).issuer.rfc4514_string()


class Traffic:
    """Creations, one after the other, until told to stop; what was refused is kept."""

    def __init__(self, objects: Objects) -> None:
        self.objects, self.refused, self.done = objects, list[str](), 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.stopping.is_set():
            name = f"s{self.done}"
            self.done += 1
            try:
                self.objects.admin.request(
                    "POST", f"{self.objects.path('searches')}?dryRun=All", changed(SEARCH, "metadata", {"name": name})
                )
            except HTTPError as error:
                self.refused.append(str(error))

    def __enter__(self) -> Traffic:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.thread.join()


def bundle(admin: Admin, namespace: str) -> list[bytes]:
    """What each webhook of the configuration trusts."""
    configuration = admin.request("GET", f"{CONFIGURATIONS}/{NAME}-{namespace}")
    return [base64.b64decode(one["clientConfig"]["caBundle"]) for one in configuration["webhooks"]]


def test_an_authority_is_replaced_under_traffic_and_no_request_fails(
    start_registered: Registered, objects: Objects, admin: Admin, namespace: str, kubectl: Kubectl
) -> None:
    servers = start_registered(replicas=2)
    wait_asked(kubectl)
    first = {issuer(server) for server in servers}
    assert len(first) == 1
    before = bundle(admin, namespace)
    assert before[0] == before[1]
    with Traffic(objects) as traffic:
        servers[0].wait_for(lambda: traffic.done > 5)
        kubectl("annotate", "secret", NAME, "joinery.dev/rotate=now")
        for server in servers:
            server.wait_for(lambda server=server: issuer(server) not in first)  # type: ignore[misc]
        seen = traffic.done
        servers[0].wait_for(lambda: traffic.done > seen + 5)
    assert traffic.refused == []
    assert len({issuer(server) for server in servers}) == 1
    after = bundle(admin, namespace)
    assert after[0] == after[1]
    assert before[0] in after[0]  # the former authority stays trusted
    assert after[0].count(b"BEGIN CERTIFICATE") == 2
    secret = admin.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{NAME}")
    assert "joinery.dev/rotate" not in secret["metadata"].get("annotations", {})
    assert not any(server.process.poll() for server in servers)


def allowed(server: Admission) -> float:
    """How many creations of Searches the server has let in."""
    text = server.get("/metrics")[1]
    labels = 'kind="Search",operation="CREATE",verdict="allowed"'
    found = re.search(rf"^joinery_admission_reviews_total\{{{labels}\}} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_replicas_that_start_together_agree_on_one_secret(
    start_registered: Registered, admin: Admin, namespace: str, objects: Objects, kubectl: Kubectl
) -> None:
    servers = start_registered(replicas=3)
    wait_asked(kubectl)
    assert len({issuer(server) for server in servers}) == 1
    assert len(set(bundle(admin, namespace))) == 1
    made = sum(server.text().count("made an authority") for server in servers)
    assert made == 1
    before = [allowed(server) for server in servers]
    for number in range(3):
        objects.create("searches", changed(SEARCH, "metadata", {"name": f"s{number}"}))
    assert [allowed(server) for server in servers] == [count + 3 for count in before]
    for server in servers:
        assert server.stop() == 0


@pytest.mark.parametrize("damage", [{"tls.key": ""}, {"ca.crt": "Z2FyYmFnZQ==", "ca.key": ""}])
def test_a_secret_that_somebody_damaged_is_mended_without_a_restart(
    damage: dict[str, str],
    start_registered: Registered,
    admin: Admin,
    namespace: str,
    objects: Objects,
) -> None:
    (server,) = start_registered()
    path = f"/api/v1/namespaces/{namespace}/secrets/{NAME}"
    before = admin.request("GET", path)["data"]
    admin.request("PATCH", path, {"data": damage}, content="application/merge-patch+json")

    def mended() -> bool:
        data: dict[str, Any] = admin.request("GET", path)["data"]
        return bool(data["tls.crt"] != before["tls.crt"] and data["tls.key"] and issuer_of(data) == issuer(server))

    server.wait_for(mended)

    def works() -> bool:
        try:
            objects.create("searches", changed(SEARCH, "metadata", {"generateName": "s"}))
        except HTTPError:
            return False
        return True

    server.wait_for(works)  # a moment until the API server has heard of a new authority


def issuer_of(data: dict[str, str]) -> str:
    return x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"])).issuer.rfc4514_string()
