# SPDX-License-Identifier: MIT
"""Ends that meet one another: no busy loop, no session that never ends."""

import os
import signal
import socket
from pathlib import Path
from typing import Any

from lib.backends import Backend, open_listener
from lib.config import relay_to
from lib.ws import SMALL, request


def processor_seconds(relay: Any) -> float:
    """Processor time that the daemon has used so far."""
    text = Path(f"/proc/{relay.process.pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_client_closes_and_stalls_while_the_target_sends(
        start_relay: Any, backend: Any, connect: Any) -> None:
    """Half of timeouts.close is over with bytes that nobody takes: the
    session waits in peace for the rest, then ends."""
    relay = start_relay(relay_to(backend.target, timeouts={"close": "2s"}))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    target.fill(b"x" * 65536, quiet=0.3)
    client.send_close(1000)
    target.expect_end()
    before = processor_seconds(relay)
    line = relay.wait_closed(cause="client_closed", side="client")
    assert line["undelivered_down"] > 0
    assert processor_seconds(relay) - before < 0.5


def test_stopping_at_once_says_why(start_relay: Any, backend: Any,
                                   connect: Any) -> None:
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"drain": "1h"}))
    client = connect(relay)
    backend.accept()
    relay.signal(signal.SIGTERM)
    relay.wait_log(event="stopping")
    relay.signal(signal.SIGTERM)
    client.expect_close(1001)
    assert relay.wait_exit() == 0
    relay.wait_closed(cause="shutdown", side="relay", code_sent=1001)


def test_a_cut_character_is_counted(start_relay: Any, backend: Any,
                                    connect: Any) -> None:
    """Bytes kept for a character that never came whole were not delivered."""
    relay = start_relay(relay_to(backend.target, route={"message": "text"}))
    client = connect(relay)
    target = backend.accept()
    target.send(b"a\xe2\x82")
    assert client.read_frame().payload == b"a"
    client.sock.shutdown(socket.SHUT_RDWR)
    client.sock.close()
    target.wait_gone()
    assert relay.wait_closed()["undelivered_down"] == 2


def test_refused_connections_take_no_place(
        start_relay: Any, echo: Any, connect: Any, client_of: Any) -> None:
    """Clients that are refused and stay do not keep others out."""
    relay = start_relay(relay_to(echo.target, limits={"max_sessions": 2}))
    lingering = [client_of(relay) for _ in range(4)]
    for client in lingering:
        assert client.ask(request("/nowhere")).status in (404, 503)
    first, second = connect(relay), connect(relay)
    for client in (first, second):
        client.send_binary(b"in")
        assert client.read_data(2) == b"in"
    assert client_of(relay).ask(request()).status == 503


def test_what_a_unix_target_has_is_delivered(
        start_relay: Any, keep: Any, connect: Any) -> None:
    """It may read after the daemon has closed, and memory is no bytes."""
    backend = keep(Backend(open_listener(socket.AF_UNIX)))
    relay = start_relay(relay_to(backend.target, timeouts={"close": "300ms"}))
    client = connect(relay)
    target = backend.accept()
    client.send_binary(b"0123456789")
    client.send_close(1000)
    assert relay.wait_closed()["undelivered_up"] == 0
    assert target.read_to_end() == b"0123456789"
