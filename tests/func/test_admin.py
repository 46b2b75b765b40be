# SPDX-License-Identifier: MIT
"""The admin listener: its pages, its manners, its bounds, over reloads."""

import os
import re
import resource
import select
import signal
import socket
import ssl
import stat
import time
from typing import Any, Callable, List

import pytest
from lib import relay as relays
from lib import ws
from lib.admin import Admin, watched
from lib.backends import Backend, PollServer, Server
from lib.config import render, relay_to
from lib.control import Control
from lib.tls import Authority, openssl, tls_listener
from lib.wait import DEADLINE, wait_for

Connect = Callable[..., ws.Client]

PAGES = {"/": "text/html", "/metrics": "text/plain",
         "/status": "application/json", "/healthz": "text/plain",
         "/readyz": "text/plain"}


def test_pages(start_relay: Any, echo: Server) -> None:
    admin = Admin(start_relay(watched(echo.target)))
    for path, kind in PAGES.items():
        response, body = admin.ask(path)
        assert response.status == 200
        assert response.headers["Content-Type"].split(";")[0] == kind
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers[
            "Content-Security-Policy"]
        assert body
        # The same without a body; the next answer comes where it should.
        response, nothing = admin.ask(path, "HEAD")
        assert (response.status, nothing) == (200, b"")
        assert int(response.headers["Content-Length"]) > 0
        response, _ = admin.ask(path, "POST")
        assert response.status == 405
        assert response.headers["Allow"] == "GET, HEAD"
    assert admin.get("/healthz") == admin.get("/readyz") == "ok\n"
    assert admin.ask("/nothing")[0].status == 404
    assert admin.ask("/status?now=1")[0].status == 200


def test_kept_connection(start_relay: Any, echo: Server) -> None:
    admin = Admin(start_relay(watched(echo.target)))
    with admin.dial() as sock:
        for method in ("GET", "HEAD", "GET"):
            sock.sendall(f"{method} /healthz HTTP/1.1\r\nHost: [::1]\r\n\r\n"
                         .encode())
            answer = b""
            while not answer.endswith(
                    b"ok\n" if method == "GET" else b"\r\n\r\n"):
                answer += sock.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_host(start_relay: Any, echo: Server) -> None:
    """A page of another site whose name leads here learns nothing."""
    admin = Admin(start_relay(watched(echo.target)))
    for host in ("localhost", "localhost:9180", "127.0.0.1", "[::1]:9180",
                 "LOCALHOST", "a.localhost", "192.0.2.7"):
        assert admin.ask("/healthz", host=host)[0].status == 200, host
    for host in ("evil.example", "evil.example:9180", "localhost.example",
                 "notlocalhost", "127.0.0.1.example"):
        for path in PAGES:
            assert admin.ask(path, host=host)[0].status == 403, host


def test_off(start_relay: Any, echo: Server) -> None:
    relay = start_relay(relay_to(echo.target))
    assert not relay.log(event="listening", listener="admin")


def test_status(start_relay: Any, echo: Server, connect: Connect) -> None:
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    client = connect(relay)
    client.send_frame(ws.BINARY, b"12345")
    client.read_data(5)
    with pytest.raises(ws.Refused):
        connect(relay, "/nowhere")
    admin.wait_metric("wsrelayd_bytes_total", 5, direction="down")
    status = wait_for(lambda: (now := admin.status())["refusals"] and now,
                      "the refusal")
    assert status["state"] == "running"
    assert status["pid"] == relay.process.pid
    assert status["sessions"]["active"] == 1
    assert sum(one["sessions"] for one in status["workers"]) == 1
    host, port = relay.address
    assert status["listeners"] == [
        {"name": "web", "address": f"{host}:{port}", "certificates": []}]
    [route] = status["routes"]
    assert (route["name"], route["bytes_up"], route["bytes_down"],
            route["sessions"]) == ("app", 5, 5, 1)
    [server] = status["backends"][0]["servers"]
    assert (server["server"], server["up"], server["sessions"],
            server["last_error"]) == (echo.target, True, 1, None)
    [refusal] = status["refusals"]
    assert (refusal["cause"], refusal["status"], refusal["total"],
            refusal["recent"]) == ("no_route", 404, 1, 1)
    assert status["closings"] == []
    assert status["reloads"]["last"] is None
    assert len(status["history"]["time"]) == len(
        status["history"]["sessions"]) >= 1
    client.close()
    status = wait_for(lambda: (now := admin.status())["closings"] and now,
                      "the closing")
    assert status["closings"][0]["cause"] == "client_closed"
    assert status["traffic"]["bytes_up"] == 5
    relay.reload(watched(echo.target))
    assert admin.status()["reloads"]["last"]["result"] == "success"


def test_failed_server(start_relay: Any, keep: Any, echo: Server,
                       connect: Connect) -> None:
    from lib.backends import Refusing
    refusing = keep(Refusing())
    relay = start_relay(watched(refusing.target))
    admin = Admin(relay)
    with pytest.raises(ws.Refused):
        connect(relay)
    wait_for(lambda: not admin.status()["backends"][0]["servers"][0]["up"],
             "the server to be down")
    [server] = admin.status()["backends"][0]["servers"]
    assert server["last_error"] == "Connection refused"


