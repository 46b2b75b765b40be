# SPDX-License-Identifier: MIT
"""TLS handshakes: who is let in, by which certificate, and what is said."""

import http.client
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from lib.config import relay_to
from lib.relay import Relays
from lib.tls import (EC, RSA, Authority, Pair, TlsClient, expired, openssl,
                     tls_listener, tls_relay_to, trusting)
from lib.wait import DEADLINE, wait_for
from lib.ws import Client, Refused, request

TLS12 = ssl.TLSVersion.TLSv1_2
TLS13 = ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def authority(tmp_path_factory: Any) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue("server", ["relay.test"])


@pytest.fixture
def tls(start_relay: Relays) -> Iterator[Callable[..., TlsClient]]:
    """Opens TLS connections, closed before the daemon is stopped."""
    clients = []

    def open_one(relay: Any, context: ssl.SSLContext,
                 **more: Any) -> TlsClient:
        clients.append(TlsClient(relay.address, context, **more))
        return clients[-1]

    yield open_one
    for client in clients:
        client.sock.close()


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_versions(start_relay: Any, echo: Any, authority: Any, pair: Any,
                  tls: Any, version: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    client = tls(relay, trusting(authority, version=version))
    client.upgrade()
    client.send_binary(b"hello")
    assert client.read_data(5) == b"hello"
    client.close()
    name = {TLS12: "TLSv1.2", TLS13: "TLSv1.3"}[version]
    line = relay.wait_log(event="session opened")
    assert line["tls"] == name
    assert line["tls_cipher"].startswith(
        {TLS12: "ECDHE-ECDSA-AES", TLS13: "TLS_AES_"}[version])
    assert "tls_subject" not in line
    relay.wait_closed(cause="client_closed", undelivered_down=0)


def test_min_version(start_relay: Any, echo: Any, authority: Any, pair: Any,
                     tls: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair,
                                     tls={"min_version": "1.3"}))
    with pytest.raises(ssl.SSLError):
        tls(relay, trusting(authority, version=TLS12))
    line = relay.wait_log(event="handshake refused", cause="tls_failed")
    assert line["reason"] == "unsupported protocol"
    assert "status" not in line
    tls(relay, trusting(authority, version=TLS13)).upgrade()


def test_older_than_1_2_is_refused(start_relay: Any, echo: Any, pair: Any,
                                   ) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    context = trusting(None)
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        TlsClient(relay.address, context)
    relay.wait_log(event="handshake refused", cause="tls_failed")


def test_certificates_by_name(start_relay: Any, echo: Any, authority: Any,
                              tls: Any) -> None:
    first = authority.issue("first", ["default.test"])
    exact = authority.issue("exact", ["www.b.test", "b.test"])
    wild = authority.issue("wild", ["*.b.test"])
    relay = start_relay(tls_relay_to(echo.target, first, wild, exact))
    anybody = trusting(authority)
    anybody.check_hostname = False

    def names(host: Any) -> Any:
        return tls(relay, anybody, host=host).peer_names()

    assert names("default.test") == ["default.test"]
    assert names("www.b.test") == ["www.b.test", "b.test"]
    assert names("b.test") == ["www.b.test", "b.test"]
    assert names("mail.b.test") == ["*.b.test"]
    assert names("MAIL.B.TEST") == ["*.b.test"]
    assert names("a.mail.b.test") == ["default.test"]
    assert names("other.test") == ["default.test"]
    assert names(None) == ["default.test"]


