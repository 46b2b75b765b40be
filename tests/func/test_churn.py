# SPDX-License-Identifier: MIT
"""Thousands of sessions and of attackers: nothing is left behind."""

import threading
import time
from typing import Any, List

import pytest
from lib import ws
from lib.backends import PollServer, Refusing
from lib.config import relay_to
from lib.wait import DEADLINE, wait_for
from lib.ws import BINARY, CLOSE, close_payload, frame, request

SHORT = 20000


def one_short_session(address: Any) -> None:
    """Open, echo, close, as fast as can be, and strictly in order."""
    with ws.dial(address) as sock:
        sock.sendall(request() + frame(BINARY, b"ping"))
        data = b""
        while not data.endswith(b"\x82\x04ping"):
            piece = sock.recv(4096)
            assert piece, data
            data += piece
        assert data.startswith(b"HTTP/1.1 101 ")
        sock.sendall(frame(CLOSE, close_payload(1000)))
        end = b""
        while piece := sock.recv(4096):
            end += piece
        assert end == b"\x88\x02\x03\xe8"


@pytest.mark.timeout(600)
def test_20000_short_sessions(start_relay: Any, keep: Any) -> None:
    server = keep(PollServer())
    config = relay_to(server.target, workers=2)
    config["log"]["level"] = "notice"
    relay = start_relay(config)
    for _ in range(SHORT // 10):
        one_short_session(relay.address)
    descriptors, memory = settled(relay)
    for _ in range(SHORT - SHORT // 10):
        one_short_session(relay.address)
    wait_for(lambda: relay.descriptors() <= descriptors, "descriptors back")
    if not relay.is_sanitized():
        assert relay.memory() < memory + (1 << 20)


def settled(relay: Any) -> "tuple[int, int]":
    """Descriptors and memory once both stand still."""
    last: List[tuple] = []

    def still() -> bool:
        last.append((relay.descriptors(), relay.memory()))
        return len(last) > 20 and len(set(last[-20:])) == 1

    wait_for(still, "a steady state")
    return last[-1]


@pytest.mark.timeout(600)
def test_every_kind_of_short_session(start_relay: Any, keep: Any) -> None:
    """Refused, reset, broken, half-way: descriptors and memory come back."""
    server = keep(PollServer())
    config = relay_to(server.target, timeouts={"close": "500ms"})
    config["backends"]["refusing"] = {"servers": [keep(Refusing()).target]}
    config["routes"].append({"name": "refusing", "path": "/refusing",
                             "backend": "refusing"})
    config["log"]["level"] = "notice"
    relay = start_relay(config)
    pieces = [b"", b"GET", request()[:50], request("/no"),
              request("/refusing"), request(), request() + frame(3),
              request() + frame(BINARY, b"x" * 100000)]

    def round_of_all() -> None:
        for data in pieces:
            for end in ("close", "reset", "half"):
                client = ws.Client(relay.address)
                client.send(data)
                if end == "reset":
                    client.reset()
                elif end == "half":
                    client.shutdown_write()
                    while client.sock.recv(65536):
                        pass
                client.sock.close()

    for _ in range(5):
        round_of_all()
    descriptors, memory = settled(relay)
    for _ in range(60):
        round_of_all()
    wait_for(lambda: relay.descriptors() <= descriptors, "descriptors back")
    if not relay.is_sanitized():
        assert relay.memory() < memory + (2 << 20)


@pytest.mark.timeout(600)
def test_slow_heads_from_2000_connections(start_relay: Any, keep: Any) -> None:
    """Real users come in and work all the while."""
    server = keep(PollServer())
    config = relay_to(server.target, workers=2,
                      timeouts={"handshake": "3s"})
    config["log"]["level"] = "notice"
    relay = start_relay(config)
    before = relay.descriptors()
    memory = relay.memory()
    attackers = [ws.dial(relay.address) for _ in range(2000)]
    stop = threading.Event()

    def dribble() -> None:
        text = b"GET /app HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"z" * 100000
        at = 0
        while not stop.is_set():
            for sock in attackers:
                try:
                    sock.sendall(text[at:at + 1])
                except OSError:
                    pass  # cut off by the deadline
            at += 1

    thread = threading.Thread(target=dribble)
    thread.start()
    longest = 0.0
    try:
        wait_for(lambda: relay.descriptors() >= before + 1900, "the attack")
        grown = relay.memory() - memory
        for _ in range(50):
            start = time.monotonic()
            one_short_session(relay.address)
            longest = max(longest, time.monotonic() - start)
        wait_for(lambda: relay.descriptors() <= before + 10,
                 "the attackers' end", 3 * DEADLINE)
    finally:
        stop.set()
        thread.join()
        for sock in attackers:
            sock.close()
    assert longest < 5
    if not relay.is_sanitized():
        assert grown < 2000 * 24 * 1024
    one_short_session(relay.address)
