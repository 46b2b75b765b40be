# SPDX-License-Identifier: MIT
"""wsrelayctl: what each command does, says and exits with."""

import json
import re
import signal
from typing import Any

import pytest
from lib.config import relay_to
from lib.control import Control, program
from lib.wait import wait_for
from lib.ws import Refused


@pytest.fixture
def relay(start_relay: Any, echo: Any, control: Control) -> Any:
    return start_relay(relay_to(echo.target, **control.option))


def columns(table: str) -> Any:
    """The rows of a table as dictionaries."""
    titles, *rows = [re.split(r" {2,}", line.strip())
                     for line in table.splitlines()]
    assert all(len(row) == len(titles) for row in rows), table
    return [dict(zip(titles, row)) for row in rows]


def echo_bytes(client: Any, size: int) -> None:
    client.send_binary(b"x" * size)
    client.read_data(size)


# Sessions.

def test_no_sessions(relay: Any, control: Control) -> None:
    assert control.ok("sessions").split()[:2] == ["ID", "CLIENT"]
    assert control.json("sessions") == []


def test_sessions(relay: Any, control: Control, connect: Any) -> None:
    clients = [connect(relay) for _ in range(3)]
    echo_bytes(clients[1], 5000)
    rows = columns(control.ok("sessions"))
    assert [row["ID"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["UP"] == "4.9K" and rows[1]["DOWN"] == "4.9K"
    assert rows[0]["UP"] == "0"
    assert {row["STATE"] for row in rows} == {"open"}
    assert {row["ROUTE"] for row in rows} == {"app"}
    port = clients[2].sock.getsockname()[1]
    assert rows[2]["CLIENT"] == f"127.0.0.1:{port}"


def test_sessions_as_json(relay: Any, echo: Any, control: Control,
                          connect: Any) -> None:
    client = connect(relay)
    echo_bytes(client, 5000)
    [session] = control.json("sessions")
    port = client.sock.getsockname()[1]
    assert session.pop("age_seconds") >= session.pop("idle_seconds") >= 0
    assert session == {
        "id": 1, "client": f"127.0.0.1:{port}", "listener": "web",
        "route": "app", "target": echo.target, "state": "open",
        "cause": None, "worker": session["worker"], "bytes_up": 5000,
        "bytes_down": 5000, "messages_up": 1,
        "messages_down": session["messages_down"], "owed_up": 0,
        "owed_down": 0, "rtt_ms": None}


def test_filters(start_relay: Any, echo: Any, control: Control, connect: Any
                 ) -> None:
    config = relay_to(echo.target, **control.option)
    config["routes"].append({"name": "b", "path": "/b", "backend": "app"})
    config["listeners"].append(
        {"name": "unix", "listen": f"unix:{control.directory}/l"})
    relay = start_relay(config)
    connect(relay)
    connect(relay, "/b")
    connect(relay.listeners["unix"], "/b")

    def ids(*options: str) -> Any:
        return [s["id"] for s in control.json("sessions", *options)]

    assert ids() == [1, 2, 3]
    assert ids("--route", "b") == [2, 3]
    assert ids("--route", "none") == []
    assert ids("--client", "127.0.0.1:") == [1, 2]
    assert ids("--client", "unix", "--route", "b") == [3]


def test_a_request_that_is_not_complete(relay: Any, control: Control,
                                        client_of: Any) -> None:
    client_of(relay).send(b"GET /app HTTP/1.1\r\n")
    [row] = wait_for(lambda: columns(control.ok("sessions")), "a connection")
    assert row["STATE"] == "head"
    assert row["ROUTE"] == row["TARGET"] == "-"


def test_bytes_held_back(start_relay: Any, control: Control, backend: Any,
                         connect: Any) -> None:
    """A client that does not read owes what the daemon holds for it."""
    relay = start_relay(relay_to(backend.target, **control.option))
    client = connect(relay, receive_buffer=131072)
    backend.accept().fill(b"x" * 65536)
    [session] = control.json("sessions")
    assert 0 < session["owed_down"] <= 65536
    assert session["owed_up"] == 0
    client.reset()
    relay.wait_closed()


def test_show(relay: Any, echo: Any, control: Control, connect: Any) -> None:
    connect(relay)
    echo_bytes(connect(relay), 7)
    shown = dict(line.split(None, 1)
                 for line in control.ok("show", "2").splitlines())
    assert shown["id"] == "2" and shown["bytes_up"] == "7"
    assert shown["target"] == echo.target
    assert control.json("show", "2") == {
        **control.json("sessions")[1], "age_seconds": pytest.approx(0, abs=9),
        "idle_seconds": pytest.approx(0, abs=9)}
    assert "there is no session 3" in control.refused("show", "3")


@pytest.mark.parametrize("word", ["0", "-1", "x", "1x", "", "9" * 30])
def test_no_session_number(relay: Any, control: Control, word: str) -> None:
    for command in ("show", "kill"):
        control.refused(command, "--", word, code=64)


def test_kill(relay: Any, control: Control, connect: Any) -> None:
    clients = [connect(relay) for _ in range(3)]
    assert control.ok("kill", "2") == "session 2 ended\n"
    assert clients[1].expect_close(1008) == b""
    line = relay.wait_closed(id=2)
    assert line["cause"] == "killed" and line["side"] == "relay"
    echo_bytes(clients[0], 10)
    assert [s["id"] for s in control.json("sessions")] == [1, 3]
    assert "there is no session 2" in control.refused("kill", "2")
    result = control.run("kill", "1", "2", "3")
    assert result.returncode == 1
    assert result.stdout == "session 1 ended\nsession 3 ended\n"
    assert "session 2" in result.stderr
    for client in (clients[0], clients[2]):
        client.expect_close(1008)


def test_kill_delivers_what_came(start_relay: Any, control: Control,
                                 backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, **control.option))
    client = connect(relay)
    backend.accept().send(b"last words")
    assert client.read_data(10) == b"last words"
    assert control.json("kill", "1")["session"]["id"] == 1
    client.expect_close(1008)


def test_kill_a_request(relay: Any, control: Control, client_of: Any) -> None:
    client = client_of(relay)
    client.send(b"GET /app HTTP/1.1\r\n")
    wait_for(lambda: control.json("sessions"), "a connection")
    control.ok("kill", "1")
    assert client.read_response().status == 503


# The daemon.

def test_status(relay: Any, control: Control, connect: Any) -> None:
    connect(relay)
    text = control.ok("status")
    assert re.search(r"^state +running$", text, re.M)
    assert re.search(r"^sessions +1 of \d+, 1 since the start$", text, re.M)
    status = control.json("status")
    assert status["state"] == "running" and status["sessions"]["active"] == 1


def test_backends(start_relay: Any, echo: Any, control: Control, connect: Any,
                  ) -> None:
    relay = start_relay(relay_to("127.0.0.1:1", echo.target, **control.option))
    connect(relay)
    bad, good = columns(control.ok("backends"))
    assert bad["BACKEND"] == good["BACKEND"] == "app"
    assert (bad["SERVER"], good["SERVER"]) == ("127.0.0.1:1", echo.target)
    assert (bad["STATE"], good["STATE"]) == ("down", "up")
    assert (bad["FAILED"], good["SESSIONS"]) == ("1", "1")
    assert bad["LAST ERROR"] == "Connection refused"
    [backend] = control.json("backends")
    assert backend["servers"][1]["sessions"] == 1


def test_drain(relay: Any, control: Control, connect: Any) -> None:
    client = connect(relay)
    for _ in range(2):
        assert control.ok("drain").startswith("draining")
    assert control.json("status")["state"] == "draining"
    with pytest.raises(Refused) as refused:
        connect(relay)
    assert refused.value.response.status == 503
    assert int(refused.value.response.get("Retry-After") or 0) > 0
    echo_bytes(client, 1000)
    control.ok("reload")
    with pytest.raises(Refused):
        connect(relay)
    for _ in range(2):
        control.ok("undrain")
    assert control.json("status")["state"] == "running"
    echo_bytes(connect(relay), 10)
    echo_bytes(client, 10)


def test_stop_while_draining(relay: Any, control: Control, connect: Any
                             ) -> None:
    client = connect(relay)
    control.ok("drain")
    relay.signal(signal.SIGTERM)
    client.expect_close(1001)
    assert relay.wait_exit() == 0


def test_drain_while_stopping(start_relay: Any, echo: Any, control: Control,
                              connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "1m"},
                                 **control.option))
    connect(relay)
    relay.signal(signal.SIGTERM)
    relay.wait_log(event="stopping")
    for command in ("drain", "undrain"):
        assert "stopping" in control.refused(command)
    assert "stopping" in control.refused("reload")
    assert control.json("status")["state"] == "stopping"
    assert len(control.json("sessions")) == 1
    control.ok("kill", "1")
    assert relay.wait_exit() == 0


