# SPDX-License-Identifier: MIT
"""wsrelay-connect: bytes both ways, and how they end."""

import hashlib
import os
import pty
import random
import signal
import socket
import subprocess
import threading
import tty
from pathlib import Path
from typing import Any, Callable

import pytest
from lib.backends import Server
from lib.config import relay_to
from lib.connect import Program, RawServer, WsServer, echo
from lib.relay import Relays
from lib.wait import wait_for
from lib.ws import BINARY, CONTINUATION, PING, TEXT, frame

BULK = 50 << 20

Start = Callable[..., Program]


def noise(size: int) -> bytes:
    """The same bytes each time, none of them where another could be."""
    return random.Random(size).randbytes(size)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of 50 MB."""
    path = tmp_path / "source"
    path.write_bytes(noise(BULK))
    return path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.timeout(200)
def test_bulk_through_the_daemon(start_relay: Relays, echo: Server,
                                 wsrelay_connect: Start, source: Path,
                                 tmp_path: Path) -> None:
    """50 MB there and back at a time, stdin and stdout regular files."""
    relay = start_relay(relay_to(echo.target))
    result = tmp_path / "result"
    with open(source, "rb") as stdin, open(result, "wb") as stdout:
        done = wsrelay_connect(f"ws://127.0.0.1:{relay.port}/app",
                               stdin=stdin, stdout=stdout).finish()
    assert (done.returncode, done.stderr) == (0, b"")
    assert sha256(result.read_bytes()) == sha256(source.read_bytes())
    closed = relay.wait_closed()
    assert (closed["bytes_up"], closed["bytes_down"]) == (BULK, BULK)
    assert closed["cause"] == "client_closed", closed


@pytest.mark.timeout(200)
def test_bulk_over_pipes(keep: Any, wsrelay_connect: Start) -> None:
    """50 MB up, told by their hash; then 50 MB down."""
    whole, data = hashlib.sha256(), noise(BULK)

    async def serve(client: Any) -> None:
        size = 0
        while size < BULK:
            message = await client.recv()
            whole.update(message)
            size += len(message)
        for at in range(0, BULK, 1 << 20):
            await client.send(data[at:at + (1 << 20)])
        await client.close()

    server = keep(WsServer(serve))
    client = wsrelay_connect("-k", server.url())
    writer = threading.Thread(target=client.write, args=(data,))
    writer.start()
    got = client.read(BULK)
    writer.join()
    done = client.finish()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert whole.hexdigest() == sha256(data) == sha256(got)


def test_byte_by_byte(raw: RawServer, wsrelay_connect: Start) -> None:
    """The answer and each frame come in single bytes."""
    client = wsrelay_connect(raw.url)
    peer = raw.accept()
    text = (peer.answer() + frame(BINARY, b"one", mask=None)
            + frame(PING, b"ping", mask=None)
            + frame(TEXT, b"two" * 100, mask=None))
    for at in range(len(text)):
        peer.send(text[at:at + 1])
    assert client.read(303) == b"one" + b"two" * 100
    assert peer.read_frame().payload == b"ping"
    for byte in b"abc":
        client.write(bytes([byte]))
        assert peer.read_frame().payload == bytes([byte])
    peer.send_close()
    peer.expect_close(1000)
    assert client.finish().returncode == 0


def test_frames_with_the_answer(raw: RawServer,
                                wsrelay_connect: Start) -> None:
    """What comes in one piece with the 101, the Close included."""
    client = wsrelay_connect(raw.url)
    raw.open(frame(BINARY, b"all ", mask=None)
             + frame(BINARY, b"of it", mask=None)
             + frame(8, b"\x03\xe8", mask=None)).expect_close(1000)
    done = client.finish()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"all of it",
                                                           b"")


def test_end_of_input(raw: RawServer, wsrelay_connect: Start) -> None:
    """All of it is sent, then a Close; what still comes is delivered."""
    client = wsrelay_connect(raw.url)
    peer = raw.open()
    client.write(b"request")
    client.end_input()
    assert peer.read_data(7) == b"request"
    peer.expect_close(1000)
    peer.send_frame(BINARY, b"the answer")
    peer.send_close()
    peer.expect_end()
    peer.close()
    done = client.finish()
    assert (done.returncode, done.stdout) == (0, b"the answer")


def test_half_close_through_the_daemon(start_relay: Relays, keep: Any,
                                       wsrelay_connect: Start) -> None:
    """The target answers when its input has ended: nothing is lost."""
    def serve(connection: Any) -> None:
        data = connection.read_to_end()
        connection.send(sha256(data).encode())

    relay = start_relay(relay_to(keep(Server(serve)).target))
    client = wsrelay_connect(f"ws://127.0.0.1:{relay.port}/app")
    client.write(noise(1 << 20))
    done = client.finish()
    assert done.stdout.decode() == sha256(noise(1 << 20))
    assert done.returncode == 0


def test_wait(keep: Any, wsrelay_connect: Start) -> None:
    """A server that forgets what it owes when it is sent a Close."""
    server = keep(WsServer(echo))
    client = wsrelay_connect("--wait", "0.3", server.url())
    client.write(b"hello")
    done = client.finish()
    assert (done.returncode, done.stdout) == (0, b"hello")


def test_keep_open(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect("--keep-open", "-v", raw.url,
                             stdin=subprocess.DEVNULL)
    peer = raw.open()
    for _ in range(3):
        peer.send_frame(BINARY, b"x" * 1000)
        assert client.read(1000) == b"x" * 1000
    peer.send_close()
    peer.expect_close(1000)
    assert client.finish().returncode == 0


def test_slow_reader(raw: RawServer, wsrelay_connect: Start) -> None:
    """A stdout that is not read stops the reading of the socket, and memory
    stays; then all of it comes."""
    client = wsrelay_connect("--ping-interval", "0.2", raw.url)
    peer = raw.open()
    piece = frame(BINARY, b"p" * 65000, mask=None)
    sent = peer.fill(piece)
    assert sent < 64 << 20
    assert client.memory() < 64 << 20 or "asan" in os.environ.get(
        "WSRELAYD_BUILD", "")
    peer.sock.setblocking(True)

    def rest() -> None:
        peer.send(piece[sent % len(piece):] if sent % len(piece) else b"")
        peer.send_close()

    sender = threading.Thread(target=rest)
    sender.start()
    frames = -(-sent // len(piece))
    assert client.read(frames * 65000) == b"p" * (frames * 65000)
    sender.join()
    done = client.finish()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_server_that_reads_nothing(raw: RawServer,
                                   wsrelay_connect: Start) -> None:
    """stdin is not read on; what the server says comes through all the same.
    It answers no ping behind all that, but its kernel answers for it."""
    client = wsrelay_connect("--ping-interval", "1", raw.url)
    peer = raw.open()
    os.set_blocking(client.process.stdin.fileno(), False)
    taken = 0

    def is_full() -> bool:
        nonlocal taken
        before = taken
        try:
            taken += os.write(client.process.stdin.fileno(), b"u" * 65536)
        except BlockingIOError:
            pass
        return taken == before and taken > 1 << 20

    wait_for(is_full, "stdin to be full")
    with pytest.raises(subprocess.TimeoutExpired):
        client.process.wait(3)
    peer.send_frame(BINARY, b"still here")
    assert client.read(10) == b"still here"
    client.process.send_signal(signal.SIGTERM)
    assert client.finish().returncode == -signal.SIGTERM


def test_text(raw: RawServer, wsrelay_connect: Start) -> None:
    """A character that a read cuts waits for its rest."""
    client = wsrelay_connect("--text", raw.url)
    peer = raw.open()
    for piece, payload in ((b"a\xe2", b"a"), (b"\x82", b""),
                           (b"\xacb", b"\xe2\x82\xacb")):
        client.write(piece)
        if payload:
            one = peer.read_frame()
            assert (one.opcode, one.payload, one.fin) == (TEXT, payload, True)
    peer.send_close()
    peer.expect_close(1000)
    assert client.finish().returncode == 0


@pytest.mark.parametrize("data", [b"a\xff", b"a\xe2\x82"])
def test_text_that_is_none(raw: RawServer, wsrelay_connect: Start,
                           data: bytes) -> None:
    client = wsrelay_connect("--text", raw.url)
    peer = raw.open()
    client.write(data)
    client.end_input()
    one = peer.read_frame()
    if one.opcode == TEXT:
        assert one.payload == b"a"
        one = peer.read_frame()
    assert one.code == 1007
    peer.send_close(1007)
    done = client.finish()
    assert (done.returncode, done.stderr) == (
        65, b"wsrelay-connect: stdin is not UTF-8, as --text wants it\n")


def test_lines(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect("--lines", raw.url)
    peer = raw.open()
    client.write(b"one\n\nthr")
    assert [peer.read_frame().payload for _ in range(2)] == [b"one", b""]
    client.write(b"ee\nlast")
    assert peer.read_frame().payload == b"three"
    client.end_input()
    assert peer.read_frame().payload == b"last"
    peer.expect_close(1000)
    text = b"".join(frame(*one, mask=None, fin=fin) for one, fin in (
        ((TEXT, b"alpha"), True), ((BINARY, b""), True),
        ((TEXT, b"be"), False), ((PING, b"x"), True),
        ((CONTINUATION, b""), False), ((CONTINUATION, b"ta"), True)))
    for at in range(len(text)):
        peer.send(text[at:at + 1])
    peer.send_close()
    done = client.finish()
    assert (done.returncode, done.stdout) == (0, b"alpha\n\nbeta\n")


def test_many_lines_at_once(keep: Any, wsrelay_connect: Start) -> None:
    """More frames than a buffer holds, and a line that is longer than one."""
    text = b"\n" * 100000 + b"x" * 200000 + b"\n" + b"y\n" * 50000
    server = keep(WsServer(echo))
    client = wsrelay_connect("-l", "-w", "1", server.url())
    reader = threading.Thread(target=client.write, args=(text,))
    reader.start()
    assert client.read(len(text)) == text
    reader.join()
    assert client.finish().returncode == 0


def test_long_line_is_one_message(raw: RawServer,
                                  wsrelay_connect: Start) -> None:
    client = wsrelay_connect("-tl", raw.url)
    peer = raw.open()
    line = "ä".encode() * 100000
    writer = threading.Thread(target=client.write, args=(line + b"\n",))
    writer.start()
    frames = [peer.read_frame()]
    while not frames[-1].fin:
        frames.append(peer.read_frame())
    writer.join()
    assert len(frames) > 1 and frames[0].opcode == TEXT
    assert {one.opcode for one in frames[1:]} == {CONTINUATION}
    assert b"".join(one.payload for one in frames) == line


def test_reader_of_stdout_leaves(raw: RawServer,
                                 wsrelay_connect: Start) -> None:
    """As any program in a pipe: it dies of SIGPIPE, and says good-bye."""
    client = wsrelay_connect(raw.url)
    peer = raw.open()
    client.process.stdout.close()
    client.process.stdout = None
    peer.send_frame(BINARY, b"for nobody")
    peer.expect_close(1001)
    peer.send_close(1001)
    peer.close()
    done = client.finish()
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_full_disk(raw: RawServer, wsrelay_connect: Start) -> None:
    with open("/dev/full", "wb") as full:
        client = wsrelay_connect(raw.url, stdout=full)
    peer = raw.open()
    peer.send_frame(BINARY, b"data")
    peer.expect_close(1001)
    peer.close()
    done = client.finish()
    assert (done.returncode, done.stderr) == (
        74, b"wsrelay-connect: stdout: No space left on device\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP])
def test_signals(raw: RawServer, wsrelay_connect: Start,
                 number: signal.Signals) -> None:
    """The server is told, and the shell sees what it was."""
    client = wsrelay_connect(raw.url)
    peer = raw.open()
    peer.send_frame(BINARY, b"x")
    assert client.read(1) == b"x"
    client.process.send_signal(number)
    peer.expect_close(1001)
    peer.send_close(1001)
    peer.close()
    done = client.finish()
    assert (done.returncode, done.stderr) == (-number, b"")


def test_streams_that_are_sockets(raw: RawServer,
                                  wsrelay_connect: Start) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = wsrelay_connect(raw.url, stdin=theirs, stdout=theirs)
        theirs.close()
        peer = raw.open()
        ours.sendall(b"up")
        assert peer.read_data(2) == b"up"
        peer.send_frame(BINARY, b"down")
        assert ours.recv(10) == b"down"
        assert os.get_blocking(ours.fileno())
        ours.shutdown(socket.SHUT_WR)
        peer.expect_close(1000)
        peer.send_close()
        peer.close()
        assert client.finish().returncode == 0


def test_flags_of_the_streams_stay(raw: RawServer,
                                   wsrelay_connect: Start) -> None:
    """O_NONBLOCK belongs to all who share the open file."""
    input_read, input_write = os.pipe()
    output_read, output_write = os.pipe()
    client = wsrelay_connect(raw.url, stdin=input_read, stdout=output_write)
    peer = raw.open()
    peer.send_frame(BINARY, b"x")
    assert os.read(output_read, 1) == b"x"
    assert os.get_blocking(input_read) and os.get_blocking(output_write)
    peer.send_close()
    peer.expect_close(1000)
    peer.close()
    assert client.finish().returncode == 0
    for fd in (input_read, input_write, output_read, output_write):
        os.close(fd)


def test_terminal_that_is_not_read(raw: RawServer,
                                   wsrelay_connect: Start) -> None:
    """It is written to without being blocked by it: a signal gets through."""
    master, terminal = pty.openpty()
    tty.setraw(terminal)
    client = wsrelay_connect(raw.url, stdin=terminal, stdout=terminal)
    peer = raw.open()
    peer.send_frame(BINARY, b"down")
    assert os.read(master, 10) == b"down"
    os.write(master, b"up")
    assert peer.read_data(2) == b"up"
    assert os.get_blocking(terminal)
    peer.fill(frame(BINARY, b"x" * 65000, mask=None))
    client.process.send_signal(signal.SIGINT)
    assert client.finish().returncode == -signal.SIGINT
    os.close(master)
    os.close(terminal)
