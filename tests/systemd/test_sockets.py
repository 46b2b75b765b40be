# SPDX-License-Identifier: MIT
"""Sockets that systemd opens: by name, mixed, kept over reloads."""

import socket
import stat
from typing import Any, List

from lib import ws
from lib.config import Config, relay_to
from lib.wait import wait_for

UNIT = "wsrelayd.socket"
OWN = "127.0.0.1:8201"
TCP = "127.0.0.1:8202"
PATH = "/run/wsrelayd-test.sock"

OWN_LISTENER = {"name": "own", "listen": OWN}
ACTIVATED = {"name": "act", "listen": "systemd", "fd_name": UNIT}


def address_of(text: str) -> tuple:
    host, port = text.split(":")
    return host, int(port)


def config_of(echo: Any, *listeners: Any) -> Config:
    return relay_to(echo.target, log={"level": "info"},
                    listeners=list(listeners))


def listen_on(lab: Any, *streams: str, more: str = "") -> None:
    """Has the shipped socket unit listen on these alone, and starts it."""
    lines = "".join(f"ListenStream={stream}\n" for stream in streams)
    lab.override(f"[Socket]\nListenStream=\n{lines}{more}", UNIT)
    lab.systemctl("start", UNIT)


def add_socket(lab: Any, unit: str, name: str, stream: str,
               kind: str = "ListenStream") -> None:
    """One more socket unit for the same service."""
    directory = lab.root / "run/systemd/system"
    (directory / unit).write_text(
        f"[Socket]\n{kind}={stream}\nFileDescriptorName={name}\n"
        "Service=wsrelayd.service\n")
    lab.systemctl("daemon-reload")
    lab.systemctl("start", unit)


def try_echo(client: ws.Client) -> None:
    client.send_binary(b"through")
    assert client.read_data(7) == b"through"


def unix(lab: Any, path: str = PATH) -> str:
    return f"{lab.root}{path}"


def warnings(lab: Any) -> List[str]:
    return [entry["MESSAGE"] for entry in lab.journal("PRIORITY=4")]


def test_shipped_socket_starts_the_service(lab: Any, echo: Any,
                                           connect: Any) -> None:
    """As it is installed; the first connection starts the daemon."""
    lab.configure(config_of(echo, {"listen": "systemd"}))
    lab.systemctl("start", UNIT)
    assert lab.show("ActiveState") == "inactive"
    try_echo(connect(("127.0.0.1", 8080)))
    assert lab.show("ActiveState") == "active"


def test_unix_socket_stays_as_it_is(lab: Any, echo: Any, connect: Any
                                    ) -> None:
    """It is systemd's: neither its mode changes nor its path goes."""
    lab.configure(config_of(echo, ACTIVATED))
    listen_on(lab, PATH, more="SocketMode=0621\n")
    client = connect(unix(lab))
    try_echo(client)
    client.close()
    client.sock.close()
    before = (lab.root / PATH[1:]).stat()
    lab.systemctl("reload", "wsrelayd")
    lab.systemctl("stop", "wsrelayd")
    after = (lab.root / PATH[1:]).stat()
    assert stat.S_IMODE(before.st_mode) == 0o621
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    try_echo(connect(unix(lab)))


def test_several_sockets_of_one_name(lab: Any, echo: Any, connect: Any
                                     ) -> None:
    lab.configure(config_of(echo, ACTIVATED))
    listen_on(lab, TCP, "[::1]:8203", PATH)
    try_echo(connect(address_of(TCP)))
    try_echo(connect(("::1", 8203)))
    try_echo(connect(unix(lab)))
    listening = lab.journal("WSRELAY_EVENT=listening")
    assert {entry["WSRELAY_ADDRESS"] for entry in listening} == {
        TCP, "[::1]:8203", f"unix:{PATH}"}
    assert {entry["WSRELAY_LISTENER"] for entry in listening} == {"act"}


def test_mixed_with_listeners_of_its_own(lab: Any, echo: Any, connect: Any
                                         ) -> None:
    """Two names and an address, told apart."""
    lab.configure(config_of(
        echo, OWN_LISTENER, ACTIVATED,
        {"name": "second", "listen": "systemd", "fd_name": "two"}))
    listen_on(lab, TCP)
    add_socket(lab, "second.socket", "two", PATH)
    lab.systemctl("start", "wsrelayd")
    for address in address_of(OWN), address_of(TCP), unix(lab):
        try_echo(connect(address))
    lab.run("journalctl", "--sync")
    opened = wait_for(lambda: len(lab.journal(
        "WSRELAY_EVENT=session opened")) == 3 and lab.journal(
        "WSRELAY_EVENT=session opened"), "three sessions")
    assert [entry["WSRELAY_LISTENER"] for entry in opened] == [
        "own", "act", "second"]


