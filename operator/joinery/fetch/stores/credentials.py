"""The keys of a Connection's Secret: files in a folder first, else environment variables of the same names.

Nothing else of the environment or of the machine is read for a Connection that names a Secret.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from joinery.fetch.errors import BadConnection
from joinery.fetch.manifest import Connection
from joinery.problems import Problem

_MOST = 1024 * 1024  # a Secret holds no more


@dataclass(frozen=True, slots=True)
class Secret:
    """The Secret of one Connection. ``values`` never appears in its text, so no log or error can show it."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, *names: str) -> str | None:
        """The first of these keys that is there and not empty."""
        return next((found for name in names if (found := self.values.get(name))), None)

    def __bool__(self) -> bool:
        return bool(self.values)


def read_secret(connection: Connection, environment: Mapping[str, str] | None = None) -> Secret:
    """The Connection's own Secret. Without one, the environment's known names, so that the program can be run by
    hand. Raises BadConnection where the folder cannot be read."""
    if connection.secret_path is None:
        given = os.environ if environment is None else environment
        return Secret({name: given[name] for name in KNOWN.get(connection.kind, ()) if name in given})
    folder = Path(connection.secret_path)
    try:
        # A volume's own links (`..data`) are no keys.
        files = [path for path in folder.iterdir() if not path.name.startswith("..") and path.is_file()]
        return Secret(
            {path.name: path.read_bytes()[:_MOST].decode("utf-8", "replace").rstrip("\r\n") for path in files}
        )
    except OSError as error:
        raise BadConnection(
            Problem(
                message=f"the Secret of the Connection `{connection.name}` cannot be read: {error.strerror}",
                rule="connection-secret",
            )
        ) from None


def _text(path: Path) -> str:
    return path.read_bytes()[:_MOST].decode("utf-8", "replace").rstrip("\r\n")


def half(connection: Connection, *, have: str, lacks: str) -> BadConnection:
    """A Secret with one key and without the other that goes with it."""
    return BadConnection(
        Problem(
            message=f"the Secret of the Connection `{connection.name}` has `{have}` and no `{lacks}`",
            rule="connection-secret",
            hint="docs/artifacts-and-connections.md lists the keys that each kind of store reads",
        )
    )


S3 = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "ca.crt")
GCS = ("service-account.json", "key.json", "gc-secret.json", "GOOGLE_SERVICE_ACCOUNT_JSON")
WASB = (
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
)
HTTP = ("username", "password", "token", "ca.crt")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "s3": S3,
    "gcs": GCS,
    "wasb": WASB,
    "http": HTTP,
    "volumeClaim": (),
    "hostPath": (),
}
