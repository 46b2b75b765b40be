# SPDX-License-Identifier: MIT
"""Every timeout, with short times configured."""

import select
import time
from typing import Any

from lib.backends import BlackHole
from lib.config import relay_to
from lib.wait import wait_for
from lib.ws import CLOSE, PING, PONG, SMALL, request


def test_handshake_never_begun(start_relay: Any, echo: Any, client_of: Any
                               ) -> None:
    relay = start_relay(relay_to(echo.target,
                                 timeouts={"handshake": "300ms"}))
    client = client_of(relay)
    assert client.read_response().status == 408
    client.expect_eof()


def test_handshake_dribbled(start_relay: Any, echo: Any, client_of: Any
                            ) -> None:
    """Bytes that keep coming do not move the deadline."""
    relay = start_relay(relay_to(echo.target,
                                 timeouts={"handshake": "500ms"}))
    client = client_of(relay)
    start = time.monotonic()
    client.send(b"GET /app HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    while client.is_silent(0.05):
        client.send(b"x")
    response = client.read_response()
    assert response.status == 408
    assert response.get("Connection") == "close"
    assert 0.4 < time.monotonic() - start < 5
    relay.wait_log(event="handshake refused", status=408)


def test_handshake_deadline_covers_the_dial(start_relay: Any, keep: Any,
                                            client_of: Any) -> None:
    relay = start_relay(relay_to(
        keep(BlackHole()).target,
        timeouts={"handshake": "400ms", "connect": "20s"}))
    assert client_of(relay).ask(request()).status in (408, 504)


def test_connect(start_relay: Any, keep: Any, client_of: Any) -> None:
    relay = start_relay(relay_to(keep(BlackHole()).target,
                                 timeouts={"connect": "200ms"}))
    start = time.monotonic()
    assert client_of(relay).ask(request()).status == 504
    assert 0.15 < time.monotonic() - start < 5


def test_connect_of_the_route(start_relay: Any, keep: Any, client_of: Any
                              ) -> None:
    relay = start_relay(relay_to(
        keep(BlackHole()).target, route={"timeouts": {"connect": "200ms"}}))
    assert client_of(relay).ask(request()).status == 504


def test_ping_is_sent_and_its_round_trip_measured(
        start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"ping_interval": "100ms"}))
    client = connect(relay)
    payloads = set()
    for _ in range(3):
        got = client.read_frame()
        assert got.opcode == PING
        payloads.add(got.payload)
        client.send_frame(PONG, got.payload)
    assert len(payloads) == 3, "pings cannot be told apart"
    backend.accept().close()
    client.expect_close(1000)
    assert 0 <= relay.wait_closed()["rtt_ms"] < 5000


def test_client_that_never_pongs(start_relay: Any, backend: Any,
                                 connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={
        "ping_interval": "100ms", "ping_timeout": "200ms",
        "close": "300ms"}))
    client = connect(relay)
    target = backend.accept()
    got = client.read_frame()
    while got.opcode == PING:
        got = client.read_frame()
    assert (got.opcode, got.code) == (CLOSE, 1011)
    target.wait_gone()
    relay.wait_closed(cause="ping_timeout", side="client")


def test_data_without_a_pong_is_not_enough_or_is(
        start_relay: Any, echo: Any, connect: Any) -> None:
    """A client that answers pings stays, however many there are."""
    relay = start_relay(relay_to(echo.target, timeouts={
        "ping_interval": "50ms", "ping_timeout": "2s"}))
    client = connect(relay)
    for _ in range(20):
        got = client.read_frame()
        assert got.opcode == PING
        client.send_frame(PONG, got.payload)
    client.send_binary(b"alive")
    assert client.read_data(5) == b"alive"


def test_no_pings(start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={
        "ping_interval": 0, "ping_timeout": "10ms"}))
    assert connect(relay).is_silent(0.3)


def test_stalled_client_is_found_dead_by_its_pongs_only(
        start_relay: Any, backend: Any, connect: Any) -> None:
    """A ping stuck behind data that a slow client has yet to read is no
    proof that it is dead: reading on in time, it keeps its session."""
    relay = start_relay(relay_to(backend.target, timeouts={
        "ping_interval": "100ms", "ping_timeout": "5s"}))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    sent = target.fill(b"x" * 65536, quiet=0.4)
    assert len(client.read_data(sent)) == sent


