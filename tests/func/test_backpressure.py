# SPDX-License-Identifier: MIT
"""Nobody's bytes pile up: what is not taken stops the one who sends."""

import select
import threading
from typing import Any, List

from lib.backends import Server, pattern
from lib.config import relay_to
from lib.wait import wait_for
from lib.ws import BINARY, SMALL, frame

BUFFER = 65536
PIECE = 1 << 20


def fill_client(client: Any, quiet: float = 0.5) -> int:
    """Sends frames until nothing is taken for a while; the whole count."""
    data = memoryview(frame(BINARY, pattern(PIECE)))
    sent = 0
    client.sock.setblocking(False)
    while select.select([], [client.sock], [], quiet)[1]:
        sent += client.sock.send(data[sent % len(data):])
    client.sock.setblocking(True)
    return sent


def test_client_that_stops_reading(start_relay: Any, backend: Any,
                                   connect: Any) -> None:
    """The backend is stopped, and then nothing is missing."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    # Multiples of the pattern's words, so that positions are known.
    sent = target.fill(b"\xaa" * 65536)
    assert sent < 32 << 20
    target.shutdown_write()
    assert client.expect_close(1000) == b"\xaa" * sent


def test_backend_that_stops_reading(start_relay: Any, backend: Any,
                                    connect: Any) -> None:
    """The client is stopped, and then nothing is missing."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    target = backend.accept()
    sent = fill_client(client)
    assert sent < 32 << 20
    whole = len(frame(BINARY, pattern(PIECE)))
    count, rest = divmod(sent, whole)
    done = threading.Thread(target=client.send, args=(
        frame(BINARY, pattern(PIECE))[rest:],))
    done.start()
    for number in range(count + 1):
        assert target.read(PIECE) == pattern(PIECE), f"message {number}"
    done.join()


def test_other_direction_goes_on(start_relay: Any, backend: Any,
                                 connect: Any) -> None:
    """A full downward direction does not stop the upward one, nor pings."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    target.fill(b"x" * 65536)
    for number in range(100):
        client.send_binary(b"%04d" % number)
        assert target.read(4) == b"%04d" % number


def test_close_behind_a_full_direction(start_relay: Any, backend: Any,
                                       connect: Any) -> None:
    """The client's Close is seen though its own reading has stopped."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    sent = target.fill(b"y" * 65536)
    client.send_binary(b"enough")
    client.send_close(4001)
    assert target.read_to_end() == b"enough"
    target.close()
    data, close = client.read_until_close()
    assert (len(data), close.code) == (sent, 4001)


def test_stopped_clients_cost_bounded_memory(start_relay: Any, keep: Any,
                                             connect: Any) -> None:
    def pour(connection: Any) -> None:
        while True:
            connection.send(b"x" * 65536)

    server = keep(Server(pour))
    relay = start_relay(relay_to(server.target, limits={"buffer": BUFFER}))
    before = relay.memory()
    clients: List[Any] = [connect(relay, receive_buffer=4096)
                          for _ in range(100)]
    samples: List[int] = []

    def is_steady() -> bool:
        samples.append(relay.memory())
        last = samples[-20:]
        return len(last) == 20 and max(last) - min(last) < 256 * 1024

    wait_for(is_steady, "steady memory")
    if not relay.is_sanitized():
        assert max(samples) - before < len(clients) * 2 * BUFFER + (4 << 20)


def test_stopped_backends_cost_bounded_memory(start_relay: Any, keep: Any,
                                              connect: Any) -> None:
    released = threading.Event()

    def hold(_: Any) -> None:
        released.wait()

    server = keep(Server(hold))
    relay = start_relay(relay_to(server.target, limits={"buffer": BUFFER}))
    before = relay.memory()
    clients = [connect(relay) for _ in range(30)]
    sent = sum(fill_client(client, quiet=0.1) for client in clients)
    grown = relay.memory() - before
    released.set()
    assert sent > 30 * BUFFER
    if not relay.is_sanitized():
        assert grown < len(clients) * 2 * BUFFER + (4 << 20)


def test_stopped_client_does_not_hold_up_others(
        start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target))
    stopped = connect(relay, receive_buffer=4096)
    backend.accept().fill(b"x" * 65536)
    other = connect(relay)
    target = backend.accept()
    for number in range(500):
        other.send_binary(b"%d" % number)
        assert target.read(len(b"%d" % number)) == b"%d" % number
        target.send(b"%d" % number)
        assert other.read_data(len(b"%d" % number)) == b"%d" % number
    assert not stopped.eof


def test_pings_that_are_never_read(start_relay: Any, backend: Any,
                                   connect: Any) -> None:
    """A client that pings without end and reads no pong: no pile of them."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=4096)
    before = relay.memory()
    burst = b"".join(frame(9, b"p" * 125) for _ in range(1000))
    client.sock.setblocking(False)
    for _ in range(300):
        if not select.select([], [client.sock], [], 0.5)[1]:
            break
        client.sock.send(burst)  # cuts frames; what follows is an error
        if relay.log(event="session closed"):
            break
    if not relay.is_sanitized():
        assert relay.memory() - before < 4 << 20