def test_common_name_counts_without_others(start_relay: Any, echo: Any,
                                           authority: Any, tls: Any) -> None:
    first = authority.issue("n1", ["default.test"])
    common = authority.issue("n2", [], subject="/CN=only.test")
    hidden = authority.issue("n3", ["listed.test"], subject="/CN=hidden.test")
    relay = start_relay(tls_relay_to(echo.target, first, common, hidden))
    anybody = trusting(authority)
    anybody.check_hostname = False

    def serial(host: str) -> int:
        return int(tls(relay, anybody, host=host).sock.getpeercert()
                   ["serialNumber"], 16)

    assert serial("only.test") == common.serial()
    assert serial("listed.test") == hidden.serial()
    assert serial("hidden.test") == first.serial()


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_ecdsa_beside_rsa(start_relay: Any, echo: Any, authority: Any,
                          tls: Any, version: Any) -> None:
    """Each client has the one it can check, also by another order of them."""
    rsa = authority.issue("rsa", kind=RSA)
    ecdsa = authority.issue("ecdsa", kind=EC)
    relay = start_relay(tls_relay_to(echo.target, rsa, ecdsa))
    port = relay.port

    def serial(sigalgs: str) -> int:
        flag = "-tls1_2" if version == TLS12 else "-tls1_3"
        text = openssl("s_client", "-connect", f"127.0.0.1:{port}",
                       "-servername", "relay.test", "-sigalgs", sigalgs, flag,
                       "-showcerts", input=b"")
        got = openssl("x509", "-noout", "-serial", input=text).decode()
        return int(got.split("=")[1], 16)

    assert serial("ECDSA+SHA256") == ecdsa.serial()
    assert serial("RSA-PSS+SHA256:RSA+SHA256") == rsa.serial()


