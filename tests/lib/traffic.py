# SPDX-License-Identifier: MIT
"""Sessions that move bytes and check each of them, in processes of their own.
"""

import multiprocessing
import select
import socket
import ssl
import traceback
from typing import Any, Dict, List, Set

from . import tls, ws

# Bytes of a message; it differs from session to session and time to time.
SIZE = 300


def message(session: int, number: int) -> bytes:
    word = b"%d:%d;" % (session, number)
    return (word * (SIZE // len(word) + 1))[:SIZE]


class Stream:
    """A session over an echo: one message at a time, each compared."""

    def __init__(self, address: Any, number: int) -> None:
        self.client = ws.connect(address)
        self.client.sock.setblocking(False)
        self.number = number
        self.rounds = 0
        self.echoed = b""

    def send(self) -> None:
        self.client.send_binary(message(self.number, self.rounds))

    def on_readable(self) -> None:
        data = self.client.sock.recv(65536)
        assert data, f"session {self.number}: cut after {self.rounds} rounds"
        self.client.buffer += data
        while (size := self._frame_size()):
            got = self.client.read_frame()
            if got.opcode == ws.PING:
                self.client.send_frame(ws.PONG, got.payload)
                continue
            assert got.opcode == ws.BINARY, (
                f"session {self.number}: {got} of {size} bytes")
            self.echoed += got.payload
        expected = message(self.number, self.rounds)
        assert expected.startswith(self.echoed), (
            f"session {self.number}: {self.echoed!r} for {expected!r}")
        if self.echoed == expected:
            self.echoed = b""
            self.rounds += 1
            self.send()

    def _frame_size(self) -> int:
        """Of the first frame; 0 while it is not whole."""
        buffer = self.client.buffer
        if len(buffer) < 4:
            return len(buffer) if len(buffer) >= 2 and buffer[1] == 0 else 0
        short = buffer[1] & 0x7F
        size = 2 + short if short < 126 else 4 + (buffer[2] << 8 | buffer[3])
        return size if len(buffer) >= size else 0


class Process:
    """Runs work() in a process of its own, from begin() to finish().  All are
    made before any begins: a process has what sockets there are when it is
    made, and keeps them from being closed.
    """

    def __init__(self, address: Any) -> None:
        self.address = address
        self.beginning = multiprocessing.Event()
        self.stopping = multiprocessing.Event()
        self.ready = multiprocessing.Event()
        self.results: Any = multiprocessing.SimpleQueue()
        self.process = multiprocessing.Process(target=self._run, daemon=True)
        self.process.start()

    def _run(self) -> None:
        self.beginning.wait()
        try:
            self.results.put(self.work())
        except BaseException:
            self.ready.set()
            self.results.put(traceback.format_exc())

    def work(self) -> Any:
        raise NotImplementedError

    def begin(self) -> None:
        """Starts the work; returns when there is load."""
        self.beginning.set()
        assert self.ready.wait(60)

    def finish(self) -> Any:
        """Stops it; what it found, and a failure when it failed."""
        self.beginning.set()
        self.stopping.set()
        result = self.results.get()
        self.process.join()
        assert not isinstance(result, str), result
        return result


class Streams(Process):
    """`count` sessions that echo all the time; the rounds of each."""

    def __init__(self, address: Any, count: int) -> None:
        self.count = count
        super().__init__(address)

    def work(self) -> List[int]:
        streams: Dict[int, Stream] = {}
        poll = select.epoll()
        for number in range(self.count):
            stream = Stream(self.address, number)
            streams[stream.client.sock.fileno()] = stream
            poll.register(stream.client.sock, select.EPOLLIN)
            stream.send()
        self.ready.set()
        while not self.stopping.is_set():
            for fd, _ in poll.poll(0.1):
                streams[fd].on_readable()
        for stream in streams.values():
            self._end(stream)
        return [stream.rounds for stream in streams.values()]

    @staticmethod
    def _end(stream: Stream) -> None:
        """Reads the echo that is on its way, then closes."""
        client = stream.client
        client.sock.settimeout(ws.DEADLINE)
        expected = message(stream.number, stream.rounds)
        rest = client.close()
        assert stream.echoed + rest == expected, stream.number


class Arrivals(Process):
    """Sessions that come, echo and go, one after the other; how many."""

    def work(self) -> int:
        count = 0
        self.ready.set()
        while not self.stopping.is_set():
            client = ws.connect(self.address)
            client.send_binary(message(0, count))
            assert client.read_data(SIZE) == message(0, count)
            assert client.close() == b""
            count += 1
        return count


class TlsArrivals(Process):
    """The same over TLS, beside a session that stays; the serial numbers of
    the certificates that were seen."""

    def __init__(self, address: Any, authority: tls.Authority) -> None:
        self.authority = authority
        super().__init__(address)

    def work(self) -> Set[int]:
        seen: Set[int] = set()
        context = tls.trusting(self.authority)
        stays = self._open(context)
        count = 0
        self.ready.set()
        while not self.stopping.is_set():
            client = self._open(context)
            certificate = client.sock.getpeercert()
            seen.add(int(certificate["serialNumber"], 16))
            for one in (client, stays):
                one.send_binary(message(0, count))
                assert one.read_data(SIZE) == message(0, count)
            assert client.close() == b""
            count += 1
        assert stays.close() == b""
        return seen

    def _open(self, context: ssl.SSLContext) -> tls.TlsClient:
        client = tls.TlsClient(self.address, context)
        client.upgrade()
        return client


def can_connect(address: Any) -> bool:
    """Whether somebody listens there."""
    try:
        ws.dial(address).close()
        return True
    except (ConnectionRefusedError, FileNotFoundError):
        return False


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
