# SPDX-License-Identifier: MIT
"""RFC 6455 sections 5.1 to 5.3: every form of a frame.

Cases 1.1, 1.2, 3 and 4 of the public fuzzing client are among them.
"""

import struct
from typing import Any, List

import pytest
from clauses import clause
from lib import ws
from lib.backends import pattern
from lib.talk import Event, Message, Pong, binary, text
from lib.ws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame
from play import every_chop, fails, opened, passes, send

LENGTHS = [*range(0, 10), 16, 31, 64, 124, 125, 126, 127, 128, 255, 256, 1000,
           16383, 16384, 65534, 65535, 65536, 65537, 131072, 200001]
KEYS = [bytes(4), b"\xff" * 4, b"\x00\x00\x00\x01", b"\x80\x00\x00\x00",
        bytes.fromhex("37fa213d")]


def filled(opcode: int, size: int) -> bytes:
    return b"*" * size if opcode == TEXT else pattern(size)


@clause("6455 5.2/length")
@clause("6455 5.4/unfragmented")
@clause("6455 6.1/sending")
@clause("6455 6.2/receiving")
@clause("6455 5.1/server-does-not")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", LENGTHS)
@pytest.mark.parametrize("chunk", [None, 997])
def test_lengths(talk: Any, opcode: int, size: int, chunk: Any) -> None:
    """Cases 1.1.1 to 1.2.8; the reader refuses a masked frame, and one whose
    length is not in its shortest form."""
    client = talk()
    payload = filled(opcode, size)
    data = frame(opcode, payload)
    step = chunk or len(data)
    for at in range(0, len(data), step):
        client.send(data[at:at + step])
    client.expect([Message(opcode, payload)])
    client.finish()


@clause("6455 5.2/minimal")
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUATION])
@pytest.mark.parametrize("size,form", [
    (0, 16), (1, 16), (125, 16), (0, 64), (125, 64), (126, 64), (65535, 64)])
@every_chop
def test_length_not_in_its_shortest_form(
        talk: Any, opcode: int, size: int, form: int, chop: str) -> None:
    if chop == "octets" and size > 1000:
        size = 126
    begin = [frame(TEXT, b"", fin=False)] if opcode == CONTINUATION else []
    # Without the payload: the header is enough.
    head = frame(opcode, b"", form=form, length=size)
    fails(opened(talk, chop), [*begin, head], chop, 1002)


@clause("6455 5.2/most-significant")
@pytest.mark.parametrize("length", [1 << 63, (1 << 63) + 5, (1 << 64) - 1])
@every_chop
def test_length_of_64_bits(talk: Any, length: int, chop: str) -> None:
    head = frame(BINARY, b"", form=64, length=length)
    fails(opened(talk, chop), [head], chop, 1002)


@clause("6455 5.2/most-significant")
@clause("6455 10.4/limits")
@pytest.mark.parametrize("length", [1 << 32, 1 << 48, (1 << 63) - 1])
def test_length_that_no_record_has(talk: Any, length: int) -> None:
    """A frame may be so long, but no record: told at its first byte."""
    client = talk()
    client.send(frame(BINARY, b"x", form=64, length=length))
    client.expect_failed(1009)


@clause("6455 5.2/rsv")
@clause("7692 6/not-agreed")
@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
@every_chop
def test_reserved_bits(talk: Any, rsv: int, opcode: int, chop: str) -> None:
    """Cases 3.1 to 3.7: what came before is answered."""
    payload = ws.close_payload(1000) if opcode == CLOSE else b"Hello"
    frames = [frame(TEXT, b"first"), frame(PING, b"asked"),
              frame(opcode, payload, rsv=rsv), frame(PING)]
    answers: List[Event] = [text("first"), Pong(b"asked")]
    client = opened(talk, chop)
    check_failed_after(client, frames, chop, answers)


