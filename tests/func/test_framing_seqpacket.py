# SPDX-License-Identifier: MIT
"""Framing seqpacket: a message is a datagram, either way."""

import select
import socket
from pathlib import Path
from typing import Any

import pytest

from lib.backends import pattern
from lib.config import relay_to
from lib.framing import (SEQPACKET, DatagramBackend, read_message, receive,
                         send_fragments)
from lib.ws import BINARY, SMALL, TEXT, frame

LIMIT = 65536


@pytest.fixture
def pair(start_relay: Any, keep: Any, connect: Any) -> Any:
    """Opens a session: its daemon, client and target."""
    def open_one(receive_buffer: Any = None, limit: Any = LIMIT,
                 **more: Any) -> Any:
        backend = keep(DatagramBackend())
        route = dict(SEQPACKET, limits={"message": limit},
                     **more.pop("route", {}))
        relay = start_relay(relay_to(backend.target, route=route, **more))
        client = connect(relay, receive_buffer=receive_buffer)
        return relay, client, backend.accept()
    return open_one


def test_there_and_back(pair: Any) -> None:
    relay, client, target = pair()
    for size in (1, 2, 125, 126, 1000, 65535, LIMIT):
        client.send_binary(pattern(size))
        assert receive(target) == pattern(size)
        target.send(pattern(size))
        told = read_message(client)
        assert (told.opcode, told.payload) == (BINARY, pattern(size))
    target.close()
    client.expect_close(1000)
    assert relay.wait_closed()["cause"] == "target_closed"


def test_fragments_are_one_datagram(pair: Any) -> None:
    _, client, target = pair()
    send_fragments(client, BINARY, [b"a", b"", b"bc"], frame(9, b""))
    client.send_binary(b"d")
    assert receive(target) == b"abc"
    assert receive(target) == b"d"


def test_many_at_once(pair: Any) -> None:
    """In one segment, and yet a datagram each."""
    _, client, target = pair()
    texts = [b"%d" % number for number in range(2000)]
    client.send(b"".join(frame(BINARY, text) for text in texts))
    for text in texts:
        assert receive(target) == text
        target.send(text)
    for text in texts:
        assert read_message(client).payload == text


def test_messages_without_bytes(pair: Any) -> None:
    """Datagrams, either way, and not the end of anything."""
    _, client, target = pair()
    for _ in range(3):
        client.send_binary(b"")
        client.send_binary(b"x")
        assert receive(target) == b""
        assert receive(target) == b"x"
        target.sock.send(b"")
        target.sock.send(b"y")
        assert read_message(client).payload == b""
        assert read_message(client).payload == b"y"


@pytest.mark.parametrize("parts", [[LIMIT + 1], [LIMIT, 1], [1, LIMIT]],
                         ids=repr)
def test_message_over_the_limit(pair: Any, parts: list) -> None:
    relay, client, target = pair()
    client.send_binary(b"before")
    send_fragments(client, BINARY, [pattern(size) for size in parts])
    client.expect_close(1009)
    assert receive(target) == b"before"
    assert receive(target) == b""
    target.close()
    assert relay.wait_closed()["cause"] == "message_size"


def test_message_over_what_the_kernel_takes(pair: Any) -> None:
    """The route would let it through, no socket does."""
    most = 2 * int(Path("/proc/sys/net/core/wmem_max").read_text())
    if most >= 64 << 20:
        pytest.skip("sockets take all that a route does")
    relay, client, target = pair(limit="64M")
    client.send_binary(pattern(most // 4))
    assert receive(target) == pattern(most // 4)
    # Long before a socket is full the kernel may have no memory so long.
    client.send_binary(pattern(most * 3 // 4))
    client.send_binary(pattern(most + 1))
    client.expect_close(1009)
    assert receive(target) in (b"", pattern(most * 3 // 4))
    target.close()
    assert relay.wait_closed()["cause"] == "message_size"


def test_datagram_over_the_limit(pair: Any) -> None:
    """What was whole before it is delivered, and nothing of it."""
    relay, client, target = pair()
    target.send(b"before")
    target.send(pattern(LIMIT + 1))
    data, got = client.read_until_close()
    assert (data, got.code) == (b"before", 1009)
    target.close()
    client.send_close(1009)
    client.expect_eof()
    assert relay.wait_closed()["cause"] == "record_size"


def test_text(pair: Any) -> None:
    _, client, target = pair(route={"message": "text"})
    client.send_text("ä")
    assert receive(target) == "ä".encode()
    target.send("ö".encode())
    told = read_message(client)
    assert (told.opcode, told.payload) == (TEXT, "ö".encode())
    target.send(b"\xc3")
    client.expect_close(1007)


def test_client_that_closes(pair: Any) -> None:
    _, client, target = pair()
    client.send_binary(b"last")
    client.send_close(4000)
    assert receive(target) == b"last"
    assert receive(target) == b""
    target.send(b"late")
    target.close()
    data, got = client.read_until_close()
    assert (data, got.code) == (b"late", 4000)


def test_backend_that_reads_late(pair: Any) -> None:
    """Datagrams that wait stay apart."""
    _, client, target = pair()
    text = pattern(1000)
    wire = frame(BINARY, text)
    sent = 0
    client.sock.setblocking(False)
    while select.select([], [client.sock], [], 0.3)[1]:
        sent += client.sock.send(wire[sent % len(wire):])
    client.sock.setblocking(True)
    whole, cut = divmod(sent, len(wire))
    for number in range(whole):
        assert receive(target) == text, f"datagram {number}"
    if cut:
        client.send(wire[cut:])
        assert receive(target) == text


def test_client_that_reads_late(pair: Any) -> None:
    _, client, target = pair(receive_buffer=SMALL)
    text = pattern(1000)
    sent = 0
    target.sock.settimeout(0)
    while select.select([], [target.sock], [], 0.3)[1]:
        sent += target.sock.send(text) == len(text)
    target.sock.settimeout(20)
    for number in range(sent):
        assert read_message(client).payload == text, f"message {number}"


def test_servers_in_turn(start_relay: Any, keep: Any, connect: Any) -> None:
    backend = keep(DatagramBackend())
    config = relay_to("unix-seqpacket:/nonexistent", backend.target,
                      route=SEQPACKET)
    client = connect(start_relay(config))
    target = backend.accept()
    assert target.sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == (
        socket.SOCK_SEQPACKET)
    client.send_binary(b"x")
    assert receive(target) == b"x"