def test_idle(start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"idle": "300ms"}))
    client = connect(relay)
    target = backend.accept()
    client.expect_close(1008)
    target.wait_gone()
    relay.wait_closed(cause="idle", side="relay", code_sent=1008)


def test_idle_is_put_off_by_payload_either_way(
        start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"idle": "600ms"}))
    client = connect(relay)
    target = backend.accept()
    start = time.monotonic()
    while time.monotonic() < start + 1.5:
        client.send_binary(b"u")
        assert target.read(1) == b"u"
        assert client.is_silent(0.1)
    while time.monotonic() < start + 3:
        target.send(b"d")
        assert client.read_data(1) == b"d"
        assert client.is_silent(0.1)
    client.expect_close(1008)


def test_idle_is_not_put_off_by_pings(start_relay: Any, backend: Any,
                                      connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={
        "idle": "500ms", "ping_interval": "50ms"}))
    client = connect(relay)
    client.send_frame(PING, b"x")
    while (got := client.read_frame()).opcode != CLOSE:
        if got.opcode == PING:
            client.send_frame(PONG, got.payload)
    assert got.code == 1008


def test_idle_of_the_route(start_relay: Any, backend: Any, connect: Any
                           ) -> None:
    relay = start_relay(relay_to(
        backend.target, route={"timeouts": {"idle": "200ms"}},
        timeouts={"idle": "1h"}))
    connect(relay).expect_close(1008)


def test_close(start_relay: Any, backend: Any, connect: Any) -> None:
    """A client that answers no Close is let go after timeouts.close."""
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"close": "300ms"}))
    client = connect(relay)
    backend.accept().close()
    assert client.read_until_close()[1].code == 1000
    start = time.monotonic()
    client.expect_eof()
    relay.wait_closed()
    assert time.monotonic() - start < 5


def test_client_stalls(start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={
        "send_stall": "400ms", "close": "400ms"}))
    client = connect(relay, receive_buffer=4096)
    target = backend.accept()
    target.fill(b"x" * 65536, quiet=0.3)
    target.wait_gone()
    line = relay.wait_closed(cause="client_stalled", side="client")
    assert line["undelivered_down"] > 0


def test_client_stalls_and_wakes(start_relay: Any, backend: Any, connect: Any
                                 ) -> None:
    """One that reads on when it is told gets 1013."""
    relay = start_relay(relay_to(backend.target, timeouts={
        "send_stall": "300ms", "close": "10s"}))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    # Long enough for the daemon to look twice: it tells nobody before.
    target.fill(b"x" * 65536, quiet=2)
    assert client.read_until_close()[1].code == 1013
    client.send_close(1013)
    client.expect_eof()
    target.wait_gone()
    relay.wait_closed(cause="client_stalled", code_sent=1013)


def test_backend_stalls(start_relay: Any, backend: Any, connect: Any
                        ) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={
        "send_stall": "400ms", "close": "1s"}))
    client = connect(relay)
    target = backend.accept()
    client.sock.settimeout(0.3)
    try:
        # Until the daemon takes no more, or already says why.
        while not select.select([client.sock], [], [], 0)[0]:
            client.send_binary(b"x" * 65536)
    except TimeoutError:
        pass
    client.sock.settimeout(20)
    data, close = client.read_until_close()
    assert close.code == 1013
    relay.wait_closed(cause="target_stalled", side="target", code_sent=1013)
    target.wait_gone()


def test_slow_is_not_stalled(start_relay: Any, backend: Any, connect: Any
                             ) -> None:
    """One that keeps taking a little is never cut off, though what the
    kernel holds for it takes longer than send_stall to shrink by enough to
    be written to."""
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"send_stall": "1s"}))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    sent = target.fill(b"x" * 65536, quiet=0.1)
    target.shutdown_write()
    got, start = 0, time.monotonic()
    while time.monotonic() < start + 4:
        got += len(client.read_frame().payload)
        wait_for(lambda: time.monotonic() - start > got / 400000,
                 "a slow reader's turn")
    data, close = client.read_until_close()
    assert (got + len(data), close.code) == (sent, 1000)
