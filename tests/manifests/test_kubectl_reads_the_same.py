"""Spec 3, line 38, on a real API server: what kubectl stores of a YAML file is what we read of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from joinery.manifests import normalise, read_documents

pytestmark = pytest.mark.cluster

SCALARS = """\
1e-3 1e5 0o17 017 08 0x1F 0b11 1_000 10.0 10.5 -0.0 .5 1. +5 -0x10 1e22 1e16 1e 0x _1 1.2.3 12:30 1:2:3 2024-05-01
2024-05-01T12:30:00Z y Y yes n no on off On OFF true False tRUE yEs null ~ nULL 9223372036854775807 9223372036854775808
18446744073709551616 99999999999999999999999 1234567890123456768.0 1234567890123456768 '1e5' "no" !!str\\ 5 !!float\\ 5
"""


@pytest.mark.spec("3:38", "1:131")
def test_kubectl_stores_what_we_read(kubectl: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    scalars = SCALARS.replace("\\ ", "\0").split()
    inputs = "".join(f"    k{index}: {scalar}\n".replace("\0", " ") for index, scalar in enumerate(scalars))
    text = (
        "apiVersion: joinery.dev/v1alpha1\nkind: Run\nmetadata: {name: scalars}\nspec:\n  inputs:\n"
        f"{inputs}    merged: {{<<: &base {{a: 1, b: 2}}, b: 3}}\n    again: *base\n    block: |\n      x\n       y\n"
        "    folded: >-\n      x\n      y\n"
    )
    kubectl("create", "-f", "-", stdin=text)
    stored = json.loads(kubectl("get", "run", "scalars", "-o", "json").stdout)["spec"]["inputs"]
    (document,) = read_documents(text)
    assert normalise(stored) == document.value["spec"]["inputs"]


@pytest.mark.spec("1:131")
def test_the_api_server_stores_numbers_and_texts_as_we_normalise_them(
    kubectl: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    body = (
        '{"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": "values"}, "spec": {"inputs": {'
        '"a": "\\ud83d", "b": 1.0, "c": 1234567890123456768.0, "d": 1e22, "e": -0, "f": 9223372036854775808, '
        '"g": [null, {"x": null}], "h": 0.1, "i": -9223372036854775808, "j": "\\ud83d\\ude00"}}}'
    )
    kubectl("create", "-f", "-", stdin=body)
    stored = json.loads(kubectl("get", "run", "values", "-o", "json").stdout)["spec"]["inputs"]
    (document,) = read_documents(body)
    assert normalise(stored) == document.value["spec"]["inputs"]
    # Only what lies outside int64 is read back as an integer by Python's JSON; all else is stored as we have it.
    assert {key: value for key, value in stored.items() if key != "f"} == {
        key: value for key, value in document.value["spec"]["inputs"].items() if key != "f"
    }
