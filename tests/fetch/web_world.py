"""Real web servers that do what a test says, and remember what they were asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """``answer(path, headers)`` says what each request gets."""

    answer: Callable[[str, dict[str, str]], Answer]
    url: str = ""
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def gets(self) -> Counter[str]:
        """How often each path was got."""
        with self.lock:
            return Counter(path for method, path, _ in self.seen if method == "GET")

    def headers(self, name: str) -> set[str | None]:
        """What all requests said in one header."""
        return {headers.get(name.lower()) for _, _, headers in self.seen}


@contextmanager
def serving(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[Site]:
    """A server on a port of its own, for the time of the block."""
    site = Site(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            with site.lock:
                site.seen.append((self.command, self.path, headers))
            status, said, body = site.answer(self.path, headers)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **said}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
            if said.get("Content-Length", str(len(body))) != str(len(body)):
                self.close_connection = True

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
