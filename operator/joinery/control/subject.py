"""What the pass that is under way is about, so that every log line of it can say so."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

# Fields of a log line: controller, namespace, object and, once it has been read, uid. One pass, one task: set anew
# for each, and read by whoever formats the lines.
SUBJECT: ContextVar[Mapping[str, str]] = ContextVar("subject")


def read_as(uid: str) -> None:
    """The object has been read: from here on, lines carry its uid too."""
    SUBJECT.set({**SUBJECT.get({}), "uid": uid})
