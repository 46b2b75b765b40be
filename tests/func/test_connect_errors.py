# SPDX-License-Identifier: MIT
"""wsrelay-connect: everything that goes wrong has an exit code and a line."""

import signal
import socket
import subprocess
from typing import Any, Callable, List, Sequence

import pytest
from lib.backends import BlackHole, Refusing
from lib.config import relay_to
from lib.connect import Program, RawServer, WsServer, echo
from lib.relay import Relays
from lib.wait import wait_for
from lib.ws import BINARY, PING, PONG, TEXT, frame

Start = Callable[..., Program]


def ended(client: Program) -> Any:
    """Its exit code, and what it said without its name; its input stays open
    as long as it runs."""
    wait_for(lambda: client.process.poll() is not None, "its end")
    done = client.finish()
    text = done.stderr.decode()
    return done.returncode, text.replace("wsrelay-connect: ", "")


# The command line.

@pytest.mark.parametrize("arguments, text", [
    ([], "no URL given\n"),
    (["ws://a/", "ws://b/"], "there is more than one URL\n"),
    (["http://u:secret@a/"], "the URL: it does not begin with ws:// or "),
    (["ws://u:secret%0a@a/"], "the URL: its user and password are"),
    (["ws://u:secret@a/#x"], "the URL: it has a fragment"),
    (["-H", "Secret", "ws://a/"], "--header: it is not \"Name: value\"\n"),
    (["-H", "A: b\r\nSecret: c", "ws://a/"],
     "--header: its value has a control character\n"),
    (["-H", "Upgrade: secret", "ws://a/"],
     "--header: the handshake itself has that header\n"),
    (["-H", "Host: a secret", "ws://a/"], "--header: it is not host[:port]\n"),
    (["-s", "a b", "ws://a/"], '--subprotocol "a b": it is not a token\n'),
    (["-s", "a", "-s", "a", "ws://a/"], '--subprotocol "a": it comes twice\n'),
    (["--origin", "a\x1b[m", "ws://a/"], '--origin "a\\x1b[m": it is not an'),
    (["--ping-interval", "x", "ws://a/"], '--ping-interval "x": it is not 0'),
    (["--connect-timeout", "0", "ws://a/"], '--connect-timeout "0": it is '),
    (["--insecure", "ws://a/"], "--ca, --certificate and --insecure are for"),
    (["--key", "x", "wss://a/"], "there is a --key without a --certificate\n"),
    (["--ca", "x", "--insecure", "wss://a/"], "--ca has no meaning with"),
    (["-H", "Authorization: secret", "ws://u:secret@a/"],
     "the URL: it has a user, and there is an Authorization header\n"),
    (["-H", "origin: x", "--origin", "y", "ws://a/"],
     "there are an --origin and an Origin header\n"),
])
def test_usage(wsrelay_connect: Start, arguments: List[str],
               text: str) -> None:
    code, said = ended(wsrelay_connect(*arguments))
    assert code == 64 and said.startswith(text), said
    assert "ecret" not in said
    assert said.endswith('Try "wsrelay-connect --help".\n')


def test_unknown_option(wsrelay_connect: Start) -> None:
    assert ended(wsrelay_connect("--nonsense"))[0] == 64
    assert ended(wsrelay_connect("--origin"))[0] == 64


def test_help_and_version(wsrelay_connect: Start) -> None:
    done = wsrelay_connect("--help").finish()
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"usage: wsrelay-connect ")
    assert max(map(len, done.stdout.splitlines())) < 80
    done = wsrelay_connect("--version").finish()
    assert done.stdout.startswith(b"wsrelay-connect ")
    with open("/dev/full", "wb") as full:
        assert ended(wsrelay_connect("--help", stdout=full))[0] == 74


# No connection.

def test_refused(keep: Any, wsrelay_connect: Start) -> None:
    target = keep(Refusing()).target
    port = target.rpartition(":")[2]
    assert ended(wsrelay_connect(f"ws://{target}/")) == (
        69, f"127.0.0.1 port {port}: Connection refused\n")
    assert ended(wsrelay_connect("-q", f"ws://{target}/")) == (69, "")


def test_no_such_host(wsrelay_connect: Start) -> None:
    code, said = ended(wsrelay_connect("ws://u:secret@nowhere.invalid:1/"))
    assert code == 69 and said.startswith("nowhere.invalid port 1: ")
    assert "secret" not in said


def test_addresses_of_a_kind(keep: Any, wsrelay_connect: Start) -> None:
    six = keep(RawServer(socket.AF_INET6))
    client = wsrelay_connect("-6", six.url)
    peer = six.open()
    assert peer.header("Host") == f"[::1]:{six.port}"
    peer.send_close()
    assert ended(client)[0] == 0
    assert ended(wsrelay_connect("-4", six.url)) == (
        69, f"::1 port {six.port}: there is no address of the kind asked "
        "for\n")


