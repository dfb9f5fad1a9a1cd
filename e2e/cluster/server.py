"""etcd and kube-apiserver on free ports of the loopback, each cluster in a folder of its own."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cluster import credentials
from cluster.process import Process, free_port, last_lines, start

ISSUER = "https://kubernetes.default.svc"


class NotReady(RuntimeError):
    """The cluster did not come up; the text holds the last lines of the log of the program at fault."""


@dataclass(kw_only=True)
class Server:
    """A control plane in ``folder``. ``programs``: name to path, as `build.ensure` gives them.

    ``with_parent``: everything ends with the process that started it. ``api_arguments`` are added to kube-apiserver's.
    ``audit``: write an audit log (one JSON line a finished request, without bodies) to ``audit.log``.
    """

    folder: Path
    programs: Mapping[str, Path]
    with_parent: bool = True
    api_arguments: Sequence[str] = ()
    audit: bool = False
    users: dict[str, credentials.User] = field(default_factory=credentials.make_users)
    port: int = 0
    etcd_port: int = 0
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate that the server made for itself, and its issuer's."""
        return self.folder / "certificates" / "apiserver.crt"

    def start(self) -> None:
        """Start everything and wait until it is ready (about 3 s); a port that was snatched is tried again."""
        self._write_files()
        for attempt in (1, 2, 3):
            self.port, self.etcd_port = free_port(), free_port()
            try:
                self.start_etcd()
                self.start_api()
            except NotReady:
                self.stop(kill=True)
                if attempt == 3:
                    raise
            else:
                return

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        credentials.write_private(self.folder / "tokens.csv", credentials.token_file(self.users))
        credentials.write_private(self.folder / "service-accounts.key", credentials.service_account_key())
        policy = '{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], '
        (self.folder / "audit-policy.json").write_text(policy + '"rules": [{"level": "Metadata"}]}')

    def start_etcd(self) -> None:
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        self._start(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",  # the data of a test is not worth waiting for the disk
            "--log-level=warn",
        )

    def start_api(self) -> None:
        key = self.folder / "service-accounts.key"
        arguments = [
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.authority.parent}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--service-account-issuer={ISSUER}",
            "--service-cluster-ip-range=10.0.0.0/24",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            "--profiling=false",
        ]
        if self.audit:
            policy, log = self.folder / "audit-policy.json", self.folder / "audit.log"
            arguments += [f"--audit-policy-file={policy}", f"--audit-log-path={log}"]
        self._start("kube-apiserver", *arguments, *self.api_arguments)
        self._wait_ready()

    def start_controllers(self, controllers: str = "*") -> None:
        """kube-controller-manager: garbage collection, Jobs, namespaces, service accounts (needs its program)."""
        self._start(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig()}",
            f"--controllers={controllers}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={free_port()}",
            f"--cert-dir={self.folder / 'controllers'}",
            f"--service-account-private-key-file={self.folder / 'service-accounts.key'}",
            f"--root-ca-file={self.authority}",
        )

    def kubeconfig(self, user: str = credentials.ADMIN, *, namespace: str = "default", url: str | None = None) -> Path:
        """A kubeconfig file for one of ``users``; ``url`` puts a proxy on the loopback before the server."""
        port = (url or self.url).rpartition(":")[2]
        path = self.folder / f"kubeconfig-{user}-{namespace}-{port}"
        text = credentials.kubeconfig(
            url=url or self.url,
            authority=self.authority,
            user=user,
            token=self.users[user].token,
            namespace=namespace,
        )
        return credentials.write_private(path, text)

    def stop(self, *names: str, kill: bool = False, patience: float = 15.0) -> None:
        """End these programs (all of them when none is named), the last one started first.

        kube-apiserver may take long over open watches: after ``patience`` seconds it is killed.
        """
        for name in [n for n in reversed(self.processes) if not names or n in names]:
            self.processes.pop(name).end(kill=kill, patience=patience)

    def _start(self, name: str, *arguments: str) -> None:
        log = self.folder / f"{name}.log"
        command: list[str | Path] = [self.programs[name], *arguments]
        self.processes[name] = start(name, command, log=log, with_parent=self.with_parent)

    def _wait_ready(self, *, patience: float = 240.0) -> None:
        request = urllib.request.Request(f"{self.url}/readyz")
        request.add_header("Authorization", f"Bearer {self.users[credentials.ADMIN].token}")
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for process in self.processes.values():
                if not process.alive:
                    raise NotReady(f"{process.name} ended:\n{last_lines(self.folder / f'{process.name}.log')}")
            if self.authority.is_file() and _answers(request, self.authority):
                return
            time.sleep(0.05)
        log = self.folder / "kube-apiserver.log"
        raise NotReady(f"kube-apiserver was not ready within {patience:.0f} s:\n{last_lines(log)}")


def _answers(request: urllib.request.Request, authority: Path) -> bool:
    try:
        context = ssl.create_default_context(cafile=str(authority))
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:
            return bool(answer.status == 200)
    except (OSError, ssl.SSLError, urllib.error.URLError):
        return False
