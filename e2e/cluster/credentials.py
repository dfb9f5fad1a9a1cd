"""Who may talk to a cluster of ours: users with tokens, a key for service accounts, and kubeconfig files."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADMIN = "admin"
# People with no rights of their own: a test binds a Role to one of them.
PEOPLE = ("alice", "bob", "carol", "dave", "erin")


@dataclass(frozen=True, kw_only=True)
class User:
    name: str
    token: str
    groups: tuple[str, ...] = ()


def make_users() -> dict[str, User]:
    """The administrator, member of system:masters, and the people; tokens are new for each cluster."""
    users = [User(name=ADMIN, token=secrets.token_urlsafe(24), groups=("system:masters",))]
    users += [User(name=name, token=secrets.token_urlsafe(24), groups=("people",)) for name in PEOPLE]
    return {user.name: user for user in users}


def write_private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def token_file(users: Mapping[str, User]) -> str:
    """What ``--token-auth-file`` reads: token, name, uid, "groups"."""
    return "".join(f'{u.token},{u.name},{u.name},"{",".join(u.groups)}"\n' for u in users.values())


def service_account_key() -> str:
    """A private key on P-256 as PEM (RFC 5915). The public half may be left out of it, so no arithmetic is needed."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    scalar = (1 + secrets.randbelow(order - 1)).to_bytes(32, "big")
    named_curve = bytes.fromhex("a00a06082a8648ce3d030107")  # [0] { OID prime256v1 }
    body = bytes.fromhex("020101") + b"\x04\x20" + scalar + named_curve
    text = base64.b64encode(b"\x30" + bytes([len(body)]) + body).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", ""])


def kubeconfig(*, url: str, authority: Path, user: str, token: str, namespace: str = "default") -> str:
    """A kubeconfig as JSON, which is YAML too. The server's certificate is put into it whole."""
    name = "joinery-test"
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": url,
                        "certificate-authority-data": base64.b64encode(authority.read_bytes()).decode(),
                    },
                }
            ],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": user, "namespace": namespace}}],
            "current-context": name,
        },
        indent=1,
    )
