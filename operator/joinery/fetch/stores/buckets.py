"""What the stores with buckets have in common: where the bucket is, and which library speaks to it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from joinery.fetch.errors import BadConnection
from joinery.fetch.manifest import Connection
from joinery.fetch.stores.base import below
from joinery.problems import Problem


def bucket_of(connection: Connection) -> tuple[str, str]:
    """Bucket and prefix of ``schema.bucket`` (``b``, ``b/prefix``, ``s3://b/prefix``) and ``schema.path``."""
    text = str(connection.schema.get("bucket") or "")
    bucket, _, prefix = re.sub(r"^[a-z0-9]+://", "", text).strip("/").partition("/")
    if not bucket:
        raise BadConnection(Problem(message=f"the Connection `{connection.name}` names no bucket", rule="bucket"))
    return bucket, below(prefix.strip("/"), str(connection.schema.get("path") or "").strip("/"))


def ca_file(connection: Connection) -> Path | None:
    """The Secret's ``ca.crt``, as the file that it is."""
    if connection.secret_path is None:
        return None
    path = Path(connection.secret_path) / "ca.crt"
    return path if path.is_file() else None


def library(name: str, connection: Connection) -> Any:
    """The library for this kind of store."""
    try:
        return import_module(name)
    except ImportError:
        extra = {"s3fs": "s3", "gcsfs": "gcs", "adlfs": "azure"}[name]
        raise BadConnection(
            Problem(
                message=f"the Connection `{connection.name}` ({connection.kind}) needs {name}, which is not installed",
                rule="library",
                hint=f"pip install 'joinery-operator[{extra}]', or an image that has it",
            )
        ) from None
