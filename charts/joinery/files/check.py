"""Whether an installation answers: `helm test` runs it. Arguments: the operator's URL, and the admission server's."""

import json
import ssl
import sys
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

WRONG = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "check",
        "operation": "CREATE",
        "resource": {"group": "joinery.dev", "version": "v1alpha1", "resource": "searches"},
        "kind": {"group": "joinery.dev", "version": "v1alpha1", "kind": "Search"},
        "namespace": "default",
        "name": "check",
        "object": {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Search",
            "metadata": {"name": "check", "namespace": "default"},
            "spec": {"query": "no such field: <1"},
        },
    },
}


def ask(url, path, data=None):
    """The answer's body; ValueError where it is not a good one."""
    where = urlsplit(url)
    if where.scheme == "https":
        # Who answers is the API server's to verify, which has the CA; here counts what is answered.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection(where.hostname, where.port, timeout=10, context=context)
    else:
        connection = HTTPConnection(where.hostname, where.port, timeout=10)
    try:
        connection.request("POST" if data else "GET", path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(f"{path}: {answer.status} {body[:500]!r}")
    return body


def operator(url):
    ask(url, "/readyz")
    if b"joinery_store_runs" not in ask(url, "/metrics"):
        raise ValueError("its metrics lack joinery_store_runs")


def admission(url):
    answer = json.loads(ask(url, "/validate", json.dumps(WRONG)))
    if answer["response"]["allowed"] is not False:
        raise ValueError("it allowed a search that is wrong")


def settled(check, url, seconds=60):
    """Ask until it answers rightly; the last problem once the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check(url)
        except (OSError, HTTPException, ValueError, KeyError) as problem:
            if time.monotonic() > deadline:
                raise SystemExit(f"{check.__name__} at {url}: {problem}") from None
            time.sleep(1)


for check, url in zip((operator, admission), sys.argv[1:], strict=False):
    settled(check, url)
    print(f"{check.__name__}: answers")
