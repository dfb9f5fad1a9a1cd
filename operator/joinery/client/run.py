"""A run that is being recorded: what training code holds. Nothing here waits for a disk or a network, but to copy a
file and to end; nothing raises but what is plainly a slip of the program (TypeError).

Source: spec 5, *Run*; issue 5, *The client*.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from joinery.client import artifacts, endings, facts, values
from joinery.client.notes import Notes, short
from joinery.client.places import Place
from joinery.client.record import ARTIFACTS, INPUTS, OUTPUTS, STATUS, TAGS, Full
from joinery.client.writer import Writer

PHASES = ("Succeeded", "Failed", "Stopped")
LONGEST_WORD = 256


class Run:
    """Records metrics, outputs, artifacts and tags. Made by ``joinery.start_run``; use it with ``with``.

    Any thread may log. A forked child may log too: what it logs goes to the same run, and only the parent ends it.
    """

    def __init__(self, place: Place, *, notes: Notes, patience: float) -> None:
        self._notes = notes
        self._record, self._owned = place.record, place.record.identity.owned
        self._writer = Writer(place.record, place.sink, place.fallback, notes, patience=patience)
        self._copies = artifacts.Copies(place.outputs) if place.outputs else None
        self._sources: dict[str, str] = {}  # of each artifact, the path that was logged last
        self._ended = False
        if self._owned:
            self._status(phase="Running", startedAt=facts.now())
        endings.opened(self)

    @property
    def name(self) -> str:
        """The name of the Run object (its file, without ``.json``)."""
        return self._record.identity.name

    @property
    def uuid(self) -> str:
        """32 lower-case hex digits: what joins and lineage know it by."""
        return self._record.identity.uuid

    @property
    def where(self) -> str:
        """Where it is recorded, for people: ``the Run ns/name``, or a path."""
        return self._writer.where

    def log_metrics(self, metrics: Mapping[str, Any] | None = None, /, *, step: Any = None, **named: Any) -> None:
        """Numbers by name: the last, least and greatest of each are kept, with the step of the last.

        NaN and infinities are recorded. Scalars of numpy and torch are read by ``item()``, which waits for a GPU. What
        is no number is left out, with a note in the log. Raises TypeError for a name that is no text.
        """
        at = None
        if step is not None:
            try:
                at = step if type(step) is int else values.step(step)
            except ValueError as error:
                self._note("step", "the step of log_metrics", error)
        for name, value in _pairs("log_metrics", metrics, named):
            try:
                number = value if type(value) is float else values.number(value)
                self._record.measure(_word(name), number, at)
            except ValueError as error:
                self._note(f"metric {name[:80]}", f"the metric {name!r:.80}", error)
        self._notice("log_metrics")

    def log_outputs(self, outputs: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Results by name: any JSON. Each call sets the value of a name whole."""
        self._put(OUTPUTS, "log_outputs", outputs, named)

    def log_inputs(self, inputs: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Inputs by name: any JSON. Under an operation they are added to those that it resolved."""
        self._put(INPUTS, "log_inputs", inputs, named)

    def log_artifact(
        self, path: str | os.PathLike[str], *, name: str | None = None, kind: str | None = None,
        summary: Mapping[str, Any] | None = None, is_input: bool = False,
    ) -> None:  # fmt: skip
        """A file or folder that the run made, or read (``is_input``); ``name`` is the file's own by default.

        Under an operation, what lies outside ``$JOINERY_OUTPUTS_PATH`` is copied there, now; over the copy before of an
        artifact of that name, and over nothing else. Elsewhere its absolute path is noted. An address such as
        ``s3://bucket/model.pt`` is noted as it is.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"log_artifact takes a path, not {type(path).__name__}")
        try:
            found = artifacts.entry(path, name=name, kind=kind, summary=summary, copies=self._copies, is_input=is_input)
            self._record.put(ARTIFACTS, found["name"], found)
            self._say_if_another(found["name"], artifacts.source(path), named=name is not None)
        except (ValueError, OSError) as error:
            self._note(f"artifact {path}", f"the artifact {short(path)!r}", error)
        self._notice("log_artifact")

    def _say_if_another(self, artifact: str, source: str, *, named: bool) -> None:
        """Who logs two files by their own names may not see that the names are one."""
        before = self._sources.setdefault(artifact, source)
        self._sources[artifact] = source
        if before != source and not named:
            said = "the artifact %r is now %s, and no longer %s: give one of them a name of its own"
            self._notes.warn(f"same artifact {artifact[:80]}", said, artifact[:80], short(source), short(before))

    def set_tags(self, *tags: str) -> None:
        """Add tags; those that the run has stay."""
        for tag in tags:
            if not isinstance(tag, str):
                raise TypeError(f"tags are texts, not {type(tag).__name__}: set_tags('a', 'b')")
            try:
                found = _word(values.text(tag))
                self._record.put(TAGS, found, found)
            except ValueError as error:
                self._note(f"tag {tag[:80]}", f"the tag {tag!r:.80}", error)
        self._notice("set_tags")

    def _put(self, section: str, call: str, given: Mapping[str, Any] | None, named: Mapping[str, Any]) -> None:
        for name, value in _pairs(call, given, named):
            try:
                self._record.put(section, _word(values.text(name)), values.plain(value))
            except (ValueError, RecursionError) as error:
                self._note(f"{section} {name[:80]}", f"the value {name!r:.80} of {section}", error)
        self._notice(call)

    def _status(self, **fields: Any) -> None:
        for key, value in fields.items():
            self._record.put(STATUS, key, value)
        self._writer.notice()

    def _notice(self, call: str) -> None:
        if self._ended:
            self._notes.warn("ended", "%s after the run has ended: it is not recorded", call)
        else:
            self._writer.notice()

    def _note(self, about: str, what: str, error: Exception) -> None:
        reason = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else str(error)
        meaning = "is not recorded" if not isinstance(error, Full) else "is one too many"
        self._notes.warn(about, "%s %s: %s", what, meaning, short(reason))

    def flush(self, timeout: float = 10.0) -> bool:
        """Write now, and wait for it; False when not all has arrived within ``timeout`` seconds."""
        return self._writer.flush(timeout)

    def end(self, phase: str = "Succeeded", *, reason: str = "", message: str = "") -> None:
        """End the run, once: ``Succeeded``, ``Failed`` or ``Stopped``. Waits until all is written, or left in a file.

        Under an operation the phase is the operator's to say, by how the container ends.
        """
        if phase not in PHASES:
            raise ValueError(f"a run ends as one of {', '.join(PHASES)}, not as {phase!r:.80}")
        if self._ended:
            return
        self._outcome(phase, reason=reason or phase, message=message)
        self._ended = True
        self._writer.close()
        endings.ended(self)

    def _outcome(self, phase: str, *, reason: str, message: str = "") -> None:
        if not self._owned:
            return
        now = facts.now()
        condition = {"type": phase, "status": "True", "reason": reason, "lastTransitionTime": now}
        said = values.text(message[:1024])
        self._status(phase=phase, finishedAt=now, conditions=[condition | ({"message": said} if said else {})])

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or (issubclass(kind, SystemExit) and getattr(error, "code", None) in (None, 0)):
            self.end()
        elif issubclass(kind, KeyboardInterrupt):
            self.end("Stopped", reason=kind.__name__)
        else:
            self.end("Failed", reason=kind.__name__, message=str(error))

    def __repr__(self) -> str:
        return f"<Run {self.name}: {self.where}>"

    def at_exit(self, *, failed: bool) -> None:
        """The process ends without ``end``: what ended it is known only where it was an exception."""
        self.end("Failed" if failed else "Succeeded", reason="ProcessEnded")

    def at_term(self, timeout: float) -> None:
        """The process was told to end: Stopped, unless it goes on and ends otherwise."""
        self._outcome("Stopped", reason="SIGTERM")
        if not self._writer.flush(timeout):
            self._writer.leave()

    def after_fork(self) -> None:
        """In a child: its own locks and connection; how the run ends is the parent's to say."""
        self._owned = False
        self._record.after_fork()
        self._writer.after_fork()


def _pairs(call: str, given: Any, named: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """All names and values of a call. Raises TypeError for a slip of the program."""
    if given is None:
        return list(named.items())
    if not isinstance(given, Mapping):
        raise TypeError(f"{call} takes a mapping, or names: {call}(loss=0.1); not {type(given).__name__}")
    found = [*given.items(), *named.items()]
    for name, _ in found:
        if not isinstance(name, str):
            raise TypeError(f"{call}: a name is a text, not {type(name).__name__} ({name!r:.80})")
    return found


def _word(text: str) -> str:
    if 0 < len(text) <= LONGEST_WORD:
        return text if text.isascii() else values.text(text)
    raise ValueError(f"its name must have 1 to {LONGEST_WORD} characters")
