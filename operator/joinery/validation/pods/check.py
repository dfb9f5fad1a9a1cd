"""``component.run`` judged piece by piece. Texts with a template in them may become anything and pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from joinery.problems import Problem, did_you_mean
from joinery.validation.pods.containers import container_problems, is_template, kind_problem, never, type_words
from joinery.validation.pods.tables import ENVIRONMENT, ENVIRONMENT_ELSEWHERE, OTHER_INITS, RESERVED_PREFIX


def check_run(run: Mapping[str, Any], *, at: str, rendered: bool = False) -> list[Problem]:
    """Every problem of ``run`` (camelCase, as V1JobRun gives it), with paths under ``at``. Once it is ``rendered``,
    a brace in it is data: what templates came to is judged as if it had been written."""
    return list(_problems(run, at, rendered))


def _problems(run: Mapping[str, Any], at: str, rendered: bool) -> Iterator[Problem]:
    main = run.get("container")
    if isinstance(main, Mapping):
        yield from container_problems(main, f"{at}.container", place="main", rendered=rendered)
    else:
        message = "is required: the image and the command of the main container"
        yield Problem(message=message, path=f"{at}.container", rule="required")
    names: dict[str, str] = {"main": f"{at}.container"}
    if isinstance(main, Mapping) and isinstance(main.get("name"), str):
        names = {main["name"]: f"{at}.container"}
    for index, one in enumerate(run.get("init") or ()):
        path = f"{at}.init[{index}]"
        inner, problems = init_form(one, path)
        yield from problems
        if inner is not None:
            where = path if inner is one else f"{path}.container"
            yield from container_problems(inner, where, place="init", rendered=rendered)
            yield from _named(inner, path, names)
    for index, one in enumerate(run.get("sidecars") or ()):
        path = f"{at}.sidecars[{index}]"
        yield from container_problems(one, path, place="sidecar", rendered=rendered)
        yield from _named(one, path, names)
    volumes = run.get("volumes") or ()
    if isinstance(volumes, list | tuple):
        yield from _volumes(volumes, f"{at}.volumes")
    environment = run.get("environment")
    if isinstance(environment, Mapping):
        yield from environment_problems(environment, f"{at}.environment", rendered=rendered)


def init_form(one: Any, path: str) -> tuple[Mapping[str, Any] | None, list[Problem]]:
    """The Kubernetes container of one entry of ``init``, or why there is none."""
    if not isinstance(one, Mapping):
        return None, [kind_problem(one, dict, path)]
    problems = [
        Problem(
            message=f"the form `{key}` of `init` has no meaning here",
            path=f"{path}.{key}",
            rule="refused-init",
            hint=OTHER_INITS[key],
        )
        for key in one
        if key in OTHER_INITS
    ]
    if "container" not in one:
        return (None if problems else one), problems
    problems += [
        Problem(message=f"`{key}` beside `container` has no meaning here", path=f"{path}.{key}", rule="refused-init")
        for key in one
        if key != "container" and key not in OTHER_INITS
    ]
    inner = one["container"]
    if not isinstance(inner, Mapping):
        problems.append(kind_problem(inner, dict, f"{path}.container"))
        return None, problems
    return inner, problems


def environment_problems(environment: Mapping[str, Any], at: str, *, rendered: bool = False) -> Iterator[Problem]:
    """Options that are not known, belong elsewhere, or take another kind of value."""
    open_ = never if rendered else is_template
    for key, value in environment.items():
        path = f"{at}.{key}"
        if key in ENVIRONMENT_ELSEWHERE:
            message = f"`{key}` is no option of `environment`"
            yield Problem(message=message, path=path, rule="refused-field", hint=ENVIRONMENT_ELSEWHERE[key])
        elif key not in ENVIRONMENT:
            near = did_you_mean(key.replace("_", ""), ENVIRONMENT) or "known: " + ", ".join(ENVIRONMENT)
            message = f"`{key[:80]}` is no option of `environment`"
            yield Problem(message=message, path=path, rule="unknown-field", hint=near)
        elif value is not None and not open_(value) and not _is(value, ENVIRONMENT[key]):
            yield kind_problem(value, ENVIRONMENT[key], path)
    policy = environment.get("restartPolicy")
    if isinstance(policy, str) and not open_(policy) and policy not in ("Never", "OnFailure"):
        message = f"must be `Never` or `OnFailure` in a Job, and is `{policy[:80]}`"
        hint = did_you_mean(policy, ("Never", "OnFailure"))
        yield Problem(message=message, path=f"{at}.restartPolicy", rule="not-one-of", hint=hint)
    for what in ("labels", "annotations"):
        written = environment.get(what)
        for key in written if isinstance(written, Mapping) else ():
            if isinstance(key, str) and key.partition("/")[0].endswith("joinery.dev"):
                message = "the prefix `joinery.dev/` is kept for Joinery"
                yield Problem(message=message, path=f"{at}.{what}.{key}", rule="reserved-name")


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _named(container: Any, path: str, names: dict[str, str]) -> Iterator[Problem]:
    name = container.get("name") if isinstance(container, Mapping) else None
    if not isinstance(name, str) or is_template(name):
        return
    if name in names:
        message = f"the container name `{name[:80]}` is taken by {names[name]}"
        yield Problem(message=message, path=f"{path}.name", rule="repeated-name")
    names.setdefault(name, path)


def _volumes(volumes: Any, at: str) -> Iterator[Problem]:
    for index, volume in enumerate(volumes):
        path = f"{at}[{index}]"
        if not isinstance(volume, Mapping):
            yield kind_problem(volume, dict, path)
        elif not isinstance(name := volume.get("name"), str):
            message = "is required" if name is None else f"must be text, and is {type_words(name)}"
            yield Problem(message=message, path=f"{path}.name", rule="required")
        elif name.startswith(RESERVED_PREFIX):
            message = f"names of volumes that begin with `{RESERVED_PREFIX}` are kept for Joinery"
            yield Problem(message=message, path=f"{path}.name", rule="reserved-name")
