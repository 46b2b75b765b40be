# SPDX-License-Identifier: MIT
"""OpenSSH through the relay: a login, and 100 MB each way."""

import getpass
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest
from lib import bridge as bridge_module
from lib.config import relay_to
from sshd import start_sshd

SIZE = 100 << 20
CHUNK = hashlib.sha256(b"chunk").digest() * 32768  # 1 MiB


@pytest.fixture
def ssh(start_relay: Any, spawn: Any, tmp_path: Path) -> List[str]:
    """The command line of an ssh that comes through the relay."""
    port = start_sshd(spawn, tmp_path)
    relay = start_relay(relay_to(f"127.0.0.1:{port}"))
    proxy = (f"{sys.executable} {bridge_module.__file__} "
             f"ws://127.0.0.1:{relay.port}/app")
    return ["ssh", "-F", "none", "-i", str(tmp_path / "user"), "-o",
            "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
            f"UserKnownHostsFile={tmp_path}/known", "-o",
            "LogLevel=ERROR", "-o", f"ProxyCommand={proxy}",
            f"{getpass.getuser()}@relay.test"]


def test_login(ssh: List[str]) -> None:
    result = subprocess.run([*ssh, "echo $((6 * 7)); exit 3"], text=True,
                            capture_output=True, timeout=60)
    assert (result.stdout, result.returncode) == ("42\n", 3), result.stderr


def digest(size: int) -> str:
    whole = hashlib.sha256()
    for _ in range(size // len(CHUNK)):
        whole.update(CHUNK)
    return whole.hexdigest()


@pytest.mark.timeout(400)
def test_100_megabytes_up(ssh: List[str]) -> None:
    with subprocess.Popen([*ssh, "sha256sum"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as upload:
        assert upload.stdin is not None and upload.stdout is not None
        for _ in range(SIZE // len(CHUNK)):
            upload.stdin.write(CHUNK)
        upload.stdin.close()
        assert upload.stdout.read().decode().split()[0] == digest(SIZE)
    assert upload.returncode == 0


@pytest.mark.timeout(400)
def test_100_megabytes_down(ssh: List[str], tmp_path: Path) -> None:
    source = tmp_path / "source"
    with open(source, "wb") as file:
        for _ in range(SIZE // len(CHUNK)):
            file.write(CHUNK)
    got, size = hashlib.sha256(), 0
    with subprocess.Popen([*ssh, f"cat {source}"],
                          stdout=subprocess.PIPE) as download:
        assert download.stdout is not None
        while piece := download.stdout.read(1 << 20):
            got.update(piece)
            size += len(piece)
    assert (size, got.hexdigest()) == (SIZE, digest(SIZE))
    assert download.returncode == 0
