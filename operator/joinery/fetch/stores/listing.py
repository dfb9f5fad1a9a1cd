"""A web server's page that lists a folder: the links on it that lie in the folder. The page is data."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote

from yarl import URL


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def links(page: str, folder: URL) -> Iterator[str]:
    """Names of files and folders (these end in ``/``) directly in ``folder``, each once. Other links are passed over:
    to the folder above, to other servers, to the same page sorted otherwise."""
    parser = _Links()
    parser.feed(page)
    seen: set[str] = set()
    start = folder.raw_path
    for link in parser.found:
        try:
            target = folder.join(URL(link))
        except ValueError:
            continue
        if target.query_string or target.absolute != folder.absolute or target.origin() != folder.origin():
            continue
        if not target.raw_path.startswith(start):
            continue
        name = unquote(target.raw_path[len(start) :])
        if name and "/" not in name.rstrip("/") and name not in seen:
            seen.add(name)
            yield name
