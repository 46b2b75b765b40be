# SPDX-License-Identifier: MIT
"""What the sandbox of the unit forbids, tried from within it."""

import json
import re
from pathlib import Path
from typing import Any, Dict

import pytest
from lab import PREFIX, Lab
from lib.config import relay_to

# Highest exposure that "systemd-analyze security" may see, in tenths.
EXPOSURE_MAX = 10

UNIT_PATH = f"{PREFIX}/lib/systemd/system/wsrelayd.service"


@pytest.fixture(scope="module")
def seen(booted: Lab) -> Dict[str, Any]:
    """Runs the probe as the unit runs the daemon, once."""
    probe = booted.stage / "usr/local/sbin/probe.py"
    probe.write_text((Path(__file__).parent / "probe.py").read_text())
    for name in "tmp/of-others", "home/of-others", "root/secret":
        (booted.root / name).write_text("not for you")
    booted.override(
        "[Service]\nType=oneshot\nWatchdogSec=0\nRestart=no\n"
        f"ExecStart=\nExecStart=/usr/bin/python3 {PREFIX}/sbin/probe.py\n"
        "StandardOutput=journal\nLogRateLimitIntervalSec=0\n")
    booted.systemctl("start", "wsrelayd")
    line = [line for line in booted.messages().splitlines()
            if line.startswith('{"write')][-1]
    booted.reset()
    return json.loads(line)


FORBIDDEN = {
    "write /usr": "EROFS", "write /etc": "EROFS", "write /var": "EROFS|ENOENT",
    "write /": "EROFS", "read shadow": "EACCES",
    "write kernel tunable": "EROFS|EACCES|ENOENT",
    "read /proc/cmdline": "ENOENT", "write cgroup": "EROFS|EACCES|ENOENT",
    "become root": "EPERM",
    "memory both writable and executable": "EPERM|EACCES",
    "netlink socket": "EAFNOSUPPORT", "packet socket": "EAFNOSUPPORT",
    "vsock socket": "EAFNOSUPPORT", "raw socket": "EPERM",
    "low port": "EACCES", "new user namespace": "EPERM",
    "new mount namespace": "EPERM", "mount": "EPERM",
    "set the clock": "EPERM", "set the host name": "EPERM",
    "set user id bit": "EPERM", "real-time scheduling": "EPERM",
    "other personality": "EPERM", "kernel log": "EPERM",
    "trace a process": "EPERM", "load a module": "EPERM", "bpf": "EPERM",
    "change owner": "EPERM",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_forbidden(seen: Dict[str, Any], what: str) -> None:
    assert re.fullmatch(FORBIDDEN[what], str(seen[what])), seen[what]


@pytest.mark.parametrize("what", [
    "write own runtime directory", "tcp socket", "unix socket"])
def test_what_it_needs(seen: Dict[str, Any], what: str) -> None:
    assert seen[what] == "done"


def test_no_files_of_others(seen: Dict[str, Any]) -> None:
    assert seen["list /home"] in ([], "EACCES", "ENOENT")
    assert seen["read /root"] in ([], "EACCES", "ENOENT")
    assert seen["list /tmp"] == []


def test_no_devices(seen: Dict[str, Any]) -> None:
    assert set(seen["list /dev"]) <= {
        "char", "core", "fd", "full", "hugepages", "log", "mqueue", "null", "ptmx",
        "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
        "zero"}


def test_no_other_processes(seen: Dict[str, Any]) -> None:
    assert seen["processes"] == 0


def test_no_privileges(seen: Dict[str, Any]) -> None:
    status = seen["status"]
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    for name in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
        assert int(status[name], 16) == 0, name
    assert "0" not in status["Uid"].split() + status["Gid"].split()
    assert seen["umask"] == 0o077


def test_daemon_runs_as_the_probe_did(lab: Lab, echo: Any, connect: Any,
                                      ) -> None:
    """The same of the daemon itself, and of each of its threads."""
    lab.configure(relay_to(echo.target, log={"level": "info"}, workers=2,
                           listeners=[{"listen": "127.0.0.1:8301"}]))
    lab.systemctl("start", "wsrelayd")
    connect(("127.0.0.1", 8301))
    tasks = list(Path(f"/proc/{lab.main_pid()}/task").iterdir())
    assert len(tasks) >= 4
    for task in tasks:
        text = (task / "status").read_text()
        assert re.search(r"^NoNewPrivs:\t1$", text, re.M)
        assert re.search(r"^Seccomp:\t2$", text, re.M)
        assert re.search(r"^CapBnd:\t0+$", text, re.M)
        assert not re.search(r"^Uid:.*\t0\b", text, re.M)


def test_names_are_resolved(lab: Lab, echo: Any, connect: Any) -> None:
    """Backends by name work without netlink, and descriptors suffice."""
    port = echo.target.rpartition(":")[2]
    lab.configure(relay_to(f"localhost:{port}", log={"level": "info"},
                           listeners=[{"listen": "127.0.0.1:8301"}]))
    lab.systemctl("start", "wsrelayd")
    client = connect(("127.0.0.1", 8301))
    client.send_binary(b"by name")
    assert client.read_data(7) == b"by name"


def test_unix_backends_are_reached(lab: Lab, connect: Any, keep: Any,
                                   ) -> None:
    """A socket below /run, as most servers have theirs."""
    from lib import backends
    path = Path(f"{lab.root}/run/backend.sock")
    path.unlink(missing_ok=True)
    sock = backends.open_listener(backends.socket.AF_UNIX, path=path)
    path.chmod(0o666)
    keep(backends.Server(backends.echo, sock))
    lab.configure(relay_to("unix:/run/backend.sock", log={"level": "info"},
                           listeners=[{"listen": "127.0.0.1:8301"}]))
    lab.systemctl("start", "wsrelayd")
    client = connect(("127.0.0.1", 8301))
    client.send_binary(b"unix")
    assert client.read_data(4) == b"unix"
    path.unlink()


def test_units_are_understood(lab: Lab) -> None:
    """No directive that systemd does not know."""
    for unit in "wsrelayd.service", "wsrelayd.socket":
        done = lab.run("systemd-analyze", "verify", "--man=no",
                       "--recursive-errors=no",
                       f"{PREFIX}/lib/systemd/system/{unit}")
        assert done.stderr == ""


def test_exposure(lab: Lab) -> None:
    """The figure of "systemd-analyze security"."""
    done = lab.run("systemd-analyze", "security", "--offline=true",
                   f"--threshold={EXPOSURE_MAX}", UNIT_PATH, check=False)
    assert done.returncode == 0, done.stdout
