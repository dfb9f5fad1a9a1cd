"""The server's TLS: one context for its whole life, whose certificate can be changed between two handshakes."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from joinery.admission.authority import Pair, expires


class ServerTls:
    """TLS 1.2 and later. ``pair`` is what is shown now, None before the first :meth:`use`."""

    def __init__(self) -> None:
        self.context = _context()
        self.pair: Pair | None = None

    def use(self, pair: Pair) -> bool:
        """Show ``pair`` from the next handshake on; whether that is a change.

        Raises ssl.SSLError for what is no certificate with its key; what was shown before is shown on then.
        """
        if pair == self.pair:
            return False
        with _as_file(pair) as path:
            # First into a context that nobody uses: loading half of a pair would spoil the one in use.
            _context().load_cert_chain(path)
            self.context.load_cert_chain(path)
        self.pair = pair
        return True

    @property
    def expires(self) -> datetime | None:
        """When the certificate that is shown ends."""
        return expires(self.pair.certificate) if self.pair is not None else None


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def _as_file(pair: Pair) -> Iterator[str]:
    """Python's ssl reads keys from files alone. In memory where the system can, so that no disk ever holds the key
    and a read-only root is no hindrance."""
    data = pair.key.rstrip() + b"\n" + pair.certificate
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("tls")
        try:
            os.write(handle, data)
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tls.pem"
        path.touch(mode=0o600)
        path.write_bytes(data)
        yield str(path)
