# SPDX-License-Identifier: MIT
"""Answers to requests: each status, each bad head, and how they look."""

import re
import socket
from typing import Any, Dict

import pytest
from lib import ws
from lib.backends import Backend, BlackHole, Refusing, open_listener
from lib.config import relay_to
from lib.wait import wait_for
from lib.ws import BINARY, KEY, Response, frame, request


def check_refusal(response: Response, status: int) -> None:
    """A refusal is one plain line, ends the connection, and says nothing
    of the inside."""
    assert response.status == status, response
    assert "close" in (response.get("Connection") or "").split(", ")
    assert response.get("Content-Type") == "text/plain; charset=utf-8"
    assert re.fullmatch(rb"[ -~]+\n", response.body), response.body
    whole = response.body.decode() + repr(response.headers)
    assert not re.search(r"\d+\.\d+\.\d+|::1|unix:|@|/tmp|:\d{2,}", whole)


def refused(client: ws.Client, data: bytes, status: int) -> Response:
    """Sends `data`, gets refused with `status`, and the connection ends."""
    response = client.ask(data)
    check_refusal(response, status)
    client.expect_eof()
    return response


HOST = "Host: relay.test\r\n"
UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
KEYED = f"Sec-WebSocket-Key: {KEY}\r\n"
VERSION = "Sec-WebSocket-Version: 13\r\n"


def head(first: str = "GET /app HTTP/1.1\r\n", lines: str = "",
         end: str = "\r\n") -> bytes:
    return (first + HOST + UPGRADE + KEYED + VERSION + lines
            + end).encode("latin-1")


