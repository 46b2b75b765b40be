# SPDX-License-Identifier: MIT
"""RFC 6455 section 4: the opening handshake, line by line."""

import base64
import ssl
from pathlib import Path
from typing import Any, List, Tuple

import pytest
from clauses import clause
from lib import backends, ws
from lib.relay import Relay
from lib.talk import Talk, binary, text
from lib.tls import Authority, tls_relay_to
from lib.ws import BINARY, TEXT, accept_for, frame, request

Headers = List[Tuple[str, str]]


def refused(client: Talk, data: bytes, status: int) -> ws.Response:
    response = client.ask(data)
    assert response.status == status, response
    client.expect_eof()
    return response


def accepted(client: Talk, data: bytes) -> ws.Response:
    response = client.ask(data)
    client.check_upgraded(response)
    assert client.is_alive()
    return response


def with_field(name: str, value: str) -> bytes:
    """The upgrade request, with one field changed."""
    return request("/echo", without=[name], headers=[(name, value)])


# What the client sends (section 4.2.1).

@clause("6455 4.2.1/request")
@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "get",
                                    "GETT"])
def test_only_get(dial: Any, method: str) -> None:
    client = dial()
    client.send(request("/echo", method=method))
    while b"\r\n\r\n" not in client.buffer:
        client._fill()
    assert client.buffer.startswith(b"HTTP/1.1 405 ")


@clause("6455 4.2.1/request")
@pytest.mark.parametrize("version,status", [
    ("HTTP/1.0", 505), ("HTTP/0.9", 505), ("HTTP/2.0", 505),
    ("HTTP/1.1x", 400), ("http/1.1", 400), ("HTTP/1", 400), ("", 400)])
def test_only_http_1_1(dial: Any, version: str, status: int) -> None:
    refused(dial(), request("/echo", version=version), status)


@clause("6455 4.2.1/request")
@pytest.mark.parametrize("target", ["echo", "", "/ec ho", "/echo#part",
                                    "/%zz", "/\x01"])
def test_bad_request_target(dial: Any, target: str) -> None:
    refused(dial(), request(target), 400)


@clause("6455 4.2.1/request")
@pytest.mark.parametrize("target", ["/echo?a=b", "/echo?", "/%65cho",
                                    "http://relay.test/echo"])
def test_forms_of_the_request_target(dial: Any, target: str) -> None:
    accepted(dial(), request(target))


@clause("6455 4.2.1/host")
def test_no_host(dial: Any) -> None:
    refused(dial(), request("/echo", without=["Host"]), 400)


@clause("6455 4.2.1/host")
def test_two_hosts(dial: Any) -> None:
    refused(dial(), request("/echo", headers=[("Host", "other.test")]), 400)


@clause("6455 4.2.1/host")
@pytest.mark.parametrize("host", ["relay.test", "relay.test:8080", "[::1]:80",
                                  "127.0.0.1", "RELAY.TEST"])
def test_hosts(dial: Any, host: str) -> None:
    accepted(dial(), request("/echo", host=host))


@clause("6455 4.2.1/upgrade")
@pytest.mark.parametrize("value", ["websocket", "WebSocket", "WEBSOCKET",
                                   "h2c, websocket", "websocket, h2c",
                                   "websocket\t", ", websocket"])
def test_upgrade(dial: Any, value: str) -> None:
    accepted(dial(), with_field("Upgrade", value))


@clause("6455 4.2.1/upgrade")
@pytest.mark.parametrize("value", ["", "web socket", "websockets", "h2c",
                                   "websocket;1", "websocket/13"])
def test_no_upgrade_to_websocket(dial: Any, value: str) -> None:
    refused(dial(), with_field("Upgrade", value), 426)


@clause("6455 4.2.1/upgrade")
@clause("6455 4.2.1/connection")
@pytest.mark.parametrize("name", ["Upgrade", "Connection"])
def test_field_that_asks_is_missing(dial: Any, name: str) -> None:
    response = refused(dial(), request("/echo", without=[name]), 426)
    assert response.get("Upgrade") == "websocket"


@clause("6455 4.2.1/connection")
@pytest.mark.parametrize("value", ["Upgrade", "upgrade", "UPGRADE",
                                   "keep-alive, Upgrade",
                                   "Upgrade,keep-alive", "close, ,upgrade"])
def test_connection(dial: Any, value: str) -> None:
    accepted(dial(), with_field("Connection", value))


@clause("6455 4.2.1/connection")
@pytest.mark.parametrize("value", ["close", "keep-alive", "Upgrades", "",
                                   "Up grade"])
def test_no_connection_upgrade(dial: Any, value: str) -> None:
    refused(dial(), with_field("Connection", value), 426)


