# SPDX-License-Identifier: MIT
"""Options and exit codes."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lib.config import relay_to, render
from lib.relay import binary, environment, run
from lib.wait import DEADLINE, wait_for

TARGET = "127.0.0.1:1"


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "test.conf"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(tmp_path: Path, option: str) -> None:
    result = run(option, directory=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    for name in ("--check", "--dump", "--demo", "--port", "--version", "-c"):
        assert name in result.stdout


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(tmp_path: Path, option: str) -> None:
    result = run(option, directory=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.match(r"wsrelayd \d+\.\d+", result.stdout)
    for library in ("libevent 2", "OpenSSL 3", "libconfig 1"):
        assert library.lower() in result.stdout.lower()


@pytest.mark.parametrize("arguments", [
    ["--nonsense"], ["-x"], ["-c"], ["stray"], ["-t", "stray"],
    ["--port", "80"], ["--demo", "--port", "abc"],
    ["--demo", "--port", "65536"], ["--demo", "--port", "-1"],
    ["--demo", "--port", ""], ["--demo", "-c", "x.conf"],
], ids=" ".join)
def test_usage(tmp_path: Path, arguments: list) -> None:
    result = run(*arguments, directory=tmp_path)
    assert result.returncode == 64
    assert result.stdout == ""
    assert result.stderr


@pytest.mark.parametrize("option", ["-t", "--check"])
def test_check(tmp_path: Path, option: str) -> None:
    path = write(tmp_path, render(relay_to(TARGET)))
    result = run(option, "-c", path, directory=tmp_path)
    assert result.returncode == 0
    assert (result.stdout, result.stderr) == ("configuration ok\n", "")


def test_check_opens_no_listener(tmp_path: Path) -> None:
    """It can be run beside the daemon it is meant for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = relay_to(TARGET)
        config["listeners"][0]["listen"] = "127.0.0.1:%d" % (
            taken.getsockname()[1])
        path = write(tmp_path, render(config))
        assert run("-t", "-c", path, directory=tmp_path).returncode == 0


@pytest.mark.parametrize("options", [["-t"], ["-T"], []], ids=str)
def test_bad_configuration(tmp_path: Path, options: list) -> None:
    path = write(tmp_path, render(relay_to(TARGET)) + "nonsense = 1;\n"
                 'workers2 = "x";\n')
    result = run(*options, "-c", path, directory=tmp_path)
    assert result.returncode == 78
    assert result.stdout == ""
    for line in result.stderr.splitlines():
        assert re.match(re.escape(path) + r":\d+: ", line), line


@pytest.mark.parametrize("options", [["-t"], []], ids=str)
def test_missing_file(tmp_path: Path, options: list) -> None:
    path = str(tmp_path / "absent.conf")
    result = run(*options, "-c", path, directory=tmp_path)
    assert result.returncode == 78
    line, = result.stderr.splitlines()
    assert path in line and "No such file" in line


def test_directory_for_a_file(tmp_path: Path) -> None:
    result = run("-t", "-c", str(tmp_path), directory=tmp_path)
    assert result.returncode == 78
    line, = result.stderr.splitlines()
    assert str(tmp_path) in line


FULL = {
    **relay_to(TARGET, "unix:/tmp/x", "unix:@abstract", "irc.example:6667"),
    "limits": {"max_sessions": 5, "max_sessions_per_ip": 2, "buffer": "128K",
               "request_line": 1000, "headers": "2K", "header_count": 20,
               "handshakes_per_second_per_ip": 7},
    "timeouts": {"handshake": 3, "connect": "250ms", "idle": "5m",
                 "ping_interval": "0", "ping_timeout": "7s", "close": "1s",
                 "send_stall": 0, "drain": "1h", "close_spread": "30s"},
    "listeners": [
        {"name": "web", "listen": "127.0.0.1:8080"},
        {"name": "six", "listen": "[::1]:8080"},
        {"name": "sock", "listen": "unix:/tmp/y", "mode": "0600"}],
    "routes": [
        {"name": "a", "path": "/a/{x}", "backend": "app", "message": "text",
         "host": "*.example.org", "subprotocols": ["b", "a"],
         "origins": ["same", "https://*.example.org", "null"],
         "limits": {"buffer": "32K", "max_sessions": 3},
         "timeouts": {"idle": "90s", "send_stall": "0"}},
        {"name": "quote \" back\\slash", "path": "/b/*", "backend": "app",
         "origins": ["*"]}],
}


@pytest.mark.parametrize("config", [relay_to(TARGET), FULL],
                         ids=["small", "full"])