BAD_HEADS: Dict[str, bytes] = {
    "nul in the line": head("GET /a\0pp HTTP/1.1\r\n"),
    "nul in a value": head(lines="X-A: a\0b\r\n"),
    "nul in a name": head(lines="X\0A: b\r\n"),
    "bare lf": head().replace(b"\r\n", b"\n"),
    "bare lf after the line": head("GET /app HTTP/1.1\n"),
    "bare lf in the end": head(end="\n"),
    "bare cr in a value": head(lines="X-A: a\rb\r\n"),
    "folded by space": head(lines="X-A: a\r\n b\r\n"),
    "folded by tab": head(lines="X-A: a\r\n\tb\r\n"),
    "folded first header": b"GET /app HTTP/1.1\r\n " + head()[19:],
    "two hosts": head(lines="Host: other.test\r\n"),
    "no host": head().replace(HOST.encode(), b""),
    "bad host": head().replace(b"relay.test", b"a b/c"),
    "two keys": head(lines=KEYED),
    "two versions": head(lines=VERSION),
    "no key": head().replace(KEYED.encode(), b""),
    "empty key": head().replace(KEY.encode(), b""),
    "short key": head().replace(KEY.encode(), b"c2hvcnQ="),
    "long key": head().replace(KEY.encode(), b"QUFB" * 8),
    "key not base64": head().replace(KEY.encode(), b"*" * 22 + b"=="),
    "key of the right length without padding":
        head().replace(KEY.encode(), b"A" * 24),
    "space before the colon": head(lines="X-A : b\r\n"),
    "no colon": head(lines="X-A\r\n"),
    "empty name": head(lines=": b\r\n"),
    "control character": head(lines="X-A: \x01\r\n"),
    "delete character": head(lines="X-A: \x7f\r\n"),
    "two spaces": head("GET  /app HTTP/1.1\r\n"),
    "trailing space": head("GET /app HTTP/1.1 \r\n"),
    "tab for a space": head("GET\t/app HTTP/1.1\r\n"),
    "no version": head("GET /app\r\n"),
    "garbage version": head("GET /app HTTPS/1.1\r\n"),
    "lower case version": head("GET /app http/1.1\r\n"),
    "bad method": head("G(T /app HTTP/1.1\r\n"),
    "space in front": head(" GET /app HTTP/1.1\r\n"),
    "relative target": head("GET app HTTP/1.1\r\n"),
    "asterisk": head("GET * HTTP/1.1\r\n"),
    "fragment": head("GET /app#x HTTP/1.1\r\n"),
    "high byte in the target": head("GET /\xe9 HTTP/1.1\r\n"),
    "bad escape": head("GET /%zz HTTP/1.1\r\n"),
    "cut escape": head("GET /app%4 HTTP/1.1\r\n"),
    "escaped nul": head("GET /app%00 HTTP/1.1\r\n"),
    "dot segment": head("GET /x/../app HTTP/1.1\r\n"),
    "escaped dot segment": head("GET /x/%2e%2e/app HTTP/1.1\r\n"),
    "single dot segment": head("GET /./app HTTP/1.1\r\n"),
    "body by length": head(lines="Content-Length: 4\r\n") + b"body",
    "chunked body": head(lines="Transfer-Encoding: chunked\r\n")
    + b"0\r\n\r\n",
    "length not a number": head(lines="Content-Length: 0x0\r\n"),
    "negative length": head(lines="Content-Length: -1\r\n"),
    "two lengths": head(lines="Content-Length: 0\r\nContent-Length: 1\r\n"),
    "a tls hello": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "an http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

# Refused, but by another rule than 400 where two could speak.
OTHER_STATUS = {"an http/2 preface": 505}


@pytest.mark.parametrize("what", BAD_HEADS)
def test_bad_head(start_relay: Any, echo: Any, client_of: Any,
                  what: str) -> None:
    relay = start_relay(relay_to(echo.target))
    status = OTHER_STATUS.get(what, 400)
    refused(client_of(relay), BAD_HEADS[what], status)
    line = relay.wait_log(event="handshake refused", status=status)
    assert line["client"].startswith("127.0.0.1:")
    assert line["reason"]
    assert echo.count == 0


GOOD_HEADS: Dict[str, bytes] = {
    "plain": head(),
    "names in other case": head().replace(b"Sec-WebSocket", b"sEC-wEBsOCKET"),
    "upgrade in other case": head().replace(b"websocket\r", b"WebSocket\r"),
    "several connection options": head().replace(
        b"Connection: Upgrade", b"Connection: keep-alive, upgrade"),
    "connection in two lines": head(lines="Connection: keep-alive\r\n"),
    "upgrade list": head().replace(
        b"Upgrade: websocket", b"Upgrade: h2c, websocket"),
    "no space after colons": head().replace(b": ", b":"),
    "spaces around values": head(lines="X-A: \t b c \t \r\n"),
    "high bytes in a value": head(lines="X-A: \xe9\xff\r\n"),
    "empty value": head(lines="X-A:\r\n"),
    "zero length": head(lines="Content-Length: 0\r\n"),
    "a query": head("GET /app?a=%zz&../.. HTTP/1.1\r\n"),
    "an escape": head("GET /%61pp HTTP/1.1\r\n"),
    "absolute form": head("GET http://relay.test/app HTTP/1.1\r\n"),
    "absolute form over host": head("GET http://x.test:80/app HTTP/1.1\r\n"),
    "host with port": head().replace(b"relay.test", b"relay.test:8080"),
    "host of ipv6": head().replace(b"relay.test", b"[::1]:8080"),
    "an extension offer": head(
        lines="Sec-WebSocket-Extensions: permessage-deflate\r\n"),
    "an empty line in front": b"\r\n" + head(),
}


@pytest.mark.parametrize("what", GOOD_HEADS)
def test_good_head(start_relay: Any, echo: Any, client_of: Any,
                   what: str) -> None:
    relay = start_relay(relay_to(echo.target))
    client = client_of(relay)
    client.check_upgraded(client.ask(GOOD_HEADS[what]))
    client.send_binary(b"hello")
    assert client.read_data(5) == b"hello"
    client.close()


@pytest.mark.parametrize("method,status", [
    ("POST", 405), ("HEAD", 405), ("CONNECT", 405), ("OPTIONS", 405),
    ("get", 405), ("BREW", 405)])
def test_other_methods(start_relay: Any, echo: Any, client_of: Any,
                       method: str, status: int) -> None:
    relay = start_relay(relay_to(echo.target))
    client = client_of(relay)
    client.send(request(method=method))
    if method == "HEAD":
        # An answer to HEAD has no body, whatever length it tells.
        client.shutdown_write()
        while not client.eof:
            client._fill()
        head_text, _, body = bytes(client.buffer).partition(b"\r\n\r\n")
        assert head_text.startswith(b"HTTP/1.1 405 ") and body == b""
        assert b"\r\nAllow: GET\r\n" in head_text + b"\r\n"
        return
    response = client.read_response()
    check_refusal(response, status)
    assert response.get("Allow") == "GET"


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0",
                                     "HTTP/0.9", "HTTP/9.9"])
