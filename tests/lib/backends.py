# SPDX-License-Identifier: MIT
"""Backends, well-behaved and faulty, on ports the kernel picks."""

import select
import socket
import struct
import threading
from pathlib import Path
from typing import Callable, List, Optional

from .wait import DEADLINE, wait_for



def open_listener(family: int = socket.AF_INET, *,
                  path: Optional[Path] = None, backlog: int = 1024,
                  receive_buffer: Optional[int] = None) -> socket.socket:
    """A listening socket on loopback, a Unix path, or with AF_UNIX and no
    path an abstract name of the kernel's choice."""
    sock = socket.socket(family)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if family == socket.AF_UNIX:
        sock.bind(str(path) if path else "")
    else:
        sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    sock.listen(backlog)
    sock.settimeout(DEADLINE)
    return sock


def server_name(sock: socket.socket) -> str:
    """A bound socket as a `servers` entry."""
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        if isinstance(name, bytes):
            return "unix:@" + name[1:].decode("ascii")
        return f"unix:{name}"
    host = f"[{name[0]}]" if sock.family == socket.AF_INET6 else name[0]
    return f"{host}:{name[1]}"


class Connection:
    """A connection the daemon made, in the hands of the test."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(DEADLINE)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        data = bytearray()
        while len(data) < size:
            piece = self.sock.recv(min(size - len(data), 1 << 20))
            assert piece, f"end after {len(data)} of {size} bytes"
            data += piece
        return bytes(data)

    def read_to_end(self) -> bytes:
        """All that comes until the daemon's end of file."""
        data = bytearray()
        while piece := self.sock.recv(1 << 20):
            data += piece
        return bytes(data)

    def expect_end(self) -> None:
        rest = self.read_to_end()
        assert not rest, f"unexpected {rest!r}"

    def wait_gone(self) -> None:
        """The daemon lets go, cleanly or by a reset; so does this end."""
        try:
            self.read_to_end()
        except ConnectionResetError:
            pass
        self.close()

    def shutdown_write(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def fill(self, piece: bytes, quiet: float = 0.5) -> int:
        """Sends until nothing is taken for `quiet` seconds; returns how much
        was."""
        sent = 0
        self.sock.settimeout(0)
        while select.select([], [self.sock], [], quiet)[1]:
            sent += self.sock.send(piece)
        self.sock.settimeout(DEADLINE)
        return sent


class Backend:
    """A listening backend; the test takes the connections one by one."""

    def __init__(self, sock: Optional[socket.socket] = None) -> None:
        self.sock = sock or open_listener()
        self.target = server_name(self.sock)
        self.accepted: List[Connection] = []

    def accept(self) -> Connection:
        connection = Connection(self.sock.accept()[0])
        self.accepted.append(connection)
        return connection

    def has_waiting(self) -> bool:
        """Whether a connection waits to be accepted."""
        return bool(select.select([self.sock], [], [], 0)[0])

    def finish(self) -> None:
        self.sock.close()
        for connection in self.accepted:
            connection.sock.close()


Handler = Callable[[Connection], None]


class Server(Backend):
    """A backend that serves each connection by `handler`, in a thread."""

    def __init__(self, handler: Handler,
                 sock: Optional[socket.socket] = None) -> None:
        super().__init__(sock)
        self.handler = handler
        self.count = 0
        self.sock.settimeout(None)
        threading.Thread(target=self._accept_all, daemon=True).start()

    def _accept_all(self) -> None:
        while True:
            try:
                sock = self.sock.accept()[0]
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self._serve, args=(Connection(sock),),
                             daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        connection.sock.settimeout(None)
        try:
            self.handler(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def finish(self) -> None:
        # Wakes the accepting thread, which close() alone would not.
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        super().finish()


class PollServer(Backend):
    """An echo for thousands of connections, in one thread."""

    def __init__(self, sock: Optional[socket.socket] = None) -> None:
        super().__init__(sock)
        self.stopping = False
        self.poll = select.epoll()
        self.sock.setblocking(False)
        self.poll.register(self.sock, select.EPOLLIN)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        open_now: dict = {}
        while not self.stopping:
            for number, _ in self.poll.poll(0.2):
                if number == self.sock.fileno():
                    sock = self.sock.accept()[0]
                    open_now[sock.fileno()] = sock
                    self.poll.register(sock, select.EPOLLIN)
                elif not self._echo(open_now[number]):
                    self.poll.unregister(number)
                    open_now.pop(number).close()
        for sock in open_now.values():
            sock.close()

    @staticmethod
    def _echo(sock: socket.socket) -> bool:
        try:
            data = sock.recv(65536)
            if data:
                sock.sendall(data)
            return bool(data)
        except OSError:
            return False

    def finish(self) -> None:
        self.stopping = True
        self.thread.join()
        self.poll.close()
        super().finish()


def echo(connection: Connection) -> None:
    while data := connection.sock.recv(1 << 16):
        connection.send(data)


def greeter(text: bytes) -> Handler:
    """Says `text`, then echoes."""
    def serve(connection: Connection) -> None:
        connection.send(text)
        echo(connection)
    return serve


def pattern(size: int, start: int = 0) -> bytes:
    """Bytes in which every 4 differ, so that a loss or a swap shows."""
    first, last = start // 4, (start + size + 3) // 4
    words = struct.pack(f"!{last - first}I", *range(first, last))
    return words[start - first * 4:][:size]


class Refusing:
    """A port on which every connection is refused, as long as this lives."""

    def __init__(self) -> None:
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.target = server_name(self.sock)

    def finish(self) -> None:
        self.sock.close()


class BlackHole:
    """A port on which connections are never answered: its backlog is full."""

    def __init__(self) -> None:
        self.sock = open_listener(backlog=0)
        self.target = server_name(self.sock)
        self.fillers: List[socket.socket] = []
        wait_for(self._is_full, "a full backlog")

    def _is_full(self) -> bool:
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(self.sock.getsockname())
        self.fillers.append(filler)
        return not select.select([], [filler], [], 0.3)[1]

    def finish(self) -> None:
        for sock in [self.sock, *self.fillers]:
            sock.close()
