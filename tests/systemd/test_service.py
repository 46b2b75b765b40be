# SPDX-License-Identifier: MIT
"""The unit's life: ready, reloaded, stopped, stuck, crashed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from lib import ws
from lib.backends import pattern
from lib.config import Config, relay_to
from lib.tls import Authority, TlsClient, trusting
from lib.wait import wait_for
from lib.ws import SMALL

PORT = 8101
ADDRESS = ("127.0.0.1", PORT)


def config_of(echo: Any, **more: Any) -> Config:
    """As operators write it: a fixed port, the log where it goes by itself."""
    more.setdefault("log", {"level": "info"})
    more.setdefault("listeners", [{"name": "web", "listen":
                                   f"127.0.0.1:{PORT}"}])
    return relay_to(echo.target, **more)


def test_start_waits_for_the_listeners(lab: Any, echo: Any, connect: Any
                                       ) -> None:
    """When systemctl returns, a client is let in at its first try."""
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    client = connect(ADDRESS)
    client.send_binary(b"now")
    assert client.read_data(3) == b"now"
    assert lab.show("ActiveState") == "active"


def test_start_fails_without_its_listener(lab: Any, echo: Any) -> None:
    """What another program listens on cannot be opened: no READY."""
    taken = "%s:%d" % echo.sock.getsockname()
    lab.configure(config_of(echo, listeners=[
        {"listen": f"127.0.0.1:{PORT}"}, {"listen": taken}]))
    lab.override("[Service]\nRestart=no\n")
    done = lab.systemctl("start", "wsrelayd", check=False)
    assert done.returncode != 0
    assert lab.show("ExecMainStatus") == "69"
    assert lab.show("ActiveState") == "failed"
    entry, = lab.journal("PRIORITY=3", "SYSLOG_IDENTIFIER=wsrelayd")
    assert f"wsrelayd.conf:" in entry["MESSAGE"]
    assert f"cannot listen on {taken}: Address already" in entry["MESSAGE"]


def test_wrong_configuration_is_not_tried_again(lab: Any, echo: Any) -> None:
    lab.configure(config_of(echo, workers=0))
    done = lab.systemctl("start", "wsrelayd", check=False)
    assert done.returncode != 0
    assert lab.show("ExecMainStatus") == "78"
    assert lab.show("ActiveState") == "failed"
    assert lab.show("NRestarts") == "0"
    assert "workers" in lab.messages()


def test_status_counts_sessions(lab: Any, echo: Any, connect: Any) -> None:
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    assert lab.show("StatusText") == "relaying: 0 sessions"
    first = connect(ADDRESS)
    lab.wait_show("StatusText", "relaying: 1 session")
    connect(ADDRESS)
    lab.wait_show("StatusText", "relaying: 2 sessions")
    first.close()
    lab.wait_show("StatusText", "relaying: 1 session")


def test_reload(lab: Any, echo: Any, connect: Any) -> None:
    """A listener more; the open session goes on."""
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    client = connect(ADDRESS)
    more = {"name": "more", "listen": "127.0.0.1:8102"}
    lab.configure(config_of(echo, listeners=[
        {"name": "web", "listen": f"127.0.0.1:{PORT}"}, more]))
    lab.systemctl("reload", "wsrelayd")
    connect(("127.0.0.1", 8102))
    client.send_binary(b"on")
    assert client.read_data(2) == b"on"
    assert lab.show("ActiveState") == "active"
    assert lab.show("NRestarts") == "0"


def test_reload_refused(lab: Any, echo: Any, connect: Any) -> None:
    """systemctl says so, the daemon runs on and its status tells why."""
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    client = connect(ADDRESS)
    lab.configure(config_of(echo, workers=0))
    assert lab.systemctl("reload", "wsrelayd", check=False).returncode != 0
    assert lab.show("ActiveState") == "active"
    assert "wsrelayctl" in lab.run("journalctl", "--no-pager", "-u",
                                   "wsrelayd").stdout
    status = wait_for(lambda: "refused" in lab.show("StatusText") and
                      lab.show("StatusText"), "the status")
    assert status.startswith("relaying: 1 session; reload refused: ")
    assert "wsrelayd.conf:1: workers" in status
    client.send_binary(b"on")
    assert client.read_data(2) == b"on"
    lab.configure(config_of(echo))
    lab.systemctl("reload", "wsrelayd")
    lab.wait_show("StatusText", "relaying: 1 session")


def test_stop_closes_sessions(lab: Any, backend: Any, connect: Any) -> None:
    """What is on its way arrives both ways, then 1001."""
    lab.configure(config_of(backend))
    lab.systemctl("start", "wsrelayd")
    client = connect(ADDRESS, receive_buffer=SMALL)
    target = backend.accept()
    sent = target.fill(b"d" * 65536, quiet=0.2)
    up = pattern(100000)
    client.send_binary(up)
    lab.systemctl("stop", "--no-block", "wsrelayd")
    assert target.read(len(up)) == up
    data, close = client.read_until_close()
    assert close.code == 1001
    assert data == b"d" * len(data) and 0 < len(data) <= sent
    client.send_close()
    target.expect_end()
    target.close()
    client.expect_eof()
    client.sock.close()
    lab.wait_show("ActiveState", "inactive")
    assert lab.show("Result") == "success"
    assert lab.show("ExecMainStatus") == "0"


def test_drain_outlasts_the_managers_patience(lab: Any, echo: Any,
                                              connect: Any) -> None:
    """timeouts.drain holds, whatever TimeoutStopSec= says."""
    lab.configure(config_of(echo, timeouts={"drain": "1m"}))
    lab.override("[Service]\nTimeoutStopSec=2\n")
    lab.systemctl("start", "wsrelayd")
    client = connect(ADDRESS)
    lab.systemctl("stop", "--no-block", "wsrelayd")
    began = time.monotonic()
    lab.wait_show("StatusText", "stopping: 1 session left")
    wait_for(lambda: time.monotonic() > began + 4, "twice the patience")
    client.send_binary(b"still")
    assert client.read_data(5) == b"still"
    client.close()
    lab.wait_show("ActiveState", "inactive")
    assert lab.show("Result") == "success"


# Attaches to a thread as a debugger does, and holds it until it is gone.
HOLD_THREAD = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
tid = int(sys.argv[1])
for request in 0x4206, 0x4207:  # PTRACE_SEIZE, PTRACE_INTERRUPT
    assert libc.ptrace(request, tid, None, None) == 0, ctypes.get_errno()
os.waitpid(tid, 0x40000000)     # __WALL
print("held", flush=True)
try:
    while not os.WIFSIGNALED(os.waitpid(tid, 0x40000000)[1]):
        pass
except ChildProcessError:
    pass
"""


