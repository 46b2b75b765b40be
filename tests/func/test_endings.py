# SPDX-License-Identifier: MIT
"""How sessions end: no byte lost, the right code, the right order."""

import socket
import threading
from typing import Any

import pytest
from lib import ws
from lib.backends import Backend, open_listener, pattern
from lib.config import relay_to
from lib.wait import wait_for
from lib.ws import BINARY, CLOSE, SMALL, frame

MEGABYTE = 1 << 20


@pytest.fixture
def session(start_relay: Any, backend: Any, connect: Any) -> Any:
    """A relay, and both ends of an open session through it."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    return relay, client, backend.accept()


# The backend ends.

def test_backend_closes(session: Any) -> None:
    relay, client, target = session
    target.send(b"bye")
    target.close()
    assert client.expect_close(1000) == b"bye"
    line = relay.wait_closed(cause="target_closed", side="target",
                             code_sent=1000, code_received=1000)
    assert (line["bytes_down"], line["undelivered_down"]) == (3, 0)


def test_backend_that_closes_right_after_accept(session: Any) -> None:
    _, client, target = session
    target.close()
    assert client.expect_close(1000) == b""


def test_backend_sends_a_megabyte_and_exits(session: Any) -> None:
    """And the client begins to read only then."""
    relay, client, target = session
    data = pattern(5 * MEGABYTE)

    def send_and_exit() -> None:
        target.send(data)
        target.close()

    sender = threading.Thread(target=send_and_exit)
    sender.start()
    assert client.expect_close(1000) == data
    sender.join()
    assert relay.wait_closed()["bytes_down"] == len(data)


def test_slow_client_gets_all(start_relay: Any, backend: Any, connect: Any
                              ) -> None:
    """The backend is long gone while the client takes small bites."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    data = pattern(300000)
    sender = threading.Thread(
        target=lambda: (target.send(data), target.close()))
    sender.start()
    got = bytearray()
    while True:
        one = client.read_frame()
        if one.opcode == CLOSE:
            break
        got += one.payload
        assert not relay.log(event="session closed")
    sender.join()
    assert got == data and one.code == 1000


def test_backend_speaks_before_the_client(start_relay: Any, connect: Any,
                                          backend: Any) -> None:
    relay = start_relay(relay_to(backend.target))
    clients = [connect(relay) for _ in range(20)]
    for number in range(20):
        backend.accept().send(b"220 hello %02d\r\n" % number)
    got = {client.read_data(14) for client in clients}
    assert len(got) == 20


def test_backend_half_closes(session: Any) -> None:
    """Its end ends the session, but what the client had sent arrives."""
    relay, client, target = session
    client.send_binary(b"sent before")
    target.send(b"last words")
    target.shutdown_write()
    data, close = client.read_until_close()
    assert (data, close.code) == (b"last words", 1000)
    client.send_close()
    client.expect_eof()
    assert target.read_to_end() == b"sent before"
    target.close()
    relay.wait_closed(cause="target_closed", undelivered_up=0)


def test_client_sends_on_after_the_backends_half_close(session: Any) -> None:
    """Each end ends only its own direction: until the client's own Close,
    what it sends reaches the backend."""
    _, client, target = session
    target.shutdown_write()
    assert client.read_until_close()[1].code == 1000
    data = pattern(200000)
    sender = threading.Thread(target=lambda: (
        client.send_binary(data), client.send_close()))
    sender.start()
    assert target.read_to_end() == data
    sender.join()
    client.expect_eof()


def test_backend_resets(session: Any) -> None:
    relay, client, target = session
    client.send_binary(b"unread")
    wait_for(lambda: target.sock.recv(1, socket.MSG_PEEK), "data there")
    target.reset()
    client.expect_close(1011)
    relay.wait_closed(cause="target_reset", side="target", code_sent=1011)


def test_backend_resets_after_speaking(session: Any) -> None:
    """What it sent before is delivered as far as the kernel lets it."""
    _, client, target = session
    target.send(b"first")
    assert client.read_data(5) == b"first"
    target.reset()
    client.expect_close(1011)


def test_backend_resets_while_the_client_sends(session: Any) -> None:
    _, client, target = session
    stop = threading.Event()

    def pour() -> None:
        try:
            while not stop.is_set():
                client.send_binary(b"x" * 10000)
        except OSError:
            pass

    sender = threading.Thread(target=pour)
    sender.start()
    target.read(100000)
    target.reset()
    close = client.read_until_close()[1]
    stop.set()
    sender.join()
    assert close.code == 1011


