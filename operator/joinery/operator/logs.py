"""Logs for people or for machines: one line an event, with the object it is about."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from joinery.control.subject import SUBJECT


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what it is about, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= SUBJECT.get({})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextLines(logging.Formatter):
    """Time, level, message and the uid that it is about; control characters of others are shown, not obeyed."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        uid = SUBJECT.get({}).get("uid")
        text = super().formatMessage(record) + (f" (uid {uid})" if uid else "")
        return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def set_up(*, form: Literal["text", "json"], level: str) -> None:
    """Send all logs to standard error in ``form``; Kopf's own below warnings only at level debug."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("kopf._core.reactor.running").addFilter(_is_news)
    if level.lower() != "debug":
        for name in ("kopf", "aiohttp.access", "asyncio"):
            logging.getLogger(name).setLevel(logging.WARNING)


def _is_news(record: logging.LogRecord) -> bool:
    """Kopf warns at each start that it has no signals to handle: `joinery.operator.process` does."""
    return not record.getMessage().startswith("OS signals are ignored")