def check_failed_after(client: Any, frames: List[bytes], chop: str,
                       answers: List[Event]) -> None:
    """As play.fails(); a pong may overtake an echo, which takes a way."""
    try:
        send(client, frames, chop)
    except (BrokenPipeError, ConnectionResetError):
        pass
    *heard, closed = client.hear_all()
    assert closed.code == 1002
    assert sorted(heard, key=repr) == sorted(answers, key=repr)
    client.expect_eof()


@clause("6455 5.2/rsv")
@pytest.mark.parametrize("rsv", range(1, 8))
def test_reserved_bits_of_a_continuation(talk: Any, rsv: int) -> None:
    fails(talk(), [frame(TEXT, b"a", fin=False),
                   frame(CONTINUATION, b"b", rsv=rsv)], "whole", 1002)


@clause("6455 5.2/opcode")
@clause("6455 5.8/extensibility")
@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"Hello"])
@every_chop
def test_reserved_opcode(talk: Any, opcode: int, payload: bytes, chop: str
                         ) -> None:
    """Cases 4.1.1 to 4.2.5."""
    frames = [frame(TEXT, b"first"), frame(opcode, payload), frame(PING)]
    fails(opened(talk, chop), frames, chop, 1002, [text("first")])


@clause("6455 5.2/opcode")
@pytest.mark.parametrize("opcode", [3, 7, 11, 15])
def test_reserved_opcode_first(talk: Any, opcode: int) -> None:
    fails(talk(), [frame(opcode, b"", fin=opcode % 2 == 1)], "whole", 1002)


@clause("6455 5.1/client-masks")
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
@pytest.mark.parametrize("payload", [b"", b"Hello"])
@every_chop
def test_unmasked_frame(talk: Any, opcode: int, payload: bytes, chop: str
                        ) -> None:
    frames = [frame(TEXT, b"first"), frame(opcode, payload, mask=None)]
    fails(opened(talk, chop), frames, chop, 1002, [text("first")])


@clause("6455 5.1/client-masks")
def test_unmasked_continuation(talk: Any) -> None:
    fails(talk(), [frame(TEXT, b"a", fin=False),
                   frame(CONTINUATION, b"b", mask=None)], "whole", 1002)


@clause("6455 5.2/key")
@clause("6455 5.3/algorithm")
@clause("6455 6.2/unmasked")
@pytest.mark.parametrize("key", KEYS, ids=bytes.hex)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31,
                                  33, 63, 65, 127, 129, 1001])
@every_chop
def test_keys(talk: Any, key: bytes, size: int, chop: str) -> None:
    if chop == "octets" and size > 40:
        size %= 40
    frames = [frame(BINARY, pattern(size), mask=key),
              frame(TEXT, b"x" * size, mask=key[::-1])]
    passes(opened(talk, chop), frames, chop,
           [binary(pattern(size)), text(b"x" * size)])


@clause("6455 5.3/algorithm")
def test_the_example_of_the_rfc(talk: Any) -> None:
    """Section 5.7: a single-frame masked text message."""
    client = talk()
    client.send(bytes.fromhex("818537fa213d7f9f4d5158"))
    client.expect([text("Hello")])
    assert frame(TEXT, b"Hello", mask=None) == bytes.fromhex("810548656c6c6f")


@clause("6455 6.1/sending")
def test_many_messages_keep_their_order(talk: Any) -> None:
    client = talk()
    messages = [Message(TEXT if i % 3 else BINARY, struct.pack("!H", i % 128)
                        * (i % 200)) for i in range(500)]
    client.send(b"".join(frame(m.opcode, m.payload) for m in messages))
    client.expect(messages)
    client.finish()


@clause("6455 7.4.1/1003")
@pytest.mark.parametrize("path,opcode", [("/binary", TEXT), ("/text", BINARY)])
@pytest.mark.parametrize("fin", [True, False])
def test_type_that_is_not_taken(talk: Any, path: str, opcode: int, fin: bool
                                ) -> None:
    client = talk(path)
    client.send(frame(opcode, b"x", fin=fin))
    client.expect_failed(1003)
