"""HOST:PORT as servers of ours are told where to listen."""

from __future__ import annotations

import typer


def address(text: str) -> tuple[str, int]:
    """``0.0.0.0:8080``, ``[::]:8080`` or ``:8080`` as host and port. An empty host is every address, as elsewhere."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise typer.BadParameter(f"`{text}` is not HOST:PORT")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - asked for by leaving it out
