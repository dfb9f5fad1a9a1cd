"""Values to YAML that people like to read, and that kubectl and every YAML reader read back the same."""

from __future__ import annotations

from typing import Any

import yaml

from joinery.manifests.normal import NotJson, normalise
from joinery.manifests.scalars import resolve

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_DUMPER):  # type: ignore[misc]  # which of two classes it is, the machine decides
    """Block style, no aliases, lists indented under their key, texts quoted wherever a reader might take them wrong."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def write_text(self, value: str) -> Any:
        style = None
        if "\n" in value.rstrip("\n") and not value.startswith((" ", "\n", "\t")):
            style = "|"
        elif not _reads_as_text(value):
            style = "'"
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.write_text)


def _reads_as_text(value: str) -> bool:
    try:
        return isinstance(resolve(value), str) and value != "<<"
    except NotJson:
        return False


def dump_yaml(value: Any) -> str:
    """YAML in block style, keys in their order; ends with a newline. Raises ``InvalidManifest`` for what is no JSON."""
    dumped = yaml.dump(
        normalise(value),
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=2**20,
    )
    return str(dumped).removesuffix("...\n")
