"""Single requests against a real API server: what is asked, what comes back, which error says what."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from cluster.server import Server

from cluster_fixtures import Admin
from faulty_proxy import FaultyProxy
from joinery.kube import errors
from joinery.kube.client import KubeClient
from joinery.kube.config import NoCluster, Source
from joinery.kube.transport import warnings_in

Open = Callable[..., Any]


def config_map(namespace: str, name: str = "a", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


async def test_an_object_is_made_read_changed_and_deleted(client: KubeClient, namespace: str) -> None:
    assert await client.get("ConfigMap", namespace, "a") is None
    made = await client.create("ConfigMap", config_map(namespace, x="1"))
    assert (await client.get("ConfigMap", namespace, "a")) == made
    patched = await client.merge_patch("ConfigMap", namespace, "a", {"data": {"x": None, "y": "2"}})
    assert patched["data"] == {"y": "2"}
    with pytest.raises(errors.Conflict):
        await client.replace("ConfigMap", {**made, "data": {"z": "3"}})
    replaced = await client.replace("ConfigMap", {**patched, "data": {"z": "3"}})
    assert replaced["data"] == {"z": "3"}
    with pytest.raises(errors.Conflict):
        await client.delete("ConfigMap", namespace, "a", uid="another-uid")
    await client.delete("ConfigMap", namespace, "a", uid=made["metadata"]["uid"])
    assert await client.get("ConfigMap", namespace, "a") is None
    await client.delete("ConfigMap", namespace, "a")


async def test_the_same_name_twice(client: KubeClient, namespace: str) -> None:
    await client.create("ConfigMap", config_map(namespace))
    with pytest.raises(errors.AlreadyExists):
        await client.create("ConfigMap", config_map(namespace))


async def test_a_dry_run_makes_nothing(client: KubeClient, namespace: str) -> None:
    await client.create("ConfigMap", config_map(namespace), dry_run=True)
    assert await client.get("ConfigMap", namespace, "a") is None


async def test_applying_takes_fields_over_only_when_told_to(client: KubeClient, namespace: str) -> None:
    await client.apply("ConfigMap", config_map(namespace, x="1"), manager="one")
    with pytest.raises(errors.Conflict, match="conflict"):
        await client.apply("ConfigMap", config_map(namespace, x="2"), manager="two")
    applied = await client.apply("ConfigMap", config_map(namespace, x="2"), manager="two", force=True)
    assert applied["data"] == {"x": "2"}


async def test_status_is_written_apart(client: KubeClient, namespace: str) -> None:
    spec = {"query": "metrics.loss:<0.2"}
    made = await client.create("Search", {"metadata": {"name": "s", "namespace": namespace}, "spec": spec})
    written = await client.replace_status("Search", {**made, "spec": {}, "status": {"matched": 3}})
    assert written["spec"]["query"] == spec["query"]
    with pytest.raises(errors.Conflict):
        await client.replace_status("Search", {**made, "status": {"matched": 4}})


async def test_a_list_comes_in_pages(client: KubeClient, namespace: str) -> None:
    for number in range(7):
        manifest = config_map(namespace, name=f"c{number}")
        manifest["metadata"]["labels"] = {"odd": str(number % 2), "ours": "yes"}  # controllers may make another one
        await client.create("ConfigMap", manifest)
    pages = [page async for page in client.pages("ConfigMap", namespace, labels={"ours": "yes"}, limit=3)]
    assert [len(page.items) for page in pages] == [3, 3, 1]
    assert len({page.version for page in pages}) == 1
    odd = await client.list("ConfigMap", namespace, labels={"odd": "1"})
    assert [item["metadata"]["name"] for item in odd] == ["c1", "c3", "c5"]
    assert len(await client.list("ConfigMap", namespace, fields="metadata.name=c2")) == 1


async def test_what_is_invalid_is_said_field_by_field(client: KubeClient, namespace: str) -> None:
    job = {"metadata": {"name": "j", "namespace": namespace}, "spec": {"template": {"spec": {"containers": []}}}}
    with pytest.raises(errors.Invalid) as caught:
        await client.create("Job", job)
    assert {problem.path for problem in caught.value.problems} >= {
        "spec.template.spec.containers",
        "spec.template.spec.restartPolicy",
    }


async def test_who_may_not_is_told_so(make_identity: Any, open_client: Open, namespace: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create"]}]
    limited = await open_client(make_identity(rules=rules))
    assert limited.namespace == namespace
    await limited.create("ConfigMap", config_map(namespace))
    with pytest.raises(errors.Forbidden, match="configmaps"):
        await limited.list("ConfigMap", namespace)


async def test_who_is_unknown_is_told_what_to_check(api_server: Server, open_client: Open, tmp_path: Any) -> None:
    token = api_server.users["alice"].token
    text = api_server.kubeconfig("alice").read_text().replace(token, "wrong")
    (tmp_path / "config").write_text(text)
    stranger = await open_client(tmp_path / "config")
    with pytest.raises(errors.Unauthorized, match="token"):
        await stranger.list("ConfigMap", "default")


async def test_credentials_that_changed_are_read_anew(api_server: Server, open_client: Open, tmp_path: Any) -> None:
    right = api_server.kubeconfig().read_text()
    path = tmp_path / "config"
    path.write_text(right.replace(api_server.users["admin"].token, "expired"))
    client = await open_client(path)
    path.write_text(right)
    assert await client.get("Namespace", None, "default")


async def test_no_answer_in_time_is_an_error(api_server: Server, proxy: FaultyProxy, open_client: Open) -> None:
    client = await open_client(api_server.kubeconfig(url=proxy.url))
    assert await client.get("Namespace", None, "default")
    proxy.stall()
    with pytest.raises(errors.Unreachable, match=r"no answer within 0\.5 s"):
        await client.transport.request("GET", "/api/v1/namespaces/default", timeout=0.5)
    proxy.flow()
    assert await client.get("Namespace", None, "default")


async def test_a_server_that_is_not_there(api_server: Server, open_client: Open, tmp_path: Any) -> None:
    (tmp_path / "config").write_text(api_server.kubeconfig().read_text().replace(str(api_server.port), "1"))
    client = await open_client(tmp_path / "config")
    with pytest.raises(errors.Unreachable, match="is the API server up"):
        await client.get("Namespace", None, "default")


async def test_a_conflict_is_settled_from_a_fresh_read(client: KubeClient, namespace: str) -> None:
    """Ten writers count in one object; each reads anew after a conflict, and no count is lost."""
    await client.create("ConfigMap", config_map(namespace, n="0"))
    conflicts = 0

    async def count() -> None:
        nonlocal conflicts
        while True:
            found = await client.get("ConfigMap", namespace, "a")
            assert found is not None
            try:
                await client.replace("ConfigMap", {**found, "data": {"n": str(int(found["data"]["n"]) + 1)}})
            except errors.Conflict:
                conflicts += 1
            else:
                return

    await asyncio.gather(*(count() for _ in range(10)))
    found = await client.get("ConfigMap", namespace, "a")
    assert found is not None
    assert found["data"]["n"] == "10"
    assert conflicts


async def test_every_request_is_counted(api_server: Server, open_client: Open) -> None:
    seen: list[tuple[str, str, int]] = []
    client = await open_client(
        api_server.kubeconfig(), observe=lambda method, path, code, seconds: seen.append((method, path, code))
    )
    await client.get("Namespace", None, "default")
    await client.get("Namespace", None, "nowhere")
    assert seen == [("GET", "/api/v1/namespaces/default", 200), ("GET", "/api/v1/namespaces/nowhere", 404)]


@pytest.mark.parametrize("text", ["", "not: a kubeconfig", "current-context: missing\ncontexts: []\n", "{{"])
async def test_a_kubeconfig_that_cannot_be_read(text: str, tmp_path: Any) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(NoCluster, match="no API server to talk to"):
        await Source(kubeconfig=str(tmp_path / "config")).load()


async def test_a_kubeconfig_that_is_not_there(tmp_path: Any) -> None:
    with pytest.raises(NoCluster, match="set KUBECONFIG"):
        await Source(kubeconfig=str(tmp_path / "none")).load()


async def test_in_a_pod_the_service_account_is_used(
    api_server: Server, open_client: Open, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its token is read anew when it has been replaced: the kubelet does so before it runs out."""
    from joinery.client import access

    (tmp_path / "token").write_text("expired")
    (tmp_path / "namespace").write_text("lab")
    (tmp_path / "ca.crt").write_bytes(api_server.authority.read_bytes())
    monkeypatch.setattr(access, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(api_server.port))
    client = await open_client(None)
    assert client.namespace == "lab"
    with pytest.raises(errors.Unauthorized):
        await client.get("Namespace", None, "default")
    (tmp_path / "token").write_text(api_server.users["admin"].token)
    assert await client.get("Namespace", None, "default")


def test_the_administrator_of_the_fixtures_is_one(admin: Admin) -> None:
    assert admin.request("GET", "/api/v1/namespaces/default")["metadata"]["name"] == "default"


def test_what_a_server_warns_of_is_read_as_it_was_said() -> None:
    said = ['299 - "would violate \\"x\\"; set a\\\\b"', '299 kube "one", 299 - "two"', "199 - odd", '299 - "cut']
    assert warnings_in(said) == ['would violate "x"; set a\\b', "one", "two"]