def test_history(start_relay: Any, echo: Server, connect: Connect) -> None:
    """A second sample comes by itself."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    connect(relay)
    history = wait_for(
        lambda: len((now := admin.status()["history"])["time"]) > 1 and now,
        "the next sample")
    assert history["sessions"][:2] == [0, 1]
    assert 4 <= history["time"][1] - history["time"][0] <= 7


def test_unix_socket(start_relay: Any, echo: Server, tmp_path: Any) -> None:
    path = tmp_path / "admin.sock"
    config = relay_to(echo.target, admin={"listen": f"unix:{path}",
                                          "mode": "0600"})
    relay = start_relay(config)
    admin = Admin(relay)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # Nobody reaches it by a name: any will do.
    assert admin.ask("/healthz", host="any.example")[0].status == 200
    config["admin"]["mode"] = "0640"
    relay.reload(config)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert admin.get("/healthz") == "ok\n"
    relay.finish()
    assert not path.exists()


def test_reload_moves_it(start_relay: Any, echo: Server, tmp_path: Any,
                         connect: Connect) -> None:
    config = watched(echo.target)
    relay = start_relay(config)
    admin = Admin(relay)
    client = connect(relay)
    before = relay.listeners["admin"]
    relay.reload(config)
    assert relay.listeners["admin"] == before
    config["admin"] = {"listen": f"unix:{tmp_path}/admin.sock"}
    relay.reload(config)
    assert relay.listeners["admin"] == f"{tmp_path}/admin.sock"
    assert admin.status()["sessions"]["active"] == 1
    with pytest.raises(ConnectionRefusedError):
        ws.dial(before)
    # One that cannot be opened changes nothing.
    config["admin"] = {"listen": f"unix:{tmp_path}/none/admin.sock"}
    relay.reload_refused(config)
    assert admin.get("/healthz") == "ok\n"
    del config["admin"]
    relay.reload(config)
    assert not (tmp_path / "admin.sock").exists()
    client.send_frame(ws.BINARY, b"still there")
    assert client.read_data(11) == b"still there"


def test_taken_address(start_relay: Any, echo: Server, keep: Any,
                       tmp_path: Any) -> None:
    taken = keep(Backend())
    config = relay_to(echo.target, admin={"listen": taken.target})
    (tmp_path / "taken.conf").write_text(render(config))
    result = relays.run("-c", "taken.conf", directory=tmp_path)
    assert result.returncode == 69
    assert "taken.conf" in result.stderr
    assert "admin.listen" in result.stderr


@pytest.mark.parametrize("admin, words", [
    ({"listen": "9180"}, "no port"),
    ({"listen": "localhost:9180"}, "numeric"),
    ({"listen": "127.0.0.1:8080"}, "is taken by the listener"),
    ({"listen": "127.0.0.1:9180", "mode": "0600"}, "Unix sockets"),
    ({"listen": "unix:/a", "mode": "0999"}, "admin.mode"),
    ({"listem": "127.0.0.1:9180"}, "listen"),
])
def test_wrong(admin: Any, words: str, tmp_path: Any) -> None:
    config = relay_to("127.0.0.1:1", admin=admin)
    config["listeners"][0]["listen"] = "127.0.0.1:8080"
    (tmp_path / "wrong.conf").write_text(render(config))
    result = relays.run("-t", "-c", "wrong.conf", directory=tmp_path)
    assert result.returncode == 78
    assert "admin" in result.stderr and words in result.stderr


def test_readiness(start_relay: Any, echo: Server, connect: Connect) -> None:
    """While it stops it is alive, but not ready."""
    relay = start_relay(watched(echo.target, timeouts={"drain": "1h"}))
    admin = Admin(relay)
    client = connect(relay)
    relay.signal(signal.SIGTERM)
    wait_for(lambda: admin.ask("/readyz")[0].status == 503, "no readiness")
    assert admin.ask("/readyz")[1] == b"stopping\n"
    assert admin.get("/healthz") == "ok\n"
    assert admin.status()["state"] == "stopping"
    assert admin.metrics().get("wsrelayd_state", state="stopping") == 1
    client.close()
    assert relay.wait_exit() == 0


def test_drain(start_relay: Any, echo: Server, control: Control) -> None:
    """Who is drained is alive and not ready, until it is told to go on."""
    admin = Admin(start_relay(watched(echo.target, **control.option)))
    for command, status, state in (("drain", 503, "draining"),
                                   ("undrain", 200, "running")):
        control.ok(command)
        assert admin.ask("/readyz")[0].status == status
        assert admin.get("/healthz") == "ok\n"
        assert admin.status()["state"] == state
        assert admin.metrics().get("wsrelayd_state", state=state) == 1


def test_idle_connections(start_relay: Any, echo: Server) -> None:
    """A hundred that say nothing keep nobody out and hold few descriptors."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    before = relay.descriptors()
    idle = [admin.dial() for _ in range(100)]
    assert admin.get("/healthz") == "ok\n"
    wait_for(lambda: relay.descriptors() <= before + 16, "descriptors")
    assert admin.get("/healthz") == "ok\n"
    for sock in idle:
        sock.close()
    wait_for(lambda: relay.descriptors() == before, "no connection")


