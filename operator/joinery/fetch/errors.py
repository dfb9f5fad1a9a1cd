"""What may go wrong, each kind with the exit code by which the operator tells it from the others."""

from __future__ import annotations

from collections.abc import Sequence

from joinery.problems import JoineryError, Problem

FAILED = 1
USAGE = 2
MISSING = 3  # the operator reads it as `ArtifactsMissing`
UNSAFE = 4


class FetchError(JoineryError):
    """The program ends with ``code``; the text is for people and becomes the termination message."""

    code = FAILED


class DamagedManifest(FetchError):
    """What was mounted to say what is to be done cannot be read."""

    code = USAGE


class UnsafePath(FetchError):
    """A name that leads, or could lead, outside the place it is for."""

    code = UNSAFE


class BadConnection(FetchError):
    """The Connection cannot be used: a key it needs is not there, or a library for its kind."""

    code = USAGE


class MissingSources(FetchError):
    """Sources that are not in the store; ``paths`` has them all."""

    code = MISSING

    def __init__(self, paths: Sequence[str], *, connection: str) -> None:
        from joinery.fetch.paths import shown

        self.paths = tuple(paths)
        many = "1 artifact is" if len(paths) == 1 else f"{len(paths):,} artifacts are"
        # The operator shows the last twenty lines of a failure: the sentence has to be among them.
        listed = [f"  {shown(path)}" for path in paths[:15]]
        more = [f"  and {len(paths) - 15:,} more"] if len(paths) > 15 else []
        hint = "`onMissing: Skip` on the join param goes on without what is missing"
        text = "\n".join([f"{many} missing in the Connection `{connection}`:", *listed, *more])
        super().__init__(Problem(message=text, rule="artifacts-missing", hint=hint))


class Missing(Exception):
    """One source is not in the store."""


class Transient(Exception):
    """It may go well when tried again."""


class SourceChanged(Transient):
    """What arrived is not what the store said it would be: another size or checksum."""


def failed(message: str, *, rule: str = "fetch", hint: str | None = None) -> FetchError:
    """A failure with one problem."""
    return FetchError(Problem(message=message, rule=rule, hint=hint))
