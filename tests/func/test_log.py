# SPDX-License-Identifier: MIT
"""The lines of a session; hostile bytes in them; a log nobody reads."""

import fcntl
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from lib.config import relay_to
from lib.relay import parse_address
from lib.wait import wait_for
from lib.ws import request

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def test_two_lines_of_a_session(start_relay: Any, echo: Any, connect: Any
                                ) -> None:
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    name = "%s:%d" % client.sock.getsockname()
    client.send_binary(b"hello")
    client.read_data(5)
    client.close(4242)
    closed = relay.wait_closed()
    opened, = relay.log(event="session opened")
    common = {"client": name, "route": "app", "listener": "web",
              "target": echo.target, "level": "info", "id": opened["id"]}
    assert common.items() <= opened.items()
    assert common.items() <= closed.items()
    assert {"cause": "client_closed", "side": "client", "code_sent": 4242,
            "code_received": 4242, "bytes_up": 5, "bytes_down": 5,
            "messages_up": 1, "messages_down": 1, "undelivered_up": 0,
            "undelivered_down": 0}.items() <= closed.items()
    assert 0 <= closed["seconds"] < 20
    assert re.fullmatch(ISO, closed["time"])
    assert "worker" in opened


def test_ids_differ(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, workers=2))
    for _ in range(10):
        connect(relay).close()
    relay.wait_closed(count=10)
    for event in ("session opened", "session closed"):
        assert len({line["id"] for line in relay.log(event=event)}) == 10


def test_text_format(start_relay: Any, echo: Any, connect: Any,
                     tmp_path: Path) -> None:
    log = tmp_path / "text.log"
    relay = start_relay(relay_to(
        echo.target, log={"target": f"file:{log}", "format": "text"}),
        stderr=os.open(os.devnull, os.O_WRONLY))
    match = wait_for(lambda: log.exists() and re.search(
        r"address=(127\.0\.0\.1:\d+)", log.read_text()), "the address")
    connect(parse_address(match.group(1))).close()
    wait_for(lambda: "session closed" in log.read_text(), "the last line")
    relay.finish()
    lines = log.read_text().splitlines()
    for line in lines:
        assert re.match(ISO + r" (warning|notice|info) [a-z]", line), line
    opened, = [line for line in lines if "session opened" in line]
    closed, = [line for line in lines if "session closed" in line]
    for line in (opened, closed):
        assert f" target={echo.target}" in line and " route=app" in line
    for field in (" cause=client_closed", " side=client", " code_sent=1000",
                  " bytes_up=0"):
        assert field in closed, closed


HOSTILE = "/x%0a%0d%1b[31m%22%5c%e2%80%a8%ff"


def test_hostile_bytes_stay_inside_their_field(
        start_relay: Any, echo: Any, client_of: Any) -> None:
    """One line each, and JSON all the same."""
    relay = start_relay(relay_to(echo.target))
    for data in (request(HOSTILE), request('/"},{"event":"session_closed"'),
                 request("/no", host="a\\x1b.test"),
                 request(headers=[("Origin", "http://x/\x9b\xff \"=")])):
        response = client_of(relay).ask(data)
        assert response.status in (400, 403, 404)
    wait_for(lambda: len(relay.log(event="handshake refused")) == 4, "lines")
    raw = relay.log_file.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", raw)
    assert not relay.log(event="session_closed")


def test_hostile_bytes_in_text_format(start_relay: Any, echo: Any,
                                      client_of: Any, tmp_path: Path) -> None:
    log = tmp_path / "text.log"
    start_relay(relay_to(
        echo.target, log={"target": f"file:{log}", "format": "text"}),
        stderr=os.open(os.devnull, os.O_WRONLY))
    match = wait_for(lambda: log.exists() and re.search(
        r"address=(127\.0\.0\.1:\d+)", log.read_text()), "the address")
    client = client_of(parse_address(match.group(1)))
    path = "/a=b%20c%0aX%1b"
    assert client.ask(request(path)).status == 404
    wait_for(lambda: "refused" in log.read_text(), "its line")
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", log.read_bytes())
    for line in log.read_text().splitlines():
        assert re.match(ISO, line), line


