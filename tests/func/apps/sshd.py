# SPDX-License-Identifier: MIT
"""A real sshd for one test, with keys of its own."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from lib.wait import wait_for


def free_port() -> int:
    """A port the kernel has just given: sshd takes no other's word."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def start_sshd(spawn: Any, tmp_path: Path) -> int:
    """Runs one that lets in who has `tmp_path`/user; returns its port."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        str(tmp_path / name)], check=True, timeout=60)
    port = free_port()
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\n"
        f"HostKey {tmp_path}/host\n"
        f"AuthorizedKeysFile {tmp_path}/user.pub\n"
        "PidFile none\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        "Subsystem sftp internal-sftp\n")
    if os.getuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)  # sshd's own, as Debian has it
    spawn("/usr/sbin/sshd", "-D", "-e", "-f", str(tmp_path / "sshd_config"))
    wait_for(lambda: is_listening(port), "sshd")
    return port
