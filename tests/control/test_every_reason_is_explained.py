"""Whoever reads a reason finds it in the troubleshooting page, and the page explains nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from joinery.api.v1alpha1 import reasons

PAGE = Path(__file__).resolve().parents[2] / "docs" / "troubleshooting.md"


def test_each_reason_has_an_entry_with_advice() -> None:
    known = {value for name, value in vars(reasons).items() if name.isupper()}
    entries = dict(re.findall(r"^### (\w+)\n(.+(?:\n.+)*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert known == set(entries)
    assert all(len(text.split()) >= 3 for text in entries.values())
