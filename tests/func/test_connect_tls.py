# SPDX-License-Identifier: MIT
"""wsrelay-connect over TLS: whom it trusts, and who it says it is."""

import ssl
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from lib.config import relay_to
from lib.connect import Program, RawServer, WsServer, echo
from lib.relay import Relays
from lib.tls import Authority, Pair, expired, openssl, tls_relay_to
from lib.wait import wait_for

Start = Callable[..., Program]

DISTRUSTED = "the server's certificate is not to be trusted: "


@pytest.fixture(scope="module")
def authority(tmp_path_factory: Any) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def localhost(authority: Authority) -> Pair:
    return authority.issue("localhost", ["localhost"])


@pytest.fixture
def serve(keep: Any) -> Callable[..., WsServer]:
    """A server that echoes, with this certificate."""
    def start(pair: Pair, client_ca: str = "") -> WsServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        return keep(WsServer(echo, context=context))
    return start


def ended(client: Program) -> Any:
    wait_for(lambda: client.process.poll() is not None, "its end")
    done = client.finish()
    return (done.returncode,
            done.stderr.decode().replace("wsrelay-connect: ", ""))


def exchange(client: Program) -> None:
    client.write(b"hello")
    assert client.read(5) == b"hello"
    assert client.finish().returncode == 0


def test_trusted_by_name(authority: Authority, localhost: Pair, serve: Any,
                         wsrelay_connect: Start) -> None:
    server = serve(localhost)
    exchange(wsrelay_connect("--ca", authority.path,
                             f"wss://localhost:{server.port}/"))


def test_trusted_by_address(tmp_path: Path, serve: Any,
                            wsrelay_connect: Start) -> None:
    pair = Pair(tmp_path, "address")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9",
            "-keyout", str(pair.key), "-out", str(pair.certificate), "-subj",
            "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1")
    url = f"wss://127.0.0.1:{serve(pair).port}/"
    exchange(wsrelay_connect("--ca", str(pair.certificate), url))


def test_trusted_by_the_system(authority: Authority, localhost: Pair,
                               serve: Any, wsrelay_connect: Start,
                               monkeypatch: Any) -> None:
    """OpenSSL's own variable stands for the system's directory."""
    server = serve(localhost)
    monkeypatch.setenv("SSL_CERT_FILE", authority.path)
    exchange(wsrelay_connect(f"wss://localhost:{server.port}/"))


def test_not_trusted(localhost: Pair, serve: Any,
                     wsrelay_connect: Start) -> None:
    code, said = ended(wsrelay_connect(
        f"wss://localhost:{serve(localhost).port}/"))
    assert code == 77 and said.startswith(DISTRUSTED), said


def test_wrong_name(authority: Authority, localhost: Pair, serve: Any,
                    wsrelay_connect: Start) -> None:
    url = f"wss://127.0.0.1:{serve(localhost).port}/"
    code, said = ended(wsrelay_connect("--ca", authority.path, url))
    assert (code, said) == (
        77, DISTRUSTED + "IP address mismatch (see --ca)\n")
    other = serve(authority.issue("other", ["other.test"]))
    code, said = ended(wsrelay_connect(
        "--ca", authority.path, f"wss://localhost:{other.port}/"))
    assert (code, said) == (77, DISTRUSTED + "hostname mismatch (see --ca)\n")


def test_expired(authority: Authority, serve: Any,
                 wsrelay_connect: Start) -> None:
    server = serve(expired(authority, "old", names=["localhost"]))
    assert ended(wsrelay_connect("--ca", authority.path,
                                 f"wss://localhost:{server.port}/")) == (
        77, DISTRUSTED + "certificate has expired (see --ca)\n")


def test_insecure(localhost: Pair, serve: Any,
                  wsrelay_connect: Start) -> None:
    url = f"wss://127.0.0.1:{serve(localhost).port}/"
    client = wsrelay_connect("--insecure", "-v", url)
    client.write(b"hello")
    assert client.read(5) == b"hello"
    done = client.finish()
    assert done.returncode == 0
    assert b"WARNING: --insecure: " in done.stderr
    assert b", and the certificate is not to be trusted\n" in done.stderr


