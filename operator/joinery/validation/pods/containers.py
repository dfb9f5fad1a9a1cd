"""One container as Kubernetes writes it: its fields, and what of it is Joinery's own."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from joinery.problems import Problem, did_you_mean
from joinery.validation.pods.tables import (
    CONNECTION_VOLUMES,
    CONTAINER,
    CONTEXT_PATH,
    OWN_CONTAINER_PREFIX,
    OWN_CONTAINERS,
    OWN_VARIABLES,
)

Place = Literal["main", "init", "sidecar"]
_WORDS: Mapping[type, str] = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number"}


def container_problems(container: Any, at: str, *, place: Place, rendered: bool = False) -> Iterator[Problem]:
    """Every problem of one container; ``place`` is where in the pod it stands. ``rendered``: a brace in it is data,
    and no template that may still become anything."""
    open_ = never if rendered else is_template
    if not isinstance(container, Mapping):
        yield kind_problem(container, dict, at)
        return
    for key, value in container.items():
        kinds = CONTAINER.get(key)
        if kinds is None:
            hint = did_you_mean(key.replace("_", ""), CONTAINER) or "a container has the fields that Kubernetes knows"
            message = f"unknown field `{key[:80]}` of a container"
            yield Problem(message=message, path=f"{at}.{key}", rule="unknown-field", hint=hint)
        elif value is not None and not open_(value) and not isinstance(value, kinds):
            yield kind_problem(value, kinds if isinstance(kinds, type) else kinds[0], f"{at}.{key}")
    if not container.get("image"):
        yield Problem(message="is required: the image of the container", path=f"{at}.image", rule="required")
    yield from _name(container.get("name"), f"{at}.name", place)
    if not open_(policy := container.get("restartPolicy")):
        yield from _restarts(policy, f"{at}.restartPolicy", place)
    if place == "main":
        yield from _main_only(container, at)
    yield from _environment(container.get("env"), f"{at}.env", open_)
    yield from _mounts(container.get("volumeMounts"), f"{at}.volumeMounts")


def _name(name: Any, at: str, place: Place) -> Iterator[Problem]:
    if name is None and place != "main":
        yield Problem(message="is required: the name of the container", path=at, rule="required")
    if isinstance(name, str) and (name in OWN_CONTAINERS or name.startswith(OWN_CONTAINER_PREFIX)):
        message = f"`{name[:80]}` is the name of a container of Joinery's own"
        yield Problem(message=message, path=at, rule="reserved-name", hint="give it another name")


def _restarts(policy: Any, at: str, place: Place) -> Iterator[Problem]:
    if policy is None:
        return
    if place == "main":
        hint = "it is an option of `environment`, for the whole pod"
        yield Problem(message="the main container takes no `restartPolicy`", path=at, rule="refused-field", hint=hint)
    elif place == "sidecar" and policy != "Always":
        message = f"a sidecar restarts `Always`, until the main container ends, and this is `{str(policy)[:80]}`"
        yield Problem(message=message, path=at, rule="not-one-of")


def _main_only(container: Mapping[str, Any], at: str) -> Iterator[Problem]:
    for key in ("terminationMessagePath", "terminationMessagePolicy"):
        if container.get(key) is not None:
            yield Problem(
                message="the termination message of the main container is how its outputs come back: it cannot be set",
                path=f"{at}.{key}",
                rule="refused-field",
                hint="write outputs and metrics as a JSON object to the file `$JOINERY_OUTPUTS`",
            )


def _environment(variables: Any, at: str, open_: Callable[[Any], bool]) -> Iterator[Problem]:
    for index, one in enumerate(variables if isinstance(variables, list | tuple) else ()):
        path = f"{at}[{index}]"
        if not isinstance(one, Mapping):
            if not open_(one):
                yield kind_problem(one, dict, path)
        elif not isinstance(name := one.get("name"), str):
            yield Problem(message="is required: the variable's name", path=f"{path}.name", rule="required")
        elif name in OWN_VARIABLES:
            message = f"`{name}` is set by Joinery"
            yield Problem(message=message, path=f"{path}.name", rule="reserved-name", hint="give it another name")


def _mounts(mounts: Any, at: str) -> Iterator[Problem]:
    for index, mount in enumerate(mounts if isinstance(mounts, list | tuple) else ()):
        if not isinstance(mount, Mapping):
            continue
        path, name = mount.get("mountPath"), mount.get("name")
        if isinstance(path, str) and is_ours(path):
            message = f"the folder `{CONTEXT_PATH}` is kept for Joinery, and this is `{path[:80]}`"
            yield Problem(message=message, path=f"{at}[{index}].mountPath", rule="reserved-path")
        if isinstance(name, str) and name.startswith(CONNECTION_VOLUMES):
            message = f"the volume `{name[:80]}` is that of a Connection, for Joinery's own containers"
            hint = "name the Connection in `run.connections`, or a volume of `run.volumes`"
            yield Problem(message=message, path=f"{at}[{index}].name", rule="reserved-name", hint=hint)


def is_ours(path: str) -> bool:
    """Whether a path of a container lies in the folder that is Joinery's."""
    plain = "/" + posixpath.normpath(path).lstrip("/")
    return plain == CONTEXT_PATH or plain.startswith(f"{CONTEXT_PATH}/")


def is_template(value: Any) -> bool:
    """Whether it is a text that is rendered later, to whatever type."""
    return isinstance(value, str) and "{{" in value


def never(_value: Any) -> bool:
    """For what is rendered already: nothing is a template."""
    return False


def kind_problem(value: Any, kind: type, path: str) -> Problem:
    """The problem of a value of another kind than it takes."""
    return Problem(message=f"must be {_WORDS[kind]}, and is {type_words(value)}", path=path, rule="wrong-type")


def type_words(value: Any) -> str:
    """How a value's kind is called."""
    if value is None:
        return "empty"
    return next((words for kind, words in _WORDS.items() if type(value) is kind), "a number")
