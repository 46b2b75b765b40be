# SPDX-License-Identifier: MIT
"""What /metrics says about known traffic, endings and refusals."""

import subprocess
from typing import Any, Callable

import pytest
from lib import ws
from lib.admin import Admin, Metrics, watched
from lib.backends import Backend, Refusing, Server
from lib.tls import Authority, tls_listener
from lib.wait import wait_for

Connect = Callable[..., ws.Client]

# Every name the contract has, with its type.
FAMILIES = {
    "wsrelayd_build_info": "gauge",
    "wsrelayd_sessions_active": "gauge",
    "wsrelayd_sessions_total": "counter",
    "wsrelayd_sessions_closed_total": "counter",
    "wsrelayd_handshakes_refused_total": "counter",
    "wsrelayd_bytes_total": "counter",
    "wsrelayd_messages_total": "counter",
    "wsrelayd_buffered_bytes": "gauge",
    "wsrelayd_backend_up": "gauge",
    "wsrelayd_backend_sessions": "gauge",
    "wsrelayd_backend_connects_total": "counter",
    "wsrelayd_backend_connect_seconds": "histogram",
    "wsrelayd_handshake_seconds": "histogram",
    "wsrelayd_ping_rtt_seconds": "histogram",
    "wsrelayd_session_seconds": "histogram",
    "wsrelayd_certificate_expiry_seconds": "gauge",
    "wsrelayd_worker_sessions": "gauge",
    "wsrelayd_connections": "gauge",
    "wsrelayd_session_limit": "gauge",
    "wsrelayd_state": "gauge",
    "wsrelayd_log_dropped_total": "counter",
    "wsrelayd_reloads_total": "counter",
    "process_cpu_seconds_total": "counter",
    "process_resident_memory_bytes": "gauge",
    "process_virtual_memory_bytes": "gauge",
    "process_threads": "gauge",
    "process_open_fds": "gauge",
    "process_max_fds": "gauge",
    "process_start_time_seconds": "gauge",
}

CLOSED = "wsrelayd_sessions_closed_total"
REFUSED = "wsrelayd_handshakes_refused_total"


def check_histogram(metrics: Metrics, name: str) -> float:
    """Buckets rise to the count; returns that."""
    buckets = sorted(
        (float(dict(labels)["le"]), value)
        for (of, labels), value in metrics.samples.items()
        if of == name + "_bucket")
    assert buckets[-1][0] == float("inf")
    values = [value for _, value in buckets]
    assert values == sorted(values)
    count = metrics.get(name + "_count")
    assert values[-1] == count
    assert (metrics.get(name + "_sum") > 0) == (count > 0)
    return count


