# SPDX-License-Identifier: MIT
"""Records of the backend as messages: INTERFACE 5, the way to the client."""

import fcntl
import select
import socket
import struct
import termios
from pathlib import Path
from typing import Any, List

import pytest

from lib.backends import Backend, open_listener, pattern
from lib.config import relay_to
from lib.framing import (ALL, COUNTED, CRLF, DELIMITED, LENGTH32, LINES,
                         TYPED, Framing, ids, read_message)
from lib.wait import wait_for
from lib.ws import BINARY, CONTINUATION, PING, PONG, SMALL, TEXT

EVERY = pytest.mark.parametrize("framing", ALL, ids=ids)
TEXTS = [b"", b"a", b"", b"bc\tde", b"0" * 255]


@pytest.fixture
def pair(start_relay: Any, keep: Any, connect: Any, tmp_path: Path) -> Any:
    """Opens a session over a Unix socket, which tells what was read."""
    def open_one(framing: Framing, receive_buffer: Any = None,
                 **more: Any) -> Any:
        backend = keep(Backend(open_listener(
            socket.AF_UNIX, path=tmp_path / "target")))
        route = dict(framing.route, **more.pop("route", {}))
        relay = start_relay(relay_to(backend.target, route=route, **more))
        client = connect(relay, receive_buffer=receive_buffer)
        return relay, client, backend.accept()
    return open_one


def is_taken(target: Any) -> bool:
    """Whether the daemon has read all that was sent."""
    raw = fcntl.ioctl(target.sock, termios.TIOCOUTQ, b"\0\0\0\0")
    return int(struct.unpack("i", raw)[0]) == 0


def send_piece(target: Any, data: bytes) -> None:
    target.send(data)
    wait_for(lambda: is_taken(target), "piece taken")


def kind(framing: Framing, number: int) -> int:
    return TEXT if framing.is_typed and number % 2 else BINARY


def records(framing: Framing, texts: List[bytes]) -> bytes:
    return b"".join(framing.encode(text, kind(framing, i))
                    for i, text in enumerate(texts))


def expect(client: Any, framing: Framing, texts: List[bytes]) -> None:
    for i, text in enumerate(texts):
        told = read_message(client)
        assert (told.opcode, told.payload) == (kind(framing, i), text)


@EVERY
def test_records_are_messages(pair: Any, framing: Framing) -> None:
    _, client, target = pair(framing)
    target.send(records(framing, TEXTS))
    expect(client, framing, TEXTS)
    target.close()
    client.expect_close(1000)


@EVERY
def test_every_cut_of_the_bytes(pair: Any, framing: Framing) -> None:
    """In two parts, each read before the next, and byte by byte."""
    _, client, target = pair(framing)
    texts = [b"ab", b"", b"c"]
    wire = records(framing, texts)
    for cut in range(1, len(wire)):
        send_piece(target, wire[:cut])
        send_piece(target, wire[cut:])
        expect(client, framing, texts)
    for i in range(len(wire)):
        send_piece(target, wire[i:i + 1])
    expect(client, framing, texts)


@EVERY
def test_many_small_records_at_once(pair: Any, framing: Framing) -> None:
    _, client, target = pair(framing)
    texts = [b"%d" % number * (number % 7) for number in range(5000)]
    target.send(records(framing, texts))
    expect(client, framing, texts)


@EVERY
def test_what_is_there_is_told(pair: Any, framing: Framing) -> None:
    """A record that is not whole is a message that goes on: pings get
    between its fragments."""
    _, client, target = pair(framing)
    wire = framing.encode(b"first, second")
    half = wire.index(b"second")
    target.send(wire[:half])
    got = client.read_frame()
    assert (got.opcode, got.payload, got.fin) == (BINARY, b"first, ", False)
    client.send_frame(PING, b"between")
    pong = client.read_frame()
    assert (pong.opcode, pong.payload) == (PONG, b"between")
    target.send(wire[half:])
    rest = bytearray()
    while True:
        got = client.read_frame()
        assert got.opcode == 0
        rest += got.payload
        if got.fin:
            break
    assert rest == b"second"


@EVERY
def test_the_daemons_pings_get_between(pair: Any, framing: Framing) -> None:
    """Nobody's record is so long that the client is not asked."""
    _, client, target = pair(
        framing, timeouts={"ping_interval": "50ms", "ping_timeout": "20s"})
    wire = framing.encode(b"first, second")
    half = wire.index(b"second")
    got = bytearray()
    pings = 0
    target.send(wire[:half])
    while got != b"first, " or not pings:
        one = client.read_frame()
        assert not one.fin or one.opcode == PING
        if one.opcode == PING:
            client.send_frame(PONG, one.payload)
            pings += bool(got)
        else:
            got += one.payload
    target.send(wire[half:])
    while got != b"first, second":
        one = client.read_frame()
        got += one.payload if one.opcode == CONTINUATION else b""


