# SPDX-License-Identifier: MIT
"""wsrelayctl, and the control socket it talks to."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, List

from .relay import binary, environment, sanitizer_reports
from .wait import DEADLINE

Result = "subprocess.CompletedProcess[str]"


def program() -> str:
    """$WSRELAYCTL, or wsrelayctl of the build that the daemon is of."""
    given = os.environ.get("WSRELAYCTL")
    if given:
        return given
    build = os.environ.get("WSRELAYD_BUILD")
    path = (Path(build) / "src" if build else Path(binary()).parent)
    return str(path / "wsrelayctl")


class Control:
    """A control socket on a path of its own, short enough for sun_path."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="wsrelayctl-"))
        self.path = str(self.directory / "s")

    @property
    def option(self) -> Dict[str, Any]:
        """What goes into a configuration."""
        return {"control": {"socket": self.path}}

    def run(self, *arguments: Any, prefix: List[str] = [],
            path: str = "", **more: Any) -> Any:
        """Runs wsrelayctl to its end."""
        result = subprocess.run(
            [*prefix, program(), "--socket", path or self.path, *arguments],
            capture_output=True, text=True, timeout=3 * DEADLINE,
            env=environment(self.directory), **more)
        reports = sanitizer_reports(self.directory)
        assert not reports, reports
        return result

    def ok(self, *arguments: str, **more: Any) -> str:
        """Runs a command that must succeed; what it prints."""
        result = self.run(*arguments, **more)
        assert result.returncode == 0, result
        assert not result.stderr, result
        return str(result.stdout)

    def refused(self, *arguments: Any, code: int = 1, **more: Any) -> str:
        """Runs a command that must fail; what it says on stderr."""
        result = self.run(*arguments, **more)
        assert result.returncode == code, result
        assert not result.stdout, result
        return str(result.stderr)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.ok(*arguments, "--json"))

    def connect(self) -> "Line":
        return Line(self.path)

    def finish(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


class Line:
    """The control socket in raw lines."""

    def __init__(self, path: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(path)
        self.input = self.sock.makefile("rb")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def ask(self, command: str, **members: Any) -> None:
        self.send(json.dumps({"version": 1, "command": command,
                              **members}).encode() + b"\n")

    def read(self) -> Any:
        """The next line; None at the end."""
        line = self.input.readline()
        return json.loads(line) if line else None

    def answer(self, command: str, **members: Any) -> Any:
        """Asks, and reads to the end of the answer."""
        self.ask(command, **members)
        return self.read_answer()

    def read_answer(self) -> Any:
        while True:
            line = self.read()
            assert line is not None, "hung up inside of an answer"
            if "ok" in line or "error" in line:
                return line

    def close(self) -> None:
        self.input.close()
        self.sock.close()