def test_config(relay: Any, control: Control, start_relay: Any) -> None:
    """It is what is in force, and a configuration itself."""
    text = control.ok("config")
    assert f'socket = "{control.path}";' in text
    assert control.json("config")["config"] == text
    relay.config_file.write_text(text.replace('level = "info"',
                                              'level = "debug"'))
    assert control.ok("config") == text
    control.ok("reload")
    assert control.ok("config") == relay.config_file.read_text()


def test_loglevel(relay: Any, control: Control, connect: Any) -> None:
    assert control.ok("loglevel") == "info\n"
    assert control.ok("loglevel", "error") == "error\n"
    assert control.json("loglevel")["level"] == "error"
    connect(relay).close()
    wait_for(lambda: not control.json("sessions"), "its end")
    assert "allowed: error" in control.refused("loglevel", "loud")
    assert "UTF-8" in control.refused("loglevel", b"\xff", code=64)
    control.ok("reload")
    assert control.ok("loglevel") == "info\n"
    connect(relay).close()
    assert relay.wait_closed()["id"] == 2
    assert not relay.log(event="session closed", id=1)


def test_who_did_it_is_logged(relay: Any, control: Control) -> None:
    control.ok("drain")
    line = relay.wait_log(event="control", command="drain")
    assert line["uid"] == 0 and line["pid"] > 0


