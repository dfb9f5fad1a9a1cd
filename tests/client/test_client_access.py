"""Which API server, and as whom: the parts of a kubeconfig, tried against a server that asks for them."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from joinery.client import access
from joinery.client.api import ApiError, ApiServer
from joinery.client.sinks import Away


def _certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(name)]
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


class Handler(BaseHTTPRequestHandler):
    """Says what it was told, and redirects one path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        peer: Any = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        client = dict(pair[0] for pair in peer["subject"]).get("commonName") if peer else None
        body = json.dumps({"authorization": self.headers.get("Authorization"), "client": client}).encode()
        self.send_response(307 if self.path == "/elsewhere" else 200)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """An HTTPS server that takes client certificates: its address, and the files of both sides."""
    certificate, key = _certificate("api.example", tmp_path)
    client, client_key = _certificate("trainer", tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(client))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(certificate, key)
    running = HTTPServer(("127.0.0.1", 0), Handler)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield {"port": running.server_port, "ca": certificate, "client": client, "key": client_key}
    running.shutdown()
    thread.join()
    running.server_close()


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture
def ask(server, tmp_path):
    """``ask(user={…}, cluster={…}, path="/")``: the answer to a request with such a kubeconfig."""

    def request(*, user: dict[str, Any], cluster: dict[str, Any] | None = None, path: str = "/") -> Any:
        default = {"certificate-authority": server["ca"].name}  # relative to the file
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "team"}}],
            "clusters": [
                {"name": "c", "cluster": {"server": f"https://127.0.0.1:{server['port']}", **(cluster or default)}}
            ],
            "users": [{"name": "u", "user": user}],
        }
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(config))
        found = access.of_kubeconfig(file)
        assert found.namespace == "team"
        api = ApiServer(found)
        try:
            return api.request("GET", path)
        finally:
            api.forget()

    return request


def test_tokens_passwords_and_plugins(ask, tmp_path):
    (tmp_path / "token").write_text("from-a-file\n")
    plugin = tmp_path / "plugin.py"
    plugin.write_text("import os, json; print(json.dumps({'status': {'token': os.environ['GIVEN']}}))")
    command = {
        "command": sys.executable,
        "args": [str(plugin)],
        "env": [{"name": "GIVEN", "value": "from-a-plugin"}],
        "apiVersion": "client.authentication.k8s.io/v1",
    }
    for user, expected in (
        ({"token": "abc"}, "Bearer abc"),
        ({"tokenFile": "token"}, "Bearer from-a-file"),
        ({"username": "me", "password": "secret"}, f"Basic {base64.b64encode(b'me:secret').decode()}"),
        ({"exec": command}, "Bearer from-a-plugin"),
        ({}, None),
    ):
        assert ask(user=user)["authorization"] == expected


def test_client_certificates(ask, server):
    for user in (
        {"client-certificate": str(server["client"]), "client-key": str(server["key"])},
        {"client-certificate-data": _encoded(server["client"]), "client-key-data": _encoded(server["key"])},
    ):
        assert ask(user=user)["client"] == "trainer"


def test_the_server_must_be_who_it_says(ask, server, tmp_path):
    other, _ = _certificate("other", tmp_path)
    with pytest.raises(Away, match="certificate"):
        ask(user={"token": "abc"}, cluster={"certificate-authority": str(other)})
    data = {"certificate-authority-data": _encoded(server["ca"])}
    assert ask(user={"token": "abc"}, cluster={**data, "tls-server-name": "api.example"})["authorization"]
    with pytest.raises(Away, match="certificate"):
        ask(user={"token": "abc"}, cluster={**data, "tls-server-name": "evil.example"})
    assert ask(user={"token": "abc"}, cluster={"insecure-skip-tls-verify": True})["authorization"] == "Bearer abc"


def test_a_redirect_is_never_followed(ask):
    with pytest.raises(ApiError, match="307"):
        ask(user={"token": "abc"}, path="/elsewhere")


def test_a_plugin_that_fails_is_tried_again_later(ask):
    with pytest.raises(Away, match="credential plugin"):
        ask(user={"exec": {"command": "false"}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "no YAML"), ("just text", "no kubeconfig"), ("{}", "current context"),
        ('{"current-context": "x"}', "the context 'x'"),
        ('{"current-context": "x", "contexts": [{"name": "x", "context": {}}]}', "KeyError"),
    ],
)  # fmt: skip
def test_a_kubeconfig_that_is_none(tmp_path, text, said):
    (tmp_path / "config").write_text(text)
    with pytest.raises(access.NoAccess, match=said):
        access.of_kubeconfig(tmp_path / "config")
