"""The user's containers: what they wrote, rendered, with what Joinery gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from joinery.workload import names
from joinery.workload.pieces import Pieces
from joinery.workload.rendering import Renderer, escaped

_WORDS = ("command", "args")


def rendered_container(container: Mapping[str, Any], renderer: Renderer, path: str) -> dict[str, Any]:
    """One container with every text rendered; variables and arguments as Kubernetes is to read them."""
    made: dict[str, Any] = {}
    for key, value in container.items():
        at = f"{path}.{key}"
        if value is None:
            continue
        if key in _WORDS:
            made[key] = renderer.words(value, at)
        elif key == "env" and isinstance(value, str):
            made[key] = _as_data(renderer.any(value, at))
        elif key == "env":
            made[key] = [_variable(one, renderer, f"{at}[{index}]") for index, one in enumerate(value)]
        else:
            made[key] = renderer.any(value, at)
    return made


def _variable(variable: Any, renderer: Renderer, path: str) -> Any:
    if not isinstance(variable, Mapping) or "value" not in variable:
        return renderer.any(variable, path)
    rest = {key: value for key, value in variable.items() if key != "value"}
    made: dict[str, Any] = dict(renderer.any(rest, path))
    if variable["value"] is not None:
        made["value"] = renderer.variable(str(made.get("name", "")), variable["value"], f"{path}.value")
    return made


def _as_data(variables: Any) -> Any:
    """Variables that a template gave as a whole: no ``$(NAME)`` in them is Kubernetes' to replace."""
    if not isinstance(variables, list):
        return variables
    return [
        {**one, "value": escaped(one["value"])}
        if isinstance(one, Mapping) and isinstance(one.get("value"), str)
        else one
        for one in variables
    ]


def main_container(container: Mapping[str, Any], pieces: Pieces, variables: Iterable[dict[str, str]]) -> dict[str, Any]:
    """The main container: its own variables last, so that they may use ours and win over those of ``toEnv``."""
    made = {"name": "main", **container}
    made["env"] = [*pieces.main_env, *variables, *(container.get("env") or ())]
    if pieces.main_env_from:
        made["envFrom"] = [*pieces.main_env_from, *(container.get("envFrom") or ())]
    made["volumeMounts"] = [*(container.get("volumeMounts") or ()), *pieces.mounts, *pieces.main_mounts]
    made["terminationMessagePath"] = names.OUTPUTS_FILE
    made["terminationMessagePolicy"] = "FallbackToLogsOnError"
    return made


def other_container(container: Mapping[str, Any], pieces: Pieces, *, sidecar: bool = False) -> dict[str, Any]:
    """An init container or sidecar of the user's: params and artifacts are there too. A sidecar is a native one,
    which ends when the main container has ended."""
    made = {**container, "volumeMounts": [*(container.get("volumeMounts") or ()), *pieces.mounts]}
    return {**made, "restartPolicy": "Always"} if sidecar else made


def restricted(container: dict[str, Any], pod: Mapping[str, Any]) -> dict[str, Any]:
    """The container with what the *restricted* standard asks for where nothing is said (``securityDefaults``)."""
    said = container.get("securityContext") or {}
    filled: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, **said}
    if isinstance(capabilities := filled["capabilities"], Mapping) and "drop" not in capabilities:
        filled["capabilities"] = {**capabilities, "drop": ["ALL"]}
    if "runAsNonRoot" not in {**pod, **said} and {**pod, **said}.get("runAsUser") != 0:
        filled["runAsNonRoot"] = True  # who says they are root are not told that they are not: admission tells them
    if "seccompProfile" not in {**pod, **said}:
        filled["seccompProfile"] = {"type": "RuntimeDefault"}
    return {**container, "securityContext": filled}
