# SPDX-License-Identifier: MIT
"""A proxy that records what a client and the daemon say, frame by frame."""

import socket
import threading
from dataclasses import dataclass
from typing import List

from . import backends, ws


@dataclass
class Seen:
    """A frame on the wire."""
    opcode: int
    fin: bool
    rsv1: bool
    size: int


def frames_in(data: bytes) -> List[Seen]:
    """The frames behind an HTTP head; one that is cut is left out."""
    at = data.index(b"\r\n\r\n") + 4
    seen = []
    while len(data) - at >= 2:
        first, second = data[at], data[at + 1]
        size, head = second & 0x7F, 2
        if size >= 126:
            extra = 2 if size == 126 else 8
            size = int.from_bytes(data[at + 2:at + 2 + extra], "big")
            head += extra
        head += 4 if second & 0x80 else 0
        if at + head + size > len(data):
            break
        seen.append(Seen(first & 15, bool(first & 0x80), bool(first & 0x40),
                         size))
        at += head + size
    return seen


class Tap(backends.Server):
    """Stands before `address`; for one connection at a time."""

    def __init__(self, address: ws.Address) -> None:
        self.address = address
        self.up, self.down = bytearray(), bytearray()
        super().__init__(self._relay)

    @property
    def port(self) -> int:
        return int(self.sock.getsockname()[1])

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket,
              record: bytearray) -> None:
        try:
            while data := source.recv(1 << 16):
                record += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _relay(self, connection: backends.Connection) -> None:
        with ws.dial(self.address) as daemon:
            daemon.settimeout(None)
            thread = threading.Thread(target=self._pump, args=(
                connection.sock, daemon, self.up), daemon=True)
            thread.start()
            self._pump(daemon, connection.sock, self.down)
            thread.join(10)

    def check_packed(self, payload: int) -> None:
        """Messages went compressed both ways, and were far shorter than the
        `payload` bytes that they are."""
        for record in (self.up, self.down):
            data = [one for one in frames_in(bytes(record))
                    if one.opcode in (0, ws.TEXT, ws.BINARY)]
            assert any(one.rsv1 for one in data)
            assert sum(one.size for one in data) < payload / 4
