#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tries, inside the unit's sandbox, what must not work; tells it as JSON.

Each line of `probes` is a name and a function; what comes of it is "done" or
the name of an errno.
"""

import ctypes
import errno
import json
import mmap
import os
import socket
import sys
from typing import Any, Callable, Dict

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> None:
    """Calls a function of the C library; raises what errno says."""
    if getattr(libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def syscall(number: int, *arguments: Any) -> None:
    call("syscall", ctypes.c_long(number), *arguments)


def write_to(path: str) -> Callable[[], None]:
    def probe() -> None:
        with open(path, "a", encoding="ascii"):
            pass
    return probe


def make_suid() -> None:
    path = os.environ["RUNTIME_DIRECTORY"] + "/suid"
    with open(path, "w", encoding="ascii"):
        pass
    os.chmod(path, 0o4755)


def open_socket(family: int, kind: int, protocol: int = 0,
                ) -> Callable[[], None]:
    return lambda: socket.socket(family, kind, protocol).close()


def read_text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def visible_processes() -> int:
    """How many processes of others there are to see."""
    own = os.getpid()
    return len([name for name in os.listdir("/proc") if name.isdigit() and
                int(name) != own])


PROBES: Dict[str, Callable[[], Any]] = {
    "write /usr": write_to("/usr/local/probe"),
    "write /etc": write_to("/etc/probe"),
    "write /var": write_to("/var/lib/probe"),
    "write /": write_to("/probe"),
    "write own runtime directory": lambda: write_to(
        os.environ["RUNTIME_DIRECTORY"] + "/probe")(),
    "read /root": lambda: os.listdir("/root"),
    "list /home": lambda: sorted(os.listdir("/home")),
    "read shadow": lambda: read_text("/etc/shadow"),
    "list /tmp": lambda: sorted(os.listdir("/tmp")),
    "list /dev": lambda: sorted(os.listdir("/dev")),
    "processes": visible_processes,
    "read /proc/cmdline": lambda: read_text("/proc/cmdline"),
    "write kernel tunable": write_to("/proc/sys/kernel/hostname"),
    "write cgroup": lambda: os.mkdir("/sys/fs/cgroup/probe"),
    "become root": lambda: call("setuid", 0),
    "memory both writable and executable": lambda: mmap.mmap(
        -1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "netlink socket": open_socket(16, socket.SOCK_RAW),
    "packet socket": open_socket(17, socket.SOCK_RAW),
    "raw socket": open_socket(
        socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "vsock socket": open_socket(40, socket.SOCK_STREAM),
    "tcp socket": open_socket(socket.AF_INET6, socket.SOCK_STREAM),
    "unix socket": open_socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "low port": lambda: socket.socket().bind(("127.0.0.1", 81)),
    "new user namespace": lambda: call("unshare", 0x10000000),
    "new mount namespace": lambda: call("unshare", 0x00020000),
    "mount": lambda: call("mount", b"x", b"/tmp", b"tmpfs", 0, None),
    "set the clock": lambda: syscall(227, 0, 0),
    "set the host name": lambda: call("sethostname", b"x", 1),
    "set user id bit": make_suid,
    "real-time scheduling": lambda: os.sched_setscheduler(
        0, os.SCHED_FIFO, os.sched_param(1)),
    "other personality": lambda: call("personality", 0x0008),
    "kernel log": lambda: call("klogctl", 3, None, 0),
    "trace a process": lambda: call("ptrace", 0x4206, os.getppid(), 0, 0),
    "load a module": lambda: syscall(175, 0, 0, b""),
    "bpf": lambda: syscall(321, 0, 0, 0),
    "keyring": lambda: syscall(250, 0, 0, 0),
    "change owner": lambda: os.chown(
        os.environ["RUNTIME_DIRECTORY"], 12345, -1),
    "status": lambda: dict(
        line.split(":\t", 1) for line in
        read_text("/proc/self/status").splitlines() if ":\t" in line),
    "umask": lambda: os.umask(0),
}


def result(probe: Callable[[], Any]) -> Any:
    try:
        value = probe()
        return "done" if value is None else value
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))


json.dump({name: result(probe) for name, probe in PROBES.items()}, sys.stdout)
