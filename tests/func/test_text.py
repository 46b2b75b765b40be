# SPDX-License-Identifier: MIT
"""Routes with message = "text": valid UTF-8, whatever the chunks."""

import threading
from typing import Any, Dict

import pytest
from lib.config import relay_to
from lib.ws import BINARY, CONTINUATION, PING, TEXT, frame

# One character of each length, the first and last of each.
CHARACTERS = ["$", "\x7f", "\x80", "\u07ff", "\u0800", "\u20ac", "\ud7ff",
              "\ue000", "\uffff", "\U00010000", "\U0001f600", "\U0010ffff"]

INVALID: Dict[str, bytes] = {
    "lone continuation": b"\x80",
    "overlong slash": b"\xc0\xaf",
    "overlong of three": b"\xe0\x80\xaf",
    "overlong of four": b"\xf0\x80\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "above the last": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "never a byte": b"\xff",
    "lead without its rest": b"\xe2\x82a",
    "lead and lead": b"\xc3\xc3",
}


def text_relay(start_relay: Any, target: str, **more: Any) -> Any:
    return start_relay(relay_to(target, route={"message": "text"}, **more))


def test_both_ways(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = text_relay(start_relay, echo.target)
    client = connect(relay)
    text = "".join(CHARACTERS)
    client.send_text(text)
    got = client.read_frame()
    assert (got.opcode, got.payload.decode()) == (TEXT, text)
    client.close()


def test_character_cut_by_a_read_is_held(start_relay: Any, backend: Any,
                                         connect: Any) -> None:
    """Every character, cut at every byte: each message is whole text."""
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    for character in CHARACTERS:
        data = character.encode()
        for cut in range(1, len(data)):
            connection.send(b"<" + data[:cut])
            assert client.read_frame().payload == b"<"
            connection.send(data[cut:] + b">")
            assert client.read_frame().payload == data + b">"


def test_byte_by_byte(start_relay: Any, backend: Any, connect: Any) -> None:
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    data = "".join(CHARACTERS * 20).encode()
    for byte in data:
        connection.send(bytes([byte]))
    connection.close()
    got = b""
    while (one := client.read_frame()).opcode == TEXT:
        one.payload.decode()  # each message by itself
        got += one.payload
    assert got == data
    assert one.code == 1000


def test_large_text(start_relay: Any, backend: Any, connect: Any) -> None:
    """Characters that never fit the buffer's size evenly."""
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    data = ("\u20ac" * 100000 + "\U0001f600" * 100000).encode()
    sender = threading.Thread(target=connection.send, args=(data,))
    sender.start()
    got = bytearray()
    while len(got) < len(data):
        one = client.read_frame()
        one.payload.decode()
        got += one.payload
    sender.join()
    assert got == data


@pytest.mark.parametrize("what", INVALID)
def test_invalid_from_the_backend(start_relay: Any, backend: Any,
                                  connect: Any, what: str) -> None:
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    connection.send(b"good " + INVALID[what] + b" bad")
    assert client.expect_close(1007) == b"good "
    connection.wait_gone()
    line = relay.wait_closed(code_sent=1007, side="target")
    assert line["undelivered_down"] > 0


@pytest.mark.parametrize("what", INVALID)
def test_invalid_from_the_backend_byte_by_byte(
        start_relay: Any, backend: Any, connect: Any, what: str) -> None:
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    for byte in INVALID[what]:
        try:
            connection.send(bytes([byte]))
        except OSError:
            break  # told apart early: all the better
    assert client.expect_close(1007) == b""


def test_backend_ends_inside_a_character(start_relay: Any, backend: Any,
                                         connect: Any) -> None:
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    connection.send(b"cut \xe2\x82")
    connection.close()
    assert client.expect_close(1007) == b"cut "


@pytest.mark.parametrize("what", INVALID)
def test_invalid_from_the_client(start_relay: Any, backend: Any,
                                 connect: Any, what: str) -> None:
    relay = text_relay(start_relay, backend.target)
    client = connect(relay)
    connection = backend.accept()
    client.send(frame(TEXT, b"good") + frame(TEXT, INVALID[what]))
    client.expect_close(1007)
    assert connection.read_to_end().startswith(b"good")
    connection.close()
    relay.wait_closed(code_sent=1007, side="client")


def test_invalid_is_found_before_the_frame_ends(
        start_relay: Any, backend: Any, connect: Any) -> None:
    client = connect(text_relay(start_relay, backend.target))
    client.send(frame(TEXT, b"\xff", length=1000))
    client.expect_close(1007)


def test_client_message_ends_inside_a_character(
        start_relay: Any, backend: Any, connect: Any) -> None:
    """The next message does not go on where the last one broke off."""
    client = connect(text_relay(start_relay, backend.target))
    client.send(frame(TEXT, b"\xe2\x82") + frame(TEXT, b"\xac"))
    client.expect_close(1007)


def test_client_character_across_fragments(
        start_relay: Any, backend: Any, connect: Any) -> None:
    client = connect(text_relay(start_relay, backend.target))
    client.send(frame(TEXT, b"\xe2", fin=False) + frame(PING, b"\xff")
                + frame(CONTINUATION, b"\x82", fin=False)
                + frame(CONTINUATION, b"", fin=False)
                + frame(CONTINUATION, b"\xac"))
    assert backend.accept().read(3) == b"\xe2\x82\xac"


@pytest.mark.parametrize("message,data", [
    ("text", frame(BINARY, b"x")), ("text", frame(BINARY, b"")),
    ("binary", frame(TEXT, b"x")), ("binary", frame(TEXT, b"\xff"))],
    ids=["binary", "empty binary", "text", "invalid text"])
def test_other_type(start_relay: Any, backend: Any, connect: Any,
                    message: str, data: bytes) -> None:
    relay = start_relay(relay_to(backend.target, route={"message": message}))
    client = connect(relay)
    client.send(data)
    client.expect_close(1003)
    connection = backend.accept()
    connection.expect_end()
    connection.close()
    relay.wait_closed(cause="message_type", side="client", code_sent=1003)


def test_binary_route_passes_any_byte(start_relay: Any, echo: Any,
                                      connect: Any) -> None:
    client = connect(start_relay(relay_to(echo.target)))
    client.send_binary(bytes(range(256)))
    got = client.read_frame()
    assert got.opcode == BINARY and got.payload == bytes(range(256))


def test_close_while_a_character_is_held(start_relay: Any, backend: Any,
                                         connect: Any) -> None:
    """The rest comes after the client's Close: it is still one character."""
    client = connect(text_relay(start_relay, backend.target))
    connection = backend.accept()
    connection.send(b"a\xe2\x82")
    assert client.read_data(1) == b"a"
    client.send_close()
    connection.expect_end()
    connection.send(b"\xac")
    connection.close()
    data, close = client.read_until_close()
    assert (data, close.code) == ("\u20ac".encode(), 1000)