def test_no_descriptors(start_relay: Any, echo: Server) -> None:
    """Who comes when there is none waits until there is one again."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    limits = resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE)
    before = relay.descriptors()
    kept = admin.dial()
    wait_for(lambda: relay.descriptors() > before, "the connection")
    resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE,
                     (relay.descriptors(), limits[1]))
    # Nothing rather than a 0, where what the kernel says cannot be read.
    with kept, kept.makefile("rb") as answer:
        kept.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = answer.read().decode()
        assert "\nprocess_max_fds " in text
        assert "\nprocess_open_fds" not in text
    wait_for(lambda: relay.descriptors() == before, "its end")
    resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE,
                     (before, limits[1]))
    with admin.dial() as sock:
        sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        with ws.dial(relay.address) as refused:
            assert b" 503 " in refused.recv(4096)
        assert not select.select([sock], [], [], 0)[0]
        resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, limits)
        assert sock.recv(4096).startswith(b"HTTP/1.0 200 ")
    assert admin.get("/healthz") == "ok\n"


def test_large_requests(start_relay: Any, echo: Server) -> None:
    admin = Admin(start_relay(watched(echo.target)))
    for request, status in (
            (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
             + b"x" * 100000, b"400"),
            (b"GET /" + b"x" * 100000, b"400"),
            (b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n"
             b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000, b"413"),
            (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400")):
        with admin.dial() as sock:
            try:
                sock.sendall(request)
                answer = sock.recv(4096)
            except (BrokenPipeError, ConnectionResetError):
                answer = b""
            assert not answer or answer.split()[1] == status, answer
    assert admin.get("/healthz") == "ok\n"


def round_trips(client: ws.Client, count: int) -> List[float]:
    times = []
    for _ in range(count):
        begun = time.monotonic()
        client.send_frame(ws.BINARY, b"0123456789abcdef")
        client.read_data(16)
        times.append(time.monotonic() - begun)
    return sorted(times)


def test_slow_reader(start_relay: Any, echo: Server,
                     connect: Connect) -> None:
    """One that never takes its answers stalls neither sessions nor others."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    slow = [admin.dial() for _ in range(8)]
    for sock in slow:
        sock.sendall(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        sock.sendall(b"GET /met")
    client = connect(relay)
    assert round_trips(client, 200)[100] < 0.1
    assert admin.get("/healthz") == "ok\n"
    connect(relay).close()
    for sock in slow:
        sock.close()


def test_asks_without_end(start_relay: Any, echo: Server) -> None:
    """What waits behind an answer that is not taken stays with its sender."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    before = relay.memory()
    requests = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000
    with admin.dial() as sock:
        sock.settimeout(1)
        with pytest.raises(socket.timeout):
            while True:
                sock.send(requests)
        if not relay.is_sanitized():
            assert relay.memory() < before + (1 << 20)
    assert admin.get("/healthz") == "ok\n"


def test_many_sessions(start_relay: Any, keep: Any,
                       connect: Connect) -> None:
    """Scrapes while 500 sessions are open hold up no round trip."""
    relay = start_relay(watched(keep(PollServer()).target))
    admin = Admin(relay)
    clients = [connect(relay) for _ in range(500)]
    for client in clients:
        client.send_frame(ws.BINARY, b"0123456789abcdef")
    for client in clients:
        client.read_data(16)
    worst = 0.0
    for _ in range(20):
        with admin.dial() as sock:
            sock.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            worst = max(worst, round_trips(clients[0], 20)[-1])
            while sock.recv(65536):
                pass
    assert worst < 1.0
    metrics = admin.metrics()
    assert metrics.get("wsrelayd_sessions_active", route="app") == 500
    assert metrics.get("wsrelayd_bytes_total", route="app",
                       direction="up") == 16 * (500 + 20 * 20)


def test_certificates(start_relay: Any, echo: Server, tmp_path: Any) -> None:
    """Those that serve: their names, when they end, and which they are."""
    authority = Authority(tmp_path)
    names = ["relay.test", "*.relay.test"]
    pair = authority.issue("server", names)
    admin = Admin(start_relay(watched(
        echo.target, listeners=[{"name": "plain", "listen": "127.0.0.1:0"},
                                tls_listener(pair)])))
    plain, tls = admin.status()["listeners"]
    assert plain["certificates"] == []
    one, = tls["certificates"]
    assert one["file"] == str(pair.certificate)
    assert one["names"] == names
    assert one["begins"] <= time.time() < one["expires"]
    text = openssl("x509", "-in", str(pair.certificate), "-noout",
                   "-fingerprint", "-sha256", "-enddate").decode()
    assert one["sha256"] in text.replace(":", "").lower()
    end = re.search(r"notAfter=(.*)", text)
    assert end and ssl.cert_time_to_seconds(end.group(1)) == one["expires"]
    assert admin.metrics().get(
        "wsrelayd_certificate_expiry_seconds", listener="tls",
        file=str(pair.certificate)) == one["expires"]