def test_dump_round_trips(tmp_path: Path, config: dict) -> None:
    first = run("-T", "-c", write(tmp_path, render(config)),
                directory=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    path = write(tmp_path, first.stdout)
    second = run("--dump", "-c", path, directory=tmp_path)
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == first.stdout
    assert run("-t", "-c", path, directory=tmp_path).returncode == 0


def test_dump_has_every_option(tmp_path: Path) -> None:
    text = run("-T", "-c", write(tmp_path, render(FULL)),
               directory=tmp_path).stdout
    for name in ("workers", "target", "format", "level", "max_sessions",
                 "max_sessions_per_ip", "handshakes_per_second_per_ip",
                 "request_line", "headers", "header_count", "buffer",
                 "handshake", "connect", "ping_interval", "ping_timeout",
                 "idle", "close", "send_stall", "drain", "close_spread",
                 "listeners", "backends", "servers", "routes", "host",
                 "path", "backend", "framing", "message", "subprotocols",
                 "origins", "mode"):
        assert re.search(rf"^\s*{name}\s*[=:]", text, re.MULTILINE), name
    for value in ('"250ms"', '"*.example.org"', '"irc.example:6667"',
                  r'"quote \" back\\slash"'):
        assert value in text, value


def test_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = relay_to(TARGET)
        listen = "127.0.0.1:%d" % taken.getsockname()[1]
        config["listeners"] += [{"name": "second", "listen": listen}]
        path = write(tmp_path, render(config))
        result = run("-c", path, directory=tmp_path)
    assert result.returncode == 69
    line = result.stderr.splitlines()[-1]
    assert listen in line and "in use" in line.lower()
    assert re.search(re.escape(path) + r":\d+", line), line


@pytest.mark.parametrize("listen", [
    "unix:/nonexistent-directory/ws.sock", "192.0.2.1:0"])
def test_listener_that_cannot_be_opened(tmp_path: Path, listen: str) -> None:
    config = relay_to(TARGET, listeners=[{"name": "web", "listen": listen}])
    path = write(tmp_path, render(config))
    result = run("-c", path, directory=tmp_path)
    assert result.returncode == 69
    line = result.stderr.splitlines()[-1]
    assert listen in line and path in line


def test_log_file_that_cannot_be_opened(tmp_path: Path) -> None:
    config = relay_to(TARGET, log={"target": "file:/nonexistent/x/log"})
    path = write(tmp_path, render(config))
    result = run("-c", path, directory=tmp_path)
    assert result.returncode == 78
    [line] = result.stderr.splitlines()
    assert re.fullmatch(re.escape(path) + r":\d+: log\.target: cannot log to "
                        "file:/nonexistent/x/log: .*", line), line


@pytest.mark.parametrize("count", [14, 16, 18, 20, 22, 24])
def test_too_few_descriptors(tmp_path: Path, count: int) -> None:
    """What it needs for itself it must get, or say so."""
    path = write(tmp_path, render(relay_to(TARGET, workers=16)))
    result = subprocess.run(
        ["sh", "-c", f"ulimit -n {count}; exec {binary()} -c {path}"],
        capture_output=True, text=True, timeout=DEADLINE,
        env=environment(tmp_path))
    assert result.returncode in (69, 70)
    assert result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_with_0(start_relay: Any, number: int) -> None:
    relay = start_relay(relay_to(TARGET))
    relay.signal(number)
    assert relay.wait_exit() == 0


def test_peer_gone_signals_are_ignored(start_relay: Any) -> None:
    """SIGPIPE ends nothing."""
    relay = start_relay(relay_to(TARGET))
    relay.signal(signal.SIGPIPE)
    relay.signal(signal.SIGTERM)
    assert relay.wait_exit() == 0


@pytest.mark.parametrize("wrong", [
    "LISTEN_FDS=x", "LISTEN_FDS=-1", "LISTEN_FDS=99999999999",
    "LISTEN_FDS=1000", "LISTEN_FDS=1 LISTEN_FDNAMES=a:b"])
def test_sockets_that_did_not_come(tmp_path: Path, wrong: str) -> None:
    """One line that names the variables."""
    path = write(tmp_path, render(relay_to(TARGET)))
    result = subprocess.run(
        ["sh", "-c", f"LISTEN_PID=$$ {wrong} exec {binary()} -c {path}"],
        capture_output=True, text=True, timeout=DEADLINE,
        env=environment(tmp_path))
    assert result.returncode == 69
    [line] = result.stderr.splitlines()
    assert "$LISTEN_FDS and $LISTEN_FDNAMES" in line


def test_streams_that_are_closed(tmp_path: Path) -> None:
    """No socket gets a number that others write to."""
    log = tmp_path / "log"
    path = write(tmp_path, render(relay_to(TARGET,
                                           log={"target": f"file:{log}"})))
    relay = subprocess.Popen(
        ["sh", "-c", f"exec {binary()} -c {path} <&- >&- 2>&-"],
        env=environment(tmp_path))
    try:
        wait_for(lambda: log.exists() and " ready " in log.read_text(),
                 "its start")
        for fd in range(3):
            assert os.readlink(f"/proc/{relay.pid}/fd/{fd}") == "/dev/null"
    finally:
        relay.terminate()
        assert relay.wait(DEADLINE) == 0


def test_demo_prints_its_address_first(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [binary(), "--demo", "--port", "0"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env=environment(tmp_path))
    try:
        assert demo.stdout is not None
        first = demo.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)/?", first)
        assert match, first
        socket.create_connection(("127.0.0.1", int(match.group(1)))).close()
    finally:
        demo.terminate()
        assert demo.wait(DEADLINE) == 0
