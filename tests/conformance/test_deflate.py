# SPDX-License-Identifier: MIT
"""RFC 7692 sections 6, 7.2 and 8: compressed messages, bit by bit."""

import os
import random
import threading
import zlib
from typing import Any, List

import pytest
from clauses import clause
from lib.deflate import TAIL, offer, pack, stored
from lib.talk import Closed, Message, Pong, Talk, binary, fragments, text
from lib.wait import DEADLINE, wait_for
from lib.ws import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT,
                    close_payload, frame)
from play import every_chop, fails, passes

HELLO = bytes.fromhex("f248cdc9c90700")     # section 7.2.3.1
ROUTES = pytest.mark.parametrize("path", ["/deflate", "/takeover"])


def packed(opcode: int, payload: bytes) -> bytes:
    return frame(opcode, pack(payload), rsv=4)


# RSV1 (section 6).

@clause("7692 6/per-message")
@clause("7692 7.2.3.1/hello")
@ROUTES
@every_chop
def test_hello(talk: Any, path: str, chop: str) -> None:
    client = talk(path, offer(), unix=chop == "octets")
    passes(client, [frame(TEXT, HELLO, rsv=4),
                    frame(TEXT, HELLO[:3], fin=False, rsv=4),
                    frame(CONTINUATION, HELLO[3:])], chop, [text("Hello")] * 2)


@clause("7692 6/not-control")
@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
@pytest.mark.parametrize("rsv", [4, 5, 6, 7, 1, 2, 3])
@every_chop
def test_reserved_bits_of_control_frames(talk: Any, opcode: int, rsv: int,
                                         chop: str) -> None:
    payload = close_payload(1000) if opcode == CLOSE else b""
    client = talk("/deflate", offer(), unix=chop == "octets")
    fails(client, [frame(opcode, payload, rsv=rsv)], chop, 1002)


@clause("7692 6/not-continuation")
@pytest.mark.parametrize("first", [0, 4])
@pytest.mark.parametrize("rsv", range(1, 8))
def test_reserved_bits_of_a_continuation(talk: Any, first: int, rsv: int
                                         ) -> None:
    client = talk("/deflate", offer())
    fails(client, [frame(TEXT, b"" if first else b"a", fin=False, rsv=first),
                   frame(CONTINUATION, HELLO, rsv=rsv)], "whole", 1002)


@clause("7692 6/per-message")
@pytest.mark.parametrize("rsv", [1, 2, 3, 5, 6, 7])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_other_reserved_bits(talk: Any, rsv: int, opcode: int) -> None:
    fails(talk("/deflate", offer()), [frame(opcode, HELLO, rsv=rsv)], "whole",
          1002)


@clause("7692 6/not-agreed")
@pytest.mark.parametrize("path,offers", [
    ("/echo", []), ("/echo", ["permessage-deflate"]), ("/deflate", []),
    ("/deflate", ["permessage-deflate; unknown"])])
def test_rsv1_that_was_not_agreed(talk: Any, path: str, offers: List[str]
                                  ) -> None:
    fails(talk(path, *offers), [frame(TEXT, HELLO, rsv=4)], "whole", 1002)


@clause("7692 6/plain")
@ROUTES
@every_chop
def test_plain_and_compressed_messages_in_turn(talk: Any, path: str, chop: str
                                               ) -> None:
    client = talk(path, offer(), unix=chop == "octets")
    frames, answers = [], []
    for i in range(10):
        payload = b"message %d " % i * 3
        is_packed = i % 3 != 0
        frames += fragments(
            TEXT, client.pack(payload) if is_packed else payload, 7,
            rsv=4 if is_packed else 0)
        answers.append(text(payload))
    passes(client, frames, chop, answers)


# Fragments (sections 6.1, 6.2).

