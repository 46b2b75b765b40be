# SPDX-License-Identifier: MIT
"""The control socket: who may, what is said, and where it is."""

import os
import signal
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lib.config import relay_to
from lib.control import Control, Line
from lib.relay import Relay
from lib.wait import wait_for

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
SOMEBODY = ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"]


@pytest.fixture
def relay(start_relay: Any, echo: Any, control: Control) -> Any:
    return start_relay(relay_to(echo.target, **control.option))


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


# Who may.

def test_mode(relay: Any, control: Control, echo: Any) -> None:
    assert mode_of(control.path) == 0o660
    relay.write_config(relay_to(
        echo.target, control={"socket": control.path, "mode": "0600"}))
    control.ok("reload")
    wait_for(lambda: mode_of(control.path) == 0o600, "the new mode")


def test_no_permission(relay: Any, control: Control) -> None:
    os.chmod(control.directory, 0o755)
    said = control.refused("drain", code=77, prefix=NOBODY)
    assert "Permission denied" in said and "root" in said


def test_a_stranger_is_refused_whatever_the_path_allows(
        relay: Any, control: Control) -> None:
    os.chmod(control.directory, 0o755)
    os.chmod(control.path, 0o666)
    said = control.refused("drain", prefix=NOBODY)
    assert "may not control" in said
    line = relay.wait_log(event="control refused", uid=65534)
    assert line["level"] == "warning"
    assert control.json("status")["state"] == "running"


def test_a_member_of_the_group_may(relay: Any, control: Control) -> None:
    os.chmod(control.directory, 0o755)
    by_group = ["setpriv", "--reuid=65534", "--regid=0", "--clear-groups"]
    by_list = ["setpriv", "--reuid=65534", "--regid=65534", "--groups=0"]
    control.ok("loglevel", prefix=by_group)
    control.ok("loglevel", prefix=by_list)


def test_the_group_may_not_where_the_mode_says_so(
        start_relay: Any, echo: Any, control: Control) -> None:
    start_relay(relay_to(echo.target, control={"socket": control.path,
                                               "mode": "0600"}))
    os.chmod(control.directory, 0o755)
    os.chmod(control.path, 0o666)
    by_group = ["setpriv", "--reuid=65534", "--regid=0", "--clear-groups"]
    control.refused("loglevel", prefix=by_group)
    control.ok("loglevel")


def test_anybody_may_where_the_mode_says_so(
        start_relay: Any, echo: Any, control: Control) -> None:
    start_relay(relay_to(echo.target, control={"socket": control.path,
                                               "mode": "0666"}))
    os.chmod(control.directory, 0o755)
    control.ok("loglevel", prefix=SOMEBODY)


# What is said.

@pytest.fixture
def line(relay: Any, control: Control) -> Any:
    one = control.connect()
    yield one
    one.close()


def test_byte_by_byte(line: Line) -> None:
    for byte in b'{"version":1, "command":"loglevel"}\n':
        line.send(bytes([byte]))
    assert line.read() == {"level": "info", "ok": True}


def test_many_requests_at_once(line: Line) -> None:
    one = b'{"version":1,"command":"loglevel"}\n'
    line.send((one + one.replace(b"loglevel", b"sessions")) * 50)
    for _ in range(50):
        assert line.read_answer()["level"] == "info"
        assert line.read_answer() == {"ok": True}


@pytest.mark.parametrize("request_line", [
    b"", b"x", b"[]", b"1", b"{", b"\0", b"{}x", b'{"version":1,"version":1}',
    b'{"version":1}', b'{"version":1,"command":7}', b'{"command":"drain"}',
    b'{"version":2,"command":"drain"}', b'{"version":1,"command":"nonsense"}',
    b'{"version":1,"command":"show"}', b'{"version":1,"command":"kill"}',
    b'{"version":1,"command":"kill","id":"1"}', b"[" * 4000,
    b'{"version":1,"command":"loglevel","level":null}',
    b'{"version":1,"command":"loglevel","level":["info"]}', b"\xff" * 100])
def test_nonsense(line: Line, request_line: bytes) -> None:
    """It is told so, and the next request is answered."""
    line.send(request_line + b"\n")
    assert set(line.read()) == {"error"}
    assert line.answer("status")["status"]["state"] == "running"


def test_too_long(line: Line, control: Control) -> None:
    line.send(b"x" * 4097)
    assert "4096" in line.read()["error"]
    assert line.read() is None
    control.ok("status")


def test_as_long_as_may_be(line: Line) -> None:
    request = b'{"version":1,"command":"loglevel"}'
    line.send(request + b" " * (4096 - len(request)) + b"\n")
    assert line.read()["level"] == "info"


def test_half_closed(line: Line) -> None:
    """What was asked before the end is answered."""
    line.ask("sessions")
    line.ask("loglevel")
    line.sock.shutdown(socket.SHUT_WR)
    assert line.read() == {"ok": True}
    assert line.read()["level"] == "info"
    assert line.read() is None


def test_half_a_request(line: Line, control: Control) -> None:
    line.send(b'{"version":1')
    line.sock.shutdown(socket.SHUT_WR)
    assert line.read() is None
    control.ok("status")


def test_gone_before_the_answer(relay: Any, control: Control, connect: Any
                                ) -> None:
    for _ in range(20):
        connect(relay)
    for _ in range(50):
        one = control.connect()
        with suppress(BrokenPipeError):     # turned away: no place was free
            one.ask("sessions")
        one.close()

    def is_free() -> bool:
        """Who is gone has a place until the answer is there."""
        return control.run("loglevel").returncode == 0

    wait_for(is_free, "a free place")
    assert len(control.json("sessions")) == 20


