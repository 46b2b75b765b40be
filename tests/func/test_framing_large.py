# SPDX-License-Identifier: MIT
"""Records far larger than any buffer, through a daemon that holds little."""

import struct
import threading
from typing import Any, Callable, List

import pytest

from lib.config import relay_to
from lib.framing import LENGTH32, TYPED, Framing, ids
from lib.ws import BINARY, CLOSE, MASK, PING, PONG, SMALL, apply_mask, frame

SIZE = 200 << 20
PIECE = 1 << 20
# Both buffers of a session, and what an allocator keeps besides.
BOUND = 4 << 20
FRAMINGS = pytest.mark.parametrize("framing", [LENGTH32, TYPED], ids=ids)


def piece_at(offset: int, mask: bytes = b"") -> bytes:
    """A MiB that says where it stands, masked or not."""
    word = struct.pack("!Q", offset)
    return (apply_mask(word, mask) if mask else word) * (PIECE // 8)


class Watch:
    """The most memory the daemon has while something goes on."""

    def __init__(self, relay: Any) -> None:
        self.relay = relay
        self.before = relay.memory()
        self.most = self.before

    def look(self) -> None:
        self.most = max(self.most, self.relay.memory())

    def check(self) -> None:
        self.look()
        if not self.relay.is_sanitized():
            assert self.most - self.before < BOUND, (self.before, self.most)


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@FRAMINGS
def test_up(start_relay: Any, backend: Any, connect: Any,
            framing: Framing) -> None:
    """One frame of the client is one record, with nothing gathered."""
    # Nobody reads the client's end meanwhile.
    relay = start_relay(relay_to(backend.target, route=framing.route,
                                 timeouts={"ping_interval": 0}))
    client = connect(relay)
    target = backend.accept()
    watch = Watch(relay)

    def send() -> None:
        client.send(frame(BINARY, b"", length=SIZE))
        for offset in range(0, SIZE, PIECE):
            client.send(piece_at(offset, MASK))

    sender = in_thread(send)
    head = target.read(framing.head_size())
    assert head[-4:] == struct.pack("!I", SIZE)
    for offset in range(0, SIZE, PIECE):
        assert target.read(PIECE) == piece_at(offset), offset
        watch.look()
    sender.join()
    client.close()
    target.expect_end()
    watch.check()


@FRAMINGS
def test_down(start_relay: Any, backend: Any, connect: Any,
              framing: Framing) -> None:
    """One record is one message in fragments, and pings get between."""
    relay = start_relay(relay_to(
        backend.target, route=framing.route,
        timeouts={"ping_interval": "20ms", "ping_timeout": "20s"}))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    watch = Watch(relay)

    def send() -> None:
        kind = bytes([BINARY]) if framing.is_typed else b""
        target.send(kind + struct.pack("!I", SIZE))
        for offset in range(0, SIZE, PIECE):
            target.send(piece_at(offset))

    sender = in_thread(send)
    pings, offset, data = 0, 0, bytearray()
    opcodes: List[int] = []
    is_open = True
    while is_open:
        got = client.read_frame()
        assert got.opcode != CLOSE
        if got.opcode == PING:
            client.send_frame(PONG, got.payload)
            pings += offset > 0
            continue
        opcodes.append(got.opcode)
        data += got.payload
        is_open = not got.fin
        while len(data) >= PIECE:
            assert data[:PIECE] == piece_at(offset), offset
            del data[:PIECE]
            offset += PIECE
            watch.look()
    assert (offset, len(data)) == (SIZE, 0)
    assert opcodes[0] == BINARY and set(opcodes[1:]) == {0}
    assert pings > 0
    sender.join()
    target.close()
    client.expect_close(1000)
    watch.check()
