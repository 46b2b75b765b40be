# SPDX-License-Identifier: MIT
"""Messages up to 16 MiB, in every way they may come, and the limit on them.

Cases 9 and 10 of the public fuzzing client are among them.
"""

import os
from functools import lru_cache
from typing import Any

import pytest
from clauses import clause
from lib.backends import pattern
from lib.deflate import offer
from lib.talk import Message, fragments, text
from lib.ws import BINARY, CONTINUATION, TEXT, frame
from play import SMALL_LIMIT

KIB, MIB = 1 << 10, 1 << 20

# Instructions of a sanitizer's build take too long for megabytes.
QUICK = "TEST_QUICK" in os.environ


@lru_cache(maxsize=None)
def filled(opcode: int, size: int) -> bytes:
    return b"*" * size if opcode == TEXT else pattern(size)


def echoed(client: Any, data: bytes, message: Message) -> None:
    with client.sending(data):
        client.expect([message])


@clause("6455 5.2/length")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB,
                                  16 * MIB])
def test_whole_messages(talk: Any, opcode: int, size: int) -> None:
    """Cases 9.1 and 9.2; none of it is gathered, so no limit counts."""
    if QUICK:
        size = min(size, 256 * KIB)
    client = talk("/echo")
    payload = filled(opcode, size)
    echoed(client, frame(opcode, payload), Message(opcode, payload))
    client.finish()


@clause("6455 5.4/any-size")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("bits", range(6, 23, 2))
def test_fragments_of_a_large_message(talk: Any, opcode: int, bits: int
                                      ) -> None:
    """Cases 9.3 and 9.4: 4 MiB in fragments of 64 B to 4 MiB."""
    size = 4 * MIB if bits > 10 else MIB
    payload = filled(opcode, 64 * KIB if QUICK else size)
    client = talk("/big")
    echoed(client, b"".join(fragments(opcode, payload, 1 << bits)),
           Message(opcode, payload))
    client.finish()


@clause("6455 6.2/receiving")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("chop", [64, 128, 256, 512, 1024, 2048, 4096])
def test_large_message_in_small_writes(talk: Any, opcode: int, chop: int
                                       ) -> None:
    """Cases 9.5 and 9.6."""
    payload = filled(opcode, chop * 1000)
    data = frame(opcode, payload)
    client = talk("/big")
    for at in range(0, len(data), chop):
        client.send(data[at:at + chop])
    client.expect([Message(opcode, payload)])
    client.finish()


@clause("6455 6.1/sending")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 16, 64, 256, 1024, 4096])
def test_many_round_trips(talk: Any, opcode: int, size: int) -> None:
    """Cases 9.7 and 9.8: a message, its echo, the next."""
    client = talk()
    payload = filled(opcode, size)
    data, message = frame(opcode, payload), Message(opcode, payload)
    for _ in range(200):
        client.send(data)
        client.expect([message])
    client.finish()


@clause("6455 5.4/any-size")
@pytest.mark.parametrize("size", [65536, 65537, 131072])
def test_fragments_that_end_anywhere(talk: Any, size: int) -> None:
    """Case 10.1.1."""
    payload = b"*" * size
    client = talk()
    echoed(client, b"".join(fragments(TEXT, payload, 1300)), text(payload))
    client.finish()


# The limit (RFC 6455 section 10.4).

@clause("6455 7.4.1/1009")
@clause("6455 10.4/limits")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [SMALL_LIMIT - 1, SMALL_LIMIT,
                                  SMALL_LIMIT + 1, 100 * SMALL_LIMIT])
@pytest.mark.parametrize("step", [1, 10, 999, 1000])
def test_limit_of_a_fragmented_message(talk: Any, opcode: int, size: int,
                                       step: int) -> None:
    client = talk("/small")
    payload = filled(opcode, size)
    client.send(frame(TEXT, b"before"))
    client.send(b"".join(fragments(opcode, payload, step)))
    if size > SMALL_LIMIT:
        client.expect_failed(1009, [text("before")])
    else:
        client.expect([text("before"), Message(opcode, payload)])
        client.finish()


@clause("6455 7.4.1/1009")
def test_limit_is_told_before_the_message_ends(talk: Any) -> None:
    client = talk("/small")
    client.send(frame(BINARY, b"x" * SMALL_LIMIT, fin=False))
    assert client.is_alive()
    client.send(frame(CONTINUATION, b"x", fin=False))
    client.expect_failed(1009)


@clause("6455 10.4/limits")
@clause("7692 8/limits")
@pytest.mark.parametrize("size", [SMALL_LIMIT, SMALL_LIMIT + 1,
                                  1000 * SMALL_LIMIT])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_limit_of_a_compressed_message(talk: Any, opcode: int, size: int
                                       ) -> None:
    """What counts is what it expands to."""
    client = talk("/small", offer())
    payload = b"a" * size
    client.send(frame(opcode, client.pack(payload), rsv=4))
    if size > SMALL_LIMIT:
        client.expect_failed(1009)
    else:
        client.expect([Message(opcode, payload)])
        client.finish()
