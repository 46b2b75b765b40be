# SPDX-License-Identifier: MIT
"""Certificates made at run time, and WebSocket clients that speak TLS."""

import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from .config import Config, relay_to
from .wait import DEADLINE
from .ws import Client, dial

EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)


def openssl(*arguments: str, **more: Any) -> bytes:
    """Runs openssl(1); what it says is in the error if it fails."""
    done = subprocess.run(["openssl", *arguments], capture_output=True,
                          timeout=DEADLINE, **more)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


class Pair:
    """A certificate and its key, as files."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.certificate = directory / f"{name}.pem"
        self.key = directory / f"{name}.key"

    @property
    def config(self) -> Dict[str, str]:
        return {"certificate": str(self.certificate), "key": str(self.key)}

    def serial(self) -> int:
        text = openssl("x509", "-in", str(self.certificate), "-noout",
                       "-serial").decode()
        return int(text.split("=")[1], 16)


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self.directory = directory
        self.pair = Pair(directory, name)
        openssl("req", "-x509", "-newkey", *EC, "-nodes", "-days", "30",
                "-keyout", str(self.pair.key), "-out",
                str(self.pair.certificate), "-subj", f"/CN={name}")
        self.made = 0

    @property
    def path(self) -> str:
        return str(self.pair.certificate)

    def issue(self, file: str, names: Sequence[str] = ("relay.test",), *,
              kind: Sequence[str] = EC, subject: str = "/CN=common.test",
              begin: Optional[str] = None, end: Optional[str] = None) -> Pair:
        """Signs a certificate for `names`; none: for the subject's only.

        `begin` and `end` (YYMMDDHHMMSSZ) are its times, if not now.
        """
        pair = Pair(self.directory, file)
        request = self.directory / f"{file}.csr"
        config = self.directory / f"{file}.cnf"
        self.made += 1
        extensions = "basicConstraints=CA:FALSE\n"
        if names:
            extensions += "subjectAltName=" + ",".join(
                f"DNS:{name}" for name in names) + "\n"
        config.write_text(
            "[ca]\ndefault_ca=d\n[d]\n"
            f"database={self.directory}/{file}.db\n"
            f"new_certs_dir={self.directory}\nrand_serial=yes\n"
            "default_md=sha256\npolicy=p\nunique_subject=no\n"
            "x509_extensions=x\nemail_in_dn=no\n"
            "[p]\ncommonName=supplied\norganizationName=optional\n"
            f"[x]\n{extensions}")
        (self.directory / f"{file}.db").write_text("")
        openssl("req", "-newkey", *kind, "-nodes", "-keyout", str(pair.key),
                "-out", str(request), "-subj", subject, "-utf8")
        times: List[str] = ["-days", "20"]
        if begin and end:
            times = ["-startdate", begin, "-enddate", end]
        openssl("ca", "-batch", "-notext", "-config", str(config), "-in",
                str(request), "-out", str(pair.certificate), "-cert",
                str(self.pair.certificate), "-keyfile", str(self.pair.key),
                "-utf8", "-preserveDN", *times)
        return pair


def expired(authority: Authority, file: str, **more: Any) -> Pair:
    return authority.issue(file, begin="200101000000Z", end="200201000000Z",
                           **more)


def tls_listener(*pairs: Pair, name: str = "tls", **more: Any) -> Config:
    """A listener with these certificates; `more` is of its group tls."""
    return {"name": name, "listen": "127.0.0.1:0",
            "tls": {"certificates": [pair.config for pair in pairs], **more}}


def tls_relay_to(target: str, *pairs: Pair, tls: Optional[Config] = None,
                 **more: Any) -> Config:
    """As relay_to(), over TLS."""
    return relay_to(target, listeners=[tls_listener(*pairs, **(tls or {}))],
                    **more)


def trusting(authority: Optional[Authority], *,
             version: Optional[ssl.TLSVersion] = None,
             pair: Optional[Pair] = None,
             ciphers: Optional[str] = None) -> ssl.SSLContext:
    """A client's context; without an authority it trusts anybody."""
    context = ssl.create_default_context(
        cafile=authority.path if authority else None)
    if not authority:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    if pair:
        context.load_cert_chain(pair.certificate, pair.key)
    return context


class TlsClient(Client):
    """A WebSocket client over TLS; an end without close_notify is an error."""

    def __init__(self, address: Any, context: ssl.SSLContext, *,
                 host: Optional[str] = "relay.test",
                 session: Optional[ssl.SSLSession] = None,
                 receive_buffer: Optional[int] = None) -> None:
        raw = dial(address, receive_buffer=receive_buffer)
        try:
            self.sock = context.wrap_socket(raw, server_hostname=host,
                                            session=session,
                                            suppress_ragged_eofs=False)
        except BaseException:
            raw.close()
            raise
        self.buffer = bytearray()
        self.eof = False

    def peer_names(self) -> List[str]:
        found = self.sock.getpeercert()
        return [value for _, value in found["subjectAltName"]]

    def end_tls(self) -> socket.socket:
        """close_notify both ways; the bare socket."""
        return self.sock.unwrap()
