# SPDX-License-Identifier: MIT
"""wsrelayctl top: drawn on a terminal that is as it was when it ends."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from typing import Any, List

import pytest
from lib.config import relay_to
from lib.control import Control, program
from lib.relay import environment
from lib.wait import DEADLINE, wait_for

ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"


class Top:
    """The program on a terminal of its own, in a session of its own."""

    def __init__(self, control: Control, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(24, 100)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.seen = b""
        self.process = subprocess.Popen(
            [program(), "-s", control.path, "top", "-d", "0.1", *arguments],
            stdin=slave, stdout=slave, stderr=slave,
            env=environment(control.directory), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows: int, width: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, width, 0, 0))

    def read(self) -> None:
        """Whatever has been drawn meanwhile."""
        while select.select([self.master], [], [], 0.02)[0]:
            self.seen += os.read(self.master, 65536)

    def screen(self) -> List[str]:
        """The lines of the latest whole screen."""
        self.read()
        screens = re.findall(rb"\x1b\[H(.*?)\x1b\[J", self.seen, re.S)
        if not screens:
            return []
        text = screens[-1].decode()
        assert text.count("\x1b") == text.count("\x1b[K\r\n")
        return [line for line in text.split("\x1b[K\r\n") if line]

    def wait_screen(self, pattern: str) -> List[str]:
        def shown() -> List[str]:
            screen = self.screen()
            return screen if re.search(pattern, "\n".join(screen)) else []
        return wait_for(shown, f"a screen with {pattern}")

    def key(self, key: bytes) -> None:
        os.write(self.master, key)

    def is_restored(self) -> bool:
        self.read()
        return (self.seen.endswith(LEAVE) and
                termios.tcgetattr(self.slave)[3] == self.before[3])

    def expect_end(self, code: int) -> None:
        wait_for(lambda: (self.read(), self.process.poll())[1] is not None,
                 "its end")
        self.read()
        assert self.process.returncode == code
        assert termios.tcgetattr(self.slave) == self.before

    def finish(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def top(start_relay: Any, echo: Any, control: Control, connect: Any) -> Any:
    relay = start_relay(relay_to(echo.target, **control.option))
    one = Top(control)
    one.relay = relay  # type: ignore[attr-defined]
    one.clients = [connect(relay) for _ in range(3)]  # type: ignore
    yield one
    one.finish()


def test_draws_and_quits(top: Any) -> None:
    screen = top.wait_screen(r"3 sessions")
    assert top.seen.startswith(ENTER)
    assert re.match(r"\d\d:\d\d:\d\d  running  3 sessions  up \S+/s  down", screen[0])
    assert screen[1].startswith("by speed")
    assert screen[2].split()[:3] == ["ID", "UP/s", "DOWN/s"]
    assert len(screen) == 6
    top.key(b"q")
    top.expect_end(0)
    assert top.seen.endswith(LEAVE)


def test_the_fastest_comes_first(top: Any) -> None:
    top.wait_screen(r"3 sessions")

    def is_first() -> bool:
        top.clients[1].send_binary(b"x" * 50000)
        top.clients[1].read_data(50000)
        row = top.screen()[3].split()
        return row[0] == "2" and row[1].endswith(("K", "M"))

    wait_for(is_first, "session 2 on top")


def test_sort(top: Any) -> None:
    top.wait_screen(r"3 sessions")
    for word, first in (("bytes", "1"), ("idle", "1"), ("age", "3"),
                        ("speed", "1")):
        top.key(b"s")
        screen = top.wait_screen(f"by {word}")
        assert screen[3].split()[0] == first


def test_pause(top: Any, connect: Any) -> None:
    top.wait_screen(r"3 sessions")
    top.key(b" ")
    top.wait_screen("PAUSED")
    connect(top.relay)
    drawn = top.seen.count(b"\x1b[H")
    wait_for(lambda: (top.read(), top.seen.count(b"\x1b[H") > drawn + 3)[1],
             "more screens")
    assert "3 sessions" in top.screen()[0]
    top.key(b"p")
    top.wait_screen("4 sessions")


def test_size(top: Any) -> None:
    """No line is wider, no screen higher, than there is room for."""
    top.wait_screen(r"3 sessions")
    for rows, width in ((24, 40), (6, 200), (2, 10), (1, 1), (30, 100)):
        top.resize(rows, width)
        top.seen = b""

        def fits() -> bool:
            screen = top.screen()
            return bool(screen) and len(screen) <= max(rows, 4) and (
                max(map(len, screen)) <= max(width, 3))

        wait_for(fits, f"a screen of {rows} by {width}")
    top.wait_screen(r"3 sessions")


@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_signals(top: Any, number: int) -> None:
    top.wait_screen(r"3 sessions")
    top.process.send_signal(number)
    top.expect_end(0)
    assert top.seen.endswith(LEAVE)


def test_interrupt_key(top: Any) -> None:
    top.wait_screen(r"3 sessions")
    top.key(b"\x03")
    top.expect_end(0)


def test_suspend(top: Any) -> None:
    """The shell gets its terminal back, and top draws anew after it."""
    top.wait_screen(r"3 sessions")
    # Its process group has no shell above: the kernel would not stop it for
    # the key, so the signal that cannot be passed over stands in for it.
    top.process.send_signal(signal.SIGTSTP)
    wait_for(lambda: LEAVE in (top.read(), top.seen)[1], "its leaving")
    top.seen = top.seen.split(LEAVE)[-1]
    top.process.send_signal(signal.SIGCONT)
    top.wait_screen(r"3 sessions")
    assert top.seen.startswith(ENTER)
    top.key(b"q")
    top.expect_end(0)


def test_the_daemon_goes(top: Any) -> None:
    top.wait_screen(r"3 sessions")
    top.relay.finish()
    top.expect_end(69)
    # Said where it can be read, not on the screen that is gone.
    assert re.search(b"hung up|is wsrelayd running",
                     top.seen.split(LEAVE)[1])


def test_the_terminal_goes(top: Any) -> None:
    top.wait_screen(r"3 sessions")
    top.process.send_signal(signal.SIGHUP)
    assert top.process.wait(DEADLINE) == 0


def test_count(top: Any, control: Control) -> None:
    one = Top(control, "--count", "2")
    try:
        one.expect_end(0)
        assert one.seen.count(b"\x1b[H") == 2
    finally:
        one.finish()


# Without a terminal.

def test_batch(start_relay: Any, echo: Any, control: Control, connect: Any
               ) -> None:
    relay = start_relay(relay_to(echo.target, **control.option))
    connect(relay)
    begun = time.monotonic()
    text = control.ok("top", "--count", "3", "--delay", "0.2",
                      stdin=subprocess.DEVNULL)
    assert time.monotonic() - begun >= 0.6
    screens = text.strip().split("\n\n")
    assert len(screens) == 3 and "\x1b" not in text
    for screen in screens:
        assert len(screen.splitlines()) == 4
        assert "1 sessions" in screen


def test_batch_as_json(start_relay: Any, echo: Any, control: Control,
                       connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, **control.option))
    connect(relay)
    lines = control.ok("top", "-j", "-n", "2", "-d", "0.1").splitlines()
    assert [len(json.loads(line)) for line in lines] == [1, 1]


def test_rests_between_screens(control: Control) -> None:
    """The daemon hangs up on who rests for too long; top calls again."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(control.path)
        listener.listen()
        listener.settimeout(DEADLINE)
        answers = b'{"session":{"id":1}}\n{"ok":true}\n'
        process = subprocess.Popen(
            [program(), "-s", control.path, "top", "-j", "-n", "3",
             "-d", "0.1"], stdout=subprocess.PIPE,
            env=environment(control.directory))
        for _ in range(3):
            line, _ = listener.accept()
            with line, line.makefile("rb") as requests:
                assert json.loads(requests.readline())["command"] == "sessions"
                line.sendall(answers)
        text, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert text == b'[{"id":1}]\n' * 3