def test_families(start_relay: Any, echo: Server, connect: Connect) -> None:
    """All are there, also before the first session; promtool is content."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    assert admin.metrics().types.items() >= FAMILIES.items()
    with connect(relay) as client:
        client.send_frame(ws.BINARY, b"x")
        client.read_data(1)
        client.close()
    metrics = admin.wait_metric(CLOSED, 1)
    assert metrics.types == FAMILIES
    result = subprocess.run(["promtool", "check", "metrics"],
                            input=metrics.text, text=True,
                            capture_output=True, check=False)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_traffic(start_relay: Any, echo: Server, connect: Connect) -> None:
    """Bytes and messages are exact while sessions are open, and after."""
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    clients = [connect(relay) for _ in range(3)]
    for size, client in enumerate(clients, 1000):
        client.send_frame(ws.BINARY, b"a" * size, fin=False)
        client.send_frame(ws.CONTINUATION, b"b" * size)
        assert client.read_data(2 * size) == b"a" * size + b"b" * size
        client.send_frame(ws.BINARY, b"")
        client.send_frame(ws.PING, b"not payload")
        assert client.read_frame().opcode == ws.PONG
    sent = 2 * (1000 + 1001 + 1002)
    metrics = admin.wait_metric("wsrelayd_bytes_total", sent,
                                direction="down")
    assert metrics.get("wsrelayd_bytes_total", route="app",
                       direction="up") == sent
    assert metrics.get("wsrelayd_messages_total", route="app",
                       direction="up") == 6
    down = metrics.get("wsrelayd_messages_total", route="app",
                       direction="down")
    assert 3 <= down <= 6  # an echo may come in one piece or in two
    assert metrics.get("wsrelayd_sessions_active", route="app") == 3
    assert metrics.get("wsrelayd_backend_sessions", backend="app",
                       server=echo.target) == 3
    assert metrics.sum("wsrelayd_worker_sessions") == 3
    for client in clients:
        client.close()
    metrics = admin.wait_metric(CLOSED, 3)
    assert metrics.get("wsrelayd_sessions_active", route="app") == 0
    assert metrics.get("wsrelayd_backend_sessions", backend="app",
                       server=echo.target) == 0
    assert metrics.get("wsrelayd_sessions_total", route="app") == 3
    # A live byte is not counted once more at the end.
    assert metrics.sum("wsrelayd_bytes_total") == 2 * sent
    lines = [relay.wait_closed(3)] and relay.log(event="session closed")
    assert sum(line["bytes_up"] for line in lines) == sent
    for name in ("wsrelayd_handshake_seconds", "wsrelayd_session_seconds",
                 "wsrelayd_backend_connect_seconds"):
        assert check_histogram(metrics, name) == 3
    assert check_histogram(metrics, "wsrelayd_ping_rtt_seconds") == 0


def test_endings(start_relay: Any, backend: Backend,
                 connect: Connect) -> None:
    relay = start_relay(watched(backend.target))
    admin = Admin(relay)

    def closed(**labels: str) -> None:
        assert admin.wait_metric(CLOSED, 1, route="app", **labels)

    client = connect(relay)
    backend.accept().close()
    client.expect_close(1000)
    closed(side="target", cause="target_closed", code="1000")

    client = connect(relay)
    target = backend.accept()
    client.send_close(4321)
    target.close()
    client.expect_close(4321)
    closed(side="client", cause="client_closed", code="4xxx")

    client = connect(relay)
    backend.accept()
    client.send_frame(ws.BINARY, rsv=1)
    client.expect_close(1002)
    closed(side="client", cause="protocol_error", code="1002")

    client = connect(relay)
    backend.accept().reset()
    client.expect_close(1011)
    closed(side="target", cause="target_reset", code="1011")

    client = connect(relay)
    target = backend.accept()
    client.reset()
    target.wait_gone()
    closed(side="client", cause="client_reset", code="none")


def test_refusals(start_relay: Any, echo: Server, keep: Any,
                  connect: Connect) -> None:
    refusing = keep(Refusing())
    config = watched(echo.target)
    config["backends"]["gone"] = {"servers": [refusing.target]}
    config["routes"].append(
        {"name": "gone", "path": "/gone", "backend": "gone"})
    relay = start_relay(config)
    admin = Admin(relay)
    up = {"backend": "gone", "server": refusing.target}
    assert admin.metrics().get("wsrelayd_backend_up", **up) == 1
    for path, headers, status, reason in (
            ("/nowhere", (), "404", "no_route"),
            ("/gone", (), "502", "target_refused"),
            ("/app", [("Origin", "http://evil.example")], "403", "origin")):
        assert admin.metrics().get(REFUSED, status=status, reason=reason) == 0
        with pytest.raises(ws.Refused):
            connect(relay, path, headers=headers)
        admin.wait_metric(REFUSED, 1, status=status, reason=reason)
    metrics = admin.metrics()
    assert metrics.sum(REFUSED) == 3
    assert metrics.get("wsrelayd_backend_up", **up) == 0
    assert metrics.get("wsrelayd_backend_up", backend="app",
                       server=echo.target) == 1
    assert metrics.get("wsrelayd_backend_connects_total", result="failure",
                       **up) == 1
    assert metrics.sum("wsrelayd_sessions_total") == 0


def test_refused_before_the_request(start_relay: Any, echo: Server,
                                    tmp_path: Any) -> None:
    """A handshake of TLS that fails gets no answer, but counts."""
    pair = Authority(tmp_path).issue("server", ["localhost"])
    relay = start_relay(watched(echo.target, listeners=[tls_listener(pair)]))
    admin = Admin(relay)
    failed = {"status": "none", "reason": "tls_failed"}
    assert (REFUSED, frozenset(failed.items())) in admin.metrics().samples
    with ws.dial(relay.address) as sock:
        sock.sendall(b"\x16\x03\x01\x00\x05hello")
        relay.wait_log(event="handshake refused", cause="tls_failed")
    assert admin.wait_metric(REFUSED, 1).get(REFUSED, **failed) == 1


def test_second_server(start_relay: Any, echo: Server, keep: Any,
                       connect: Connect) -> None:
    """Each server of a dial is told apart; one that is back is up again."""
    refusing = keep(Refusing())
    relay = start_relay(watched(refusing.target, echo.target))
    admin = Admin(relay)
    connect(relay)
    metrics = admin.wait_metric("wsrelayd_backend_sessions", 1,
                                server=echo.target)
    assert metrics.get("wsrelayd_backend_up", backend="app",
                       server=refusing.target) == 0
    assert metrics.get("wsrelayd_backend_up", backend="app",
                       server=echo.target) == 1
    refusing.sock.listen()
    connect(relay)
    admin.wait_metric("wsrelayd_backend_up", 1, server=refusing.target)


def test_pings(start_relay: Any, echo: Server, connect: Connect) -> None:
    relay = start_relay(watched(echo.target,
                                timeouts={"ping_interval": "20ms"}))
    admin = Admin(relay)
    client = connect(relay)
    for _ in range(3):
        ping = client.read_frame()
        assert ping.opcode == ws.PING
        client.send_frame(ws.PONG, ping.payload)
    wait_for(lambda: check_histogram(
        admin.metrics(), "wsrelayd_ping_rtt_seconds") >= 3, "three pongs")


def test_buffered(start_relay: Any, backend: Backend,
                  connect: Connect) -> None:
    """Bytes that a client does not take are seen, and gone when it does."""
    relay = start_relay(watched(backend.target))
    admin = Admin(relay)
    assert admin.metrics().get("wsrelayd_buffered_bytes") == 0
    client = connect(relay, receive_buffer=ws.SMALL)
    target = backend.accept()
    sent = target.fill(b"x" * 65536)
    held = admin.metrics().get("wsrelayd_buffered_bytes")
    assert 0 < held <= 131072
    assert client.read_data(sent) == b"x" * sent
    admin.wait_metric("wsrelayd_buffered_bytes", 0)


def test_reload(start_relay: Any, echo: Server, connect: Connect) -> None:
    """Counters go on over a reload, also those of a route that is gone."""
    config = watched(echo.target)
    relay = start_relay(config)
    admin = Admin(relay)
    with connect(relay) as client:
        client.send_frame(ws.BINARY, b"12345")
        client.read_data(5)
        client.close()
    admin.wait_metric(CLOSED, 1)
    old = {"route": "app", "direction": "up"}
    config["routes"][0]["name"] = "other"
    relay.reload(config)
    with connect(relay) as client:
        client.send_frame(ws.BINARY, b"123")
        client.read_data(3)
        client.close()
    admin.wait_metric(CLOSED, 2)
    metrics = admin.metrics()
    assert metrics.get("wsrelayd_bytes_total", **old) == 5
    assert metrics.get("wsrelayd_bytes_total", route="other",
                       direction="up") == 3
    relay.reload_refused({**config, "nonsense": 1})
    metrics = admin.metrics()
    assert metrics.get("wsrelayd_reloads_total", result="success") == 1
    assert metrics.get("wsrelayd_reloads_total", result="failure") == 1


def test_names_are_escaped(start_relay: Any, echo: Server,
                           connect: Connect) -> None:
    name = 'a"b\\c\u00e4'
    relay = start_relay(watched(echo.target, route={"name": name}))
    admin = Admin(relay)
    connect(relay)
    metrics = admin.wait_metric("wsrelayd_sessions_active", 1, route=name)
    result = subprocess.run(["promtool", "check", "metrics"],
                            input=metrics.text, text=True,
                            capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_process(start_relay: Any, echo: Server, connect: Connect) -> None:
    relay = start_relay(watched(echo.target))
    admin = Admin(relay)
    before = admin.metrics()
    assert before.get("process_threads") >= 3
    assert before.get("process_resident_memory_bytes") > 1 << 20
    assert abs(before.get("process_open_fds") - relay.descriptors()) <= 1
    connect(relay)
    after = admin.wait_metric("wsrelayd_sessions_active", 1)
    assert after.get("process_open_fds") == before.get("process_open_fds") + 2
    assert after.get("process_cpu_seconds_total") >= before.get(
        "process_cpu_seconds_total")
