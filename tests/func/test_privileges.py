# SPDX-License-Identifier: MIT
"""Started as root: binds, then becomes another user for good.  Needs root."""

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from lib.config import relay_to
from lib.relay import run
from lib.tls import Authority, Pair, tls_relay_to
from lib.wait import wait_for

USER = pwd.getpwnam("nobody")
GROUP = grp.getgrnam("daemon")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Where the user may enter, too.  Each pytest that begins takes that right
    from the directories of all others, so they are not opened up for it."""
    with tempfile.TemporaryDirectory(prefix="wsrelayd-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


def own(relay: Any) -> None:
    """What a user finds where the daemon runs: a directory of its own."""
    os.chown(relay.directory, USER.pw_uid, -1)


def threads(relay: Any, line: str) -> List[List[str]]:
    """That line of the status of each thread, in words."""
    return [re.findall(rf"^{line}:(.*)$", (task / "status").read_text(),
                       re.M)[0].split()
            for task in Path(f"/proc/{relay.process.pid}/task").iterdir()]


def test_becomes_the_user(start_relay: Any, echo: Any, connect: Any) -> None:
    """All of the process, in each thread and each kind of id."""
    relay = start_relay(relay_to(echo.target, user="nobody", workers=3))
    relay.wait_log(event="ready")
    assert len(threads(relay, "Uid")) >= 5
    for uids in threads(relay, "Uid"):
        assert uids == [str(USER.pw_uid)] * 4
    for gids in threads(relay, "Gid"):
        assert gids == [str(USER.pw_gid)] * 4
    for groups in threads(relay, "Groups"):
        assert set(groups) == {str(gid) for gid in os.getgrouplist(
            "nobody", USER.pw_gid)}
    for name in "CapEff", "CapPrm", "CapInh", "CapAmb":
        assert all(int(value, 16) == 0 for value, in threads(relay, name))
    assert all(value == ["1"] for value in threads(relay, "NoNewPrivs"))
    client = connect(relay)
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"


def test_group(start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target, user="nobody", group="daemon"))
    relay.wait_log(event="ready")
    for gids in threads(relay, "Gid"):
        assert gids == [str(GROUP.gr_gid)] * 4


def test_reload_afterwards(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, user="nobody"))
    own(relay)
    relay.config_file.chmod(0o644)
    both = [{"name": "web", "listen": "127.0.0.1:0"},
            {"name": "more", "listen": f"unix:{relay.directory}/more"}]
    relay.reload(relay_to(echo.target, user="nobody", listeners=both))
    connect(relay.listeners["more"])
    connect(relay.listeners["web"])


def test_reload_wants_a_low_port(start_relay: Any, echo: Any, connect: Any
                                 ) -> None:
    """What only root may open is refused whole, with a word why."""
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    assert int(limit.read_text()) > 7, "low ports are free for all here"
    relay = start_relay(relay_to(echo.target, user="nobody"))
    web = {"name": "web", "listen": "127.0.0.1:0"}
    relay.reload_refused(relay_to(echo.target, user="nobody", listeners=[
        web, {"name": "low", "listen": "127.0.0.1:7"}]))
    error, = relay.log(level="error")[:-1]
    assert "listeners[1].listen: cannot listen on 127.0.0.1:7: " \
        "Permission denied; a port below 1024 needs" in error["event"]
    connect(relay)


def test_unix_socket_is_the_users(start_relay: Any, echo: Any, connect: Any
                                  ) -> None:
    """It can be changed by a reload, and removed at the end."""
    relay = start_relay(relay_to(echo.target, user="nobody"))
    own(relay)
    relay.signal(signal.SIGTERM)
    assert relay.wait_exit() == 0
    directory = relay.directory / "sockets"
    directory.mkdir()
    os.chown(directory, USER.pw_uid, -1)
    path = directory / "s"

    def listen(mode: str) -> dict:
        return relay_to(echo.target, user="nobody", group="daemon", listeners=[
            {"name": "u", "listen": f"unix:{path}", "mode": mode}])
    second = start_relay(listen("0600"))
    second.config_file.chmod(0o644)
    second.wait_log(event="ready")
    status = path.stat()
    assert (status.st_uid, status.st_gid) == (USER.pw_uid, GROUP.gr_gid)
    second.reload(listen("0606"))
    assert path.stat().st_mode & 0o777 == 0o606
    connect(str(path)).close()
    second.signal(signal.SIGTERM)
    assert second.wait_exit() == 0
    assert not path.exists()


def test_control_and_admin_sockets_are_the_users(
        start_relay: Any, echo: Any, control: Any) -> None:
    """Whoever the daemon became may control it, and a reload keeps both."""
    directory = control.directory
    os.chown(directory, USER.pw_uid, -1)
    admin = {"listen": f"unix:{directory}/admin"}
    config = relay_to(echo.target, user="nobody", admin=admin,
                      **control.option)
    relay = start_relay(config)
    relay.wait_log(event="ready")
    for name in "s", "admin":
        status = (directory / name).stat()
        assert (status.st_uid, status.st_gid) == (USER.pw_uid, USER.pw_gid)
    relay.config_file.chmod(0o644)
    control.ok("reload")
    # Asked by that user, who is not root.
    with socket.socket(socket.AF_UNIX) as sock:
        assert "running" in ask_as_user(sock, control.path)
    relay.process.terminate()
    relay.wait_exit()
    assert not list(directory.glob("s")) + list(directory.glob("admin"))


def ask_as_user(sock: socket.socket, path: str) -> str:
    """The answer to a request for the status, asked as the user."""
    os.setegid(USER.pw_gid)
    os.seteuid(USER.pw_uid)
    try:
        sock.connect(path)
    finally:
        os.seteuid(0)
        os.setegid(0)
    sock.sendall(b'{"version":1,"command":"status"}\n')
    return sock.recv(1 << 16).decode()


def test_log_file_is_the_users(start_relay: Any, echo: Any, tmp_path: Path
                               ) -> None:
    """It can be opened again after it was renamed, and by a reload."""
    directory = tmp_path / "log"
    directory.mkdir()
    os.chown(directory, USER.pw_uid, -1)
    file = directory / "wsrelayd.log"
    path = tmp_path / "s"
    config = relay_to(echo.target, user="nobody",
                      log={"target": f"file:{file}"},
                      listeners=[{"listen": f"unix:{path}"}])
    relay = start_relay(config, stderr=os.open(os.devnull, os.O_WRONLY))
    relay.config_file.chmod(0o644)
    wait_for(lambda: file.exists() and " ready " in file.read_text(), "ready")
    assert file.stat().st_uid == USER.pw_uid
    relay.signal(signal.SIGHUP)
    wait_for(lambda: "configuration reloaded" in file.read_text(), "reload")
    file.rename(directory / "old")
    relay.signal(signal.SIGUSR1)
    wait_for(file.exists, "the new file")


@pytest.fixture
def private() -> Iterator[Path]:
    """A directory to be entered by all and listed by root alone; not below
    that of pytest, which another run of it closes to others as it begins."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o711)
        yield Path(directory)