def test_nothing_secret_in_a_refusal(start_relay: Any, echo: Any,
                                     client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    client_of(relay).ask(request("/nowhere?token=s3cret", headers=[
        ("Authorization", "Bearer s3cret"), ("Cookie", "s3cret")]))
    relay.wait_log(event="handshake refused")
    assert "s3cret" not in relay.log_text()


@pytest.mark.parametrize("level,wanted", [
    ("error", set()), ("info", {"session opened", "session closed"})])
def test_level(start_relay: Any, echo: Any, connect: Any, level: str,
               wanted: set, tmp_path: Path) -> None:
    config = relay_to(echo.target, log={
        "target": "stderr", "format": "json", "level": level})
    config["listeners"] = [{"name": "u", "listen": f"unix:{tmp_path}/s"}]
    error_file = os.open(tmp_path / "err", os.O_WRONLY | os.O_CREAT)
    relay = start_relay(config, stderr=error_file)
    wait_for(lambda: can_dial(connect, f"{tmp_path}/s"), "the listener")
    relay.signal(15)
    relay.wait_exit()
    events = {json.loads(line)["event"]
              for line in (tmp_path / "err").read_text().splitlines()}
    assert wanted <= events
    assert wanted or not events


def can_dial(connect: Any, path: str) -> bool:
    try:
        connect(path).close()
        return True
    except OSError:
        return False


def test_full_pipe_never_stalls_a_session(start_relay: Any, echo: Any,
                                          connect: Any, tmp_path: Path
                                          ) -> None:
    """Nobody reads the log: lines are dropped and counted, sessions go on."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    config = relay_to(echo.target, log={
        "target": "stderr", "format": "json", "level": "debug"})
    path = str(tmp_path / "s")
    config["listeners"] = [{"name": "u", "listen": f"unix:{path}"}]
    relay = start_relay(config, stderr=writer)
    os.close(writer)
    wait_for(lambda: can_dial(connect, path), "the listener")
    before = relay.memory()
    # The ring is full after some 500; beyond, it is memory that is looked at.
    for _ in range(800 if relay.is_sanitized() else 3000):
        client = connect(path)
        client.send_binary(b"go")
        assert client.read_data(2) == b"go"
        client.close()
        client.sock.close()
    if not relay.is_sanitized():
        assert relay.memory() < before + (8 << 20)
    relay.signal(15)
    # Read at last: it may end, and says how many lines are missing.
    text = b""
    while piece := os.read(reader, 65536):
        text += piece
    os.close(reader)
    assert relay.wait_exit() == 0
    lines = [json.loads(line) for line in text.decode().splitlines()]
    assert any("dropped" in json.dumps(line) for line in lines)


def test_stop_with_a_full_pipe(start_relay: Any, echo: Any, connect: Any,
                               tmp_path: Path) -> None:
    """A log that is never read again does not keep it from ending."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    path = str(tmp_path / "s")
    config = relay_to(echo.target)
    config["listeners"] = [{"name": "u", "listen": f"unix:{path}"}]
    relay = start_relay(config, stderr=writer)
    os.close(writer)
    wait_for(lambda: can_dial(connect, path), "the listener")
    for _ in range(100):
        connect(path).close()
    relay.signal(15)
    assert relay.wait_exit() == 0
    os.close(reader)


def test_reader_of_the_log_goes_away(start_relay: Any, echo: Any,
                                     connect: Any, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    path = str(tmp_path / "s")
    config = relay_to(echo.target)
    config["listeners"] = [{"name": "u", "listen": f"unix:{path}"}]
    relay = start_relay(config, stderr=writer)
    os.close(writer)
    os.close(reader)
    wait_for(lambda: can_dial(connect, path), "the listener")
    for _ in range(10):
        connect(path).close()
    assert relay.process.poll() is None
