# SPDX-License-Identifier: MIT
"""wsrelay-connect, run to its end or played with, and servers for it."""

import asyncio
import os
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any, Awaitable, Callable, List, Optional

import websockets

from .backends import Connection, open_listener
from .relay import binary, environment, sanitizer_reports
from .wait import DEADLINE
from .ws import BINARY, CLOSE, PONG, Frame, accept_for, apply_mask, \
    close_payload, frame


def program() -> str:
    """$WSRELAY_CONNECT, or that of the build that the daemon is of."""
    given = os.environ.get("WSRELAY_CONNECT")
    if given:
        return given
    build = os.environ.get("WSRELAYD_BUILD")
    path = Path(build) / "src" if build else Path(binary()).parent
    return str(path / "wsrelay-connect")


class Program:
    """One that runs, its standard streams in the hands of the test."""

    def __init__(self, directory: Path, *arguments: str, **more: Any) -> None:
        self.directory = directory
        streams = dict.fromkeys(("stdin", "stdout", "stderr"),
                                subprocess.PIPE)
        streams.update(more)
        self.process = subprocess.Popen([program(), *arguments],
                                        env=environment(directory), **streams)

    def finish(self) -> "subprocess.CompletedProcess[bytes]":
        """Ends its input, waits for its end."""
        out, err = self.process.communicate(timeout=3 * DEADLINE)
        reports = sanitizer_reports(self.directory)
        assert not reports, reports
        return subprocess.CompletedProcess(
            self.process.args, self.process.returncode, out, err)

    def stop(self) -> None:
        """Whatever it is doing; after a test."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout,
                       self.process.stderr):
            if stream:
                stream.close()

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None

    def read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(size)

    def memory(self) -> int:
        """The most it ever had resident, in bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        line, = [line for line in text.splitlines() if "VmHWM" in line]
        return int(line.split()[1]) * 1024


Handler = Callable[[Any], Awaitable[None]]


class WsServer:
    """A server of python3-websockets in a thread of its own."""

    def __init__(self, handler: Handler, *, host: str = "127.0.0.1",
                 context: Optional[ssl.SSLContext] = None,
                 subprotocols: Optional[List[str]] = None) -> None:
        self.handler = handler
        self.headers: List[Any] = []
        self.paths: List[str] = []
        self.loop = asyncio.new_event_loop()
        self.port = 0
        ready = threading.Event()

        async def serve() -> None:
            server = await websockets.serve(
                self._serve, host, 0, ssl=context, max_size=None,
                subprotocols=subprotocols, ping_interval=None)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await asyncio.Event().wait()

        self.task = self.loop.create_task(serve())
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert ready.wait(DEADLINE)

    def _run(self) -> None:
        try:
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            pass

    async def _serve(self, client: Any) -> None:
        self.headers.append(client.request_headers)
        self.paths.append(client.path)
        try:
            await self.handler(client)
        except websockets.ConnectionClosed:
            pass

    def url(self, path: str = "/", scheme: str = "ws") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def finish(self) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(DEADLINE)
        self.loop.close()


async def echo(client: Any) -> None:
    async for message in client:
        await client.send(message)


class RawServer:
    """A server in the hands of the test, in raw bytes."""

    def __init__(self, family: int = socket.AF_INET, **more: Any) -> None:
        self.sock = open_listener(family, **more)
        self.port = self.sock.getsockname()[1]
        self.url = (f"ws://[::1]:{self.port}/"
                    if family == socket.AF_INET6 else
                    f"ws://127.0.0.1:{self.port}/")
        self.taken: List["RawPeer"] = []

    def accept(self) -> "RawPeer":
        """A connection whose request was read."""
        peer = RawPeer(self.sock.accept()[0])
        self.taken.append(peer)
        peer.read_request()
        return peer

    def open(self, extra: bytes = b"") -> "RawPeer":
        """One whose WebSocket is open."""
        peer = self.accept()
        peer.send(peer.answer() + extra)
        return peer

    def finish(self) -> None:
        self.sock.close()
        for peer in self.taken:
            peer.sock.close()


class RawPeer(Connection):
    """The server's end of one connection; takes masked frames only."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.request = b""

    def read_request(self) -> None:
        while not self.request.endswith(b"\r\n\r\n"):
            self.request += self.read(1)

    def header(self, name: str) -> str:
        value, = [line.split(": ", 1)[1] for line in
                  self.request.decode("latin-1").split("\r\n")
                  if line.lower().startswith(name.lower() + ":")]
        return value

    def answer(self, *more: str, accept: Optional[str] = None) -> bytes:
        key = accept or accept_for(self.header("Sec-WebSocket-Key"))
        return "\r\n".join([
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Accept: {key}", *more,
            "", ""]).encode()

    def send_frame(self, opcode: int, payload: bytes = b"",
                   **more: Any) -> None:
        self.send(frame(opcode, payload, mask=None, **more))

    def read_frame(self) -> Frame:
        first, second = self.read(2)
        assert second & 0x80, "a client masks"
        size = second & 0x7f
        if size >= 126:
            size = int.from_bytes(self.read(2 if size == 126 else 8), "big")
        mask = self.read(4)
        return Frame(first & 15, apply_mask(self.read(size), mask),
                     bool(first & 0x80))

    def read_data(self, size: int) -> bytes:
        """The payload of binary messages."""
        data = b""
        while len(data) < size:
            one = self.read_frame()
            assert one.opcode == BINARY and one.fin, one
            data += one.payload
        return data

    def expect_close(self, code: int) -> None:
        """Frames up to a Close with `code`, pongs aside."""
        one = self.read_frame()
        while one.opcode == PONG:
            one = self.read_frame()
        assert (one.opcode, one.code) == (CLOSE, code), one

    def send_close(self, code: int = 1000, reason: str = "") -> None:
        self.send_frame(CLOSE, close_payload(code, reason))