def test_too_many_connections(relay: Any, control: Control) -> None:
    lines = [control.connect() for _ in range(8)]
    for one in lines:
        assert one.answer("loglevel")["ok"]
    assert "too many" in control.refused("loglevel")
    for one in lines:
        one.close()

    def is_free() -> bool:
        return control.run("loglevel").returncode == 0

    wait_for(is_free, "a free place")


def test_a_peer_that_does_not_read(relay: Any, control: Control, connect: Any
                                   ) -> None:
    """It costs the daemon no more than one answer, and others nothing."""
    connect(relay)
    line = control.connect()
    line.sock.settimeout(0)
    request = b'{"version":1,"command":"config"}\n' * 1000
    sent = 0
    with pytest.raises(BlockingIOError):
        while True:
            sent += line.sock.send(request)
    assert sent < 4 << 20
    assert len(control.json("sessions")) == 1
    line.close()


def test_a_stuck_worker(start_relay: Any, echo: Any, control: Control,
                        connect: Any) -> None:
    """Who asks about sessions is told which worker does not answer."""
    relay = start_relay(relay_to(echo.target, workers=2, **control.option))
    stuck = next(task for task in Path(
        f"/proc/{relay.process.pid}/task").iterdir()
        if (task / "comm").read_text() == "worker-1\n")
    with Tracer(int(stuck.name)):
        begun = time.monotonic()
        assert "worker 1 does not answer" in control.refused("sessions")
        assert 4 < time.monotonic() - begun < 15
        control.ok("loglevel")
    assert control.json("sessions") == []


class Tracer:
    """Holds one thread by ptrace, as nothing else stops just one."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, thread: int) -> None:
        import ctypes
        self.thread = thread
        self.libc = ctypes.CDLL(None, use_errno=True)

    def _ptrace(self, request: int) -> None:
        assert self.libc.ptrace(request, self.thread, None, None) == 0

    def __enter__(self) -> None:
        self._ptrace(self.SEIZE)
        self._ptrace(self.INTERRUPT)
        os.waitpid(self.thread, 0x40000000)

    def __exit__(self, *_: object) -> None:
        self._ptrace(self.DETACH)


# Where it is.

def test_removed_at_the_end(relay: Any, control: Control) -> None:
    relay.signal(signal.SIGTERM)
    assert relay.wait_exit() == 0
    assert not os.path.exists(control.path)


def test_stale(start_relay: Any, echo: Any, control: Control) -> None:
    """What a dead daemon left behind is replaced."""
    config = relay_to(echo.target, **control.option)
    dead = Relay(control.directory, config)
    dead.process.kill()
    dead.process.wait()
    assert os.path.exists(control.path)
    start_relay(config)
    control.ok("status")


def test_taken(start_relay: Any, relay: Any, echo: Any, control: Control,
               tmp_path: Path) -> None:
    """Of a daemon that lives it is not."""
    with pytest.raises(AssertionError):
        Relay(tmp_path, relay_to(echo.target, **control.option))
    text = (tmp_path / "stderr.log").read_text()
    assert f"{tmp_path}/wsrelayd.conf:3: control.socket: cannot listen" in text
    assert "in use" in text
    assert control.json("status")["pid"] == relay.process.pid


def test_start_fails_with_69(tmp_path: Path, echo: Any) -> None:
    config = relay_to(echo.target, control={"socket": "/nowhere/at/all"})
    with pytest.raises(AssertionError):
        Relay(tmp_path, config)
    text = (tmp_path / "stderr.log").read_text()
    assert "control.socket: cannot listen on /nowhere/at/all" in text


def test_none(start_relay: Any, echo: Any, control: Control) -> None:
    config = relay_to(echo.target, **control.option)
    relay = start_relay({**config, "control": {"socket": ""}})
    control.refused("status", code=69)
    relay.reload(config)
    control.ok("status")
    relay.reload({**config, "control": {"socket": ""}})
    control.refused("status", code=69)
    assert not os.path.exists(control.path)


def test_moved(relay: Any, echo: Any, control: Control) -> None:
    """Whoever asked for the reload gets the answer over the old one."""
    new = str(control.directory / "new")
    keep = control.connect()
    relay.write_config(relay_to(echo.target, control={"socket": new}))
    control.ok("reload")
    assert keep.answer("loglevel")["ok"]
    keep.close()
    assert not os.path.exists(control.path)
    control.ok("status", path=new)


def test_reload_refused_by_the_socket(relay: Any, echo: Any, control: Control,
                                      connect: Any) -> None:
    client = connect(relay)
    config = relay_to(echo.target, control={"socket": "/nowhere/at/all"})
    config["listeners"].append({"name": "new", "listen": "127.0.0.1:0"})
    relay.write_config(config)
    said = control.refused("reload")
    assert "control.socket: cannot listen on /nowhere/at/all" in said
    assert "refused" in said
    assert not relay.log(event="listening", listener="new")
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"
    control.ok("status")


@pytest.mark.parametrize("path", ["relative", "@abstract", "/" + "x" * 200])
def test_bad_path(relay: Any, echo: Any, control: Control, path: str) -> None:
    relay.write_config(relay_to(echo.target, control={"socket": path}))
    assert "control.socket" in control.refused("reload")


def test_removed_by_hand(relay: Any, control: Control) -> None:
    """A reload brings it back."""
    os.unlink(control.path)
    relay.reload(relay_to_same(relay, control))
    control.ok("status")


def relay_to_same(relay: Any, control: Control) -> Any:
    backend = relay.config_file.read_text().split('servers = ( "')[1]
    return relay_to(backend.split('"')[0], **control.option)
