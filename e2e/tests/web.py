"""A server of our own in the cluster: one part of it redirects to the other, which writes down what it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kubectl import Kubectl
from objects import container

SCRIPT = """
    import json, threading, time
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            name = {8001: "front", 8002: "elsewhere", 8003: "silent"}[self.server.server_port]
            print(json.dumps({"server": name, "method": self.command, "path": self.path,
                              "headers": {key.lower(): value for key, value in self.headers.items()}}), flush=True)
            if name == "silent":
                time.sleep(3600)
            if name == "front" and "authorization" not in self.headers:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="front"')
                self.send_header("Content-Length", "0")
            elif name == "front":
                self.send_response(307)
                self.send_header("Location", f"http://elsewhere:8002{self.path}")
                self.send_header("Content-Length", "0")
            else:
                self.send_response(200)
                self.send_header("Content-Length", "9")
            self.end_headers()
            if name == "elsewhere" and self.command == "GET":
                self.wfile.write(b"elsewhere")

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

        def log_message(self, *arguments):
            pass

    for port in (8001, 8002, 8003):
        server = ThreadingHTTPServer(("", port), Answers)
        threading.Thread(target=server.serve_forever).start()
"""
PORTS = {"front": 8001, "elsewhere": 8002, "silent": 8003}


@dataclass(frozen=True)
class Web:
    """``front`` wants credentials and redirects to ``elsewhere``, another host and port; ``silent`` never answers."""

    kubectl: Kubectl

    def address(self, name: str) -> str:
        return f"http://{name}:{PORTS[name]}"

    def asked(self, name: str) -> list[dict[str, Any]]:
        """The requests that reached that server: method, path and headers in small letters."""
        lines = [json.loads(line) for line in self.kubectl.by_kubelet("logs", "web").splitlines()]
        return [one for one in lines if one["server"] == name]


def start(kubectl: Kubectl, *, image: str) -> Web:
    """Start it in the test's own namespace; ready when it returns."""
    main = container(image, SCRIPT, name="web")
    main["readinessProbe"] = {"tcpSocket": {"port": PORTS["silent"]}, "periodSeconds": 1}
    labels = {"app": "web"}
    spec = {"containers": [main], "terminationGracePeriodSeconds": 1}
    services = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": labels, "ports": [{"port": port}]},
        }
        for name, port in PORTS.items()
    ]
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": labels}, "spec": spec}, *services
    )
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=180s")
    return Web(kubectl)