def test_certificates_that_may_be_read_but_not_listed(
        start_relay: Any, echo: Any, tmp_path: Path, private: Path) -> None:
    """As below /etc/ssl/private: a new one is noticed all the same."""
    authority = Authority(tmp_path)
    live = Pair(private, "live")

    def replace(new: Pair) -> None:
        for source, to in ((new.certificate, live.certificate),
                           (new.key, live.key)):
            shutil.copy(source, to.with_suffix(".new"))
            os.chown(to.with_suffix(".new"), USER.pw_uid, -1)
            os.rename(to.with_suffix(".new"), to)

    replace(authority.issue("first"))
    relay = start_relay(tls_relay_to(echo.target, live, user="nobody"))
    own(relay)
    relay.wait_log(event="ready")
    # The first may still be seen by what root watched.
    for count in 2, 3, 4:
        replace(authority.issue(f"number{count}"))
        relay.wait_log(count, event="certificate loaded")
    assert not relay.log(level="warning")


def test_root_without_a_user_is_warned(start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    line = relay.wait_log(level="warning")
    assert line["event"] == "running as root: name a user to become"


def test_root_by_name_is_meant(start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target, user="root"))
    relay.wait_log(event="ready")
    assert not relay.log(level="warning")


AS_NOBODY = ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}",
             "--clear-groups"]


@pytest.mark.parametrize("user,warned", [("daemon", True), ("nobody", False),
                                         ("", False)])
def test_not_started_as_root(start_relay: Any, echo: Any, user: str,
                             warned: bool) -> None:
    """Nothing to become: a word when another user was asked for."""
    relay = start_relay(relay_to(echo.target, user=user), prefix=AS_NOBODY)
    relay.wait_log(event="ready")
    assert bool(relay.log(level="warning")) == warned
    if warned:
        assert "ignored, only a start as root" in relay.log(
            level="warning")[0]["event"]


def test_user_changes_at_the_next_start(start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target, user="nobody"))
    relay.config_file.chmod(0o644)
    relay.reload(relay_to(echo.target, user="daemon"))
    relay.wait_log(event="user and group change at the next start")
    assert threads(relay, "Uid")[0][0] == str(USER.pw_uid)


def test_unknown_names_are_errors(tmp_path: Path) -> None:
    file = tmp_path / "c.conf"
    file.write_text('user = "no such user";\ngroup = "no such group";\n'
                    'listeners = ( { listen = "127.0.0.1:0"; } );\n')
    done = run("-t", "-c", str(file), directory=tmp_path)
    assert done.returncode == 78
    assert f'{file}:1: user: there is no user "no such user"' in done.stderr
    assert f'{file}:2: group: there is no group "no such group"' \
        in done.stderr


def test_a_dump_says_both(tmp_path: Path) -> None:
    file = tmp_path / "c.conf"
    file.write_text('user = "nobody";\n'
                    'listeners = ( { listen = "127.0.0.1:0"; } );\n')
    done = run("-T", "-c", str(file), directory=tmp_path)
    assert 'user = "nobody";\ngroup = "";\n' in done.stdout
