# SPDX-License-Identifier: MIT
"""The daemon under test: started, read, signalled and stopped."""

import json
import os
import re
import resource
import signal
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from .config import Config, render
from .wait import DEADLINE, wait_for

Line = Dict[str, Any]
Address = Union[tuple, str]

REFUSED = "configuration refused, the old one runs on"

# Where a build has it, seen from where the tests may be started.
PLACES = ("src/wsrelayd", "../src/wsrelayd", "../../src/wsrelayd")


def binary() -> str:
    """The program under test: $WSRELAYD, or that of the build around us."""
    given = os.environ.get("WSRELAYD")
    for place in [given] if given else PLACES:
        if os.access(place, os.X_OK):
            return os.path.abspath(place)
    raise FileNotFoundError(f"no wsrelayd at {given or PLACES}: set WSRELAYD")


def environment(directory: Path) -> Dict[str, str]:
    """An environment in which sanitizers report into `directory`."""
    log = f"log_path={directory}/sanitizer"
    suppressions = os.environ.get("TSAN_OPTIONS", "")
    return dict(
        os.environ, LC_ALL="C.UTF-8",
        ASAN_OPTIONS=f"{log}:detect_leaks=1",
        LSAN_OPTIONS=log,
        UBSAN_OPTIONS=f"{log}:print_stacktrace=1",
        TSAN_OPTIONS=f"{log}:{suppressions}".rstrip(":"))


def run(*arguments: str, directory: Path,
        **more: Any) -> "subprocess.CompletedProcess[str]":
    """Runs the program to its end."""
    result = subprocess.run(
        [binary(), *arguments], capture_output=True, text=True,
        env=environment(directory), timeout=DEADLINE, cwd=directory, **more)
    reports = sanitizer_reports(directory)
    assert not reports, reports
    return result


def sanitizer_reports(directory: Path) -> str:
    """Everything a sanitizer had to say, empty when all is well."""
    return "\n".join(path.read_text(errors="replace")
                     for path in sorted(directory.glob("sanitizer.*")))


def parse_address(text: str) -> Address:
    """An address of the log as the socket module takes it."""
    if text.startswith("unix:"):
        path = text[len("unix:"):]
        return "\0" + path[1:] if path.startswith("@") else path
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Relay:
    """A running daemon, with its configuration and log in `directory`."""

    def __init__(self, directory: Path, config: Config, *,
                 arguments: Sequence[str] = (),
                 stderr: Optional[int] = None,
                 nofile: Optional[int] = None,
                 prefix: Sequence[str] = ()) -> None:
        self.directory = directory
        self.config_file = directory / "wsrelayd.conf"
        self.log_file = directory / "stderr.log"
        self.listeners: Dict[str, Address] = {}
        self.write_config(config)
        self.prefix = prefix    # a command that ends by running the daemon
        self.process = self._spawn(arguments, stderr, nofile)
        if stderr is None:
            self._wait_started(len(config["listeners"]))

    def _wait_started(self, listeners: int) -> None:
        """One that does not start in time is nobody's to stop later."""
        try:
            self.wait_listening(listeners)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _spawn(self, arguments: Sequence[str], stderr: Optional[int],
               nofile: Optional[int]) -> "subprocess.Popen[bytes]":
        def limit() -> None:
            if nofile is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))

        with open(self.log_file, "ab") as log:
            return subprocess.Popen(
                [*self.prefix, binary(), "-c", str(self.config_file),
                 *arguments],
                stdin=subprocess.DEVNULL, stdout=log,
                stderr=log if stderr is None else stderr,
                env=environment(self.directory), preexec_fn=limit)

    # Configuration.

    def write_config(self, config: Config) -> None:
        self.config_file.write_text(render(config))

    def reload(self, config: Config) -> Line:
        """Has `config` taken in; returns the log line that says so."""
        return self._reload(config, "configuration reloaded")

    def reload_refused(self, config: Config) -> Line:
        """Offers `config`, which must be refused; returns the log line."""
        return self._reload(config, REFUSED)

    def _reload(self, config: Config, event: str) -> Line:
        seen = len(self.log(event=event))
        self.write_config(config)
        self.signal(signal.SIGHUP)
        wait_for(lambda: len(self.log(event=event)) > seen, event)
        self._learn_listeners()
        return self.log(event=event)[-1]

    # Addresses.

    def wait_listening(self, count: int) -> None:
        """Until it has these and is ready: what it opens, it has opened."""
        def listening() -> bool:
            assert self.process.poll() is None, self.log_text()
            self._learn_listeners()
            return len(self.listeners) >= count and bool(
                self.log(event="ready"))
        wait_for(listening, f"{count} listeners")

    def _learn_listeners(self) -> None:
        for line in self.log(event="listening"):
            self.listeners[line["listener"]] = parse_address(line["address"])

    @property
    def address(self) -> Address:
        """The address of the only, or the first, listener."""
        return next(iter(self.listeners.values()))

    @property
    def port(self) -> int:
        return int(self.address[1])

    # The log.

    def log_text(self) -> str:
        return self.log_file.read_text(errors="backslashreplace")

    def log(self, **fields: Any) -> List[Line]:
        """The complete lines so far that have all of `fields`."""
        complete = self.log_text().rpartition("\n")[0]
        lines = [json.loads(text) for text in complete.splitlines()]
        return [line for line in lines if fields.items() <= line.items()]

    def wait_log(self, count: int = 1, **fields: Any) -> Line:
        """Waits for `count` lines with these fields; returns the last."""
        def enough() -> List[Line]:
            lines = self.log(**fields)
            return lines if len(lines) >= count else []
        try:
            return wait_for(enough, f"log lines {fields}")[-1]
        except AssertionError as error:
            raise AssertionError(f"{error}; log:\n{self.log_text()}") from None

    def wait_closed(self, count: int = 1, **fields: Any) -> Line:
        """Waits for the closing line of a session."""
        return self.wait_log(count, event="session closed", **fields)

    # The process.

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait_exit(self, timeout: float = DEADLINE) -> int:
        return self.process.wait(timeout)

    def memory(self) -> int:
        """What the process has allocated, in bytes.  Pages of programs and
        libraries do not count: others come and go that share them."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        match = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
        assert match is not None
        return int(match.group(1)) * 1024

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def is_sanitized(self) -> bool:
        """Whether memory figures say nothing: a sanitizer's build."""
        maps = Path(f"/proc/{self.process.pid}/maps").read_text()
        if re.search(r"lib(asan|tsan|clang_rt)", maps):
            return True
        program = Path(f"/proc/{self.process.pid}/exe")
        return "valgrind" in os.readlink(program) or re.search(
            rb"__[at]san_init", program.read_bytes()) is not None

    def finish(self, check: bool = True) -> None:
        """Stops what still runs; with `check`, all must have gone well."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGTERM)
            try:
                self.wait_exit()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        reports = sanitizer_reports(self.directory)
        assert not reports, reports
        if check:
            assert self.process.returncode == 0, (
                f"ended with {self.process.returncode}:\n{self.log_text()}")
            self.log()


class Relays:
    """Starts daemons and stops all of them at the end of a test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: List[Relay] = []

    def __call__(self, config: Config, **more: Any) -> Relay:
        directory = self.directory / f"relay{len(self.running)}"
        directory.mkdir()
        relay = Relay(directory, config, **more)
        self.running.append(relay)
        return relay

    def finish(self) -> None:
        for relay in self.running:
            relay.finish()