def test_other_versions(start_relay: Any, echo: Any, client_of: Any,
                        version: str) -> None:
    relay = start_relay(relay_to(echo.target))
    refused(client_of(relay), request(version=version), 505)


def test_version_is_judged_before_method(start_relay: Any, echo: Any,
                                         client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    refused(client_of(relay), request(method="POST", version="HTTP/1.0"), 505)


@pytest.mark.parametrize("path", ["/", "/ap", "/app/", "/apps", "/App"])
def test_no_route(start_relay: Any, echo: Any, client_of: Any,
                  path: str) -> None:
    relay = start_relay(relay_to(echo.target))
    refused(client_of(relay), request(path), 404)
    line = relay.wait_log(event="handshake refused", status=404)
    assert line["path"] == path


@pytest.mark.parametrize("data", [
    request(without=["Upgrade", "Connection"]),
    request(without=["Upgrade"]),
    request(without=["Upgrade"], headers=[("Upgrade", "h2c")]),
    request(without=["Sec-WebSocket-Version"],
            headers=[("Sec-WebSocket-Version", "8")]),
    request(without=["Sec-WebSocket-Version"],
            headers=[("Sec-WebSocket-Version", "14")]),
], ids=["plain get", "no upgrade", "other upgrade", "version 8",
        "version 14"])
def test_upgrade_required(start_relay: Any, echo: Any, client_of: Any,
                          data: bytes) -> None:
    relay = start_relay(relay_to(echo.target))
    response = refused(client_of(relay), data, 426)
    assert response.get("Sec-WebSocket-Version") == "13"
    assert (response.get("Upgrade") or "").lower() == "websocket"
    assert echo.count == 0


def test_no_connection_upgrade(start_relay: Any, echo: Any,
                               client_of: Any) -> None:
    """Without the Connection option the Upgrade header does not count."""
    relay = start_relay(relay_to(echo.target))
    response = client_of(relay).ask(request(without=["Connection"]))
    assert response.status in (400, 426)


def test_no_version(start_relay: Any, echo: Any, client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    response = client_of(relay).ask(request(without=["Sec-WebSocket-Version"]))
    assert response.status in (400, 426)
    assert response.get("Sec-WebSocket-Version") == "13"


# Sizes.

LIMITS = {"request_line": 200, "headers": 600, "header_count": 10}


def line_of(size: int) -> bytes:
    """A request whose first line, line end apart, has `size` bytes."""
    fixed = len("GET /app? HTTP/1.1")
    return request("/app?" + "a" * (size - fixed))


@pytest.mark.parametrize("size,status", [(200, 101), (202 + 1, 414),
                                         (5000, 414)])
def test_request_line_size(start_relay: Any, echo: Any, client_of: Any,
                           size: int, status: int) -> None:
    relay = start_relay(relay_to(echo.target, limits=LIMITS))
    client = client_of(relay)
    if status == 101:
        assert client.ask(line_of(size)).status == 101
    else:
        refused(client, line_of(size), status)


def test_endless_request_line(start_relay: Any, echo: Any,
                              client_of: Any) -> None:
    """The answer does not wait for a line end that never comes."""
    relay = start_relay(relay_to(echo.target, limits=LIMITS))
    refused(client_of(relay), b"GET /" + b"a" * 5000, 414)


@pytest.mark.parametrize("data", [
    request(headers=[("X-A", "a" * 600)]),
    request(headers=[(f"X-{i}", "a") for i in range(6)]),
    request(headers=[("X-A", "a" * 100)] * 5),
    request()[:-2] + b"X-A: " + b"a" * 5000,
], ids=["one long", "too many", "together too long", "endless"])
def test_headers_too_large(start_relay: Any, echo: Any, client_of: Any,
                           data: bytes) -> None:
    relay = start_relay(relay_to(echo.target, limits=LIMITS))
    refused(client_of(relay), data, 431)


def test_header_count_is_reached(start_relay: Any, echo: Any,
                                 client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target, limits=LIMITS))
    fits = request(headers=[(f"X-{i}", "a") for i in range(5)])
    assert client_of(relay).ask(fits).status == 101


def test_default_sizes_take_a_browser_with_many_cookies(
        start_relay: Any, echo: Any, client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    big = request("/app?" + "q" * 8000, headers=[("Cookie", "c" * 15000)])
    assert client_of(relay).ask(big).status == 101
    refused(client_of(relay), request("/app?" + "q" * 8200), 414)
    refused(client_of(relay), request(headers=[("Cookie", "c" * 17000)]), 431)


# Backends.

def test_refusing_backend(start_relay: Any, keep: Any, client_of: Any
                          ) -> None:
    relay = start_relay(relay_to(keep(Refusing()).target,
                                 keep(Refusing()).target))
    refused(client_of(relay), request(), 502)
    line = relay.wait_log(event="handshake refused", status=502)
    assert line["host"] == "relay.test" and line["path"] == "/app"


def test_absent_unix_backend(start_relay: Any, tmp_path: Any,
                             client_of: Any) -> None:
    relay = start_relay(relay_to(f"unix:{tmp_path}/absent"))
    refused(client_of(relay), request(), 502)


def test_name_that_does_not_resolve(start_relay: Any, client_of: Any) -> None:
    relay = start_relay(relay_to("no-such-host.invalid:80"))
    response = client_of(relay).ask(request())
    check_refusal(response, response.status)
    assert response.status in (502, 504)


def test_black_hole(start_relay: Any, keep: Any, client_of: Any) -> None:
    relay = start_relay(relay_to(keep(BlackHole()).target,
                                 timeouts={"connect": "200ms"}))
    refused(client_of(relay), request(), 504)


def test_second_server_after_a_refusal_and_a_black_hole(
        start_relay: Any, keep: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(
        keep(Refusing()).target, keep(BlackHole()).target, echo.target,
        timeouts={"connect": "200ms"}))
    client = connect(relay)
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"
    line = relay.wait_log(event="session opened")
    assert line["target"] == echo.target


def test_dialled_before_101(start_relay: Any, keep: Any, client_of: Any
                            ) -> None:
    """No answer as long as the backend is not connected."""
    relay = start_relay(relay_to(keep(BlackHole()).target))
    client = client_of(relay)
    client.send(request())
    assert client.is_silent(0.3)


def test_client_that_leaves_while_dialling(start_relay: Any, keep: Any,
                                           client_of: Any) -> None:
    relay = start_relay(relay_to(keep(BlackHole()).target))
    before = relay.descriptors()
    client = client_of(relay)
    client.send(request())
    client.reset()
    wait_for(lambda: relay.descriptors() <= before, "descriptors back")


# How bytes arrive.

def unix_relay(start_relay: Any, target: str, tmp_path: Any) -> Any:
    config = relay_to(target)
    config["listeners"] = [{"name": "unix", "listen": f"unix:{tmp_path}/ws"}]
    return start_relay(config)


def test_byte_by_byte(start_relay: Any, echo: Any, client_of: Any,
                      tmp_path: Any) -> None:
    relay = unix_relay(start_relay, echo.target, tmp_path)
    data = request() + frame(BINARY, b"hello") + frame(BINARY, b" again")
    client = client_of(relay)
    client.send_pieces(data, range(1, len(data)))
    assert client.read_response().status == 101
    assert client.read_data(11) == b"hello again"
    client.close()


def test_split_at_every_byte(start_relay: Any, echo: Any, client_of: Any,
                             tmp_path: Any) -> None:
    relay = unix_relay(start_relay, echo.target, tmp_path)
    data = request() + frame(BINARY, b"hello")
    for cut in range(1, len(data)):
        client = client_of(relay)
        client.send_pieces(data, [cut])
        assert client.read_response().status == 101, f"cut at {cut}"
        assert client.read_data(5) == b"hello", f"cut at {cut}"
        client.sock.close()


def test_frames_right_behind_the_head(start_relay: Any, echo: Any,
                                      client_of: Any) -> None:
    """All at once, a Close included: nothing of it is lost."""
    relay = start_relay(relay_to(echo.target))
    client = client_of(relay)
    client.send(request() + frame(BINARY, b"a" * 20000)
                + frame(BINARY, b"b") + frame(ws.CLOSE, ws.close_payload(1000)))
    assert client.read_response().status == 101
    data, close = client.read_until_close()
    assert data == b"a" * 20000 + b"b"
    assert close.code == 1000
    client.expect_eof()


def test_frames_sent_while_dialling(start_relay: Any, client_of: Any,
                                    keep: Any) -> None:
    """Bytes that come before the backend is there wait for it."""
    backend = keep(Backend())
    relay = start_relay(relay_to(
        keep(BlackHole()).target, backend.target,
        timeouts={"connect": "500ms"}))
    client = client_of(relay)
    client.send(request() + frame(BINARY, b"early"))
    client.send(frame(BINARY, b" bird"))
    assert client.read_response().status == 101
    client.send(frame(BINARY, b"!"))
    client.send_close()
    assert backend.accept().read_to_end() == b"early bird!"


def test_pipelined_requests_behind_a_refusal(start_relay: Any, echo: Any,
                                             client_of: Any) -> None:
    """Connection: close means it: the second request gets no answer."""
    relay = start_relay(relay_to(echo.target))
    refused(client_of(relay), request("/nowhere") + request("/app"), 404)
    assert echo.count == 0


def test_pipelined_request_behind_an_upgrade_is_no_frame(
        start_relay: Any, echo: Any, client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    client = client_of(relay)
    client.send(request() + request())
    assert client.read_response().status == 101
    client.expect_close(1002)


def test_refusal_with_a_large_unread_body(start_relay: Any, echo: Any,
                                          client_of: Any) -> None:
    """The answer is not cut by a reset though much was never read."""
    relay = start_relay(relay_to(echo.target))
    client = client_of(relay)
    body = b"b" * 200000
    client.send(request(method="POST", headers=[
        ("Content-Length", str(len(body)))]) + body)
    response = client.read_response()
    check_refusal(response, 405)
    client.expect_eof()


def test_half_closed_request(start_relay: Any, echo: Any, client_of: Any
                             ) -> None:
    """A client that ends its side inside the head is let go."""
    relay = start_relay(relay_to(echo.target))
    client = client_of(relay)
    client.send(request()[:-10])
    client.shutdown_write()
    while not client.eof:
        client._fill()
    assert not client.buffer or client.buffer.startswith(b"HTTP/1.1 400 ")


def test_ipv6_client_and_backend(start_relay: Any, keep: Any, connect: Any
                                 ) -> None:
    backend = keep(Backend(open_listener(socket.AF_INET6)))
    config = relay_to(backend.target)
    config["listeners"] = [{"name": "web", "listen": "[::1]:0"}]
    relay = start_relay(config)
    client = connect(relay)
    client.send_binary(b"six")
    assert backend.accept().read(3) == b"six"
    line = relay.wait_log(event="session opened")
    assert line["client"].startswith("[::1]:")
    assert line["target"] == backend.target