def test_backend_resets_before_it_accepts(start_relay: Any, backend: Any,
                                          connect: Any) -> None:
    """A listener that closes resets what waits in its backlog."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    backend.sock.close()
    client.expect_close(1011)


def test_backend_resets_after_its_half_close(session: Any) -> None:
    relay, client, target = session
    target.send(b"last")
    target.shutdown_write()
    data, close = client.read_until_close()
    assert (data, close.code) == (b"last", 1000)
    target.reset()
    client.send_close()
    client.expect_eof()
    relay.wait_closed(code_sent=1000, undelivered_down=0)


def test_backend_resets_after_the_clients_close(session: Any) -> None:
    """The client had its say; it still gets an answer to its Close."""
    relay, client, target = session
    client.send_binary(b"x")
    client.send_close(4005)
    assert target.read_to_end() == b"x"
    target.reset()
    assert client.read_until_close()[1].code in (4005, 1011)
    client.expect_eof()
    relay.wait_closed(cause="client_closed", code_received=4005)


def test_unix_backend_resets(start_relay: Any, keep: Any, connect: Any
                             ) -> None:
    """Closing with bytes unread is a reset on a Unix socket."""
    backend = keep(Backend(open_listener(socket.AF_UNIX)))
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    target = backend.accept()
    target.send(b"before")
    client.send_binary(b"unread")
    wait_for(lambda: target.sock.recv(1, socket.MSG_PEEK), "data there")
    target.close()
    assert client.expect_close(1011) in (b"", b"before")
    relay.wait_closed(cause="target_reset", side="target")


# The client ends.

def test_client_sends_and_closes_at_once(session: Any) -> None:
    relay, client, target = session
    data = pattern(3 * MEGABYTE)
    sender = threading.Thread(target=lambda: client.send(
        frame(BINARY, data) + frame(CLOSE, ws.close_payload(1000))))
    sender.start()
    assert target.read_to_end() == data
    sender.join()
    target.close()
    assert client.read_until_close()[1].code == 1000
    client.expect_eof()
    line = relay.wait_closed(cause="client_closed", side="client")
    assert (line["bytes_up"], line["undelivered_up"]) == (len(data), 0)


def test_client_closes_and_leaves_without_waiting(session: Any) -> None:
    """Bytes and Close are all in flight when its socket is closed."""
    _, client, target = session
    data = pattern(100000)
    client.send(frame(BINARY, data) + frame(CLOSE, ws.close_payload(1000)))
    client.sock.close()
    assert target.read_to_end() == data


def test_slow_backend_gets_all(start_relay: Any, keep: Any, connect: Any
                               ) -> None:
    backend = keep(Backend(open_listener(receive_buffer=4096)))
    relay = start_relay(relay_to(backend.target))
    client = connect(relay)
    target = backend.accept()
    data = pattern(500000)
    sender = threading.Thread(target=lambda: (
        client.send_binary(data), client.send_close()))
    sender.start()
    got = bytearray()
    while piece := target.sock.recv(1000):
        got += piece
    sender.join()
    assert got == data
    target.close()
    assert client.read_until_close()[1].code == 1000


def test_answer_to_a_closed_client(session: Any) -> None:
    """The client's Close ends its own direction: an answer still comes."""
    _, client, target = session
    client.send_binary(b"question")
    client.send_close(1000)
    assert target.read_to_end() == b"question"
    target.send(b"answer")
    target.close()
    data, close = client.read_until_close()
    assert (data, close.code) == (b"answer", 1000)
    client.expect_eof()


def test_backend_that_ignores_the_end(start_relay: Any, backend: Any,
                                      connect: Any) -> None:
    """It may not hold a closed client for longer than timeouts.close."""
    relay = start_relay(relay_to(backend.target, timeouts={"close": "400ms"}))
    client = connect(relay)
    target = backend.accept()
    client.send_close(4000)
    target.expect_end()
    assert client.read_until_close()[1].code == 4000
    client.expect_eof()
    target.wait_gone()
    relay.wait_closed(code_received=4000, code_sent=4000)


