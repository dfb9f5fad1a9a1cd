"""Which API server, and as whom: read from a kubeconfig or from the pod that we run in.

What a file says is read as the recording client reads it. Where a kubeconfig names a program or a provider for its
credentials the official client asks it; that is imported only then: it takes a second, and 75 MB.
"""

from __future__ import annotations

import importlib
import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import yaml

from joinery.client import access as files
from joinery.problems import JoineryError, Problem


class NoCluster(JoineryError):
    """No API server is configured, or its configuration cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach one API server. ``authorization`` gives the header's value (or None) anew for each request.

    ``namespace`` is the one the configuration names, else ``default``.
    """

    server: str
    ssl: ssl.SSLContext | None
    authorization: Callable[[], Awaitable[str | None]]
    namespace: str = "default"
    server_name: str | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the configuration comes from: a kubeconfig's path (or paths, as KUBECONFIG) and context, or the pod."""

    kubeconfig: str | None = None
    context: str | None = None

    async def load(self) -> Access:
        """Read it, now: a second time gives fresh credentials. Raises NoCluster.

        As kubectl does: a named kubeconfig, else KUBECONFIG, else in a pod its service account, else ~/.kube/config.
        """
        named = self.kubeconfig or os.environ.get("KUBECONFIG")
        try:
            if not named and not self.context and "KUBERNETES_SERVICE_HOST" in os.environ:
                return _of_files(files.of_pod())
            paths = [Path(part) for part in (named or str(Path.home() / ".kube" / "config")).split(os.pathsep) if part]
            there = [path for path in paths if path.is_file()]  # of several, kubectl passes over those that are not
            found = files.of_kubeconfig(*(there or paths), context=self.context)
            if found.plugin:
                return await _by_library(os.pathsep.join(map(str, paths)), self.context)
            return _of_files(found)
        except (files.NoAccess, OSError, ValueError, KeyError, TypeError) as error:
            raise no_cluster(error) from error


def no_cluster(error: Exception) -> NoCluster:
    """That there is nothing to talk to, since ``error``."""
    return NoCluster(
        Problem(
            message=f"no API server to talk to: {' '.join(str(error).split()) or type(error).__name__}",
            rule="no-cluster",
            hint="set KUBECONFIG, or name a file with --kubeconfig and a context with --context",
        )
    )


def _of_files(found: files.Access) -> Access:
    async def authorization() -> str | None:
        try:
            return found.authorization()
        except OSError as error:
            raise no_cluster(error) from error

    return Access(
        server=found.server,
        ssl=found.context() if found.server.startswith("https:") else None,
        authorization=authorization,
        namespace=found.namespace or "default",
        server_name=found.server_name,
        proxy=found.proxy or _proxy_of_environment(found.server),
    )


async def _by_library(path: str, context: str | None) -> Access:
    """As the official client reads it: exec plugins and OIDC, whose tokens run out."""
    library = SimpleNamespace(
        client=importlib.import_module("kubernetes.aio.client"),
        config=importlib.import_module("kubernetes.aio.config"),
    )
    configuration = library.client.Configuration()
    try:
        # Never persisted: a token that was refreshed is not ours to write into the user's file.
        await library.config.load_kube_config(
            path, context=context, client_configuration=configuration, persist_config=False
        )
        contexts, current = library.config.list_kube_config_contexts(path)
    except (library.config.ConfigException, yaml.YAMLError) as error:
        raise no_cluster(error) from error
    chosen = next((one for one in contexts if one["name"] == context), current)
    return _access(configuration, namespace=(chosen.get("context") or {}).get("namespace"))


def _access(configuration: Any, *, namespace: str | None) -> Access:
    async def authorization() -> str | None:
        token: str | None = await configuration.get_api_key_with_prefix("BearerToken")
        return token

    server = str(configuration.host).rstrip("/")
    return Access(
        server=server,
        ssl=_ssl_context(configuration) if server.startswith("https:") else None,
        authorization=authorization,
        namespace=namespace or "default",
        server_name=configuration.tls_server_name,
        proxy=configuration.proxy or _proxy_of_environment(server),
    )


def _proxy_of_environment(server: str) -> str | None:
    """HTTPS_PROXY and NO_PROXY, as kubectl heeds them."""
    parts = urlsplit(server)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)


def _ssl_context(configuration: Any) -> ssl.SSLContext:
    # Version 36 of the library writes inline data to a file, later ones keep it.
    inline = getattr(configuration, "ca_cert_data", None)
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert, cadata=inline)
    # Python 3.13 asks for extensions that the certificates of many clusters lack; kubectl does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