def test_kept_over_reloads(lab: Any, echo: Any, connect: Any) -> None:
    """Given up by one reload, taken again by the next."""
    lab.configure(config_of(echo, OWN_LISTENER, ACTIVATED))
    listen_on(lab, TCP)
    first = connect(address_of(TCP))
    lab.systemctl("reload", "wsrelayd")
    try_echo(connect(address_of(TCP)))
    assert len(lab.journal("WSRELAY_EVENT=listening",
                           "WSRELAY_LISTENER=act")) == 1
    lab.configure(config_of(echo, OWN_LISTENER))
    lab.systemctl("reload", "wsrelayd")
    waiting = socket.create_connection(address_of(TCP))
    waiting.sendall(ws.request("/nowhere"))
    lab.configure(config_of(echo, OWN_LISTENER, dict(ACTIVATED, name="back")))
    lab.systemctl("reload", "wsrelayd")
    waiting.settimeout(20)
    assert waiting.recv(64).startswith(b"HTTP/1.1 404")
    waiting.close()
    try_echo(connect(address_of(TCP)))
    try_echo(first)


def test_connections_wait_for_a_restart(lab: Any, echo: Any, connect: Any
                                        ) -> None:
    """A daemon that stops leaves the queue to the next: nobody is refused."""
    lab.configure(config_of(echo, ACTIVATED))
    listen_on(lab, TCP)
    client = connect(address_of(TCP))
    try_echo(client)
    client.close()
    pid = lab.main_pid()
    lab.systemctl("restart", "--no-block", "wsrelayd")
    clients = [connect(address_of(TCP)) for _ in range(20)]
    wait_for(lambda: lab.main_pid() not in (0, pid), "another daemon")
    try_echo(connect(address_of(TCP)))
    assert len(clients) == 20


def refused(lab: Any) -> str:
    """The one error of a start that must fail."""
    lab.override("[Service]\nRestart=no\n")
    assert lab.systemctl("start", "wsrelayd", check=False).returncode != 0
    assert lab.show("ExecMainStatus") == "69"
    error, = lab.journal("PRIORITY=3", "SYSLOG_IDENTIFIER=wsrelayd")
    return error["MESSAGE"]


def test_no_socket_of_that_name(lab: Any, echo: Any) -> None:
    lab.configure(config_of(echo, OWN_LISTENER, dict(ACTIVATED,
                                                     fd_name="other")))
    listen_on(lab, TCP)
    message = refused(lab)
    assert "listeners[1].listen: cannot listen on systemd: " in message
    assert f'no socket of that name came from systemd, only: "{UNIT}"' \
        in message


def test_no_sockets_at_all(lab: Any, echo: Any) -> None:
    lab.configure(config_of(echo, ACTIVATED))
    message = refused(lab)
    assert "no sockets came from systemd: is the socket unit started?" \
        in message


def test_not_a_stream_socket(lab: Any, echo: Any) -> None:
    lab.configure(config_of(echo, dict(ACTIVATED, fd_name="dgram")))
    add_socket(lab, "dgram.socket", "dgram", "127.0.0.1:8204",
               "ListenDatagram")
    assert "ListenStream= and Accept=no" in refused(lab)


def test_sockets_nobody_asks_for_are_closed(lab: Any, echo: Any,
                                            connect: Any) -> None:
    """With a warning; a reload that asks too late is refused."""
    lab.configure(config_of(echo, OWN_LISTENER))
    listen_on(lab, TCP)
    lab.systemctl("start", "wsrelayd")
    assert any(UNIT in line and "no listener asks" in line
               for line in warnings(lab))
    lab.configure(config_of(echo, OWN_LISTENER, ACTIVATED))
    lab.systemctl("kill", "--kill-who=main", "-s", "HUP", "wsrelayd")
    lab.wait_journal(
        "MESSAGE=configuration refused, the old one runs on")
    try_echo(connect(address_of(OWN)))


def test_environment_is_not_inherited(lab: Any, echo: Any) -> None:
    """Nobody else takes the sockets: close-on-exec, names unset."""
    lab.configure(config_of(echo, ACTIVATED))
    listen_on(lab, TCP)
    lab.systemctl("start", "wsrelayd")
    pid = lab.main_pid()
    info = (lab.root.parent.parent / str(pid) / "fdinfo/3").read_text()
    flags = int([line.split()[1] for line in info.splitlines()
                 if line.startswith("flags:")][0], 8)
    assert flags & 0o2000000 and flags & 0o4000
