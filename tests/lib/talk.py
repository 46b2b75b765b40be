# SPDX-License-Identifier: MIT
"""A client that hears whole messages, expanded, and tells how they came."""

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, List, Optional, Union

from . import ws
from .deflate import Agreement, Packer, Unpacker
from .wait import DEADLINE
from .ws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame


@dataclass(frozen=True)
class Message:
    """A data message from the server."""
    opcode: int
    payload: bytes

    def __repr__(self) -> str:
        kind = "text" if self.opcode == TEXT else "binary"
        return f"{kind}({len(self.payload)}: {self.payload[:40]!r})"


@dataclass(frozen=True)
class Pong:
    payload: bytes


@dataclass(frozen=True)
class Closed:
    """The server's Close."""
    code: Optional[int]


Event = Union[Message, Pong, Closed]


def text(payload: Union[str, bytes]) -> Message:
    data = payload.encode() if isinstance(payload, str) else payload
    return Message(TEXT, data)


def binary(payload: bytes) -> Message:
    return Message(BINARY, payload)


class Talk(ws.Client):
    """One connection; `agreement` is set once compression was agreed."""

    def __init__(self, address: ws.Address, **more: Any) -> None:
        super().__init__(address, **more)
        self.agreement: Optional[Agreement] = None
        self.pack: Optional[Packer] = None
        self._unpack: Optional[Unpacker] = None
        self._open: List[bytes] = []
        self._first: Optional[ws.Frame] = None
        self.was_packed: List[bool] = []    # of each message heard
        self.wire_bytes = 0                 # payload of data frames heard

    # Opening.

    def check_upgraded(self, response: ws.Response,
                       key: str = ws.KEY) -> None:
        answer = response.get("Sec-WebSocket-Extensions")
        if answer is not None:
            self._agree(Agreement.parse(answer))
            response.headers.remove(("Sec-WebSocket-Extensions", answer))
        super().check_upgraded(response, key)

    def _agree(self, agreement: Agreement) -> None:
        self.takes_rsv1 = True
        self.agreement = agreement
        self.pack = Packer(agreement)
        self._unpack = Unpacker(agreement)

    # Sending.

    def send_split(self, data: bytes) -> None:
        """Byte by byte; over a Unix socket each is read before the next."""
        is_seen = not isinstance(self.sock.getpeername(), tuple)
        for i in range(len(data)):
            self.send(data[i:i + 1])
            if is_seen:
                self.wait_taken()

    def wait_taken(self) -> None:
        """Until the daemon has read all there is; a Unix socket tells."""
        end = time.monotonic() + DEADLINE
        while self.unread_by_peer():
            assert time.monotonic() < end, "the daemon does not read"
            os.sched_yield()

    @contextmanager
    def sending(self, data: bytes) -> Iterator[None]:
        """Sends beside what the body does: more than buffers hold."""
        thread = threading.Thread(target=self.send, args=(data,))
        thread.start()
        yield
        thread.join(DEADLINE)
        assert not thread.is_alive(), "the daemon did not take all"

    # Hearing.

    def _finish(self, last: ws.Frame) -> Message:
        first = self._first
        assert first is not None
        payload = b"".join(self._open)
        self.wire_bytes += len(payload)
        self.was_packed.append(first.rsv1)
        if first.rsv1:
            assert self._unpack is not None
            payload = self._unpack(payload)
        if first.opcode == TEXT:
            payload.decode()
        self._first, self._open = None, []
        return Message(first.opcode, payload)

    def _hear_data(self, got: ws.Frame) -> Optional[Message]:
        if got.opcode == CONTINUATION:
            assert self._first is not None, "continuation of nothing"
        else:
            assert self._first is None, "a message inside another"
            self._first = got
        self._open.append(got.payload)
        return self._finish(got) if got.fin else None

    def hear(self) -> Event:
        """The next event; pings of the server are answered on the way."""
        while True:
            got = self.read_frame()
            if got.opcode == PONG:
                return Pong(got.payload)
            if got.opcode == CLOSE:
                return Closed(got.code)
            if got.opcode == PING:
                self.send_frame(PONG, got.payload)
                continue
            message = self._hear_data(got)
            if message is not None:
                return message

    def hear_all(self) -> List[Event]:
        """Everything up to and with the server's Close."""
        heard = [self.hear()]
        while not isinstance(heard[-1], Closed):
            heard.append(self.hear())
        return heard

    def expect(self, events: Iterable[Event]) -> None:
        for event in events:
            got = self.hear()
            assert got == event, f"{got} instead of {event}"

    def expect_failed(self, code: int, events: Iterable[Event] = ()) -> None:
        """These events, then the server fails the connection: its Close, and
        the end of TCP from its side, without a word of ours."""
        self.expect([*events, Closed(code)])
        self.expect_eof()

    def finish(self, code: Optional[int] = 1000,
               events: Iterable[Event] = ()) -> None:
        """A clean end, begun here: these events, the echo of the code, then
        the server ends TCP first."""
        self.send_close(code)
        self.expect([*events, Closed(1000 if code is None else code)])
        self.expect_eof()

    def is_alive(self) -> bool:
        """Whether it answers a ping, with nothing before the answer."""
        self.send_frame(PING, b"alive?")
        self.expect([Pong(b"alive?")])
        return True


def fragments(opcode: int, payload: bytes, size: int, **first: Any
              ) -> List[bytes]:
    """A message in frames of `size` bytes; `first` is for the first one."""
    cuts = range(0, max(len(payload), 1), size)
    return [frame(opcode if at == 0 else CONTINUATION,
                  payload[at:at + size], fin=at + size >= len(payload),
                  **(first if at == 0 else {})) for at in cuts]