@clause("7692 6.1/fragments")
@clause("7692 6.2/decompress")
@ROUTES
def test_every_cut_of_a_compressed_message(talk: Any, path: str) -> None:
    """Into two frames, empty ones too, with a ping between."""
    client = talk(path, offer(), unix=True)
    payload = "Brücke, Brücke \U0001f309 Fluß Brücke".encode()
    size = len(pack(payload))
    for at in range(size + 1):
        data = pack(payload)
        client.send(frame(TEXT, data[:at], fin=False, rsv=4))
        client.wait_taken()
        client.send(frame(PING, b"%d" % at) + frame(CONTINUATION, data[at:]))
        client.expect([Pong(b"%d" % at), text(payload)])
    client.finish()


@clause("7692 6.1/fragments")
@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1000, 4096, 65536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_fragments_of_every_size(talk: Any, size: int, opcode: int) -> None:
    payload = os.urandom(3000).hex().encode() * 3
    client = talk("/deflate", offer())
    with client.sending(b"".join(
            fragments(opcode, client.pack(payload), size, rsv=4))):
        client.expect([Message(opcode, payload)])
    client.finish()


@clause("7692 6.1/fragments")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("where", ["front", "middle", "end"])
def test_empty_fragments(talk: Any, opcode: int, where: str) -> None:
    parts = {"front": [b"", HELLO], "middle": [HELLO[:3], b"", HELLO[3:]],
             "end": [HELLO, b"", b""]}[where]
    frames = [frame(opcode if i == 0 else CONTINUATION, part,
                    fin=i == len(parts) - 1, rsv=4 if i == 0 else 0)
              for i, part in enumerate(parts)]
    passes(talk("/deflate", offer()), frames, "whole",
           [Message(opcode, b"Hello")])


# Blocks (section 7.2.3).

BLOCKS = {
    "two blocks": bytes.fromhex("f248050000 00ffff cac9c90700"),
    "stored": stored(b"Hello") + b"\0",
    "stored, final": stored(b"Hello", final=True) + b"\0",
    "final": bytes.fromhex("f348cdc9c9070000"),
    "final, more behind": bytes.fromhex("f3480500") + stored(b"llo") + b"\0",
    "final, cut in bytes": stored(b"H", final=True) + stored(b"ello",
                                                            final=True) + b"\0",
    "empty blocks between": b"".join(
        stored(bytes([byte])) + stored(b"") for byte in b"Hello") + b"\0",
    "not cut": HELLO[:-1] + b"\0" + TAIL + b"\0",
    "flushed twice": HELLO[:-1] + b"\0" + TAIL + b"\0" + TAIL + b"\0",
}


@clause("7692 7.2.3.3/stored")
@clause("7692 7.2.3.4/final")
@clause("7692 7.2.3.5/two-blocks")
@clause("7692 7.2.1/blocks")
@ROUTES
@pytest.mark.parametrize("name", BLOCKS)
@every_chop
def test_blocks(talk: Any, path: str, name: str, chop: str) -> None:
    """As many blocks as one likes, of every kind; the next message is read
    as well."""
    client = talk(path, offer(), unix=chop == "octets")
    passes(client, [frame(TEXT, BLOCKS[name], rsv=4),
                    frame(BINARY, HELLO, rsv=4)], chop,
           [text("Hello"), binary(b"Hello")])


@clause("7692 7.2.3.2/shared-window")
def test_example_that_refers_back(talk: Any) -> None:
    client = talk("/takeover", offer())
    passes(client, [frame(TEXT, HELLO, rsv=4),
                    frame(TEXT, bytes.fromhex("f200110000"), rsv=4)], "whole",
           [text("Hello")] * 2)


@clause("7692 7.2.3.6/empty")
@ROUTES
@pytest.mark.parametrize("data", [b"\0", b"\x02\0", stored(b"") + b"\0",
                                  stored(b"", final=True) + b"\0",
                                  b"\0" + TAIL + b"\0"], ids=bytes.hex)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_empty_message(talk: Any, path: str, data: bytes, opcode: int) -> None:
    passes(talk(path, offer()), [frame(opcode, data, rsv=4)] * 3, "whole",
           [Message(opcode, b"")] * 3)