def test_client_certificate(authority: Authority, localhost: Pair, serve: Any,
                            wsrelay_connect: Start, tmp_path: Path) -> None:
    url = f"wss://localhost:{serve(localhost, authority.path).port}/"
    ours = authority.issue("client", [], subject="/CN=me")
    exchange(wsrelay_connect("--ca", authority.path, "--certificate",
                             str(ours.certificate), "--key", str(ours.key),
                             url))
    both = tmp_path / "both.pem"
    both.write_bytes(ours.certificate.read_bytes() + ours.key.read_bytes())
    exchange(wsrelay_connect("--ca", authority.path, "--certificate",
                             str(both), url))


def test_client_certificate_missing(authority: Authority, localhost: Pair,
                                    start_relay: Relays, echo: Any,
                                    wsrelay_connect: Start) -> None:
    """With TLS 1.3 the server says so when the handshake is over for us."""
    relay = start_relay(tls_relay_to(echo.target, localhost, tls={
        "client_ca": authority.path, "client_verify": "require"}))
    code, said = ended(wsrelay_connect(
        "--ca", authority.path, f"wss://localhost:{relay.port}/app"))
    assert code == 69 and "certificate required" in said, said


def test_files_that_are_none(authority: Authority, localhost: Pair,
                             wsrelay_connect: Start) -> None:
    url = "wss://localhost:1/"
    for arguments in (["--ca", "/nowhere"],
                      ["--ca", str(localhost.key)],
                      ["--certificate", "/nowhere"],
                      ["--certificate", authority.path, "--key",
                       str(localhost.key)]):
        code, said = ended(wsrelay_connect(*arguments, url))
        assert code == 66 and said.startswith(arguments[-1] + ": "), said


def test_not_tls(raw: RawServer, wsrelay_connect: Start) -> None:
    client = wsrelay_connect(raw.url.replace("ws:", "wss:"))
    sock = raw.sock.accept()[0]
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    code, said = ended(client)
    sock.close()
    assert code == 69 and said.startswith("TLS failed: "), said


def test_tls_where_none_is(authority: Authority, localhost: Pair, serve: Any,
                           wsrelay_connect: Start) -> None:
    code, _ = ended(wsrelay_connect(serve(localhost).url()))
    assert code in (69, 76)


@pytest.mark.timeout(200)
def test_bulk_through_the_daemon(authority: Authority, localhost: Pair,
                                 start_relay: Relays, echo: Any,
                                 wsrelay_connect: Start,
                                 tmp_path: Path) -> None:
    """50 MB there and back at a time."""
    relay = start_relay(tls_relay_to(echo.target, localhost))
    source, result = tmp_path / "source", tmp_path / "result"
    source.write_bytes(bytes(range(251)) * (50 * 1024 * 1024 // 251))
    with open(source, "rb") as stdin, open(result, "wb") as stdout:
        client = wsrelay_connect(
            "--ca", authority.path, f"wss://localhost:{relay.port}/app",
            stdin=stdin, stdout=stdout)
        done = client.finish()
    assert (done.returncode, done.stderr) == (0, b"")
    assert result.read_bytes() == source.read_bytes()
    closed = relay.wait_closed()
    assert closed["cause"] == "client_closed", closed


def test_verbose(authority: Authority, localhost: Pair, serve: Any,
                 wsrelay_connect: Start) -> None:
    client = wsrelay_connect("-v", "--ca", authority.path,
                             f"wss://localhost:{serve(localhost).port}/",
                             stdin=subprocess.DEVNULL)
    assert "TLSv1.3, TLS_AES_256_GCM_SHA384\n" in ended(client)[1]


def test_stdin_of_relay_to_plain(start_relay: Relays, echo: Any,
                                 wsrelay_connect: Start) -> None:
    """A daemon that speaks no TLS says so in plain text."""
    relay = start_relay(relay_to(echo.target))
    code, said = ended(wsrelay_connect(f"wss://127.0.0.1:{relay.port}/app"))
    assert code == 69 and said.startswith("TLS failed: "), said