@clause("6455 4.2.1/key")
@pytest.mark.parametrize("key", [
    "", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ",
    "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j",
    base64.b64encode(b"x" * 15).decode(), base64.b64encode(b"x" * 17).decode(),
    "!GhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ===",
    "dGhlIHNhbXBsZS Bub25jZQ=="])
def test_bad_key(dial: Any, key: str) -> None:
    refused(dial(), with_field("Sec-WebSocket-Key", key), 400)


@clause("6455 4.2.1/key")
def test_no_key(dial: Any) -> None:
    refused(dial(), request("/echo", without=["Sec-WebSocket-Key"]), 400)


@clause("6455 4.2.1/key")
def test_two_keys(dial: Any) -> None:
    data = request("/echo", headers=[("Sec-WebSocket-Key", ws.KEY)])
    refused(dial(), data, 400)


@clause("6455 4.2.1/version")
@clause("6455 4.2.2/version")
@clause("6455 4.4/versions")
@pytest.mark.parametrize("version", ["0", "8", "12", "14", "013", "13.0",
                                     "13, 8", "x", "", "-13", "255", "256"])
def test_other_version(dial: Any, version: str) -> None:
    """It is told which is understood, and may ask for that one."""
    response = refused(dial(), with_field("Sec-WebSocket-Version", version),
                       426)
    told = response.get("Sec-WebSocket-Version")
    assert told == "13"
    accepted(dial(), with_field("Sec-WebSocket-Version", told))


@clause("6455 4.2.1/version")
def test_no_version(dial: Any) -> None:
    refused(dial(), request("/echo", without=["Sec-WebSocket-Version"]), 426)


@clause("6455 4.2.1/version")
def test_two_versions(dial: Any) -> None:
    data = request("/echo", headers=[("Sec-WebSocket-Version", "13")])
    refused(dial(), data, 400)


@clause("6455 4.2.1/origin")
@pytest.mark.parametrize("origin", [None, "http://relay.test"])
def test_origin_is_optional(dial: Any, origin: Any) -> None:
    headers: Headers = [("Origin", origin)] if origin else []
    accepted(dial(), request("/echo", headers=headers))


@clause("6455 4.2.2/origin")
@pytest.mark.parametrize("origin", ["http://other.test", "null", "x",
                                    "http://relay.test.other.test"])
def test_unwanted_origin(dial: Any, origin: str) -> None:
    refused(dial(), request("/echo", headers=[("Origin", origin)]), 403)


@clause("6455 4.2.1/other")
@pytest.mark.parametrize("field", [
    ("Cookie", "a=b; c=d"), ("User-Agent", "x"), ("Pragma", "no-cache"),
    ("Sec-WebSocket-Nonsense", "y"), ("X-Empty", ""), ("Accept", "*/*"),
    ("Sec-WebSocket-Accept", "z"), ("Content-Length", "0")])
def test_other_fields_are_ignored(dial: Any, field: Tuple[str, str]) -> None:
    accepted(dial(), request("/echo", headers=[field]))


@clause("6455 4.3/fields")
def test_names_of_fields_have_no_case(dial: Any) -> None:
    names = [name for name, _ in ws.upgrade_headers()]
    for change in (str.lower, str.upper):
        headers = [(change(name), value)
                   for name, value in ws.upgrade_headers()]
        accepted(dial(), request("/echo", without=names, headers=headers))


@clause("6455 4.3/fields")
@pytest.mark.parametrize("line", ["No colon", ": empty name", "Na me: x",
                                  "X : y", " folded", "X: \x00", "X: a\rb",
                                  "X\x01: y"])
def test_lines_that_are_no_fields(dial: Any, line: str) -> None:
    data = request("/echo")[:-2] + line.encode() + b"\r\n\r\n"
    refused(dial(), data, 400)


@clause("6455 4.3/fields")
def test_request_byte_by_byte(dial: Any) -> None:
    client = dial(unix=True)
    client.send_split(request("/echo"))
    client.check_upgraded(client.read_response())
    assert client.is_alive()


# What the server answers (section 4.2.2).

@clause("6455 4.2.2/status")
@clause("6455 4.2.2/upgrade")
@clause("6455 4.2.2/connection")
def test_answer(dial: Any) -> None:
    response = accepted(dial(), request("/echo"))
    assert (response.status, response.reason) == (101, "Switching Protocols")
    assert (response.get("Upgrade"), response.get("Connection")) == (
        "websocket", "Upgrade")
    assert response.get("Content-Length") is None
    assert response.get("Transfer-Encoding") is None


@clause("6455 4.2.2/accept")
@pytest.mark.parametrize("nonce", [b"the sample nonce", b"\0" * 16,
                                   b"\xff" * 16, bytes(range(16))])
