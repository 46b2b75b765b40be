# SPDX-License-Identifier: MIT
"""Sessions over TLS: every byte, bounded memory, ends in all orders."""

import select
import signal
import socket
import ssl
import threading
from typing import Any, Callable, Iterator

import pytest

from lib.backends import Server, pattern
from lib.relay import Relays
from lib.tls import Authority, Pair, TlsClient, tls_relay_to, trusting
from lib.wait import wait_for
from lib.ws import BINARY, CLOSE, SMALL, close_payload, frame, request as http_request

TLS12 = ssl.TLSVersion.TLSv1_2
TLS13 = ssl.TLSVersion.TLSv1_3
MIB = 1 << 20
PIECE = MIB


@pytest.fixture(scope="module")
def authority(tmp_path_factory: Any) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue("server", ["relay.test"])


@pytest.fixture(params=[TLS12, TLS13], ids=["1.2", "1.3"])
def open_tls(start_relay: Relays, authority: Authority, pair: Pair,
             request: Any) -> Iterator[Callable[..., Any]]:
    """Starts a daemon before `target` and opens a WebSocket through it.
    Without pings: a client that only writes for long answers none."""
    clients = []
    context = trusting(authority, version=request.param)

    def open_one(target: str, receive_buffer: Any = None, relay: Any = None,
                 **more: Any) -> Any:
        more = {"timeouts": {"ping_interval": "0"}, **more}
        relay = relay or start_relay(tls_relay_to(target, pair, **more))
        client = TlsClient(relay.address, context,
                           receive_buffer=receive_buffer)
        clients.append(client)
        client.upgrade()
        return relay, client

    yield open_one
    for client in clients:
        client.sock.close()


def test_ten_megabytes_each_way(open_tls: Any, backend: Any) -> None:
    relay, client = open_tls(backend.target)
    target = backend.accept()
    size = 10 * MIB
    down = threading.Thread(target=target.send, args=(pattern(size),))
    down.start()
    got = bytearray()

    def take() -> None:
        got.extend(client.read_data(size))

    # An SSL object is no one's but a thread's at a time: up comes after.
    take()
    down.join()
    assert got == pattern(size)
    up = []
    reader = threading.Thread(target=lambda: up.append(target.read(size)))
    reader.start()
    for start in range(0, size, PIECE):
        client.send_binary(pattern(PIECE, start))
    reader.join()
    assert up[0] == pattern(size)
    target.close()
    client.expect_close(1000)
    line = relay.wait_closed(cause="target_closed")
    assert line["bytes_up"] == line["bytes_down"] == size
    assert line["undelivered_up"] == line["undelivered_down"] == 0


def test_echo_both_ways_at_once(open_tls: Any, echo: Any) -> None:
    """Reading and writing take turns on one record layer."""
    _, client = open_tls(echo.target)
    client.sock.setblocking(False)
    out = memoryview(b"".join(frame(BINARY, pattern(30000, 30000 * i))
                              for i in range(300)))
    got = bytearray()
    need = 300 * 30000
    while len(got) < need:
        try:
            if out:
                out = out[client.sock.send(out[:50000]):]
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        try:
            client.buffer += client.sock.recv(65536)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            select.select([client.sock], [client.sock] if out else [], [], 5)
        got += take_frames(client.buffer)
    assert bytes(got) == pattern(need)


def take_frames(buffer: bytearray) -> bytes:
    """The payload of the whole frames at the beginning of `buffer`."""
    payload = b""
    while len(buffer) >= 10:
        size, head = buffer[1] & 127, 2
        if size == 126:
            size, head = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, head = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < head + size:
            break
        payload += buffer[head:head + size]
        del buffer[:head + size]
    return payload


@pytest.mark.parametrize("size", [1, 100, 16383, 16384, 16385, 65535, 65536,
                                  200000])
def test_sizes_around_records(open_tls: Any, echo: Any, size: int) -> None:
    _, client = open_tls(echo.target)
    for _ in range(3):
        client.send_binary(pattern(size))
        assert client.read_data(size) == pattern(size)
    client.close()


