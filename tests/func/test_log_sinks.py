# SPDX-License-Identifier: MIT
"""Journal, syslog, full disks: read, not read, absent, restarted.

The daemon runs in a mount namespace of its own, where the sockets of the log
daemons are the test's.  Needs root.
"""

import os
import re
import socket
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest
from lib.config import Config, relay_to
from lib.wait import DEADLINE, wait_for


class Daemon:
    """A log daemon at a path, which reads when the test does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock: Optional[socket.socket] = None
        self.start()

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.path))
        self.sock.settimeout(DEADLINE)

    def stop(self) -> None:
        if self.sock:
            self.sock.close()
        self.sock = None

    def next(self) -> str:
        assert self.sock
        return self.sock.recv(65536).decode()

    def sees(self, text: str, end: str) -> bool:
        """Whether `text` comes before or with a line that has `end`."""
        while True:
            line = self.next()
            if text in line:
                return True
            if end in line:
                return False

    def next_with(self, text: str) -> str:
        while True:
            line = self.next()
            if text in line:
                return line


def fields_of(datagram: str) -> Dict[str, str]:
    assert datagram.endswith("\n")
    return dict(line.split("=", 1) for line in datagram[:-1].split("\n"))


def private(directory: Path, place: str) -> List[str]:
    """A command that shows `directory` to a daemon as `place`."""
    return ["unshare", "--mount", "sh", "-c",
            '[ -d "$1" ] || { mount -t tmpfs none /run && mkdir -p "$1"; } && '
            'mount --bind "$0" "$1" && shift && exec "$@"',
            str(directory), place]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "run").mkdir()
    daemon = Daemon(tmp_path / "run" / "socket")
    yield daemon
    daemon.stop()


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "dev").mkdir()
    for name in "null", "zero", "random", "urandom":
        os.mknod(tmp_path / "dev" / name, 0o666 | 0o020000,
                 os.stat(f"/dev/{name}").st_rdev)
    daemon = Daemon(tmp_path / "dev" / "log")
    yield daemon
    daemon.stop()


def config_of(echo: Any, path: Path, target: str, **log: Any) -> Config:
    return relay_to(echo.target, log={"target": target, **log},
                    listeners=[{"name": "u", "listen": f"unix:{path}"}])


def wait_told_of_drops(daemon: Daemon, logging: Any, connect: Any) -> None:
    """What is logged while nobody listens is missed, and the daemon told.

    Whether lines get that far before it is back is up to the scheduler.
    """
    def told() -> bool:
        daemon.stop()
        daemon.path.unlink(missing_ok=True)
        logging.talk(connect, 3)
        daemon.start()
        logging.talk(connect)
        return daemon.sees("log lines dropped", "session closed")
    wait_for(told, "lines dropped")


class Logging:
    """A daemon on a Unix socket that logs elsewhere than to stderr."""

    def __init__(self, start_relay: Any, echo: Any, directory: Path,
                 target: str, place: str, **log: Any) -> None:
        self.path = directory / "s"
        self.stderr = directory / "stderr"
        self.config = config_of(echo, self.path, target, **log)
        with open(self.stderr, "wb") as file:
            self.relay = start_relay(
                self.config, stderr=file.fileno(),
                prefix=private(directory / Path(place).name, place)
                if place else ())
        wait_for(self.path.exists, "the listener")

    def talk(self, connect: Any, times: int = 1) -> None:
        for _ in range(times):
            client = wait_for(lambda: self._dial(connect), "the listener")
            client.send_binary(b"go")
            assert client.read_data(2) == b"go"
            client.close()
            client.sock.close()

    def talk_much(self, connect: Any) -> int:
        """More than rings and queues hold; returns how often."""
        times = 800 if self.relay.is_sanitized() else 3000
        self.talk(connect, times)
        return times

    def _dial(self, connect: Any) -> Any:
        try:
            return connect(str(self.path))
        except ConnectionRefusedError:
            return None


@pytest.fixture
def logging_to(start_relay: Any, echo: Any, tmp_path: Path) -> Any:
    def start(target: str, place: str = "", **log: Any) -> Logging:
        return Logging(start_relay, echo, tmp_path, target, place, **log)
    return start


JOURNAL = "/run/systemd/journal"


@pytest.fixture
def to_journal(journal: Daemon, tmp_path: Path, logging_to: Any) -> Logging:
    (tmp_path / "run").rename(tmp_path / "journal")
    journal.path = tmp_path / "journal" / "socket"
    return logging_to("journal", JOURNAL)


def test_journal_fields(to_journal: Logging, journal: Daemon, connect: Any,
                        echo: Any) -> None:
    to_journal.talk(connect)
    fields = fields_of(journal.next_with("WSRELAY_EVENT=session closed"))
    assert {"PRIORITY": "6", "SYSLOG_IDENTIFIER": "wsrelayd",
            "WSRELAY_CLIENT": "unix:", "WSRELAY_LISTENER": "u",
            "WSRELAY_ROUTE": "app", "WSRELAY_TARGET": echo.target,
            "WSRELAY_CAUSE": "client_closed", "WSRELAY_SIDE": "client",
            "WSRELAY_CODE": "1000", "WSRELAY_CODE_RECEIVED": "1000",
            "WSRELAY_BYTES_UP": "2"}.items() <= fields.items()
    assert fields["MESSAGE"].startswith(
        f"session closed id={fields['WSRELAY_SESSION']} ")
    assert to_journal.stderr.read_text() == ""


def test_journal_nobody_reads(to_journal: Logging, journal: Daemon,
                              connect: Any) -> None:
    """Its queue is full: sessions go on, lines are dropped and counted."""
    times = to_journal.talk_much(connect)
    to_journal.relay.signal(15)
    total = 0
    dropped = 0
    while True:
        fields = fields_of(journal.next())
        total += 1
        dropped += int(fields.get("WSRELAY_COUNT", 0))
        if fields["MESSAGE"] == "stopped":
            break
    assert to_journal.relay.wait_exit() == 0
    assert dropped > 0
    assert total + dropped >= 2 * times


def test_stop_while_the_journal_is_stuck(to_journal: Logging,
                                         connect: Any) -> None:
    to_journal.talk_much(connect)
    to_journal.relay.signal(15)
    assert to_journal.relay.wait_exit(10) == 0


def test_journal_restarts(to_journal: Logging, journal: Daemon, connect: Any
                          ) -> None:
    journal.next_with("WSRELAY_EVENT=ready")
    wait_told_of_drops(journal, to_journal, connect)
    journal.next_with("session closed")


def test_auto_is_the_journal_under_systemd(
        journal: Daemon, logging_to: Any, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """When $JOURNAL_STREAM names what stderr is."""
    (tmp_path / "run").rename(tmp_path / "journal")
    stderr = tmp_path / "stderr"
    stderr.touch()
    status = os.stat(stderr)
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    logging_to("auto", JOURNAL)
    journal.next_with("WSRELAY_EVENT=ready")
    assert stderr.read_text() == ""


def test_auto_is_stderr_elsewhere(journal: Daemon, logging_to: Any,
                                  tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").rename(tmp_path / "journal")
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    logging = logging_to("auto", JOURNAL)
    wait_for(lambda: " notice ready " in logging.stderr.read_text(), "a line")


@pytest.fixture
def to_syslog(syslog: Daemon, logging_to: Any) -> Logging:
    return logging_to("syslog", "/dev")


def test_syslog_lines(to_syslog: Logging, syslog: Daemon, connect: Any
                      ) -> None:
    to_syslog.talk(connect)
    line = syslog.next_with("session closed")
    match = re.fullmatch(
        r"<30>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) wsrelayd\[(\d+)\]: "
        r"info session closed id=\d+ .* cause=client_closed .*", line)
    assert match, line
    assert int(match.group(2)) == to_syslog.relay.process.pid
    year = time.strftime("%Y ")
    then = time.mktime(time.strptime(year + match.group(1),
                                     "%Y %b %d %H:%M:%S"))
    assert abs(time.time() - then) < 60 or abs(time.time() - then) > 8e6


def test_syslog_json(syslog: Daemon, logging_to: Any) -> None:
    logging_to("syslog", "/dev", format="json")
    line = syslog.next_with("ready")
    assert re.fullmatch(r'<29>.* wsrelayd\[\d+\]: \{"time":.*\}', line), line


def test_syslog_restarts(to_syslog: Logging, syslog: Daemon, connect: Any
                         ) -> None:
    """Another socket at the same path, as a daemon makes it."""
    syslog.next_with("ready")
    syslog.stop()
    syslog.start()
    to_syslog.talk(connect)
    syslog.next_with("session opened")
    wait_told_of_drops(syslog, to_syslog, connect)


def test_syslog_missing_at_the_start(syslog: Daemon, logging_to: Any,
                                     connect: Any) -> None:
    """A word on stderr; the daemon runs, and lines go out once it is there."""
    syslog.stop()
    syslog.path.unlink()
    logging = logging_to("syslog", "/dev")
    assert " warning nobody takes the log at /dev/log: " \
        in logging.stderr.read_text()
    wait_told_of_drops(syslog, logging, connect)


def test_syslog_nobody_reads(to_syslog: Logging, syslog: Daemon,
                             connect: Any) -> None:
    to_syslog.talk_much(connect)
    to_syslog.relay.signal(15)
    assert to_syslog.relay.wait_exit(10) == 0


def test_target_changes_at_a_reload(to_syslog: Logging, syslog: Daemon,
                                    connect: Any, tmp_path: Path) -> None:
    """From syslog to a file and to the journal, which is not there."""
    syslog.next_with("ready")
    file = tmp_path / "log"
    to_syslog.config["log"] = {"target": f"file:{file}"}
    to_syslog.relay.write_config(to_syslog.config)
    to_syslog.relay.signal(1)
    wait_for(lambda: file.exists() and "reloaded" in file.read_text(), "it")
    to_syslog.talk(connect)
    wait_for(lambda: "session closed" in file.read_text(), "a line")
    assert "WSRELAY" not in file.read_text()


def full_disk(directory: Path) -> List[str]:
    """A command that gives a daemon a disk of 64 KiB there."""
    return ["unshare", "--mount", "sh", "-c",
            f"mount -t tmpfs -o size=64k none {directory} && "
            'exec "$@"', "sh"]


def test_full_disk(start_relay: Any, echo: Any, connect: Any, tmp_path: Path
                   ) -> None:
    """Sessions go on; with room again, lines do, and tell of the gap."""
    disk = tmp_path / "disk"
    disk.mkdir()
    path = tmp_path / "s"
    relay = start_relay(
        config_of(echo, path, f"file:{disk}/log"), prefix=full_disk(disk),
        stderr=os.open(os.devnull, os.O_WRONLY))
    wait_for(path.exists, "the listener")
    seen = Path(f"/proc/{relay.process.pid}/root{disk}")

    def dial() -> Any:
        try:
            return connect(str(path))
        except ConnectionRefusedError:
            return None

    def talk() -> None:
        client = wait_for(dial, "the listener")
        client.send_binary(b"go")
        assert client.read_data(2) == b"go"
        client.close()
        client.sock.close()

    for _ in range(500):
        talk()
    assert (seen / "log").stat().st_size == 65536
    (seen / "log").unlink()
    relay.signal(10)
    wait_for((seen / "log").exists, "a new file")
    talk()
    wait_for(lambda: "session closed" in (seen / "log").read_text(), "lines")
    text = (seen / "log").read_text()
    assert re.search(r"^\S+ notice log lines dropped count=\d+$", text, re.M)