@pytest.mark.parametrize("framing,rest", [
    (LINES, b"half"), (LINES, b"\r"), (CRLF, b"half\r"), (CRLF, b"\r"),
    (CRLF, b"a"), *[(framing, framing.encode(b"half", TEXT)[:-2])
                    for framing in COUNTED],
    *[(framing, framing.encode(b"", TEXT)[:-1]) for framing in COUNTED
      if framing.head_size() > 1],
    *[(framing, framing.encode(b"half", TEXT)[:-4]) for framing in COUNTED],
], ids=lambda value: value.name if isinstance(value, Framing) else repr(value))
def test_end_inside_a_record(pair: Any, framing: Framing, rest: bytes
                             ) -> None:
    """What was whole is delivered; the log tells how much there was."""
    relay, client, target = pair(framing)
    target.send(framing.encode(b"whole") + rest)
    target.close()
    told = read_message(client)
    assert (told.opcode, told.payload) == (BINARY, b"whole")
    client.expect_close(1011)
    line = relay.wait_closed()
    assert line["cause"] == "record_truncated"
    assert line["record_bytes"] == len(rest)


@EVERY
def test_end_between_records(pair: Any, framing: Framing) -> None:
    relay, client, target = pair(framing)
    target.send(framing.encode(b"whole"))
    target.close()
    assert client.expect_close(1000) == b"whole"
    assert "record_bytes" not in relay.wait_closed()


@pytest.mark.parametrize("kind_byte", [0, 3, 8, 255])
@pytest.mark.parametrize("more", [b"", b"\0\0\0\1a"], ids=repr)
def test_types_there_are_not(pair: Any, kind_byte: int, more: bytes) -> None:
    """Told by the first byte of a record."""
    relay, client, target = pair(TYPED)
    target.send(TYPED.encode(b"good", TEXT) + bytes([kind_byte]) + more)
    assert client.expect_close(1011) == b"good"
    target.wait_gone()
    assert relay.wait_closed()["cause"] == "record_type"


@pytest.mark.parametrize("wire,messages", [
    (b"a\r\nb\n\r\n\n", [b"a", b"b", b"", b""]),
    (b"a\rb\r\r\n\n", [b"a\rb\r", b""]),
], ids=repr)
def test_line_ends_that_are_read(pair: Any, wire: bytes,
                                 messages: List[bytes]) -> None:
    """LF ends a line, and a CR before it goes with it; others stay."""
    _, client, target = pair(CRLF)
    target.send(wire)
    for i in range(len(wire)):
        send_piece(target, wire[i:i + 1])
    expect(client, CRLF, messages * 2)


def test_lines_keep_their_cr(pair: Any) -> None:
    _, client, target = pair(LINES)
    target.send(b"a\r\n\r\n")
    expect(client, LINES, [b"a\r", b"\r"])


@pytest.mark.parametrize("framing", [LENGTH32, TYPED, *DELIMITED], ids=ids)
def test_a_record_of_any_length(pair: Any, framing: Framing) -> None:
    """It is not gathered: limits.message is no matter."""
    _, client, target = pair(framing, limits={"message": 4096})
    payload = pattern(3 << 20)
    for byte in framing.refused:
        payload = payload.replace(bytes([byte]), b"x")
    target.send(framing.encode(payload, BINARY))
    told = read_message(client)
    assert told.payload == payload
    assert told.frames > 1


@EVERY
def test_client_that_reads_late(pair: Any, framing: Framing) -> None:
    """The backend is stopped, and then nothing is missing or mixed up."""
    _, client, target = pair(framing, receive_buffer=SMALL)
    text = b"0123456789" * 20
    one = framing.encode(text)
    data = memoryview(one * 5000)
    sent = 0
    target.sock.settimeout(0)
    while select.select([], [target.sock], [], 0.3)[1]:
        sent += target.sock.send(data[sent % len(data):])
    assert sent < 32 << 20
    whole, cut = divmod(sent, len(one))
    for number in range(whole):
        assert read_message(client).payload == text, f"message {number}"
    if cut:
        target.send(one[cut:])
        assert read_message(client).payload == text
