# SPDX-License-Identifier: MIT
"""Frames by RFC 6455, and every way to break them."""

import struct
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest
from lib import ws
from lib.backends import pattern
from lib.config import relay_to
from lib.ws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

PIECE = frame(BINARY, b"ok")
BEGIN = frame(BINARY, b"begin", fin=False)

# What is sent, and the code it is closed with.
BAD: Dict[str, Tuple[bytes, int]] = {
    "rsv1": (frame(BINARY, b"x", rsv=4), 1002),
    "rsv2": (frame(BINARY, b"x", rsv=2), 1002),
    "rsv3": (frame(BINARY, b"x", rsv=1), 1002),
    "rsv1 of a continuation": (BEGIN + frame(CONTINUATION, b"x", rsv=4), 1002),
    "rsv1 of a ping": (frame(PING, b"x", rsv=4), 1002),
    "rsv1 of a close": (frame(CLOSE, ws.close_payload(1000), rsv=4), 1002),
    **{f"opcode {code}": (frame(code, b"x"), 1002)
       for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "unmasked": (frame(BINARY, b"x", mask=None), 1002),
    "unmasked and empty": (frame(BINARY, b"", mask=None), 1002),
    "unmasked ping": (frame(PING, b"", mask=None), 1002),
    "unmasked close": (frame(CLOSE, ws.close_payload(1000), mask=None), 1002),
    "ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "pong of 126 bytes": (frame(PONG, b"x" * 126), 1002),
    "close of 126 bytes":
        (frame(CLOSE, ws.close_payload(1000, "x" * 124)), 1002),
    "ping of 65536 bytes": (frame(PING, b"x" * 65536), 1002),
    "fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "fragmented pong": (frame(PONG, b"x", fin=False), 1002),
    "fragmented close":
        (frame(CLOSE, ws.close_payload(1000), fin=False), 1002),
    "length with the highest bit":
        (frame(BINARY, b"", form=64, length=1 << 63), 1002),
    "length of all ones":
        (frame(BINARY, b"", form=64, length=(1 << 64) - 1), 1002),
    "16-bit length for 125": (frame(BINARY, b"x" * 125, form=16), 1002),
    "16-bit length for 0": (frame(BINARY, b"", form=16), 1002),
    "64-bit length for 125": (frame(BINARY, b"x" * 125, form=64), 1002),
    "64-bit length for 65535": (frame(BINARY, b"x" * 65535, form=64), 1002),
    "continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "continuation after the end":
        (BEGIN + frame(CONTINUATION, b"x") + frame(CONTINUATION, b"y"), 1002),
    "binary inside a message": (BEGIN + frame(BINARY, b"x"), 1002),
    "text inside a binary message": (BEGIN + frame(TEXT, b"x"), 1002),
    "close with 1 byte": (frame(CLOSE, b"\x03"), 1002),
    "close with bad utf-8":
        (frame(CLOSE, ws.close_payload(1000, b"\xc0\x80")), 1007),
    "close with cut utf-8":
        (frame(CLOSE, ws.close_payload(1000, b"a\xe2\x82")), 1007),
    **{f"close with {code}": (frame(CLOSE, ws.close_payload(code)), 1002)
       for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000,
                    2999, 5000, 65535)},
    "text on a binary route": (frame(TEXT, b"x"), 1003),
    "empty text on a binary route": (frame(TEXT, b""), 1003),
    "fragmented text on a binary route": (frame(TEXT, b"", fin=False), 1003),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_frame(start_relay: Any, backend: Any, connect: Any, what: str
                   ) -> None:
    """It is closed with its code; what came before is delivered."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    connection = backend.accept()
    data, code = BAD[what]
    client.send(PIECE + data + PIECE)
    client.expect_close(code)
    got = connection.read_to_end()
    connection.close()
    assert got.startswith(b"ok")
    assert not got.endswith(b"ok") or got == b"ok", "went on after an error"
    line = relay.wait_closed()
    assert line["code_sent"] == code
    assert line["side"] == "client"


@pytest.mark.parametrize("what", ["rsv1", "opcode 3", "unmasked",
                                  "close with 1 byte", "16-bit length for 0"])
def test_bad_frame_byte_by_byte(start_relay: Any, echo: Any, client_of: Any,
                                tmp_path: Path, what: str) -> None:
    config = relay_to(echo.target)
    config["listeners"] = [{"name": "u", "listen": f"unix:{tmp_path}/s"}]
    relay = start_relay(config)
    data, code = BAD[what]
    client = client_of(relay)
    client.upgrade()
    client.send_pieces(data, range(1, len(data)))
    client.expect_close(code)


def test_payload_goes_on_before_its_frame_ends(
        start_relay: Any, backend: Any, connect: Any) -> None:
    """A frame is never gathered: 2^62 bytes announced, each relayed."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    connection = backend.accept()
    client.send(frame(BINARY, b"", form=64, length=1 << 62))
    for i in range(3):
        client.send(ws.apply_mask(b"data", ws.MASK))
        assert connection.read(4) == b"data"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200000])
def test_sizes(start_relay: Any, echo: Any, connect: Any, size: int) -> None:
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    client.send_binary(pattern(size))
    assert client.read_data(size) == pattern(size)
    client.close()


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff",
                                  b"\x01\x02\x03\x04"])