@clause("7692 7.2.2/invalid")
@clause("6455 10.7/invalid")
@ROUTES
@pytest.mark.parametrize("data", [
    b"", b"\x07", b"\x06", b"\xff" * 20, b"\x01\x05\x00\xff\xffHello",
    b"\x00\x05\x00\x00\x00Hello", HELLO[:4], b"Hello", pack(b"x" * 99)[:-2],
    bytes.fromhex("f200110000"), stored(b"Hello")[:-1], HELLO[:-1] + b"\x01",
    zlib.compress(b"Hello")], ids=bytes.hex)
@every_chop
def test_what_is_no_message(talk: Any, path: str, data: bytes, chop: str
                            ) -> None:
    client = talk(path, offer(), unix=chop == "octets")
    fails(client, [frame(TEXT, b"before"), frame(BINARY, data, rsv=4)], chop,
          1007, [text("before")])


@clause("7692 7.2.2/invalid")
def test_invalid_block_before_the_message_ends(talk: Any) -> None:
    client = talk("/deflate", offer())
    client.send(frame(TEXT, HELLO[:-1], fin=False, rsv=4))
    assert client.is_alive()
    client.send(frame(CONTINUATION, b"\xff\xff\xff", fin=False))
    client.expect_failed(1007)


@clause("7692 7.2.2/invalid")
@ROUTES
def test_noise_as_a_message(talk: Any, path: str) -> None:
    """Whatever it is to zlib, it is the same to the daemon."""
    chance = random.Random(7692)
    for _ in range(60):
        data = chance.randbytes(chance.randrange(1, 30))
        client = talk(path, offer())
        client.send(frame(BINARY, data, rsv=4))
        expander = zlib.decompressobj(wbits=-15)
        try:
            payload = expander.decompress(data + TAIL)
        except zlib.error:
            client.expect_failed(1007)
            continue
        if expander.eof or expander.unconsumed_tail:
            continue    # a final block: the rest is not zlib's to judge
        client.send(frame(PING) + frame(CLOSE, close_payload(1000)))
        heard = client.hear_all()
        assert heard in ([Pong(b""), binary(payload), Closed(1000)],
                         [binary(payload), Pong(b""), Closed(1000)],
                         [Closed(1007)]), heard
        client.expect_eof()


# What is sent: whole messages, each by itself or not.

@clause("7692 7.2.1/blocks")
@ROUTES
def test_sizes_of_what_is_sent(talk: Any, path: str) -> None:
    client = talk(path, offer())
    for size in (0, 1, 2, 63, 64, 65, 125, 126, 127, 1000, 32767, 32768,
                 65535, 65536, 200000):
        payload = (b"0123456789abcdef" * (size // 16 + 1))[:size]
        client.send(frame(BINARY, payload))
        client.expect([binary(payload)])
    assert client.was_packed[-1]
    client.finish()


# Bombs (section 8).

@clause("7692 8/limits")
def test_bomb(talk: Any) -> None:
    """40 MiB in 40 KiB, as the limit allows; and there and back."""
    size = 40 << 20
    client = talk("/deflate", offer())
    client.send(frame(BINARY, pack(b"\0" * size), rsv=4)
                + frame(CLOSE, close_payload(1000)))
    client.expect([binary(b"\0" * size), Closed(1000)])
    client.expect_eof()


@clause("7692 8/limits")
def test_bomb_on_a_stream(own_relay: Any) -> None:
    """64 MiB, and nothing is gathered: memory stays at the bound, though
    the target does not read."""
    blocked = threading.Event()

    def stuck(connection: Any) -> None:
        connection.sock.recv(1)
        blocked.wait(DEADLINE)

    relay = own_relay(stuck, route={"framing": "stream", "compression": "on"})
    with Talk(relay.address) as client:
        client.upgrade(headers=[("Sec-WebSocket-Extensions", offer())])
        before = relay.memory()
        client.send(frame(BINARY, pack(b"\0" * (64 << 20)), rsv=4))
        client.send(frame(PING))
        wait_for(lambda: relay.memory() > before, "memory to be taken")
        # All that can be read is: the rest waits in the client's socket.
        client.is_silent(0.5)
        if not relay.is_sanitized():
            assert relay.memory() - before < 1 << 20
        blocked.set()
