"""The objects beside the Runs: Operations, Components, Searches, Connections, each with the place it was read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from joinery.problems import InvalidManifest, InvalidOperation, JoineryError, Problem, did_you_mean

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search
    from joinery.manifests import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalObject:
    """One Kubernetes object as read. ``namespace`` None: the file names none.

    ``prefix`` is where it stands in its document (``items[3]`` of a List), ``document`` None in JSON lines.
    """

    kind: str
    api_version: str
    name: str
    namespace: str | None
    value: Mapping[str, Any]
    file: str = ""
    line: int | None = None
    prefix: str = ""
    document: Document | None = field(default=None, repr=False, compare=False)

    @property
    def place(self) -> str:
        """``FILE:LINE`` for people, as far as it is known."""
        line = self.line or (self.document.locate(self.prefix)[0] if self.document is not None else None)
        return f"{self.file}:{line}" if self.file and line else self.file

    def locate(self, problem: Problem) -> Problem:
        """The problem with its file, line and column."""
        if not self.file or problem.file is not None:
            return problem
        line, column = self.line, None
        if self.document is not None:
            path = problem.at(self.prefix).path
            line, column = self.document.locate(path, position=problem.position, text=problem.text)
        return replace(problem, file=self.file, line=problem.line or line, column=problem.column or column)

    def located(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        return tuple(self.locate(problem) for problem in problems)


@dataclass(slots=True)
class Shelf:
    """All of them, by kind, namespace and name. ``namespace`` is that of objects whose file names none."""

    namespace: str
    objects: list[LocalObject] = field(default_factory=list)
    _found: dict[tuple[str, str, str], LocalObject] = field(default_factory=dict)

    def put(self, item: LocalObject) -> LocalObject | None:
        """Put it there; the object of the same name that it replaces, if there was one."""
        key = (item.kind, item.namespace or self.namespace, item.name)
        before = self._found.get(key)
        self._found[key] = item
        self.objects.append(item)
        return before

    def of_kind(self, kind: str, *, files: frozenset[str] | None = None) -> Iterator[LocalObject]:
        """Those of a kind, in the order read; only from ``files``, where given."""
        return (item for item in self.objects if item.kind == kind and (files is None or item.file in files))

    def names(self, kind: str, namespace: str) -> list[str]:
        return sorted(name for known, space, name in self._found if (known, space) == (kind, namespace))

    def component(self, name: str, namespace: str) -> V1Component | None:
        found = self._found.get(("Component", namespace, name))
        return None if found is None else self._parsed(found)

    def search(self, name: str, namespace: str) -> V1Search | None:
        found = self._found.get(("Search", namespace, name))
        return None if found is None else self._parsed(found)

    def _parsed(self, item: LocalObject) -> Any:
        from joinery.api.v1alpha1 import parse

        try:
            return parse(item.value)
        except InvalidManifest as error:
            named = (
                replace(problem, message=f"{item.kind} `{item.name}`: {problem.message}") for problem in error.problems
            )
            raise InvalidOperation(item.located(named)) from None


def parse_operation(item: LocalObject) -> V1Operation:
    """The operation; every problem of it, located, as InvalidOperation."""
    from joinery.api.v1alpha1 import V1Operation, parse
    from joinery.validation import check_manifest

    try:
        found = parse(item.value)
    except JoineryError as error:
        # What the static checks say is more than what the model alone says: all problems at once.
        problems = check_manifest(item.value).errors or error.problems
        raise InvalidOperation(item.located(problems)) from None
    if not isinstance(found, V1Operation):
        hint = did_you_mean(item.kind, ("Operation",)) or "an operation has `kind: Operation`"
        raise InvalidOperation(
            item.locate(
                Problem(message=f"this is a {item.kind}, not an Operation", path="kind", rule="kind", hint=hint)
            )
        )
    return found
