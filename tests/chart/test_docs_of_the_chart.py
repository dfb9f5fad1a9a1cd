"""What the pages on installing, GitOps and security say of the chart is so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from chart_tools import CHART, ROOT, Helm, Render, of_kind
from test_rights_of_the_operator import granted

PAGES = ("install", "security-model", "gitops")
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def console(text: str) -> Iterator[list[str]]:
    """The commands of the page's console blocks."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield shlex.split(line)


@pytest.mark.parametrize("name", PAGES)
def test_every_value_that_is_named_exists(name: str) -> None:
    tops = "|".join(VALUES)
    for path in re.findall(rf"`((?:{tops})\.[A-Za-z.]+)", page(name)):
        found: Any = VALUES
        for key in path.rstrip(".").split("."):
            assert key in found, f"{path} is no value of the chart"
            found = found[key]


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_named_exists(name: str) -> None:
    text = page(name)
    for path in re.findall(r"(?:deploy|charts|examples)/[\w./-]+", text):
        assert (ROOT / path.rstrip(".")).exists(), path
    for target in re.findall(r"\]\(([\w./-]+?)(?:#[\w-]+)?\)", text):
        assert (ROOT / "docs" / target).exists(), target


def test_the_helm_commands_of_the_page_on_installing_are_taken(helm: Helm) -> None:
    commands = [words for words in console(page("install")) if words[:2] == ["helm", "install"]]
    assert len(commands) == 3
    for words in commands:
        settings = [word for word in words if word.startswith(("--namespace", "--set")) or "=" in word]
        flags = [word for word in settings if word != "--namespace"]
        paired = [f"--set={flag}" for flag in flags if not flag.startswith("--")]
        helm("template", "joinery", str(CHART), "--kube-version=1.35.0", *paired)


def test_the_rights_are_those_of_the_page_on_security(render: Render) -> None:
    """The operator reads no Secret, and has no right on what the page says it has none on."""
    rights = granted(render({}))
    resources = {resource for _, resource, _ in rights}
    assert resources & {"secrets", "roles", "nodes", "customresourcedefinitions", "serviceaccounts"} == set()
    assert {verb for _, resource, verb in rights if resource == "runs"} == {"get", "list", "watch", "create", "patch"}
    without = granted(render({"operator": {"launch": False}}))
    assert {resource for _, resource, _ in without} & {"jobs", "pods"} == set()
    text = page("security-model")
    assert all(resource.partition("/")[0] in text.lower() for _, resource, _ in rights)
    [*policies] = of_kind(render({}), "ValidatingAdmissionPolicy")
    assert f"By {['', '', '', '', '', 'five'][len(policies)]} ValidatingAdmissionPolicies" in text
    with_cert_manager = render({"admission": {"certificate": {"source": "cert-manager"}}})
    assert not of_kind(with_cert_manager, "ClusterRole", "joinery-admission")
    assert not of_kind(with_cert_manager, "Role", "joinery-admission")
