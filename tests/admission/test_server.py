"""The program `joinery admission` with certificates from a folder: what it refuses, reloads, and how it ends."""

from __future__ import annotations

import concurrent.futures
import http.client
import signal
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from admission_server import Admission
from reviews import OPERATION, body, changed, request

from joinery.admission.authority import Pair, issue, make_authority

Start = Callable[..., Admission]
JSON_TYPE = {"Content-Type": "application/json"}
REVIEW = body(request("CREATE", OPERATION))


def pair(authority: Pair) -> Pair:
    return issue(authority, names=["127.0.0.1"], now=datetime.now(UTC), lifetime=timedelta(hours=1))


@pytest.fixture(scope="module")
def authority() -> Pair:
    return make_authority(now=datetime.now(UTC), lifetime=timedelta(hours=1))


def put(folder: Path, made: Pair) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "tls.crt").write_bytes(made.certificate)
    (folder / "tls.key").write_bytes(made.key)


@pytest.fixture(scope="module")
def serving(
    module_admission: Start, authority: Pair, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Admission, ssl.SSLContext]:
    """A running server, and a context that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    put(folder, pair(authority))
    server = module_admission(f"--tls-directory={folder}")
    return server, trusting(authority)


def trusting(*authorities: Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cadata="".join(one.certificate.decode() for one in authorities))


def send(
    server: Admission,
    context: ssl.SSLContext,
    data: bytes = REVIEW,
    *,
    path: str = "/validate",
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=180, context=context)
    try:
        connection.request(method, path, body=data, headers=JSON_TYPE if headers is None else headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_review_is_answered(serving: tuple[Admission, ssl.SSLContext]) -> None:
    status, answered = send(*serving)
    assert status == 200
    assert orjson.loads(answered)["response"]["allowed"] is True
    wrong = body(request("CREATE", changed(OPERATION, "spec.joins.0.query", "metric.loss: <1")))
    status, answered = send(*serving, wrong, path="/validate?timeout=5s")
    assert status == 200
    assert orjson.loads(answered)["response"]["allowed"] is False


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"path": "/"}, 404, "Not Found"),
        ({"path": "/validate/"}, 404, "Not Found"),
        ({"path": "/mutate"}, 404, "Not Found"),
        ({"path": "/metrics", "method": "GET"}, 404, "Not Found"),
        ({"method": "GET"}, 405, "Method Not Allowed"),
        ({"method": "PUT"}, 405, "Method Not Allowed"),
        ({"headers": {"Content-Type": "text/yaml"}}, 415, "application/json"),
        ({"headers": {}}, 415, "application/json"),
        ({"headers": {**JSON_TYPE, "Content-Encoding": "gzip"}}, 415, "not compressed"),
        ({"data": b""}, 400, "not JSON"),
        ({"data": b"{}"}, 400, "AdmissionReview"),
        ({"data": b"\x00" * 1000}, 400, "not JSON"),
        ({"data": b" " * (1024 * 1024 + 1)}, 413, "1048576"),
        ({"data": b"[" * 1024 * 1024}, 400, "not JSON"),
    ],
)
def test_what_is_no_review_is_refused(
    serving: tuple[Admission, ssl.SSLContext], options: dict[str, object], code: int, said: str
) -> None:
    status, answered = send(*serving, **options)  # type: ignore[arg-type]
    assert status == code
    assert said in answered.decode()
    assert b"Traceback" not in answered


def test_no_old_tls_and_no_plain_http(serving: tuple[Admission, ssl.SSLContext], authority: Pair) -> None:
    server, _ = serving
    context = trusting(authority)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        send(server, context)
    with socket.create_connection(("127.0.0.1", server.port), timeout=180) as plain:
        plain.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP")


def test_probes_and_metrics_are_plain_http_on_their_own_port(serving: tuple[Admission, ssl.SSLContext]) -> None:
    server, context = serving
    send(server, context)
    assert server.get("/livez") == (200, "ok\n")
    assert server.get("/readyz") == (200, "ok\n")
    assert server.get("/validate")[0] == 404
    code, text = server.get("/metrics")
    assert code == 200
    assert 'joinery_admission_reviews_total{kind="Operation",operation="CREATE",verdict="allowed"}' in text
    assert 'controller_runtime_webhook_requests_total{code="200",webhook="/validate"}' in text
    (line,) = [
        one for one in text.splitlines() if one.startswith("joinery_admission_certificate_expiry_timestamp_seconds ")
    ]
    assert float(line.split()[1]) > time.time()


def test_a_slow_object_keeps_no_other_waiting(serving: tuple[Admission, ssl.SSLContext]) -> None:
    """Large objects are judged one after the other, beside the small ones: many small ones are done before them."""
    names = {f"p{number}": {"value": "metric.x", "contextOnly": True} for number in range(128)}
    joins = [{"query": "metrics.a: 1", "params": {f"{name}-{i}": p for name, p in names.items()}} for i in range(32)]
    large = body(request("CREATE", changed(OPERATION, "spec.joins", joins)))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(send, *serving, large) for _ in range(4)]
        small = [send(*serving) for _ in range(3)]
        waiting = [not one.done() for one in slow]
        answers = [one.result() for one in slow]
    assert [status for status, _ in small] == [200, 200, 200]
    assert any(waiting)
    assert {status for status, _ in answers} <= {200, 504}


def test_half_a_request_and_half_a_handshake_hold_up_nobody(serving: tuple[Admission, ssl.SSLContext]) -> None:
    server, context = serving
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=180),
        socket.create_connection(("127.0.0.1", server.port), timeout=180) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as half,
    ):
        head = "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        half.sendall(head.encode())
        assert send(server, context)[0] == 200
        assert b" 504 " in half.recv(200)  # its time is up


def test_what_is_not_judged_is_refused_as_a_review_where_its_uid_is_known(
    serving: tuple[Admission, ssl.SSLContext],
) -> None:
    large = body(request("CREATE", changed(OPERATION, "spec.description", "x" * 1024 * 1024)))
    start = b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"0b4d-9d"'
    for data, uid in ((start + b" " * 1024 * 1024, "0b4d-9d"), (start + b',"object":' + large, "0b4d-9d")):
        status, answered = send(*serving, data)
        response = orjson.loads(answered)["response"]
        assert (status, response["allowed"], response["uid"]) == (200, False, uid)
        assert response["status"]["code"] == 413
        assert "1048576" in response["status"]["message"]


def test_a_new_certificate_is_shown_without_a_restart(start_admission: Start, authority: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    put(folder, pair(authority))
    server = start_admission(f"--tls-directory={folder}", "--check-every=0.1")
    first = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=180, context=trusting(authority))
    first.request("POST", "/validate", body=REVIEW, headers=JSON_TYPE)
    assert first.getresponse().read()

    # Half of a new pair: the former one stays.
    another = make_authority(now=datetime.now(UTC), lifetime=timedelta(hours=1))
    new = pair(another)
    (folder / "tls.crt").write_bytes(new.certificate)
    server.wait_for_log("the former certificate stays in use")
    assert send(server, trusting(authority))[0] == 200
    (folder / "tls.key").write_bytes(new.key)
    deadline = time.monotonic() + 180
    while True:
        try:
            status, _ = send(server, trusting(another))
        except ssl.SSLCertVerificationError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            assert status == 200
            break
    first.request("POST", "/validate", body=REVIEW, headers=JSON_TYPE)  # a connection that is open goes on
    assert first.getresponse().status == 200
    first.close()


def test_it_is_not_ready_before_it_has_a_certificate(start_admission: Start, authority: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    server = start_admission(f"--tls-directory={folder}", wait=False)
    server.wait_for(lambda: server.get("/readyz")[0] == 503)
    assert "cannot be read" in server.get("/readyz")[1]
    assert server.get("/livez")[0] == 200
    put(folder, Pair(b"garbage", b"garbage"))
    server.wait_for(lambda: "no certificate" in server.get("/readyz")[1])
    put(folder, pair(authority))
    server.wait_ready()
    assert server.stop() == 0


def test_a_stop_finishes_what_is_under_way(start_admission: Start, authority: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    put(folder, pair(authority))
    server = start_admission(f"--tls-directory={folder}")
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=180) as raw,
        trusting(authority).wrap_socket(raw, server_hostname="127.0.0.1") as under_way,
        socket.create_connection(("127.0.0.1", server.probes_port), timeout=180),  # an open connection to the probes
    ):
        head = f"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(REVIEW)}"
        under_way.sendall(f"{head}\r\n\r\n".encode() + REVIEW[:100])
        server.wait_for(lambda: 'requests_in_flight{webhook="/validate"} 1.0' in server.get("/metrics")[1])
        server.process.send_signal(signal.SIGTERM)
        server.wait_for(lambda: server.get("/readyz")[0] == 503)
        under_way.sendall(REVIEW[100:])
        answered = under_way.recv(4096)
        assert b" 200 OK" in answered
        assert b"Connection: close" in answered
    assert server.process.wait(180) == 0
    assert "Traceback" not in server.text()


def test_a_stop_before_there_is_a_certificate_ends_at_once(start_admission: Start, tmp_path: Path) -> None:
    server = start_admission(f"--tls-directory={tmp_path}", wait=False)
    server.wait_for(lambda: server.get("/livez")[0] == 200)
    assert server.stop() == 0


def test_a_taken_port_is_said_in_one_line(start_admission: Start, authority: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    put(folder, pair(authority))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = start_admission(
            f"--tls-directory={folder}", f"--listen=127.0.0.1:{taken.getsockname()[1]}", wait=False
        )
        assert server.process.wait(180) == 1
    assert "Traceback" not in server.text()
    assert "in use" in server.text()
