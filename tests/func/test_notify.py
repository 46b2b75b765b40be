# SPDX-License-Identifier: MIT
"""What the service manager is told, by a manager that only listens."""

import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from lib.config import relay_to, render
from lib.wait import DEADLINE, wait_for


class Manager:
    """A socket as systemd's, and what came in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))
        self.seen: List[List[str]] = []

    def next(self) -> List[str]:
        """The lines of the next message."""
        self.sock.settimeout(DEADLINE)
        self.seen.append(self.sock.recv(65536).decode().splitlines())
        return self.seen[-1]

    def next_with(self, word: str) -> List[str]:
        """The next message with such a line; passes over others."""
        while True:
            lines = self.next()
            if any(line.startswith(word) for line in lines):
                return lines


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
            ) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.path))
    yield manager
    manager.sock.close()


def test_a_whole_life(manager: Manager, start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    assert manager.next() == ["READY=1", "STATUS=relaying: 0 sessions"]
    before = time.monotonic_ns() // 1000
    relay.reload(relay_to(echo.target))
    first, second = manager.next()
    assert first == "RELOADING=1"
    match = re.fullmatch(r"MONOTONIC_USEC=(\d+)", second)
    assert match and before <= int(match.group(1)) <= before + 20_000_000
    assert manager.next() == ["READY=1", "STATUS=relaying: 0 sessions"]
    relay.signal(signal.SIGTERM)
    assert manager.next() == ["STOPPING=1", "STATUS=stopping: 0 sessions left"]
    assert relay.wait_exit() == 0


def test_ready_means_that_all_listen(manager: Manager, start_relay: Any,
                                     echo: Any, connect: Any,
                                     tmp_path: Path) -> None:
    """Let in at the first try, at each of many listeners."""
    paths = [f"{tmp_path}/s{i}" for i in range(20)]
    start_relay(relay_to(echo.target, listeners=[
        {"listen": f"unix:{path}"} for path in paths]), stderr=2)
    assert manager.next()[0] == "READY=1"
    for path in paths:
        connect(path)


def test_not_ready_when_a_listener_fails(manager: Manager, start_relay: Any,
                                         echo: Any, tmp_path: Path) -> None:
    relay = start_relay(relay_to(echo.target, listeners=[
        {"listen": "127.0.0.1:0"}, {"listen": f"unix:{tmp_path}/no/such"}]),
        stderr=os.open(os.devnull, os.O_WRONLY))
    assert relay.wait_exit() == 69
    manager.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.sock.recv(1)
    start_relay.running.clear()


def test_status_follows_the_sessions(manager: Manager, start_relay: Any,
                                     echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    clients = [connect(relay) for _ in range(3)]
    wait_for(lambda: "STATUS=relaying: 3 sessions" in manager.next(),
             "the status")
    relay.signal(signal.SIGTERM)
    assert "STATUS=stopping: 3 sessions left" in manager.next_with("STOPPING")
    for client in clients:
        client.expect_close(1001)


def test_quiet_when_nothing_changes(manager: Manager, start_relay: Any,
                                    echo: Any) -> None:
    """Looked at every two seconds, sent when it differs."""
    start_relay(relay_to(echo.target))
    manager.next()
    manager.sock.settimeout(5)
    with pytest.raises(socket.timeout):
        manager.sock.recv(1)


def test_refused_reload(manager: Manager, start_relay: Any, echo: Any
                        ) -> None:
    relay = start_relay(relay_to(echo.target))
    manager.next()
    relay.reload_refused(relay_to(echo.target, route={"backend": "none"}))
    assert manager.next()[0] == "RELOADING=1"
    ready, status = manager.next()
    assert ready == "READY=1"
    assert status.startswith(
        "STATUS=relaying: 0 sessions; reload refused: ")
    assert "routes[0].backend" in status
    relay.reload(relay_to(echo.target))
    manager.next_with("RELOADING")
    assert manager.next() == ["READY=1", "STATUS=relaying: 0 sessions"]


@pytest.mark.parametrize("name", ["\u00fc" * 200, "x" + "\u00fc" * 200,
                                  "caf\udce9"],
                         ids=["even", "odd", "latin1"])
def test_refusal_is_utf8(manager: Manager, start_relay: Any, echo: Any,
                         name: str) -> None:
    """Cut between characters, whatever the file has: else it is dropped."""
    relay = start_relay(relay_to(echo.target))
    manager.next()
    text = render(relay_to(echo.target, route={"backend": name}))
    relay.config_file.write_text(text, errors="surrogateescape")
    relay.signal(signal.SIGHUP)
    manager.next_with("RELOADING")
    status = manager.next()[1]
    assert "reload refused: " in status
    assert name[:4].replace("\udce9", "?") in status


def test_draining_asks_for_time(manager: Manager, start_relay: Any,
                                echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "1h"}))
    client = connect(relay)
    relay.signal(signal.SIGTERM)
    manager.next_with("STOPPING=1")
    for _ in range(3):
        word, usec = manager.next_with("EXTEND_TIMEOUT_USEC=")[0].split("=")
        assert int(usec) > 5_000_000
    client.close()
    assert relay.wait_exit() == 0


def watch(monkeypatch: pytest.MonkeyPatch, usec: int) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", str(usec))


def test_watchdog_is_fed_in_time(manager: Manager, start_relay: Any,
                                 echo: Any, monkeypatch: pytest.MonkeyPatch
                                 ) -> None:
    watch(monkeypatch, 1_000_000)
    start_relay(relay_to(echo.target, workers=3))
    manager.next_with("WATCHDOG=1")
    for _ in range(10):
        began = time.monotonic()
        manager.next_with("WATCHDOG=1")
        assert time.monotonic() - began < 1


def test_watchdog_of_another_process(manager: Manager, start_relay: Any,
                                     echo: Any,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    watch(monkeypatch, 200_000)
    monkeypatch.setenv("WATCHDOG_PID", "1")
    start_relay(relay_to(echo.target))
    manager.next()
    manager.sock.settimeout(1)
    with pytest.raises(socket.timeout):
        manager.sock.recv(1)


def test_manager_that_is_gone(manager: Manager, start_relay: Any, echo: Any,
                              connect: Any) -> None:
    """Nobody listens: it runs all the same."""
    manager.sock.close()
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"
    relay.reload(relay_to(echo.target))
