"""Lint of files: everything that can be said of our objects without any Run, each problem with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from joinery.local.objects import GROUP, Broken, objects_of
from joinery.local.shelf import LocalObject, Shelf
from joinery.local.sources import expand
from joinery.problems import JoineryError, Problem


@dataclass(slots=True)
class Linted:
    """``objects`` counts ours, ``others`` those of other kinds, which are left alone."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    files: int = 0
    objects: int = 0
    others: int = 0


def lint(paths: Iterable[str]) -> Linted:
    """Check every object in ``paths``; Operations together with the Components and Searches that stand beside them.

    Raises UnreadableFile for a path that names nothing.
    """
    linted = Linted()
    shelf = Shelf("default")
    for source in expand(paths):
        linted.files += 1
        for item, _ in objects_of(source):
            match item:
                case Broken(problem) if source.named or problem.rule not in ("no-object", "empty-file"):
                    linted.errors.append(problem)
                case Broken(problem):
                    linted.warnings.append(replace(problem, message=f"{problem.message}: left alone"))
                case LocalObject(api_version=version) if version.partition("/")[0] != GROUP:
                    linted.others += 1
                case LocalObject(kind="Run"):
                    _check(item, linted)
                case LocalObject():
                    _put(item, shelf, linted)
    for item in shelf.objects:
        _check(item, linted, shelf)
    return linted


def _put(item: LocalObject, shelf: Shelf, linted: Linted) -> None:
    before = shelf.put(item)
    if before is not None and item.name:
        at = before.locate(Problem(message="", path="metadata.name"))
        message = f"{item.kind} `{item.name}` stands in {at.file}{f':{at.line}' if at.line else ''} too"
        problem = Problem(message=message, path="metadata.name", rule="twice", hint="the later one would replace it")
        linted.warnings.append(item.locate(problem))


def _check(item: LocalObject, linted: Linted, shelf: Shelf | None = None) -> None:
    from joinery.validation import check_manifest

    linted.objects += 1
    namespace = item.namespace or "default"
    known: dict[str, Any] = {}
    if shelf is not None and item.kind == "Operation":
        spec = item.value.get("spec")
        known = _beside(spec if isinstance(spec, Mapping) else {}, shelf, namespace)
    findings = check_manifest(item.value, **known)
    linted.errors += item.located(findings.errors)
    linted.warnings += item.located(findings.warnings)


def _beside(spec: Mapping[str, Any], shelf: Shelf, namespace: str) -> dict[str, Any]:
    """The Component and the Searches that an operation's spec names, where they were read and are sound."""
    found: dict[str, Any] = {"searches": {}}
    reference = spec.get("componentRef", spec.get("component_ref"))
    joins = spec.get("joins")
    if isinstance(reference, Mapping) and isinstance(reference.get("name"), str):
        with suppress(JoineryError):
            found["component"] = shelf.component(reference["name"], namespace)
    for join in joins if isinstance(joins, list) else ():
        name = join.get("ref") if isinstance(join, Mapping) else None
        if isinstance(name, str):
            with suppress(JoineryError):
                if (search := shelf.search(name, namespace)) is not None:
                    found["searches"][name] = search
    return found
