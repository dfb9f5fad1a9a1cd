"""What stands behind a dot or in brackets: keys of mappings and elements of lists, and nothing of Python's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from joinery.templates.values import Fault, Missing, Names, Scope, kind_of, shorten, undefined


def get_item(container: Any, key: Any, position: int = 0) -> Any:
    """The value under ``key``, or :class:`Missing` with the fault to raise if it is needed after all."""
    if isinstance(container, Missing):
        return container
    if isinstance(container, Mapping):
        if isinstance(key, str):
            if key in container:
                return container[key]
            return Missing(undefined(key, container, what="the key").at(position))
        return Missing(Fault(f"a mapping has texts as keys, not {kind_of(key)}", rule="undefined-name").at(position))
    if isinstance(container, (str, list, tuple)) and isinstance(key, int) and not isinstance(key, bool):
        if -len(container) <= key < len(container):
            return container[key]
        fault = Fault(f"there is no element {shorten(str(key))}: this is {kind_of(container)}", rule="undefined-name")
        return Missing(fault.at(position))
    wanted = f"`{shorten(key)}`" if isinstance(key, str) else kind_of(key)
    fault = Fault(f"{kind_of(container)} has no {wanted}", rule="undefined-name", hint=_hint(container, key))
    return Missing(fault.at(position, len(key) if isinstance(key, str) else 1))


def _hint(container: Any, key: Any) -> str | None:
    if isinstance(container, (list, tuple)) and isinstance(key, str) and not key.startswith("_"):
        return f"to take it from each element: `| map(attribute='{shorten(key)}')`"
    return None


def get_path(names: Names, path: Sequence[str], position: int) -> Any:
    """The value at a dotted path whose first segment is a name."""
    if path[0] not in names:
        return Missing(undefined(path[0], names, what="the name").at(position))
    found: Any = names[path[0]]
    for key in path[1:]:
        found = get_item(found, key, position)
    return found


def attribute_of(item: Any, path: str) -> Any:
    """What ``attribute='a.b.0'`` of a filter takes from one element. No segment may begin with ``_``."""
    for segment in path.split("."):
        check_segment(segment)
        item = get_item(item, int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 9 else segment)
    return item


def check_segment(segment: str) -> None:
    if segment.startswith("_"):
        raise Fault(
            f"attribute `{shorten(segment)}`: names that begin with `_` cannot be read", rule="template-refused"
        )


def slice_of(container: Any, parts: Sequence[Any], scope: Scope, position: int) -> Any:
    """``container[start:stop:step]`` of a list or a text."""
    if not isinstance(container, (str, list, tuple)):
        raise Fault(f"only a list or a text can be cut, and this is {kind_of(container)}").at(position)
    for part in parts:
        if part is not None and (not isinstance(part, int) or isinstance(part, bool)):
            raise Fault(f"the places of a cut are integers, and this is {kind_of(part)}").at(position)
    if parts[2] == 0:
        raise Fault("the step of a cut cannot be 0").at(position)
    cut = container[slice(*parts)]
    scope.spend(1 + len(cut))
    return cut if isinstance(cut, str) else list(cut)
