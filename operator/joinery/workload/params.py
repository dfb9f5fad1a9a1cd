"""Params as files, and as environment variables. Source: spec 4, *Params reach the container*.

Every param is ``NAME.json`` in the folder of params, and ``params.json`` holds them all. Up to 900 KiB in all they
are ConfigMaps, mounted as they are. Above, the snapshot's own compressed ConfigMaps (or, where there are none, some
made here in the same shape) are mounted side by side for ``init-params``, which writes the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from joinery.iotypes import as_text
from joinery.joins.globals import PARAMS_PATH
from joinery.joins.resolution import ResolvedParam
from joinery.templates import compact_json
from joinery.workload import names, parts
from joinery.workload.pieces import Pieces, own_container
from joinery.workload.rendering import Renderer
from joinery.workload.request import WorkloadRequest

VOLUME = "joinery-params"
PARTS_VOLUME = "joinery-params-parts"
_MIB = 1024 * 1024


def add_params(request: WorkloadRequest, params: Mapping[str, ResolvedParam], pieces: Pieces) -> None:
    """The files of params: their ConfigMaps, the volume, and where it takes one the init container."""
    size = len(orjson.dumps({name: param.value for name, param in params.items()}))
    if size <= parts.MOST_BYTES:
        texts = {f"{name}.json": compact_json(param.value) for name, param in params.items()}
        whole = "{" + ",".join(f"{compact_json(name)}:{texts[f'{name}.json']}" for name in params) + "}"
        _mounted(request, {names.PARAMS_FILE: whole, **texts}, pieces)
    else:
        _written(request, params, size, pieces)
    pieces.mounts.append({"name": VOLUME, "mountPath": PARAMS_PATH, "readOnly": True})


def _mounted(request: WorkloadRequest, files: Mapping[str, str], pieces: Pieces) -> None:
    maps = [
        parts.config_map(request.operation, "params", number, data=data)
        for number, data in enumerate(_in_portions(files))
    ]
    pieces.config_maps += maps
    sources = [{"configMap": {"name": parts.name_of(one)}} for one in maps]
    pieces.add_volume({"name": VOLUME, "projected": {"sources": sources, "defaultMode": 0o444}})


def _in_portions(files: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The files in order, as many together as one ConfigMap takes. Each fits: none is larger than all of them."""
    portion: dict[str, str] = {}
    used = 0
    for name, text in files.items():
        size = len(name) + len(text.encode())
        if portion and used + size > parts.MOST_BYTES:
            yield portion
            portion, used = {}, 0
        portion[name] = text
        used += size
    yield portion


def _written(request: WorkloadRequest, params: Mapping[str, ResolvedParam], size: int, pieces: Pieces) -> None:
    results = list(request.result_config_maps)
    if not results:
        document = {"params": {name: {"value": param.value} for name, param in params.items()}}
        maps = parts.packed(request.operation, "params", document, key=names.SNAPSHOT_KEY)
        pieces.config_maps += maps
        results = [parts.name_of(one) for one in maps]
    # Each value is there twice, in its own file and in params.json; and a writer may space JSON more widely.
    limit = f"{4 * size // _MIB + 16}Mi"
    pieces.add_volume(parts.parts_volume(PARTS_VOLUME, results, key=names.SNAPSHOT_KEY))
    pieces.add_volume({"name": VOLUME, "emptyDir": {"sizeLimit": limit}})
    folder = names.PARTS_PATH
    arguments = [names.INIT_PARAMS]
    for number in range(len(results)):
        arguments += ["--manifest", f"{folder}/{parts.part_name(number)}"]
    pieces.init.append(
        own_container(
            names.INIT_PARAMS,
            [*arguments, "--destination", PARAMS_PATH],
            settings=request.settings,
            mounts=[
                {"name": PARTS_VOLUME, "mountPath": folder, "readOnly": True},
                {"name": VOLUME, "mountPath": PARAMS_PATH},
            ],
        )
    )


def add_variables(request: WorkloadRequest, given: Mapping[str, Any], pieces: Pieces) -> None:
    """``JOINERY_*`` of the main container. ``given`` is ``globals``."""
    metadata, spec = request.operation["metadata"], request.operation.get("spec") or {}
    values = {
        "JOINERY_RUN_NAME": request.run_name,
        "JOINERY_RUN_UUID": request.run_uuid,
        "JOINERY_NAMESPACE": metadata["namespace"],
        "JOINERY_PROJECT": spec.get("project") or metadata["namespace"],
        "JOINERY_PARAMS": f"{given['params_path']}/{names.PARAMS_FILE}",
        "JOINERY_ARTIFACTS": given["artifacts_path"],
        "JOINERY_OUTPUTS": names.OUTPUTS_FILE,
        "JOINERY_OUTPUTS_PATH": given["run_outputs_path"],
    }
    pieces.main_env += [{"name": name, "value": value.replace("$", "$$")} for name, value in values.items()]


def param_variables(
    params: Mapping[str, ResolvedParam], renderer: Renderer, taken: frozenset[str]
) -> Iterator[dict[str, str]]:
    """A variable for each ``toEnv``, save those that the container sets itself."""
    for name, param in params.items():
        if param.to_env and param.to_env not in taken:
            text = renderer.param_variable(param.to_env, name, as_text(param.value), f"params.{name}.toEnv")
            yield {"name": param.to_env, "value": text}