# Reload.

def test_reload(relay: Any, control: Control) -> None:
    assert control.ok("reload") == "configuration reloaded\n"
    assert control.json("reload") == {"ok": True}
    assert control.json("status")["reloads"]["succeeded"] == 2


def test_reload_refused(relay: Any, control: Control) -> None:
    good = relay.config_file.read_text()
    relay.config_file.write_text(good + 'wrokers = 1;\nlimits = 7;\n')
    said = control.refused("reload").splitlines()
    lines = len(good.splitlines())
    assert said[0].startswith(f"{relay.config_file}:{lines + 1}: wrokers: ")
    assert said[1].startswith(f"{relay.config_file}:{lines + 2}: limits: ")
    assert said[2].endswith("configuration refused, the old one runs on")
    assert len(said) == 3
    result = control.run("reload", "--json")
    assert result.returncode == 1 and not result.stderr
    assert json.loads(result.stdout)["errors"] == said[:2]
    for line in said[:2]:
        relay.wait_log(event=line)
    relay.config_file.unlink()
    assert str(relay.config_file) in control.refused("reload")
    relay.config_file.write_text(good)
    control.ok("reload")


# The command line.

def test_help(control: Control) -> None:
    text = control.ok("--help")
    for command in ("status", "sessions", "show", "kill", "backends", "drain",
                    "undrain", "reload", "config", "loglevel", "top"):
        assert re.search(rf"^  {command}\b", text, re.M)


def test_version(control: Control) -> None:
    assert re.fullmatch(r"wsrelayctl \d+\.\d+\.\d+\n",
                        control.ok("--version"))


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["--nonsense"], ["drain", "now"], ["show"],
    ["show", "1", "2"], ["kill"], ["loglevel", "info", "debug"],
    ["drain", "--route", "x"], ["sessions", "--count", "1"],
    ["top", "--count", "0"], ["top", "--count", "x"], ["top", "--delay", "0"],
    ["top", "--delay", "nan"], ["--socket"]])
def test_usage(control: Control, arguments: Any) -> None:
    assert "wsrelayctl --help" in control.refused(*arguments, code=64)


def test_no_daemon(control: Control) -> None:
    said = control.refused("status", code=69)
    assert control.path in said and "is wsrelayd running" in said
    said = control.refused("status", code=69, path="/" + "x" * 200)
    assert "too long" in said


def test_full_output(relay: Any, control: Control) -> None:
    with open("/dev/full", "w") as full:
        import subprocess
        result = subprocess.run(
            [program(), "-s", control.path, "status"], stdout=full,
            stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 74
    assert "cannot be written" in result.stderr