def test_hidden_bytes(open_tls: Any, backend: Any) -> None:
    """A record larger than a read: its rest is in no socket any more."""
    relay, client = open_tls(backend.target, limits={"buffer": "4K"})
    target = backend.accept()
    whole = frame(BINARY, pattern(16000))
    client.send(whole)
    assert target.read(16000) == pattern(16000)
    client.send(frame(BINARY, b"x") + frame(CLOSE, close_payload(1000)))
    assert target.read(1) == b"x"
    target.expect_end()
    target.close()
    client.expect_close(1000)
    relay.wait_closed(cause="client_closed")


def test_hidden_bytes_wait_for_a_slow_target(open_tls: Any,
                                             backend: Any) -> None:
    """Back-pressure holds for what OpenSSL has decrypted already."""
    relay, client = open_tls(backend.target, limits={"buffer": "4K"})
    target = backend.accept()
    data = memoryview(frame(BINARY, pattern(PIECE)))
    sent = 0
    client.sock.setblocking(False)
    while True:
        try:
            sent += client.sock.send(data[sent % len(data):][:16000])
        except ssl.SSLWantWriteError:
            if not select.select([], [client.sock], [], 0.5)[1]:
                break
    assert sent < 32 * MIB
    # The piece that was not taken has to be repeated as it was.
    client.sock.setblocking(True)
    count, rest = divmod(sent, len(data))

    def finish() -> None:
        client.sock.send(data[rest:][:16000])
        client.sock.sendall(data[rest:][16000:])

    sender = threading.Thread(target=finish)
    sender.start()
    for number in range(count + 1):
        assert target.read(PIECE) == pattern(PIECE), f"message {number}"
    sender.join()


def test_slow_reader_keeps_the_bound(open_tls: Any, keep: Any) -> None:
    """Nothing piles up for clients that do not read; they lose nothing."""
    sizes = []

    def flood(connection: Any) -> None:
        sizes.append(connection.fill(b"\xaa" * 65536))
        connection.shutdown_write()
        connection.wait_gone()

    server = keep(Server(flood))
    relay, first = open_tls(server.target, receive_buffer=SMALL)
    wait_for(lambda: len(sizes) == 1, "a full pipe")
    before = relay.memory()
    clients = [open_tls("", receive_buffer=SMALL, relay=relay)[1]
               for _ in range(20)]
    wait_for(lambda: len(sizes) == 21, "full pipes")
    grown = (relay.memory() - before) / 20
    # limits.buffer in its block, a record on its way, and the session.
    if not relay.is_sanitized():
        assert grown < 65536 + 17 * 1024 + 18 * 1024, grown
    for client in [first, *clients]:
        assert set(client.expect_close(1000)) == {0xaa}
    relay.wait_closed(21, undelivered_down=0)
    assert sum(line["bytes_down"] for line in
               relay.log(event="session closed")) == sum(sizes)


def test_slow_backend(open_tls: Any, backend: Any) -> None:
    relay, client = open_tls(backend.target)
    target = backend.accept()
    sender = threading.Thread(target=lambda: [
        client.send_binary(pattern(PIECE, PIECE * i)) for i in range(20)])
    sender.start()
    assert target.read(20 * PIECE) == pattern(20 * PIECE)
    sender.join()
    target.close()
    client.expect_close(1000)
    relay.wait_closed(bytes_up=20 * PIECE)


def test_last_bytes_of_the_backend(open_tls: Any, backend: Any) -> None:
    relay, client = open_tls(backend.target, receive_buffer=SMALL)
    target = backend.accept()
    target.send(pattern(100000))
    target.send(b"last words")
    target.close()
    assert client.expect_close(1000) == pattern(100000) + b"last words"
    relay.wait_closed(cause="target_closed", undelivered_down=0)


def test_last_bytes_of_the_client(open_tls: Any, backend: Any) -> None:
    relay, client = open_tls(backend.target)
    target = backend.accept()
    client.send(frame(BINARY, pattern(500000)) +
                frame(BINARY, b"last words") +
                frame(CLOSE, close_payload(1000)))
    assert target.read_to_end() == pattern(500000) + b"last words"
    target.close()
    client.expect_close(1000)
    relay.wait_closed(cause="client_closed", undelivered_up=0)