def test_masks(start_relay: Any, backend: Any, connect: Any, mask: bytes
               ) -> None:
    """Every length up to a few vector widths, at every offset."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    frames = [pattern(size) for size in range(200)]
    client.send(b"".join(frame(BINARY, one, mask=mask) for one in frames))
    expected = b"".join(frames)
    assert backend.accept().read(len(expected)) == expected


def test_fragments_with_control_frames_between(
        start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    client.send(frame(BINARY, b"one ", fin=False) + frame(PING, b"p")
                + frame(CONTINUATION, b"", fin=False) + frame(PONG, b"q")
                + frame(CONTINUATION, b"two", fin=False)
                + frame(CONTINUATION, b"") + frame(BINARY, b" three"))
    connection = backend.accept()
    assert connection.read(13) == b"one two three"
    got = client.read_frame()
    assert (got.opcode, got.payload) == (PONG, b"p")
    connection.close()
    client.expect_close(1000)
    assert relay.wait_closed()["messages_up"] == 2


def test_close_inside_a_message(start_relay: Any, backend: Any, connect: Any
                                ) -> None:
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    connection = backend.accept()
    client.send(BEGIN)
    client.send_close(1001)
    assert connection.read_to_end() == b"begin"
    connection.close()
    client.expect_close(1001)


@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(125))],
                         ids=len)
def test_ping_is_answered(start_relay: Any, echo: Any, connect: Any,
                          payload: bytes) -> None:
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    client.send_frame(PING, payload)
    got = client.read_frame()
    assert (got.opcode, got.payload) == (PONG, payload)


def test_pings_while_the_backend_is_silent(start_relay: Any, backend: Any,
                                           connect: Any) -> None:
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    for number in range(100):
        client.send_frame(PING, b"%d" % number)
        assert client.read_frame().payload == b"%d" % number


def test_burst_of_pings_is_answered_at_last(start_relay: Any, backend: Any,
                                            connect: Any) -> None:
    """Only the latest must be answered (section 5.5.3)."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    client.send(b"".join(frame(PING, b"%d" % i) for i in range(1000)))
    while (got := client.read_frame()).payload != b"999":
        assert got.opcode == PONG


def test_unasked_pong_is_ignored(start_relay: Any, echo: Any, connect: Any
                                 ) -> None:
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    client.send_frame(PONG, b"unasked")
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"


@pytest.mark.parametrize("data,expected", [
    (frame(BINARY, b"abcdefgh"), b"abcdefgh"),
    (frame(BINARY, b"a" * 200), b"a" * 200),
    (frame(BINARY, b"ab", fin=False) + frame(PING, b"12")
     + frame(CONTINUATION, b"cd"), b"abcd"),
    (frame(BINARY, b"") + frame(PONG, b"") + frame(BINARY, b"z"), b"z"),
], ids=["small", "16-bit length", "fragments", "empty ones"])
def test_split_at_every_byte(start_relay: Any, echo: Any, client_of: Any,
                             tmp_path: Path, data: bytes, expected: bytes
                             ) -> None:
    config = relay_to(echo.target)
    config["listeners"] = [{"name": "u", "listen": f"unix:{tmp_path}/s"}]
    client = client_of(start_relay(config))
    client.upgrade()
    for cut in range(1, len(data)):
        client.send_pieces(data, [cut])
        assert client.read_data(len(expected)) == expected, f"cut at {cut}"
    client.send_pieces(data, range(1, len(data)))
    assert client.read_data(len(expected)) == expected
    client.close()


def test_data_after_close_is_ignored(start_relay: Any, backend: Any,
                                     connect: Any) -> None:
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    connection = backend.accept()
    client.send(PIECE + frame(CLOSE, ws.close_payload(1000)) + PIECE
                + frame(3, b"nonsense") + b"\xff" * 1000)
    assert connection.read_to_end() == b"ok"
    connection.close()
    assert client.read_until_close()[1].code == 1000
    client.expect_eof()


@pytest.mark.parametrize("code", [None, 1000, 1001, 1002, 1003, 1007, 1008,
                                  1009, 1010, 1011, 1012, 1013, 1014, 3000,
                                  3999, 4000, 4999])
def test_close_code_is_echoed(start_relay: Any, echo: Any, connect: Any,
                              code: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    connect(relay).close(code)
    line = relay.wait_closed(cause="client_closed", side="client")
    # 1005 is the RFC's word for a Close without a code.
    assert line["code_received"] == (code or 1005)
    assert line["code_sent"] == (code or 1000)


@pytest.mark.parametrize("reason", ["x" * 123, "auf Wiedersehen \u00fc",
                                    "\U0001f600" * 30], ids=len)
def test_close_with_a_reason(start_relay: Any, echo: Any, connect: Any,
                             reason: str) -> None:
    client = connect(start_relay(relay_to(echo.target)))
    client.send_close(1000, reason)
    assert client.read_until_close()[1].code == 1000
    client.expect_eof()


def test_messages_are_counted(start_relay: Any, echo: Any, connect: Any
                              ) -> None:
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    for size in (1, 0, 300):
        client.send_binary(b"x" * size)
    assert client.read_data(301)
    client.close()
    line = relay.wait_closed()
    assert line["messages_up"] == 3 and line["bytes_up"] == 301
    assert line["messages_down"] >= 1 and line["bytes_down"] == 301


def test_payload_of_two_frames_in_one_read(start_relay: Any, backend: Any,
                                           connect: Any) -> None:
    client = connect(start_relay(relay_to(backend.target)))
    client.send(PIECE * 500)
    assert backend.accept().read(1000) == b"ok" * 500


def test_length_bytes_are_what_they_say() -> None:
    """The builder of these tests itself, against the RFC's example."""
    example = bytes.fromhex("818537fa213d7f9f4d5158")
    assert frame(TEXT, b"Hello") == example
    assert frame(BINARY, b"", form=64, length=5)[2:10] == struct.pack("!Q", 5)