def test_all_addresses_are_tried(keep: Any, wsrelay_connect: Start) -> None:
    """localhost has two, of which one may refuse."""
    server = keep(RawServer())
    client = wsrelay_connect(f"ws://localhost:{server.port}/")
    server.open().send_close()
    assert ended(client)[0] == 0


def test_connect_timeout(keep: Any, wsrelay_connect: Start) -> None:
    target = keep(BlackHole()).target
    port = target.rpartition(":")[2]
    assert ended(wsrelay_connect("--connect-timeout", "0.3",
                                 f"ws://{target}/")) == (
        69, f"127.0.0.1 port {port}: no connection in 0.3 seconds\n")


def test_no_answer(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect("--connect-timeout", "0.3", raw.url)
    peer = raw.accept()
    peer.send(b"HTTP/1.1 101")
    assert ended(client) == (
        69, f"127.0.0.1 port {raw.port}: no answer to the request in 0.3 "
        "seconds\n")


def test_hung_up(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect(raw.url)
    raw.accept().close()
    assert ended(client) == (69, "the server hung up instead of answering "
                             "the request\n")


# The answer.

def refusal(raw: RawServer, client: Program, *pieces: str) -> Any:
    peer = raw.accept()
    for piece in pieces:
        peer.send(piece.encode("latin-1"))
    return ended(client)


TEXT_403 = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize("pieces, text", [
    ([TEXT_403 + "Content-Length: 8\r\n\r\n", "not ", "you\n"],
     "403 Forbidden: not you"),
    ([TEXT_403 + "Content-Length: 0\r\n\r\n"], "403 Forbidden"),
    ([TEXT_403 + "\r\n\x1b[31mred"], "403 Forbidden: \\x1b[31mred"),
    (["HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"], "200 OK"),
    (["HTTP/1.1 301 Moved\r\nLocation: https://b/\r\n\r\n"],
     "301 Moved: https://b/"),
])
def test_refusals(raw: RawServer, wsrelay_connect: Start,
                  pieces: Sequence[str], text: str) -> None:
    assert refusal(raw, wsrelay_connect(raw.url), *pieces) == (
        1, f"the server refuses: {text}\n")


def test_refusal_of_the_daemon(start_relay: Relays, echo: Any,
                               wsrelay_connect: Start) -> None:
    relay = start_relay(relay_to(echo.target))
    code, said = ended(wsrelay_connect(f"ws://127.0.0.1:{relay.port}/no"))
    assert code == 1
    assert said.startswith("the server refuses: 404 Not Found: "), said


@pytest.mark.parametrize("answer, text", [
    ("SSH-2.0-OpenSSH_9.2\r\n", "it is not HTTP"),
    ("HTTP/1.1 101 X\r\nUpgrade: h2c\r\n", 'its Upgrade is not "websocket"'),
    ("HTTP/1.1 101 X\r\nSec-WebSocket-Accept: x\r\n",
     "its Sec-WebSocket-Accept is not for our key"),
])
def test_not_a_websocket(raw: RawServer, wsrelay_connect: Start, answer: str,
                         text: str) -> None:
    assert refusal(raw, wsrelay_connect(raw.url), answer) == (
        76, f"the answer is not that of a WebSocket: {text}\n")


# The request.

def test_request(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect(
        "-v", "-H", "Cookie: a=b", "--header", "X-Two: 2", "-s", "v2", "-s",
        "v1", "--origin", "https://page.test", "-H", "host: other.test:1",
        raw.url.replace("ws://", "ws://Aladdin:open%20sesame@") + "a/b?c=d")
    arguments = open(f"/proc/{client.process.pid}/cmdline", "rb").read
    peer = raw.accept()
    assert b"sesame" not in arguments()
    assert peer.request.startswith(b"GET /a/b?c=d HTTP/1.1\r\n"
                                   b"Host: other.test:1\r\n")
    for name, value in (("Cookie", "a=b"), ("X-Two", "2"),
                        ("Sec-WebSocket-Protocol", "v2, v1"),
                        ("Origin", "https://page.test"),
                        ("Sec-WebSocket-Version", "13"),
                        ("Authorization",
                         "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")):
        assert peer.header(name) == value
    assert peer.header("User-Agent").startswith("wsrelay-connect/")
    peer.send(peer.answer("Sec-WebSocket-Protocol: v1"))
    peer.send_close(1000, "that was \x1b[1mall")
    code, said = ended(client)
    assert code == 0 and "sesame" not in said
    assert said.splitlines() == [
        f"connected to 127.0.0.1:{raw.port}",
        "the WebSocket is open, subprotocol v1",
        "the server closed: 1000 normal: that was \\x1b[1mall",
        "0 bytes were sent, 0 received"]


def test_subprotocol_of_a_library(keep: Any, wsrelay_connect: Start) -> None:
    server = keep(WsServer(echo, subprotocols=["b", "c"]))
    client = wsrelay_connect("-v", "-s", "a", "-s", "b", server.url("/p?q"),
                             stdin=subprocess.DEVNULL)
    assert "the WebSocket is open, subprotocol b\n" in ended(client)[1]
    assert server.paths == ["/p?q"]


# Ends.

@pytest.mark.parametrize("code, reason, expected", [
    (1001, "", (2, "the server closed: 1001 going away\n")),
    (1011, "broken", (2, "the server closed: 1011 internal error: broken\n")),
    (4000, "", (2, "the server closed: 4000 ")),
])
def test_close_codes(raw: RawServer, wsrelay_connect: Start, code: int,
                     reason: str, expected: Any) -> None:
    client = wsrelay_connect(raw.url)
    peer = raw.open(frame(BINARY, b"before", mask=None))
    peer.send_close(code, reason)
    peer.expect_close(code)
    done = client.finish()
    assert (done.returncode, done.stdout) == (expected[0], b"before")
    assert expected[1] in done.stderr.decode()


def test_close_without_a_code(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect(raw.url)
    raw.open(b"\x88\x00").expect_close(None)
    assert ended(client) == (0, "")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_gone_without_a_close(raw: RawServer, wsrelay_connect: Start,
                              how: str) -> None:
    client = wsrelay_connect(raw.url)
    peer = raw.open(frame(BINARY, b"before", mask=None))
    assert client.read(6) == b"before"
    getattr(peer, how)()
    code, said = ended(client)
    assert code == 2
    assert said.startswith("the server is gone without a Close: "), said


@pytest.mark.parametrize("data, code, text", [
    (b"\x82\x81abcdx", 1002, "frame of a server masked"),
    (b"\xc2\x00", 1002, "reserved bit set"),
    (frame(TEXT, b"\xff", mask=None), 1007, "text message is not UTF-8"),
])
def test_violations(raw: RawServer, wsrelay_connect: Start, data: bytes,
                    code: int, text: str) -> None:
    client = wsrelay_connect(raw.url)
    peer = raw.open(frame(BINARY, b"before", mask=None) + data)
    peer.expect_close(code)
    done = client.finish()
    assert (done.returncode, done.stdout, done.stderr.decode()) == (
        76, b"before",
        f"wsrelay-connect: the server breaks the protocol: {text}\n")


def test_close_timeout(raw: RawServer, wsrelay_connect: Start) -> None:
    """It counts from the last byte that came."""
    client = wsrelay_connect("--close-timeout", "0.3", raw.url,
                             stdin=subprocess.DEVNULL)
    peer = raw.open()
    peer.expect_close(1000)
    assert ended(client) == (
        2, "the server did not close within 0.3 seconds\n")
    peer.close()


# Pings.

def test_pings(raw: RawServer, wsrelay_connect: Start) -> None:
    """A server that answers stays, one that does not is given up."""
    client = wsrelay_connect("--ping-interval", "0.3", raw.url)
    peer = raw.open()
    for _ in range(3):
        one = peer.read_frame()
        assert one.opcode == PING
        peer.send_frame(PONG, one.payload)
    assert peer.read_frame().opcode == PING
    assert ended(client) == (
        2, "the server is gone: no answer to a ping in 0.3 seconds\n")


def test_no_pings(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect("--ping-interval", "0", raw.url)
    peer = raw.open()
    peer.sock.settimeout(0.5)
    with pytest.raises(socket.timeout):
        peer.read_frame()
    peer.sock.settimeout(10)
    peer.send_close()
    assert ended(client) == (0, "")


def test_stopped_daemon(start_relay: Relays, echo: Any,
                        wsrelay_connect: Start) -> None:
    relay = start_relay(relay_to(echo.target))
    client = wsrelay_connect("--ping-interval", "0.3",
                             f"ws://127.0.0.1:{relay.port}/app")
    client.write(b"hello")
    assert client.read(5) == b"hello"
    relay.signal(signal.SIGSTOP)
    try:
        code, said = ended(client)
    finally:
        relay.signal(signal.SIGCONT)
    assert (code, said) == (
        2, "the server is gone: no answer to a ping in 0.3 seconds\n")
