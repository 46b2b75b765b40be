# SPDX-License-Identifier: MIT
"""A booted systemd with the daemon installed as "make install" does it."""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from lib.config import Config, render
from lib.wait import DEADLINE, wait_for

HERE = Path(__file__).resolve().parent
PREFIX = Path("/usr/local")
UNIT = "wsrelayd.service"
SOCKET = "wsrelayd.socket"

CLONE_NEWNET = 0x40000000


def build_directory() -> Path:
    """Of the daemon under test: $WSRELAYD_BUILD, configured as usual."""
    return Path(os.environ["WSRELAYD_BUILD"]).resolve()


class Lab:
    """PID 1 of private namespaces; this process joins its network."""

    def __init__(self, directory: Path) -> None:
        self.out = directory / "out"
        self.stage = directory / "stage"
        self._install()
        self.boot = subprocess.Popen(
            [str(HERE / "boot.sh"), "-o", str(self.out), "-t", "900",
             "-b", f"{self.stage}{PREFIX}:{PREFIX}", str(HERE / "hold.sh")],
            stdin=subprocess.PIPE, env=dict(os.environ, SDLAB=str(directory)),
            stdout=sys.stderr)
        self.pid = self._wait_booted()
        self.root = Path(f"/proc/{self.pid}/root")
        self._join_network()

    def _install(self) -> None:
        subprocess.run(
            ["make", "-s", "-C", str(build_directory()), "install",
             f"DESTDIR={self.stage}"], check=True, stdout=subprocess.DEVNULL)
        assert (self.stage / "usr/local/sbin/wsrelayd").exists(), (
            "the build under test is to have the prefix /usr/local")

    def _wait_booted(self) -> int:
        file = self.out / "pid1"

        def booted() -> bool:
            assert self.boot.poll() is None, "the lab did not boot"
            return file.exists()
        wait_for(booted, "systemd to boot", 120)
        return int(file.read_text())

    def _join_network(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.pid}/ns/net", "rb") as file:
            assert libc.setns(file.fileno(), CLONE_NEWNET) == 0, (
                os.strerror(ctypes.get_errno()))

    def finish(self) -> None:
        assert self.boot.stdin is not None
        self.boot.stdin.close()
        assert self.boot.wait(60) == 0

    # Inside.

    def run(self, *command: str, check: bool = True,
            ) -> "subprocess.CompletedProcess[str]":
        """Runs a command in the lab, as its root."""
        done = subprocess.run(
            ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc",
             "--net", "--pid", "--cgroup", "--", "env", "-i",
             "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
             "SYSTEMD_COLORS=0", *command],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=120)
        if check:
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    def systemctl(self, *arguments: str, check: bool = True,
                  ) -> "subprocess.CompletedProcess[str]":
        return self.run("systemctl", *arguments, check=check)

    def show(self, name: str, unit: str = UNIT) -> str:
        """A property of the unit, as systemctl prints it."""
        return self.systemctl("show", "-P", name, unit).stdout.strip()

    def wait_show(self, name: str, value: str) -> None:
        seen: List[str] = []

        def same() -> bool:
            seen.append(self.show(name))
            return seen[-1] == value
        try:
            wait_for(same, f"{name}={value}")
        except AssertionError as error:
            raise AssertionError(f"{error}; last {seen[-1]!r}") from None

    # The unit.

    def configure(self, config: Config) -> None:
        """Writes the daemon's configuration, the control socket where it is by
        itself: there is one daemon here."""
        config = {key: value for key, value in config.items()
                  if key != "control"}
        path = self.stage / "usr/local/etc/wsrelayd/wsrelayd.conf"
        path.write_text(render(config))

    def override(self, text: str, unit: str = UNIT) -> None:
        """Writes a drop-in for a unit, which reset() takes away."""
        directory = self.root / "run/systemd/system" / f"{unit}.d"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "test.conf").write_text(text)
        self.systemctl("daemon-reload")

    def reset(self) -> None:
        """Back to units as they were installed, none of them running."""
        units = [path.name for path in
                 (self.root / "run/systemd/system").glob("*.socket")]
        self.systemctl("stop", SOCKET, UNIT, *units)
        self.systemctl("reset-failed")
        self.run("sh", "-c", "rm -rf /run/systemd/system/*")
        self.systemctl("daemon-reload")

    def main_pid(self) -> int:
        """The daemon's number on the host; 0 when there is none."""
        inner = self.show("MainPID")
        space = os.readlink(f"/proc/{self.pid}/ns/pid")
        for path in Path("/proc").glob("[0-9]*/status"):
            try:
                numbers = [line.split()[1:] for line in
                           path.read_text().splitlines()
                           if line.startswith("NSpid:")][0]
                if numbers[-1] == inner and os.readlink(
                        path.parent / "ns/pid") == space:
                    return int(path.parent.name)
            except OSError:
                continue
        return 0

    # The journal.

    def journal(self, *matches: str) -> List[Dict[str, Any]]:
        """Entries of the unit's last start that have these fields."""
        self.run("journalctl", "--sync")
        invocation = self.show("InvocationID")
        text = self.run("journalctl", "-o", "json", "--no-pager",
                        f"_SYSTEMD_INVOCATION_ID={invocation}", *matches,
                        check=False).stdout
        return [json.loads(line) for line in text.splitlines()]

    def messages(self, unit: str = UNIT) -> str:
        """All that was logged for a unit, as text."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "-o", "cat", "--no-pager", "-u",
                        unit).stdout

    def wait_journal(self, *matches: str,
                     timeout: Optional[float] = None) -> Dict[str, Any]:
        return wait_for(lambda: self.journal(*matches), f"{matches}",
                        timeout or DEADLINE)[-1]
