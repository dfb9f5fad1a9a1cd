"""Which API server, and as whom: a pod's service account, or a kubeconfig (token, certificate, password, exec).

A kubeconfig is YAML: outside JSON's part of it PyYAML is needed, and imported only then.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_EXEC_SECONDS = 60


class NoAccess(Exception):
    """There is no API server to talk to, or its configuration cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach one API server. ``authorization`` and ``context`` are read anew: tokens and certificates rotate.

    ``plugin``: the credentials come from a program, or from a provider, that the kubeconfig names.
    """

    server: str
    namespace: str | None
    authorization: Callable[[], str | None]
    context: Callable[[], ssl.SSLContext]
    proxy: str | None = None
    server_name: str | None = None
    plugin: bool = False


def in_pod() -> bool:
    """Whether this is a pod with a service account."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (SERVICE_ACCOUNT / "token").is_file()


def of_pod() -> Access:
    """The service account's access."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    return Access(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        namespace=_text(SERVICE_ACCOUNT / "namespace"),
        authorization=lambda: f"Bearer {_text(SERVICE_ACCOUNT / 'token')}",
        context=lambda: _context(authority=SERVICE_ACCOUNT / "ca.crt"),
    )


def kubeconfigs() -> list[Path]:
    """The kubeconfig files that there are, as kubectl looks for them."""
    named = os.environ.get("KUBECONFIG", "")
    paths = [Path(part) for part in named.split(os.pathsep) if part] or [Path.home() / ".kube" / "config"]
    return [path for path in paths if path.is_file()]


def of_kubeconfig(*paths: Path, context: str | None = None) -> Access:
    """The access of a context, or of the current one; ``paths``: these files, else those of `kubeconfigs`.

    Raises NoAccess.
    """
    try:
        return _of_files([*paths] or kubeconfigs(), context)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoAccess(f"the kubeconfig cannot be read: {type(error).__name__}: {error}") from error


def _of_files(paths: list[Path], asked: str | None) -> Access:
    configs = [(path, _parsed(path)) for path in paths]
    current = asked or next((config["current-context"] for _, config in configs if config.get("current-context")), None)
    if current is None:
        raise NoAccess("no kubeconfig names a current context")
    chosen, _ = _named(configs, "context", current)
    cluster, folder = _named(configs, "cluster", chosen["cluster"])
    user, home = _named(configs, "user", chosen["user"]) if chosen.get("user") else ({}, folder)
    return Access(
        server=str(cluster["server"]).rstrip("/"),
        namespace=chosen.get("namespace"),
        authorization=lambda: _authorization(user, home),
        context=lambda: _context_of(cluster, folder, user, home),
        proxy=cluster.get("proxy-url"),
        server_name=cluster.get("tls-server-name"),
        plugin="exec" in user or "auth-provider" in user,
    )


def _parsed(path: Path) -> Mapping[str, Any]:
    text = path.read_text()
    try:
        found = json.loads(text)
    except ValueError:
        try:
            import yaml
        except ImportError as error:
            raise NoAccess(f"PyYAML is needed to read {path}") from error
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise NoAccess(f"{path} is no YAML: {error}") from error
    if not isinstance(found, Mapping):
        raise NoAccess(f"{path} is no kubeconfig")
    return found


def _named(configs: list[tuple[Path, Mapping[str, Any]]], kind: str, name: str) -> tuple[Mapping[str, Any], Path]:
    """The entry of that name, and the folder that its relative paths count from; the first one holds."""
    for path, config in configs:
        for entry in config.get(f"{kind}s") or ():
            if entry.get("name") == name:
                return entry[kind], path.absolute().parent
    raise NoAccess(f"no kubeconfig holds the {kind} {name!r}")


def _authorization(user: Mapping[str, Any], home: Path) -> str | None:
    if token := user.get("token"):
        return f"Bearer {token}"
    if file := user.get("tokenFile"):
        return f"Bearer {_text(home / file)}"
    if "username" in user:
        pair = f"{user['username']}:{user.get('password', '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    if "exec" in user:
        return f"Bearer {_executed(user['exec'])}"
    return None


def _executed(command: Mapping[str, Any]) -> str:
    """The token that a credential plugin gives. Raises OSError and ValueError."""
    info = {"apiVersion": command.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    extra = {item["name"]: item["value"] for item in command.get("env") or ()}
    try:
        done = subprocess.run(  # noqa: S603 - the person's own kubeconfig names it, as for kubectl
            [command["command"], *(command.get("args") or ())],
            env={**os.environ, "KUBERNETES_EXEC_INFO": json.dumps(info), **extra},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_EXEC_SECONDS, check=True,
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        raise OSError(f"the credential plugin of the kubeconfig failed: {error}") from error
    return str(json.loads(done.stdout)["status"]["token"])


def _context_of(cluster: Mapping[str, Any], folder: Path, user: Mapping[str, Any], home: Path) -> ssl.SSLContext:
    data = cluster.get("certificate-authority-data")
    file = cluster.get("certificate-authority")
    context = _context(
        authority=folder / file if file and not data else None,
        data=base64.b64decode(data).decode() if data else None,
    )
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if user.get("client-certificate-data"):
        _load_pair(context, base64.b64decode(user["client-certificate-data"]), _key_data(user, home))
    elif user.get("client-certificate"):
        _load_pair(context, (home / user["client-certificate"]).read_bytes(), _key_data(user, home))
    return context


def _key_data(user: Mapping[str, Any], home: Path) -> bytes:
    if data := user.get("client-key-data"):
        return base64.b64decode(data)
    return Path(home, user["client-key"]).read_bytes()


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Certificate and key of the client: Python loads them from a file alone, which only we may read, and is gone."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        context.load_cert_chain(file.name)


def _context(*, authority: Path | None = None, data: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority) if authority else None, cadata=data)
    # Python 3.13 asks for extensions that the certificates of many clusters lack; kubectl does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _text(path: Path) -> str:
    return path.read_text().strip()