def hold_thread(pid: int, name: str) -> "subprocess.Popen[str]":
    """Stops one thread of a process; the others go on."""
    tid, = [task.name for task in Path(f"/proc/{pid}/task").iterdir()
            if (task / "comm").read_text().strip() == name]
    holder = subprocess.Popen([sys.executable, "-c", HOLD_THREAD, tid],
                              stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def wait_fed(lab: Any, times: int) -> None:
    """Sees the watchdog fed so often."""
    for _ in range(times):
        before = lab.show("WatchdogTimestampMonotonic")
        wait_for(lambda: lab.show("WatchdogTimestampMonotonic") != before,
                 "the watchdog to be fed")


@pytest.mark.parametrize("thread", ["worker-0", "worker-2", "wsrelayd"])
def test_stuck_thread_is_restarted(lab: Any, echo: Any, connect: Any,
                                   thread: str) -> None:
    """Fed while all loops turn; one that does not is the end of all."""
    lab.configure(config_of(echo, workers=3))
    # A thread that is held takes no SIGABRT: its process is killed then.
    lab.override("[Service]\nWatchdogSec=1\nTimeoutAbortSec=1\n")
    lab.systemctl("start", "wsrelayd")
    wait_fed(lab, 8)
    pid = lab.main_pid()
    holder = hold_thread(pid, thread)
    lab.wait_show("NRestarts", "1")
    lab.wait_show("ActiveState", "active")
    holder.wait(20)
    assert lab.main_pid() not in (0, pid)
    assert "Watchdog timeout (limit 1s)!" in lab.messages()
    assert connect(ADDRESS)


def test_no_watchdog_no_letters(lab: Any, echo: Any) -> None:
    """Without one nobody is asked, and nothing is restarted."""
    lab.configure(config_of(echo, workers=2))
    lab.override("[Service]\nWatchdogSec=0\n")
    lab.systemctl("start", "wsrelayd")
    assert lab.show("WatchdogTimestampMonotonic") == "0"
    assert lab.show("StatusText") == "relaying: 0 sessions"


def test_crash_is_restarted(lab: Any, echo: Any, connect: Any) -> None:
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    connect(ADDRESS)
    pid = lab.main_pid()
    os.kill(pid, signal.SIGSEGV)
    lab.wait_show("NRestarts", "1")
    lab.wait_show("ActiveState", "active")
    client = connect(ADDRESS)
    client.send_binary(b"again")
    assert client.read_data(5) == b"again"
    assert lab.main_pid() != pid


def test_credential_is_readable(lab: Any, echo: Any, connect: Any) -> None:
    """A file of root alone reaches the daemon by LoadCredential=."""
    lab.configure(config_of(echo))
    source = lab.stage / "usr/local/etc/wsrelayd/wsrelayd.conf"
    secret = lab.root / "root/relay.conf"
    secret.write_text(source.read_text())
    secret.chmod(0o600)
    source.write_text("no configuration")
    lab.override("[Service]\nLoadCredential=relay.conf:/root/relay.conf\n"
                 "ExecStart=\nExecStart=/usr/local/sbin/wsrelayd -c "
                 "${CREDENTIALS_DIRECTORY}/relay.conf\n")
    lab.systemctl("start", "wsrelayd")
    assert connect(ADDRESS)
    text = lab.run("journalctl", "-o", "cat", "-u", "wsrelayd").stdout
    assert "no configuration" not in text


def test_key_by_credential(lab: Any, echo: Any, tmp_path: Path) -> None:
    """A key that only root may read serves TLS, in the sandbox."""
    authority = Authority(tmp_path)
    pair = authority.issue("server")
    public = lab.stage / "usr/local/etc/wsrelayd/cert.pem"
    public.write_bytes(pair.certificate.read_bytes())
    secret = lab.root / "root/key.pem"
    secret.write_bytes(pair.key.read_bytes())
    secret.chmod(0o600)
    lab.override("[Service]\nLoadCredential=relay.key:/root/key.pem\n")
    listener = {"name": "tls", "listen": f"127.0.0.1:{PORT}", "tls": {
        "certificates": [{"certificate": "/usr/local/etc/wsrelayd/cert.pem",
                          "key": "credential:relay.key"}]}}
    lab.configure(config_of(echo, listeners=[listener]))
    lab.systemctl("start", "wsrelayd")
    client = TlsClient(ADDRESS, trusting(authority))
    client.upgrade()
    client.send_binary(b"secret")
    assert client.read_data(6) == b"secret"
    client.close()
    client.sock.close()
    public.unlink()


def test_journal_has_fields(lab: Any, echo: Any, connect: Any) -> None:
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    client = connect(ADDRESS)
    name = "%s:%d" % client.sock.getsockname()
    client.send_binary(b"hello")
    client.read_data(5)
    client.close(4242)
    entry = lab.wait_journal("WSRELAY_EVENT=session closed")
    assert {"WSRELAY_CLIENT": name, "WSRELAY_ROUTE": "app",
            "WSRELAY_LISTENER": "web", "WSRELAY_TARGET": echo.target,
            "WSRELAY_CAUSE": "client_closed", "WSRELAY_SIDE": "client",
            "WSRELAY_CODE": "4242", "WSRELAY_CODE_RECEIVED": "4242",
            "WSRELAY_BYTES_UP": "5", "WSRELAY_BYTES_DOWN": "5",
            "WSRELAY_MESSAGES_UP": "1", "WSRELAY_WORKER": "0",
            "WSRELAY_UNDELIVERED_UP": "0", "PRIORITY": "6",
            "SYSLOG_IDENTIFIER": "wsrelayd"}.items() <= entry.items()
    assert float(entry["WSRELAY_SECONDS"]) < 20
    assert entry["_TRANSPORT"] == "journal"
    assert entry["MESSAGE"].startswith(
        f"session closed id={entry['WSRELAY_SESSION']} worker=0 client={name}")
    opened, = lab.journal(f"WSRELAY_SESSION={entry['WSRELAY_SESSION']}",
                          "WSRELAY_EVENT=session opened")
    assert opened["WSRELAY_PATH"] == "/app"


def test_hostile_bytes_in_the_journal(lab: Any, echo: Any) -> None:
    """No field but its own, no byte that is not text."""
    lab.configure(config_of(echo))
    lab.systemctl("start", "wsrelayd")
    with ws.Client(ADDRESS) as client:
        assert client.ask(ws.request(
            "/x%0aPRIORITY=0%0d%1f_UID=0%1b[31m")).status == 404
    entry = lab.wait_journal("WSRELAY_EVENT=handshake refused")
    assert entry["PRIORITY"] == "6"
    assert isinstance(entry["WSRELAY_PATH"], str)
    assert entry["WSRELAY_PATH"].isprintable()
    assert entry["MESSAGE"].isprintable()


def test_log_format_does_not_matter_to_the_journal(lab: Any, echo: Any
                                                   ) -> None:
    lab.configure(config_of(echo, log={"format": "json"}))
    lab.systemctl("start", "wsrelayd")
    entry = lab.wait_journal("WSRELAY_EVENT=listening")
    assert entry["MESSAGE"] == f"listening listener=web address=127.0.0.1:{PORT}"
