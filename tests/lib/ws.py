# SPDX-License-Identifier: MIT
"""A WebSocket client in raw bytes: sends anything, accepts only RFC 6455."""

import base64
import fcntl
import hashlib
import re
import select
import socket
import struct
import termios
import time
from dataclasses import dataclass, field
from typing import Iterable, List, Optional, Sequence, Tuple, Union

from .wait import DEADLINE, wait_for

Address = Union[tuple, str]
Header = Tuple[str, str]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x37\xfa\x21\x3d"
# A receive buffer that is soon full, and yet takes loopback's segments of
# 64 KiB: below that a connection crawls by window probes.
SMALL = 131072
NEVER_SENT = (1005, 1006, 1015)


# Frames.

def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """Masks or unmasks; whole numbers make it fast enough for megabytes."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return number.to_bytes(size, "big")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True,
          rsv: int = 0, mask: Optional[bytes] = MASK,
          form: Optional[int] = None, length: Optional[int] = None) -> bytes:
    """A frame; `form` 7, 16 or 64 and `length` say it in other ways."""
    size = len(payload) if length is None else length
    if form is None:
        form = 7 if size < 126 else 16 if size < 65536 else 64
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    masked = 0 if mask is None else 0x80
    if form == 7:
        head = struct.pack("!BB", first, masked | size)
    elif form == 16:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    if mask is None:
        return head + payload
    return head + mask + apply_mask(payload, mask)


def close_payload(code: int, reason: Union[str, bytes] = b"") -> bytes:
    text = reason.encode() if isinstance(reason, str) else reason
    return struct.pack("!H", code) + text


@dataclass
class Frame:
    """A frame from the server."""
    opcode: int
    payload: bytes
    fin: bool = True
    rsv1: bool = False

    @property
    def code(self) -> Optional[int]:
        """The code of a Close, None when it has none."""
        if not self.payload:
            return None
        return int(struct.unpack_from("!H", self.payload)[0])

    @property
    def reason(self) -> str:
        return self.payload[2:].decode()


# Requests and responses.

def accept_for(key: str) -> str:
    digest = hashlib.sha1(
        key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


def upgrade_headers(host: str = "relay.test") -> List[Header]:
    return [("Host", host), ("Upgrade", "websocket"),
            ("Connection", "Upgrade"), ("Sec-WebSocket-Key", KEY),
            ("Sec-WebSocket-Version", "13")]


def request(path: str = "/app", *, method: str = "GET",
            version: str = "HTTP/1.1", host: str = "relay.test",
            without: Iterable[str] = (), headers: Sequence[Header] = ()
            ) -> bytes:
    """An upgrade request; names in `without` are left out, then `headers`
    are added."""
    lines = [f"{method} {path} {version}"]
    lines += [f"{name}: {value}" for name, value in upgrade_headers(host)
              if name not in without]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass
class Response:
    """An HTTP answer; `body` is set for a refusal only."""
    status: int
    reason: str
    headers: List[Header] = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> Optional[str]:
        """The value of a header that comes at most once."""
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        assert len(values) <= 1, f"{name} comes {len(values)} times"
        return values[0] if values else None


class Refused(Exception):
    """The handshake got something else than 101."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.status} {response.body!r}")
        self.response = response


def dial(address: Address, *, receive_buffer: Optional[int] = None,
         source: Optional[str] = None) -> socket.socket:
    """Connects to a TCP (host, port) or a Unix path."""
    if isinstance(address, str):
        sock = socket.socket(socket.AF_UNIX)
    else:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sock = socket.socket(family)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source:
        sock.bind((source, 0))
    sock.settimeout(DEADLINE)
    sock.connect(address)
    return sock


