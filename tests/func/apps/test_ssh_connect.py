# SPDX-License-Identifier: MIT
"""OpenSSH with wsrelay-connect as its ProxyCommand, plain and over TLS."""

import getpass
import hashlib
import random
import subprocess
from pathlib import Path
from typing import Any, List

import pytest
from lib import connect
from lib.config import relay_to
from lib.tls import Authority, tls_listener
from sshd import start_sshd

SIZE = 20 << 20


@pytest.fixture
def options(start_relay: Any, spawn: Any, tmp_path: Path) -> Any:
    """What ssh and scp are given, by scheme: a daemon before a real sshd."""
    port = start_sshd(spawn, tmp_path)
    authority = Authority(tmp_path)
    relay = start_relay(relay_to(f"127.0.0.1:{port}", listeners=[
        {"name": "web", "listen": "127.0.0.1:0"},
        tls_listener(authority.issue("localhost", ["localhost"]))]))

    def of(scheme: str) -> List[str]:
        name = "tls" if scheme == "wss" else "web"
        proxy = [connect.program()]
        if scheme == "wss":
            proxy += ["--ca", authority.path]
        proxy += [f"{scheme}://localhost:{relay.listeners[name][1]}/app"]
        return ["-F", "none", "-i", str(tmp_path / "user"), "-o",
                "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
                f"UserKnownHostsFile={tmp_path}/known", "-o",
                "LogLevel=ERROR", "-o", f"ProxyCommand={' '.join(proxy)}"]

    return of


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_login(options: Any, scheme: str) -> None:
    result = subprocess.run(
        ["ssh", *options(scheme), f"{getpass.getuser()}@relay.test",
         "echo $((6 * 7)); exit 3"],
        text=True, capture_output=True, timeout=60)
    assert (result.stdout, result.returncode) == ("42\n", 3), result.stderr
    assert result.stderr == ""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_scp(options: Any, scheme: str, tmp_path: Path) -> None:
    """20 MB there, and back under another name."""
    data = random.Random(SIZE).randbytes(SIZE)
    source, there, back = (tmp_path / name for name in "abc")
    source.write_bytes(data)
    host = f"{getpass.getuser()}@relay.test"
    for one, other in ((str(source), f"{host}:{there}"),
                       (f"{host}:{there}", str(back))):
        result = subprocess.run(["scp", "-q", *options(scheme), one, other],
                                text=True, capture_output=True, timeout=180)
        assert result.returncode == 0, result.stderr
    assert (hashlib.sha256(back.read_bytes()).digest()
            == hashlib.sha256(data).digest())