def test_end_without_close_notify(open_tls: Any, backend: Any) -> None:
    """TCP's end is an end: nothing but the frames tells what lacks."""
    relay, client = open_tls(backend.target)
    target = backend.accept()
    client.send_binary(b"hello")
    assert target.read(5) == b"hello"
    client.sock.shutdown(socket.SHUT_WR)
    target.expect_end()
    target.close()
    relay.wait_closed(cause="client_eof", undelivered_up=0)


def unwrap(sock: Any) -> None:
    """Sends close_notify; our Close behind it is no answer Python knows."""
    try:
        sock.unwrap()
    except ssl.SSLError:
        pass


def test_close_notify_without_close(open_tls: Any, backend: Any) -> None:
    """close_notify with the connection left open ends the client's flow."""
    relay, client = open_tls(backend.target)
    target = backend.accept()
    client.send_binary(b"hello")
    assert target.read(5) == b"hello"
    done = threading.Thread(target=unwrap, args=(client.sock,))
    done.start()
    target.expect_end()
    target.close()
    relay.wait_closed(cause="client_eof")
    done.join()


def test_half_close_of_the_client(open_tls: Any, backend: Any) -> None:
    """After its end in TCP the client still gets what the backend says."""
    relay, client = open_tls(backend.target)
    target = backend.accept()
    raw = client.sock.fileno()
    dup = socket.socket(fileno=socket.dup(raw))
    dup.shutdown(socket.SHUT_WR)
    target.expect_end()
    target.send(b"still there")
    target.close()
    assert client.expect_close(1000) == b"still there"
    relay.wait_closed(cause="client_eof", undelivered_down=0)
    dup.close()


def test_damaged_record(open_tls: Any, backend: Any) -> None:
    """What was good before it counts; then the session is over."""
    relay, client = open_tls(backend.target)
    target = backend.accept()
    client.send_binary(b"good")
    assert target.read(4) == b"good"
    dup = socket.socket(fileno=socket.dup(client.sock.fileno()))
    dup.sendall(b"\x17\x03\x03\0\x20" + b"\xaa" * 32)
    target.wait_gone()
    line = relay.wait_closed(cause="client_reset")
    assert line["reason"]
    dup.close()


def test_reset(open_tls: Any, backend: Any) -> None:
    relay, client = open_tls(backend.target)
    target = backend.accept()
    client.send_binary(b"x")
    assert target.read(1) == b"x"
    client.reset()
    target.wait_gone()
    relay.wait_closed(cause="client_reset")


def test_request_and_frames_at_once(start_relay: Any, echo: Any, pair: Any,
                                    authority: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    client = TlsClient(relay.address, trusting(authority))
    client.send(http_request() + frame(BINARY, pattern(3000)))
    assert client.read_response().status == 101
    assert client.read_data(3000) == pattern(3000)
    client.close()
    client.sock.close()


def test_stop_delivers(open_tls: Any, backend: Any) -> None:
    """TERM: what is under way arrives, then 1001, close_notify, the end."""
    relay, client = open_tls(backend.target)
    target = backend.accept()
    target.send(pattern(200000))
    relay.signal(signal.SIGTERM)
    assert pattern(200000).startswith(client.expect_close(1001))
    target.close()
    client.sock.close()
    assert relay.wait_exit() == 0


def test_stalled_client_is_closed(open_tls: Any, backend: Any) -> None:
    relay, _ = open_tls(backend.target, receive_buffer=SMALL,
                        timeouts={"send_stall": "500ms", "close": "500ms"})
    backend.accept().fill(b"\xaa" * 65536)
    relay.wait_closed(cause="client_stalled")


def test_many_clients_and_workers(open_tls: Any, echo: Any) -> None:
    relay, first = open_tls(echo.target, workers=4)
    clients = [first] + [open_tls("", relay=relay)[1] for _ in range(40)]
    for number, client in enumerate(clients):
        client.send_binary(pattern(5000, 4 * number))
    for number, client in enumerate(clients):
        assert client.read_data(5000) == pattern(5000, 4 * number)
        client.close()
    relay.wait_closed(41)