def test_accept(dial: Any, nonce: bytes) -> None:
    key = base64.b64encode(nonce).decode()
    response = dial().ask(with_field("Sec-WebSocket-Key", key))
    assert response.get("Sec-WebSocket-Accept") == accept_for(key)
    if nonce == b"the sample nonce":
        assert accept_for(key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@clause("6455 4.2.2/resource")
@pytest.mark.parametrize("path", ["/", "/nothing", "/echo/more", "/Echo"])
def test_no_such_resource(dial: Any, path: str) -> None:
    refused(dial(), request(path), 404)


@clause("6455 4.2.1/protocol")
@clause("6455 4.2.2/subprotocol")
@pytest.mark.parametrize("path,offers,chosen", [
    ("/echo", [], None), ("/echo", ["chat"], None), ("/chat", [], None),
    ("/chat", ["chat"], "chat"), ("/chat", ["superchat"], "superchat"),
    ("/chat", ["superchat, chat"], "chat"), ("/chat", ["x", "chat"], "chat"),
    ("/chat", ["x, y"], None), ("/chat", ["Chat"], None),
    ("/chat", ["superchat", "chat"], "chat"), ("/chat", ["x,chat ,y"], "chat"),
])
def test_subprotocol(dial: Any, path: str, offers: List[str],
                     chosen: Any) -> None:
    headers = [("Sec-WebSocket-Protocol", offer) for offer in offers]
    response = accepted(dial(), request(path, headers=headers))
    assert response.get("Sec-WebSocket-Protocol") == chosen


@clause("6455 4.2.1/protocol")
@pytest.mark.parametrize("offer", ["", "chat, chat", "ch at", "chat;q=1",
                                   "\"chat\"", ",", "chat\x7f"])
def test_bad_list_of_subprotocols(dial: Any, offer: str) -> None:
    headers = [("Sec-WebSocket-Protocol", offer)]
    refused(dial(), request("/chat", headers=headers), 400)


@clause("6455 4.2.1/extensions")
@clause("6455 4.2.2/extensions")
@pytest.mark.parametrize("path,offer", [
    ("/echo", None), ("/deflate", None), ("/echo", "permessage-deflate"),
    ("/deflate", "x-webkit-deflate-frame"), ("/deflate", "bbf-usp-protocol"),
    ("/deflate", "permessage-bzip2; x=\"1\", unknown"),
    ("/deflate", "Permessage-Deflate")])
def test_extensions_not_agreed(dial: Any, path: str, offer: Any) -> None:
    headers = [("Sec-WebSocket-Extensions", offer)] if offer else []
    client = dial()
    response = accepted(client, request(path, headers=headers))
    assert client.agreement is None
    assert response.get("Sec-WebSocket-Extensions") is None


@clause("6455 9.1/grammar")
@pytest.mark.parametrize("path", ["/echo", "/deflate"])
@pytest.mark.parametrize("offer", [
    "", ",", "a b", ";", "a;", "a; b=", "a; =c", "a; b=\"", "a; b=\"c",
    "a; b=\"\"", "a; b=\"c d\"", "a=b", "a; b; ", "a/b", "a; b=c=d",
    "permessage-deflate;", "permessage-deflate; client_max_window_bits=",
    "permessage-deflate client_max_window_bits"])
def test_list_of_extensions_that_is_none(dial: Any, path: str, offer: str
                                         ) -> None:
    headers = [("Sec-WebSocket-Extensions", offer)]
    refused(dial(), request(path, headers=headers), 400)


@clause("6455 4.2.2/open")
@pytest.mark.parametrize("unix", [False, True])
def test_data_right_behind_the_request(dial: Any, unix: bool) -> None:
    client = dial(unix=unix)
    client.send(request("/echo") + frame(TEXT, b"early")
                + frame(BINARY, b"bird"))
    client.check_upgraded(client.read_response())
    client.expect([text("early"), binary(b"bird")])
    client.finish()


@clause("6455 4.2.2/tls")
def test_tls_comes_first(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    echo = backends.Server(backends.echo)
    directory = tmp_path / "relay"
    directory.mkdir()
    relay = Relay(directory, tls_relay_to(
        echo.target, authority.issue("server"),
        route={"framing": "typed-length32"}))
    try:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with Talk(relay.address) as client:
            client.sock = context.wrap_socket(client.sock)
            accepted(client, request("/app"))
            client.send(frame(TEXT, b"secret"))
            client.expect([text("secret")])
        with Talk(relay.address) as client:
            assert client.ask(request("/app")).status == 400
    finally:
        relay.finish()
        echo.finish()