def test_ciphers(start_relay: Any, echo: Any, authority: Any, pair: Any,
                 tls: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair, tls={
        "ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ciphersuites": "TLS_CHACHA20_POLY1305_SHA256"}))
    new = tls(relay, trusting(authority, version=TLS13))
    old = tls(relay, trusting(authority, version=TLS12))
    assert new.sock.cipher()[0] == "TLS_CHACHA20_POLY1305_SHA256"
    assert old.sock.cipher()[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
    with pytest.raises(ssl.SSLError):
        tls(relay, trusting(authority, version=TLS12,
                            ciphers="ECDHE-ECDSA-AES128-GCM-SHA256"))
    line = relay.wait_log(event="handshake refused")
    assert line["reason"] == "no shared cipher"


def test_alpn(start_relay: Any, echo: Any, authority: Any, pair: Any,
              tls: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    both = trusting(authority)
    both.set_alpn_protocols(["h2", "http/1.1"])
    client = tls(relay, both)
    assert client.sock.selected_alpn_protocol() == "http/1.1"
    client.upgrade()
    other = trusting(authority)
    other.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        tls(relay, other)
    line = relay.wait_log(event="handshake refused")
    assert line["reason"] == "no application protocol"
    assert tls(relay, trusting(authority)).sock.selected_alpn_protocol() is None


def resume(tls: Any, relay: Any, context: Any, session: Any) -> TlsClient:
    client = tls(relay, context, session=session)
    client.upgrade()
    return client


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_tickets_of_all_workers(start_relay: Any, echo: Any, authority: Any,
                                pair: Any, tls: Any, version: Any) -> None:
    """A ticket is good at another worker, and after a reload."""
    config = tls_relay_to(echo.target, pair, workers=4)
    relay = start_relay(config)
    context = trusting(authority, version=version)
    first = resume(tls, relay, context, None)
    assert not first.sock.session_reused
    session = first.sock.session
    for _ in range(8):
        client = resume(tls, relay, context, session)
        assert client.sock.session_reused
        if version == TLS13:
            session = client.sock.session
    workers = {line["worker"] for line in relay.log(event="session opened")}
    assert workers == {0, 1, 2, 3}
    relay.reload(config)
    assert resume(tls, relay, context, session).sock.session_reused


def test_tickets_are_of_one_listener(start_relay: Any, echo: Any, tls: Any,
                                     authority: Any, pair: Any) -> None:
    config = relay_to(echo.target, listeners=[
        tls_listener(pair), tls_listener(pair, name="other")])
    relay = start_relay(config)
    context = trusting(authority, version=TLS13)
    session = resume(tls, relay, context, None).sock.session
    raw = socket.create_connection(relay.listeners["other"], DEADLINE)
    with context.wrap_socket(raw, server_hostname="relay.test",
                             session=session) as sock:
        assert not sock.session_reused


@pytest.fixture(scope="module")
def clients(tmp_path_factory: Any) -> Authority:
    return Authority(tmp_path_factory.mktemp("clients"), "clients")


def mutual(target: str, pair: Pair, clients: Authority, verify: str,
           **more: Any) -> Any:
    return tls_relay_to(target, pair, tls={
        "client_ca": clients.path, "client_verify": verify}, **more)


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("verify", ["optional", "require"])
def test_subject_of_a_client(start_relay: Any, echo: Any, authority: Any,
                             pair: Any, clients: Any, tls: Any, version: Any,
                             verify: str) -> None:
    """It stands in the log, escaped, also when a ticket stood for it."""
    relay = start_relay(mutual(echo.target, pair, clients, verify))
    own = clients.issue(f"alice{verify}{version}",
                        subject="/O=A\"\n\x1b[2J/CN=älice")
    context = trusting(authority, version=version, pair=own)
    client = resume(tls, relay, context, None)
    line = relay.wait_log(event="session opened")
    assert line["tls_subject"].startswith("CN=älice,O=A\\\"")
    again = resume(tls, relay, context, client.sock.session)
    assert again.sock.session_reused
    second = relay.wait_log(2, event="session opened")
    assert second["tls_subject"] == line["tls_subject"]


def test_client_without_certificate(start_relay: Any, echo: Any, tls: Any,
                                    authority: Any, pair: Any, clients: Any,
                                    ) -> None:
    relay = start_relay(mutual(echo.target, pair, clients, "optional"))
    tls(relay, trusting(authority)).upgrade()
    assert "tls_subject" not in relay.wait_log(event="session opened")
    strict = start_relay(mutual(echo.target, pair, clients, "require"))
    for version in TLS12, TLS13:
        with pytest.raises((ssl.SSLError, AssertionError)):
            tls(strict, trusting(authority, version=version)).upgrade()
    line = strict.wait_log(2, event="handshake refused")
    assert line["reason"] == "peer did not return a certificate"


@pytest.mark.parametrize("verify", ["optional", "require"])
def test_bad_client_certificates(start_relay: Any, echo: Any, authority: Any,
                                 pair: Any, clients: Any, tls: Any,
                                 verify: str) -> None:
    relay = start_relay(mutual(echo.target, pair, clients, verify))
    old = expired(clients, f"old{verify}")
    stranger = authority.issue(f"stranger{verify}")
    for own in old, stranger:
        with pytest.raises((ssl.SSLError, OSError, AssertionError)):
            tls(relay, trusting(authority, pair=own)).upgrade()
    relay.wait_log(2, event="handshake refused", cause="tls_failed")
    reasons = [line["reason"] for line in relay.log(event="handshake refused")]
    assert reasons == ["certificate has expired",
                       "self-signed certificate in certificate chain"]
    assert not relay.log(event="session opened")


def test_ticket_dies_with_the_authority(start_relay: Any, echo: Any, tls: Any,
                                        authority: Any, pair: Any,
                                        clients: Any, tmp_path: Path) -> None:
    """A certificate that is no longer trusted is not let in by its ticket."""
    relay = start_relay(mutual(echo.target, pair, clients, "require"))
    context = trusting(authority, pair=clients.issue("bob"))
    session = resume(tls, relay, context, None).sock.session
    others = Authority(tmp_path, "others")
    relay.reload(mutual(echo.target, pair, others, "require"))
    with pytest.raises((ssl.SSLError, OSError, AssertionError)):
        resume(tls, relay, context, session)
    relay.wait_log(event="handshake refused", cause="tls_failed")


def test_plain_request(start_relay: Any, echo: Any, pair: Any,
                       client_of: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    for method in "GET", "OPTIONS":
        client = client_of(relay)
        answer = client.ask(request(method=method))
        assert answer.status == 400
        assert b"TLS" in answer.body and b"wss://" in answer.body
        client.expect_eof()
    relay.wait_log(2, event="handshake refused", status=400, cause="not_tls")


def test_plain_request_byte_by_byte(start_relay: Any, echo: Any, pair: Any,
                                    client_of: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    client = client_of(relay)
    data = request()
    client.send_pieces(data[:6], range(1, 6))
    assert client.read_response().status == 400


def test_tls_on_a_plain_port(start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    with pytest.raises(ssl.SSLError):
        TlsClient(relay.address, trusting(None))
    relay.wait_log(event="handshake refused", status=400)


@pytest.mark.parametrize("data", [
    b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x80\x2e\x01" * 50,
    b"\x16\x03\x01\0\x04\x01\0\0\0", b"\x15\x03\x01\0\x02\x02\x28",
    b"\x17\x03\x03\0\x20" + b"\xaa" * 32, b"ssh-2.0 x\r\n" * 9])
def test_garbage(start_relay: Any, echo: Any, authority: Any, pair: Any,
                 tls: Any, client_of: Any, data: bytes) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair, timeouts={
        "handshake": "1s"}))
    client = client_of(relay)
    client.send(data)
    relay.wait_log(event="handshake refused")
    try:
        while client.sock.recv(4096):
            pass
    except ConnectionResetError:
        pass
    tls(relay, trusting(authority)).upgrade()


def test_hello_byte_by_byte(start_relay: Any, echo: Any, authority: Any,
                            pair: Any, client_of: Any) -> None:
    """And all that follows it."""
    relay = start_relay(tls_relay_to(echo.target, pair))
    client = client_of(relay)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = trusting(authority)
    tls = context.wrap_bio(incoming, outgoing, server_hostname="relay.test")

    def drip() -> None:
        for byte in outgoing.read():
            client.send(bytes([byte]))

    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            drip()
            incoming.write(client.sock.recv(65536))
    tls.write(request())
    drip()
    answer = b""
    while not answer.startswith(b"HTTP/1.1 101"):
        incoming.write(client.sock.recv(65536))
        try:
            answer += tls.read()
        except ssl.SSLWantReadError:
            pass


@pytest.mark.parametrize("size", [0, 1, 5, 100])
def test_hello_never_finished(start_relay: Any, echo: Any, pair: Any,
                              client_of: Any, size: int) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair, timeouts={
        "handshake": "500ms"}))
    client = client_of(relay)
    outgoing = ssl.MemoryBIO()
    hello = trusting(None).wrap_bio(ssl.MemoryBIO(), outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    client.send(outgoing.read()[:size])
    line = relay.wait_log(event="handshake refused",
                          cause="handshake_timeout")
    assert "status" not in line
    client.expect_eof()


def test_handshake_has_one_deadline(start_relay: Any, echo: Any, tls: Any,
                                    authority: Any, pair: Any) -> None:
    """A request that lacks is answered, over TLS, by the same clock."""
    relay = start_relay(tls_relay_to(echo.target, pair, timeouts={
        "handshake": "500ms"}))
    client = tls(relay, trusting(authority))
    assert client.read_response().status == 408


def test_client_vanishes_in_the_handshake(start_relay: Any, echo: Any,
                                          authority: Any, pair: Any, tls: Any,
                                          client_of: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    before = relay.descriptors()
    outgoing = ssl.MemoryBIO()
    hello = trusting(None).wrap_bio(ssl.MemoryBIO(), outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    data = outgoing.read()
    for end in "close", "reset":
        client = client_of(relay)
        client.send(data)
        client.sock.recv(1)
        getattr(client.sock if end == "close" else client, end)()
    relay.wait_log(2, event="handshake refused", cause="tls_failed")
    Client(relay.address).sock.close()
    wait_for(lambda: relay.descriptors() <= before, "sockets closed")
    tls(relay, trusting(authority)).upgrade()


def test_refusals_are_answered_over_tls(start_relay: Any, echo: Any, tls: Any,
                                        authority: Any, pair: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair,
                                     limits={"max_sessions": 1}))
    tls(relay, trusting(authority)).upgrade()
    with pytest.raises(Refused) as refused:
        tls(relay, trusting(authority)).upgrade()
    assert refused.value.response.status == 503
    with pytest.raises(Refused) as refused:
        tls(relay, trusting(authority)).upgrade()
    assert refused.value.response.status == 503


def test_refused_connections_take_no_place(start_relay: Any, echo: Any,
                                           authority: Any, pair: Any, tls: Any,
                                           client_of: Any) -> None:
    """Nor do those whose handshake never ends, once there are too many."""
    relay = start_relay(tls_relay_to(echo.target, pair,
                                     limits={"max_sessions": 1}))
    first = tls(relay, trusting(authority))
    first.upgrade()
    waiting = [client_of(relay) for _ in range(3)]
    assert waiting
    first.close()
    relay.wait_closed()
    wait_for(lambda: _is_let_in(relay, authority), "a place")


def _is_let_in(relay: Any, authority: Any) -> bool:
    client = TlsClient(relay.address, trusting(authority))
    try:
        client.upgrade()
        client.close()
        return True
    except Refused:
        return False
    finally:
        client.sock.close()


def test_renegotiation_is_refused(start_relay: Any, echo: Any, authority: Any,
                                  pair: Any) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{relay.port}",
         "-tls1_2", "-CAfile", authority.path], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert client.stdin and client.stdout
        client.stdin.write(b"R\n")
        client.stdin.flush()
        seen = b""
        while b"no renegotiation" not in seen:
            piece = client.stdout.read1(4096)
            assert piece, seen.decode(errors="replace")
            seen += piece
    finally:
        client.kill()
        client.communicate()


def test_unix_listener(start_relay: Any, echo: Any, authority: Any, pair: Any,
                       tls: Any, tmp_path: Path) -> None:
    listener = tls_listener(pair)
    listener["listen"] = f"unix:{tmp_path}/s"
    relay = start_relay(relay_to(echo.target, listeners=[listener]))
    client = tls(relay, trusting(authority))
    client.upgrade()
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"
    client.close()


def test_ktls_is_said_once(start_relay: Any, echo: Any, authority: Any,
                           pair: Any, tls: Any) -> None:
    """With or without a kernel that can, it works and the log says which."""
    relay = start_relay(tls_relay_to(echo.target, pair, tls={"ktls": True}))
    for _ in range(2):
        client = tls(relay, trusting(authority))
        client.upgrade()
        client.send_binary(b"x" * 100000)
        assert client.read_data(100000) == b"x" * 100000
        client.close()
    said = [line for line in relay.log() if "kernel" in line["event"]]
    assert len(said) == 1


def test_ktls_by_a_reload_is_said(start_relay: Any, echo: Any, pair: Any
                                  ) -> None:
    relay = start_relay(tls_relay_to(echo.target, pair))
    relay.reload(tls_relay_to(echo.target, pair, tls={"ktls": True}))
    assert [line for line in relay.log() if "kernel" in line["event"]]


def test_browser_like_client(start_relay: Any, echo: Any, authority: Any,
                             pair: Any) -> None:
    """The answer to what is no WebSocket comes whole over https."""
    relay = start_relay(tls_relay_to(echo.target, pair))
    context = trusting(authority)
    context.check_hostname = False
    connection = http.client.HTTPSConnection(
        *relay.address, context=context, timeout=DEADLINE)
    connection.request("GET", "/app")
    assert connection.getresponse().status == 426
    connection.close()