def test_client_half_closes_without_a_close(session: Any) -> None:
    """An end without Close is an end all the same; the bytes arrive."""
    relay, client, target = session
    client.send_binary(b"all I have")
    client.shutdown_write()
    assert target.read_to_end() == b"all I have"
    target.close()
    relay.wait_closed(side="client")


@pytest.mark.parametrize("sent", [b"", b"\x82", b"\x82\x85\1\2",
                                  frame(BINARY, b"abc", length=10)],
                         ids=["idle", "1 byte", "inside a mask",
                              "inside a payload"])
def test_client_resets(session: Any, sent: bytes) -> None:
    relay, client, target = session
    client.send(sent)
    client.reset()
    target.wait_gone()
    line = relay.wait_closed(cause="client_reset", side="client")
    assert line.get("code_sent", 0) == 0


def test_client_resets_while_the_backend_sends(
        start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={"close": "500ms"}))
    client = connect(relay)
    target = backend.accept()

    def pour() -> None:
        try:
            while True:
                target.send(b"x" * 65536)
        except OSError:
            pass

    sender = threading.Thread(target=pour)
    sender.start()
    client.read_frame()
    client.reset()
    sender.join()
    target.close()
    relay.wait_closed(side="client")


def test_client_resets_after_its_close(session: Any) -> None:
    relay, client, target = session
    client.send_binary(b"all")
    client.send_close()
    assert target.read_to_end() == b"all"
    client.reset()
    target.close()
    line = relay.wait_closed(cause="client_closed", side="client")
    assert line["undelivered_up"] == 0


def test_client_resets_instead_of_answering_a_close(session: Any) -> None:
    relay, client, target = session
    target.close()
    assert client.read_until_close()[1].code == 1000
    client.reset()
    relay.wait_closed(cause="target_closed", code_sent=1000)


@pytest.mark.parametrize("sent", [
    b"", b"G", b"GET /app HTTP/1.1\r\nHost: a\r\n"])
def test_client_resets_inside_the_head(start_relay: Any, backend: Any,
                                       client_of: Any, sent: bytes) -> None:
    relay = start_relay(relay_to(backend.target))
    before = relay.descriptors()
    client = client_of(relay)
    wait_for(lambda: relay.descriptors() > before, "connection taken")
    client.send(sent)
    client.reset()
    wait_for(lambda: relay.descriptors() == before, "descriptor back")


def test_both_close_at_once(start_relay: Any, backend: Any, connect: Any
                            ) -> None:
    """Again and again, both ends in a race; never a cut or a wrong code."""
    relay = start_relay(relay_to(backend.target))
    for _ in range(100):
        client = connect(relay)
        target = backend.accept()
        client.send_binary(b"up")
        target.send(b"down")
        client.send_close(1000)
        target.close()
        data, close = client.read_until_close()
        assert close.code in (1000, 1011)
        client.expect_eof()
        if close.code == 1000:
            assert data == b"down"
    relay.wait_closed(count=100)


# The connection's last moments.

def test_no_last_byte_is_cut_by_a_reset(session: Any) -> None:
    """The client's bytes keep coming after an error; still it gets the
    Close, and an end rather than a reset."""
    _, client, _ = session
    client.send(frame(3, b"error") + b"\0" * 200000)
    assert client.read_until_close()[1].code == 1002
    client.send(b"\0" * 1000)
    client.expect_eof()


def test_client_that_never_answers_a_close(start_relay: Any, backend: Any,
                                           connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, timeouts={"close": "300ms"}))
    before = relay.descriptors()
    client = connect(relay)
    backend.accept().close()
    assert client.read_until_close()[1].code == 1000
    relay.wait_closed(cause="target_closed")
    wait_for(lambda: relay.descriptors() == before, "descriptors back")


def test_server_ends_the_connection_first(session: Any) -> None:
    """RFC 6455 section 7.1.1: so that the client has no TIME_WAIT."""
    _, client, target = session
    target.close()
    client.read_until_close()
    client.send_close()
    client.expect_eof()


def test_undelivered_bytes_are_told(start_relay: Any, backend: Any,
                                    connect: Any) -> None:
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=4096)
    target = backend.accept()
    target.fill(b"x" * 65536, quiet=0.3)
    client.reset()
    target.wait_gone()
    line = relay.wait_closed(side="client")
    assert line["undelivered_down"] > 0
