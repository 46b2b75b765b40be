# SPDX-License-Identifier: MIT
"""Records of every framing, written and read; and backends that know them."""

import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Tuple

from .backends import Backend, Connection, Handler, Server
from .wait import DEADLINE
from .ws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Client

Message = Tuple[int, bytes]


@dataclass(frozen=True)
class Framing:
    """How a message stands on a target's connection, by INTERFACE 5."""
    name: str
    route: Dict[str, Any]       # what a route says for it
    head: str = ""              # of the length, as struct has it
    is_typed: bool = False
    tail: bytes = b""
    refused: bytes = b""        # bytes that a message may not have
    longest: int = 1 << 62

    def encode(self, payload: bytes, opcode: int = BINARY) -> bytes:
        kind = bytes([opcode]) if self.is_typed else b""
        head = struct.pack(self.head, len(payload)) if self.head else b""
        return kind + head + payload + self.tail

    def head_size(self) -> int:
        return int(self.is_typed) + struct.calcsize(self.head or "0s")

    def read(self, connection: Connection) -> Message:
        """Exactly one record; the type BINARY where it does not tell."""
        if self.tail:
            data = b""
            while not data.endswith(self.tail):
                data += connection.read(1)
            return BINARY, data[:-len(self.tail)]
        head = connection.read(self.head_size())
        size, = struct.unpack(self.head, head[int(self.is_typed):])
        return (head[0] if self.is_typed else BINARY), connection.read(size)


def _length(name: str, head: str) -> Framing:
    return Framing(name, {"framing": name}, head,
                   longest=256 ** struct.calcsize(head) - 1)


LINES = Framing("lines", {"framing": "lines"}, tail=b"\n", refused=b"\n")
CRLF = Framing("lines-crlf", {"framing": "lines", "line_end": "crlf"},
               tail=b"\r\n", refused=b"\r\n")
NUL = Framing("nul", {"framing": "nul"}, tail=b"\0", refused=b"\0")
LENGTH8 = _length("length8", "!B")
LENGTH16 = _length("length16", "!H")
LENGTH32 = _length("length32", "!I")
TYPED = Framing("typed-length32", {"framing": "typed-length32"}, "!I",
                is_typed=True, longest=256 ** 4 - 1)
SEQPACKET = {"framing": "seqpacket"}

DELIMITED = [LINES, CRLF, NUL]
COUNTED = [LENGTH8, LENGTH16, LENGTH32, _length("length8-le", "<B"),
           _length("length16-le", "<H"), _length("length32-le", "<I"), TYPED]
ALL = DELIMITED + COUNTED


def ids(framing: Framing) -> str:
    return framing.name


@dataclass
class Told:
    """A message the client got, and what came with it."""
    opcode: int
    payload: bytes
    frames: int = 1
    control: List[int] = field(default_factory=list)


def read_message(client: Client) -> Told:
    """The next message whole; pings are answered, a Close fails."""
    end = time.monotonic() + 3 * DEADLINE
    told = None
    parts: List[bytes] = []
    control: List[int] = []
    while True:
        got = client.read_frame()
        assert time.monotonic() < end, "a message that does not end"
        if got.opcode >= CLOSE:
            assert got.opcode != CLOSE, f"closed {got.code} {got.reason!r}"
            control.append(got.opcode)
            if got.opcode == PING:
                client.send_frame(PONG, got.payload)
            continue
        assert (got.opcode == CONTINUATION) == (told is not None)
        told = told or Told(got.opcode, b"")
        parts.append(got.payload)
        if got.fin:
            return Told(told.opcode, b"".join(parts), len(parts), control)


def send_fragments(client: Client, opcode: int, parts: List[bytes],
                   between: bytes = b"") -> None:
    """A message in as many frames, `between` on the wire between them."""
    for i, part in enumerate(parts):
        if i:
            client.send(between)
        client.send_frame(CONTINUATION if i else opcode, part,
                          fin=i == len(parts) - 1)


def wants_text(payload: bytes) -> int:
    """What the type is of a record that tells it, by its bytes."""
    return TEXT if payload.isascii() else BINARY


# Datagrams.

def open_seqpacket() -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.bind("")
    sock.listen(64)
    sock.settimeout(DEADLINE)
    return sock


def _name(backend: Backend) -> None:
    backend.target = backend.target.replace("unix:", "unix-seqpacket:")


class DatagramBackend(Backend):
    """A backend whose connections are of datagrams."""

    def __init__(self) -> None:
        super().__init__(open_seqpacket())
        _name(self)


class DatagramServer(Server):
    """A server likewise."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler, open_seqpacket())
        _name(self)


def receive(connection: Connection) -> bytes:
    """The next datagram whole."""
    data, _, flags, _ = connection.sock.recvmsg(1 << 24)
    assert not flags & socket.MSG_TRUNC
    return data
