"""The Kubernetes objects in a file, one by one: YAML, JSON, JSON lines, and ``kind: List`` taken apart.

Nothing is kept: a file of 100,000 Runs in JSON lines passes through as a stream.
What cannot be read comes as a :class:`Broken` in its place, so that the caller
decides whether it is an error or a Run that is left out with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from joinery.local.shelf import LocalObject
from joinery.local.sources import Opened, Source, UnreadableFile, open_source
from joinery.problems import InvalidManifest, Problem, did_you_mean

if TYPE_CHECKING:
    from joinery.manifests import Document

GROUP = "joinery.dev"
API_VERSION = f"{GROUP}/v1alpha1"
OUR_KINDS = ("Operation", "Component", "Search", "Connection", "Run")
_LISTS = frozenset(("List", *(f"{kind}List" for kind in OUR_KINDS)))
_LONGEST_FIRST_LINE = 16 << 20  # bytes
_NO_OBJECT = "an object has `apiVersion`, `kind` and `metadata.name`"


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be read, and why. ``is_part``: one of many in its file, which is read on."""

    problem: Problem
    is_part: bool = False


LocalItem: TypeAlias = LocalObject | Broken


def objects_of(source: Source) -> Iterator[tuple[LocalItem, Opened | None]]:
    """Every object of one file, in order, each with the open file.

    What cannot be read, or only up to where it is damaged, ends with a :class:`Broken`. Raises UnreadableFile for a
    file that the person named and that cannot be opened.
    """
    try:
        with open_source(source) as opened:
            for item in read_objects(source, opened):
                yield item, opened
    except UnreadableFile as error:
        if source.named and not all(problem.rule == "damaged-file" for problem in error.problems):
            raise
        yield from ((Broken(problem), None) for problem in error.problems)


def read_objects(source: Source, opened: Opened) -> Iterator[LocalItem]:
    """Every object of one file, in order."""
    first = opened.stream.readline(_LONGEST_FIRST_LINE)
    if source.holds_lines:
        yield from _from_lines(source, chain((first,), opened.stream))
        return
    if _is_json_line(first):
        second = next((line for line in opened.stream if not line.isspace()), b"")
        if second.startswith(b"{"):
            yield from _from_lines(source, chain((first, second), opened.stream))
            return
        first += second
    yield from _from_documents(source, first + opened.stream.read())


def _is_json_line(line: bytes) -> bool:
    """Whether a file that starts with this line is JSON lines: the line is a whole JSON object."""
    if not line.startswith(b"{") or not line.rstrip().endswith(b"}"):
        return False
    import orjson

    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _from_lines(source: Source, lines: Iterator[bytes]) -> Iterator[LocalItem]:
    from joinery.manifests import read_json_line

    seen = False
    for number, line in enumerate(lines, 1):
        if line.isspace() or not line:
            continue
        seen = True
        try:
            value = read_json_line(line, file=source.name, number=number)
        except InvalidManifest as error:
            for problem in error.problems:
                yield Broken(replace(problem, file=source.name), is_part=True)
            continue
        yield from take_apart(value, file=source.name, line=number, document=None, where="the line")
    if not seen:
        yield _empty(source)


def _from_documents(source: Source, data: bytes) -> Iterator[LocalItem]:
    from joinery.manifests import read_documents

    broken: list[Broken] = []

    def note(error: InvalidManifest) -> None:
        broken.extend(Broken(replace(problem, file=source.name)) for problem in error.problems)

    if not data.strip():
        yield _empty(source)
        return
    documents = read_documents(data, file=source.name, on_error=note)
    yield from broken
    if not documents and not broken:
        yield _empty(source)
    for document in documents:
        yield from take_apart(document.value, file=source.name, line=None, document=document, where="the document")


def _empty(source: Source) -> Broken:
    return Broken(
        Problem(message="the file is empty: it holds no object", file=source.name, rule="empty-file", hint=_NO_OBJECT)
    )


def take_apart(
    value: Any, *, file: str, line: int | None, document: Document | None, where: str, prefix: str = ""
) -> Iterator[LocalItem]:
    """The object that ``value`` is, or those in the List (or plain list) that it is; or what is wrong with it."""
    match value:
        case [{"apiVersion": str(), "kind": str()}, *_] if not prefix:  # `jq .items` of a List, or a program's own
            for index, item in enumerate(value):
                inside = f"[{index}]"
                yield from take_apart(item, file=file, line=line, document=document, where=f"`{inside}`", prefix=inside)
        case {"kind": str(kind), "items": list(items)} if kind in _LISTS:
            for index, item in enumerate(items):
                inside = f"{prefix}.items[{index}]" if prefix else f"items[{index}]"
                # `RunList`, as the API itself answers, leaves the kind of its items out.
                if isinstance(item, Mapping) and kind != "List":
                    item = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List"), **item}
                yield from take_apart(item, file=file, line=line, document=document, where=f"`{inside}`", prefix=inside)
        case {"apiVersion": str(version), "kind": str(kind)}:
            yield from _object(value, version, kind, file=file, line=line, document=document, prefix=prefix)
        case _:
            problem = Problem(message=f"{where} is {_what(value)}, no Kubernetes object", path=prefix)
            yield _broken(problem, file, line, document, hint=_hint(value), rule="no-object")


def _object(
    value: Mapping[str, Any],
    version: str,
    kind: str,
    *,
    file: str,
    line: int | None,
    document: Document | None,
    prefix: str,
) -> Iterator[LocalItem]:
    metadata = value.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    name, namespace = found.get("name"), found.get("namespace")
    group = version.partition("/")[0]
    if kind in OUR_KINDS and group != GROUP:
        # A foreign group may have a kind of the same name (Argo's, Tekton's): not ours, unless it looks misspelt.
        kind = f"{kind} ({version[:60]})"
    yield LocalObject(
        kind=kind,
        api_version=version,
        name=name if isinstance(name, str) else "",
        namespace=namespace if isinstance(namespace, str) and namespace else None,
        value=value,
        file=file,
        line=line,
        prefix=prefix,
        document=document,
    )


def _broken(
    problem: Problem, file: str, line: int | None, document: Document | None, *, hint: str | None, rule: str
) -> Broken:
    column = None
    if document is not None:
        line, column = document.locate(problem.path)
    found = replace(problem, file=file or None, line=line, column=column, hint=hint, rule=rule)
    return Broken(found, is_part=document is None)


def _what(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    lacks = [f"`{key}`" for key in ("apiVersion", "kind") if not isinstance(value.get(key), str)]
    return f"a mapping without {' and '.join(lacks)}"


def _hint(value: Any) -> str:
    match value:
        case {"version": _, "kind": str(kind)} if kind in ("operation", "component"):
            return (
                f"this looks like a Polyaxonfile: put its contents under `spec` of an object with "
                f"`apiVersion: {API_VERSION}`, `kind: {kind.title()}` and `metadata.name`"
            )
        case {"kind": str(kind)}:
            near = None if kind in OUR_KINDS else did_you_mean(kind, OUR_KINDS)
            return f"`apiVersion` is missing: ours is `{API_VERSION}`" + (f"; {near}" if near else "")
    return _NO_OBJECT
