"""Links of the pages lead to files that are there, and to headings of these; no page installs another's package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ROOMS = ("", "e2e/", "e2e/cluster/", "charts/joinery/", "deploy/argocd/", "examples/sweep/")
PAGES = [ROOT / f"{room}README.md" for room in _ROOMS] + [ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


def _links(page: Path) -> list[tuple[str, str]]:
    """Of each link, the file (empty: the page itself) and the heading (empty: none)."""
    return _LINK.findall(page.read_text("utf-8"))


def _anchors(page: Path) -> set[str]:
    """The headings as a link names them: lower case, dashes for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_to_files(page: Path) -> None:
    assert [file for file, _ in _links(page) if not (page.parent / file).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_to_headings(page: Path) -> None:
    places = [(page.parent / file if file else page, heading) for file, heading in _links(page) if heading]
    assert [(place.name, heading) for place, heading in places if heading not in _anchors(place)] == []


def test_there_are_links_to_check() -> None:
    assert sum(len(_links(page)) for page in PAGES) > 20
    assert sum(bool(heading) for page in PAGES for _, heading in _links(page)) > 5


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_page_installs_the_other_package_of_our_name(page: Path) -> None:
    """`joinery` on the package index is somebody else's; ours is `joinery-operator`."""
    assert re.findall(r"pip install[^\n`]*[ '\"]joinery(?![\w-])", page.read_text("utf-8")) == []
