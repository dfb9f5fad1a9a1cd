"""Writes what follows from the chart: its CRDs, the table in its README, and the kustomize base.

    python deploy/generate.py [--check] [--helm PATH]

The CRDs come from the API types (`joinery crds`), the table from the comments in values.yaml, the base from
`helm template` with deploy/values.yaml. With --check nothing is written, and what would change is named.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from joinery.api.v1alpha1 import crds
from joinery.api.v1alpha1.crd import file_name
from joinery.manifests import dump_yaml

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "charts" / "joinery"
DEPLOY = ROOT / "deploy"
NAMESPACE = "joinery-system"
KUBERNETES = "1.35.0"
NOTE = "# Made from charts/joinery by deploy/generate.py; change the chart, or write an overlay.\n"
MARK = "<!-- values: made from values.yaml by deploy/generate.py -->\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of values.yaml: its path with dots, its default as JSON, and its description."""

    path: str
    default: str
    text: str


def values(text: str) -> Iterator[Value]:
    """Every value that has a description (`# -- …` on the line above it)."""
    parents: list[tuple[int, str]] = []
    described = ""
    whole = yaml.safe_load(text)
    for line in text.splitlines():
        if found := re.match(r"^\s*# -- (.*)$", line):
            described = found[1]
            continue
        found = re.match(r"^(\s*)([A-Za-z][\w]*):", line)
        if found is None:
            continue
        indent, key = len(found[1]), found[2]
        parents = [(depth, name) for depth, name in parents if depth < indent]
        path = [name for _, name in parents] + [key]
        if described:
            yield Value(path=".".join(path), default=_default(whole, path), text=described)
            described = ""
        parents.append((indent, key))


def _default(whole: Any, path: list[str]) -> str:
    for key in path:
        whole = whole[key]
    return yaml.safe_dump(whole, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")


def readme(text: str) -> str:
    """The README with its table made anew; what stands before the mark stays."""
    before, mark, _ = text.partition(MARK)
    if not mark:
        raise SystemExit(f"{CHART / 'README.md'} lacks the line {MARK.strip()}")
    rows = [
        f"| `{value.path}` | `{value.default}` | {value.text.replace('|', chr(92) + '|')} |"
        for value in values((CHART / "values.yaml").read_text())
    ]
    return before + mark + "\n".join(["", "| value | default | |", "|---|---|---|", *rows, ""])


HEALTHY_KINDS = ("Operation", "Search", "Component", "Connection", "Run")
WEBHOOK_DRIFT = "resource.customizations.ignoreDifferences.admissionregistration.k8s.io_ValidatingWebhookConfiguration"


def argocd() -> str:
    """The patch of Argo CD's ConfigMap: the health script for each kind, and the one field that we write ourselves."""
    script = (DEPLOY / "argocd" / "health.lua").read_text()
    data = {f"resource.customizations.health.joinery.dev_{kind}": script for kind in HEALTHY_KINDS}
    data[WEBHOOK_DRIFT] = dump_yaml({"jqPathExpressions": [".webhooks[]?.clientConfig.caBundle"]})
    return "# Made from health.lua by deploy/generate.py.\n" + dump_yaml({"data": data})


PARTS: Mapping[str, tuple[str, ...]] = {
    "operator.yaml": ("joinery-operator",),
    "admission.yaml": ("joinery-admission",),
    "access.yaml": ("joinery-access",),
    "policies.yaml": ("joinery-policies",),
}


def base(helm: str) -> dict[str, str]:
    """The files of deploy/base: what the chart renders, by part, without what only Helm understands."""
    rendered = subprocess.run(  # noqa: S603 - the program that was asked for, and arguments of our own
        [
            helm, "template", "joinery", str(CHART), f"--namespace={NAMESPACE}", f"--kube-version={KUBERNETES}",
            "--no-hooks", f"--values={DEPLOY / 'values.yaml'}",
        ],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    manifests = [manifest for manifest in yaml.safe_load_all(rendered) if manifest]
    for manifest in manifests:
        _strip(manifest)
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    files = {"namespace.yaml": NOTE + dump_yaml(namespace)}
    for name, parts in PARTS.items():
        chosen = [m for m in manifests if m["metadata"]["labels"].get("app.kubernetes.io/name") in parts]
        files[name] = NOTE + "---\n".join(dump_yaml(manifest) for manifest in chosen)
    left = {m["metadata"]["labels"].get("app.kubernetes.io/name") for m in manifests}
    if strange := left - {part for parts in PARTS.values() for part in parts}:
        raise SystemExit(f"no file of the base is for {sorted(strange)}")
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../crds", *files],
    }
    return files | {"kustomization.yaml": NOTE + dump_yaml(kustomization)}


def _strip(value: Any) -> None:
    """Take out the labels that name Helm, in the object and in its pods' template."""
    if isinstance(value, dict):
        for key in ("app.kubernetes.io/managed-by", "helm.sh/resource-policy"):
            value.pop(key, None)
        for child in value.values():
            _strip(child)
    elif isinstance(value, list):
        for child in value:
            _strip(child)


def from_sources() -> dict[Path, str]:
    """What needs no Helm, by path: CRDs, the README's table, Argo CD's patch."""
    manifests = {file_name(name): dump_yaml(crd) for name, crd in crds().items()}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(manifests),
        # With a CRD go all its objects, so Flux must not prune one; the chart's carry Helm's word for the same.
        "commonAnnotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"},
    }
    made = {CHART / "files" / "crds" / name: text for name, text in manifests.items()}
    made |= {DEPLOY / "crds" / name: text for name, text in manifests.items()}
    made[DEPLOY / "crds" / "kustomization.yaml"] = NOTE + dump_yaml(kustomization)
    made[DEPLOY / "argocd" / "argocd-cm.yaml"] = argocd()
    made[CHART / "README.md"] = readme((CHART / "README.md").read_text())
    return made


def from_chart(helm: str) -> dict[Path, str]:
    """What Helm makes of the chart as it is now, by path: the kustomize base."""
    return {DEPLOY / "base" / name: text for name, text in base(helm).items()}


def stale(made: Mapping[Path, str]) -> list[Path]:
    """The files that are not what they would be made to."""
    return [path for path, text in made.items() if not path.exists() or path.read_text() != text]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something would change")
    parser.add_argument("--helm", default=shutil.which("helm"), help="the program helm; else the one on PATH")
    options = parser.parse_args()
    if not options.helm:
        parser.error("helm is not on PATH: name it with --helm")
    changed = 0
    for make in (from_sources, partial(from_chart, options.helm)):
        made = make()
        for path in stale(made):
            changed += 1
            print(f"{'would change' if options.check else 'written'}: {path.relative_to(ROOT)}")
            if not options.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(made[path])
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
