"""A Connection to a server that redirects elsewhere: what is elsewhere never sees the Connection's credentials."""

from __future__ import annotations

from typing import Any

import pytest
import web as servers
from kubectl import Kubectl, condition
from objects import container, job, operation, resource, run

UUID = "0d" * 16
USER, PASSWORD = "reader", "not-for-others"
SHOW = """
    import os, pathlib
    for place in pathlib.Path(os.environ["JOINERY_ARTIFACTS"]).rglob("model.txt"):
        print(place.read_text())
"""


def _connection(name: str, spec: dict[str, Any], keys: dict[str, str]) -> list[dict[str, Any]]:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": keys}
    return [secret, resource("Connection", name, {**spec, "secret": {"name": name}})]


def _fetching(name: str, image: str, connection: str) -> dict[str, Any]:
    join = {"query": f"uuid: {UUID}", "params": {"files": {"value": {"files": ["model.txt"]}, "toInit": True}}}
    inputs = [{"name": "files", "type": "artifacts", "connection": connection}]
    return operation(name, run=job(container(image, SHOW)), inputs=inputs, joins=[join])


@pytest.mark.e2e(9)
def test_no_credentials_follow_a_redirect_to_another_server(kubectl: Kubectl, image: str) -> None:
    web = servers.start(kubectl, image=image)
    front = {"endpoint": web.address("front")}
    http = _connection("http", {"kind": "http", "schema": front}, {"username": USER, "password": PASSWORD})
    keys = {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": PASSWORD}
    s3 = _connection("s3", {"kind": "s3", "schema": {**front, "bucket": "models"}}, keys)
    kubectl.apply(*http, *s3, run("past", uuid=UUID))

    kubectl.apply(_fetching("by-http", image, "http"))
    kubectl.succeeded("by-http")
    assert kubectl.logs("by-http", "--container=main").strip() == "elsewhere", "the redirect was followed"
    assert all("authorization" in one["headers"] for one in web.asked("front")), "where they belong, they are sent"
    followed = web.asked("elsewhere")
    assert {one["path"] for one in followed} == {f"/{UUID}/model.txt"}

    kubectl.apply(_fetching("by-s3", image, "s3"))
    (refused,) = kubectl.ended("by-s3")
    assert condition(refused, "Succeeded")[0] == "False"
    signed = [one for one in web.asked("front") if USER in one["headers"].get("authorization", "")]
    assert signed, "the requests for S3 were signed"

    for one in web.asked("elsewhere"):
        sent = {key for key in one["headers"] if key in ("authorization", "cookie") or key.startswith("x-amz-")}
        assert not sent, f"{one['method']} {one['path']} was sent {sent}"
