"""A value made to be of a type, or every place where it is not. Source: spec 3, *Coercion*."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from joinery.iotypes import plain, stores, times
from joinery.iotypes.plain import Refused
from joinery.iotypes.spec import takes_null, takes_text
from joinery.iotypes.types import DictOf, IOType, ListOf, LiteralOf, OptionalOf, Plain, UnionOf

_PATHS = (Plain("file"), Plain("git"))  # a text is a path or an address, even `123`; a mapping may be written as JSON
MAX_JSON_TEXT = 16 << 20  # characters of a text that is read as JSON


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that does not fit. ``place`` leads to it from the whole: indexes of lists, keys of mappings."""

    value: Any
    why: str
    place: tuple[int | str, ...] = ()


def _list(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    raise Refused("is not a list")


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return dict(value)
    raise Refused("is not a mapping")


def _null(value: Any) -> None:
    if value is not None:
        raise Refused("is not null")


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "any": lambda value: value,
    "null": _null,
    "int": plain.integer,
    "float": plain.number,
    "metric": plain.number,
    "bool": plain.boolean,
    "str": plain.text,
    "dict": _dict,
    "metadata": _dict,
    "list": _list,
    "uri": plain.uri,
    "path": plain.path,
    "uuid": plain.uuid,
    "email": plain.email,
    "image": plain.image,
    "date": times.day,
    "datetime": times.instant,
    "timedelta": times.duration,
    "s3": stores.s3,
    "gcs": stores.gcs,
    "wasb": stores.wasb,
    "file": stores.file,
    "git": stores.git,
    "artifacts": stores.artifacts,
    **{name: partial(stores.mapping_of, name) for name in ("dockerfile", "tensorboard", "event")},
}


def convert(value: Any, wanted: IOType, misfits: list[Misfit], *, null_elements: bool = False) -> Any:
    """``value`` as ``wanted``; what does not fit is added to ``misfits``, and then the result means nothing.

    A text is read as JSON first where the type is not one of text. ``null_elements``: a list may hold nulls.
    """
    if isinstance(value, str) and not takes_text(wanted):
        loaded = read_json(value, wanted)
        if loaded is value and _is_number(wanted):
            misfits.append(Misfit(value, "is not JSON of a number"))
            return None
        value = loaded if wanted not in _PATHS or isinstance(loaded, Mapping) else value
    return _convert(value, wanted, (), misfits, null_elements=null_elements)


def _is_number(wanted: IOType) -> bool:
    match wanted:
        case Plain(name):
            return name in ("int", "float", "metric")
        case OptionalOf(item):
            return _is_number(item)
        case UnionOf(options):
            return all(map(_is_number, options))
        case _:
            return False


def convert_element(value: Any, wanted: IOType, index: int, misfits: list[Misfit]) -> Any:
    """One element of a list, as ``wanted``."""
    if isinstance(wanted, Plain) and value is not None:
        try:
            return _PLAIN[wanted.name](value)
        except Refused as refused:
            misfits.append(Misfit(value, str(refused), (index,)))
            return None
    return _convert(value, wanted, (index,), misfits, null_elements=False)


def read_json(text: str, wanted: IOType) -> Any:
    """The value that a text is JSON of; the text itself where it is none, so that the type says what is wrong."""
    if isinstance(wanted, LiteralOf) and text in wanted.values:
        return text
    if len(text) > MAX_JSON_TEXT:
        return text
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError("beyond a double")
    return found


def _convert(
    value: Any, wanted: IOType, place: tuple[int | str, ...], misfits: list[Misfit], *, null_elements: bool
) -> Any:
    try:
        match wanted:
            case OptionalOf(item):
                return None if value is None else _convert(value, item, place, misfits, null_elements=null_elements)
            case Plain(name):
                if value is None and not takes_null(wanted):
                    raise Refused("is not a value")
                return _PLAIN[name](value)
            case LiteralOf(values):
                for one in values:
                    if one == value and isinstance(one, bool) == isinstance(value, bool):
                        return one
                raise Refused("is not one of the values that are allowed")
            case UnionOf(options):
                return _union(value, options)
            case ListOf(item):
                return _elements(value, item, place, misfits, null_elements=null_elements)
            case DictOf(item):
                return {
                    key: _convert(one, item, (*place, key), misfits, null_elements=False)
                    for key, one in _dict(value).items()
                }
    except Refused as refused:
        misfits.append(Misfit(value, str(refused), place))
        return None


def _elements(
    value: Any, item: IOType, place: tuple[int | str, ...], misfits: list[Misfit], *, null_elements: bool
) -> Any:
    # A join gives one mapping for the artifacts form, also where the input says `isList` (spec 1, The artifacts form).
    if item == Plain("artifacts") and isinstance(value, Mapping):
        return stores.artifacts(value)
    skips = null_elements or takes_null(item)
    return [
        None if one is None and skips else _convert(one, item, (*place, index), misfits, null_elements=False)
        for index, one in enumerate(_list(value))
    ]


def _union(value: Any, options: tuple[IOType, ...]) -> Any:
    """The first option that takes the value unchanged, else the first that takes it at all."""
    first: list[Any] = []
    for found in _taken(value, options):
        if type(found) is type(value) and found == value:
            return found
        first.append(found)
    if not first:
        raise Refused("is none of the types of the union")
    return first[0]


def _taken(value: Any, options: tuple[IOType, ...]) -> Iterator[Any]:
    for option in options:
        misfits: list[Misfit] = []
        found = _convert(value, option, (), misfits, null_elements=False)
        if not misfits:
            yield found