class Client:
    """One connection to the daemon."""

    def __init__(self, address: Address, *,
                 receive_buffer: Optional[int] = None,
                 source: Optional[str] = None) -> None:
        self.sock = dial(address, receive_buffer=receive_buffer,
                         source=source)
        self.buffer = bytearray()
        self.eof = False
        self.takes_rsv1 = False     # compression was agreed

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    # Bytes.

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def send_pieces(self, data: bytes, cuts: Sequence[int]) -> None:
        """Sends `data` cut at `cuts`, each piece read before the next goes.

        Only a Unix socket tells when its peer has read; over TCP the pieces
        are merely sent one by one.
        """
        for start, end in zip([0, *cuts], [*cuts, len(data)]):
            self.send(data[start:end])
            if self.sock.family == socket.AF_UNIX:
                wait_for(lambda: self.unread_by_peer() == 0, "piece taken")

    def unread_by_peer(self) -> int:
        raw = fcntl.ioctl(self.sock, termios.TIOCOUTQ, b"\0\0\0\0")
        return int(struct.unpack("i", raw)[0])

    def _fill(self, size: int = 65536) -> None:
        """Reads once more; sets `eof` at the end."""
        piece = self.sock.recv(size)
        if not piece:
            self.eof = True
        self.buffer += piece

    def _take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            assert not self.eof, (
                f"connection ended inside of something: {bytes(self.buffer)!r}")
            self._fill()
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def expect_eof(self) -> None:
        """The server ends the connection: cleanly, and with nothing more.
        Then so does the client."""
        while not self.eof:
            self._fill()
        assert not self.buffer, f"unexpected {bytes(self.buffer)!r}"
        self.sock.close()

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing at all comes for a while."""
        return not self.buffer and not select.select(
            [self.sock], [], [], seconds)[0]

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def shutdown_write(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    # HTTP.

    def read_response(self) -> Response:
        """Reads one answer, strictly; a refusal with its body and the end."""
        while b"\r\n\r\n" not in self.buffer:
            assert not self.eof, f"no answer, but {bytes(self.buffer)!r}"
            self._fill()
        head = self._take(self.buffer.index(b"\r\n\r\n") + 4).decode("ascii")
        first, *lines = head[:-4].split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) ([ -~]+)", first)
        assert match, f"bad status line {first!r}"
        response = Response(int(match.group(1)), match.group(2))
        for line in lines:
            parts = re.fullmatch(r"([A-Za-z-]+): ([!-~][ -~]*)", line)
            assert parts, f"bad header line {line!r}"
            response.headers.append((parts.group(1), parts.group(2)))
        if response.status != 101:
            response.body = self._take(int(response.get("Content-Length") or 0))
        return response

    def ask(self, data: bytes) -> Response:
        self.send(data)
        return self.read_response()

    def upgrade(self, path: str = "/app", *, host: str = "relay.test",
                headers: Sequence[Header] = ()) -> Response:
        """Opens a WebSocket, or raises Refused."""
        response = self.ask(request(path, host=host, headers=headers))
        self.check_upgraded(response)
        return response

    def check_upgraded(self, response: Response, key: str = KEY) -> None:
        if response.status != 101:
            raise Refused(response)
        assert response.get("Upgrade") == "websocket"
        assert (response.get("Connection") or "").lower() == "upgrade"
        assert response.get("Sec-WebSocket-Accept") == accept_for(key)
        assert response.get("Sec-WebSocket-Extensions") is None

    # WebSocket.

    def send_frame(self, opcode: int, payload: bytes = b"",
                   **more: object) -> None:
        self.send(frame(opcode, payload, **more))  # type: ignore[arg-type]

    def send_binary(self, payload: bytes) -> None:
        self.send_frame(BINARY, payload)

    def send_text(self, text: str) -> None:
        self.send_frame(TEXT, text.encode())

    def send_close(self, code: Optional[int] = 1000,
                   reason: Union[str, bytes] = b"") -> None:
        self.send_frame(
            CLOSE, b"" if code is None else close_payload(code, reason))

    def read_frame(self) -> Frame:
        """Reads one frame, which must be as RFC 6455 wants a server's."""
        first, second = self._take(2)
        opcode, size = first & 0x0F, second & 0x7F
        rsv1 = first & 0x70 == 0x40 and self.takes_rsv1
        assert rsv1 or first & 0x70 == 0, f"reserved bits set: {first:#x}"
        assert second & 0x80 == 0, "a server's frame is masked"
        assert opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)
        if size == 126:
            size, = struct.unpack("!H", self._take(2))
            assert size >= 126, "length not minimal"
        elif size == 127:
            size, = struct.unpack("!Q", self._take(8))
            assert 65536 <= size < 1 << 63, "length not minimal"
        got = Frame(opcode, self._take(size), bool(first & 0x80), rsv1)
        assert not rsv1 or opcode in (TEXT, BINARY), "RSV1 on a wrong frame"
        if opcode >= CLOSE:
            assert got.fin and size <= 125, "control frame against the rules"
        if opcode == CLOSE:
            self._check_close(got)
        return got

    @staticmethod
    def _check_close(got: Frame) -> None:
        assert len(got.payload) != 1
        assert got.code not in NEVER_SENT, f"{got.code} on the wire"
        if got.code is not None:
            assert 1000 <= got.code < 5000
        got.reason  # must be UTF-8

    def read_until_close(self) -> Tuple[bytes, Frame]:
        """All data up to the server's Close, and that; answers pings."""
        data = bytearray()
        end = time.monotonic() + 3 * DEADLINE
        while True:
            got = self.read_frame()
            assert time.monotonic() < end, "pings and data, but no Close"
            if got.opcode == CLOSE:
                return bytes(data), got
            if got.opcode == PING:
                self.send_frame(PONG, got.payload)
            elif got.opcode < CLOSE:
                data += got.payload

    def read_data(self, size: int) -> bytes:
        """Exactly the next `size` bytes of payload; answers pings."""
        data = bytearray()
        end = time.monotonic() + 3 * DEADLINE
        while len(data) < size:
            got = self.read_frame()
            assert time.monotonic() < end, f"only {len(data)} of {size} bytes"
            assert got.opcode != CLOSE, (
                f"closed with {got.code} {got.reason} after {len(data)} bytes")
            if got.opcode == PING:
                self.send_frame(PONG, got.payload)
            elif got.opcode < CLOSE:
                data += got.payload
        assert len(data) == size, f"{len(data)} bytes instead of {size}"
        return bytes(data)

    def expect_close(self, code: Optional[int]) -> bytes:
        """The server closes with `code`; completes the handshake and sees
        the end.  Returns the data that came before."""
        data, got = self.read_until_close()
        assert got.code == code, f"closed with {got.code} {got.reason!r}"
        try:
            self.send_close(code)
        except OSError:
            pass  # it may be gone already after an error of ours
        self.expect_eof()
        return data

    def close(self, code: Optional[int] = 1000) -> bytes:
        """Closes as a client should; returns the data that still came."""
        self.send_close(code)
        data, got = self.read_until_close()
        expected = 1000 if code is None else code
        assert got.code in (code, expected), f"answered with {got.code}"
        self.expect_eof()
        return data


def connect(address: Address, path: str = "/app", *, host: str = "relay.test",
            headers: Sequence[Header] = (),
            receive_buffer: Optional[int] = None,
            source: Optional[str] = None) -> Client:
    """A client with an open WebSocket; raises Refused otherwise."""
    client = Client(address, receive_buffer=receive_buffer, source=source)
    try:
        client.upgrade(path, host=host, headers=headers)
    except BaseException:
        client.sock.close()
        raise
    return client


