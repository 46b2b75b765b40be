# SPDX-License-Identifier: MIT
"""A network and process namespace of the benchmark's own.

Nothing of the machine's network setup gets into a figure, fixed ports cannot
clash, and when the namespace's first process ends the kernel ends all others:
no relay outlives the benchmark, however it dies.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_PRIVATE_RECURSIVE = (1 << 18) | (1 << 14)
PR_SET_PDEATHSIG = 1

SYSCTLS = {
    "net/ipv4/tcp_congestion_control": "reno",
    "net/ipv4/tcp_tw_reuse": "1",
    "net/ipv4/ip_local_port_range": "20000 65535",
    "net/core/somaxconn": "16384",
}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise SystemExit(f"bench: {what}: {os.strerror(code)}")


def _unshare():
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS
    if uid != 0:
        flags |= CLONE_NEWUSER
    _check(_libc.unshare(flags), "cannot make a namespace (root or user "
                                 "namespaces are needed)")
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"),
                           ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
                f.write(text)


def set_sysctl(name, value):
    """Sets one of this namespace; says so where the kernel lacks it."""
    try:
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as f:
            f.write(value)
    except OSError as e:
        print(f"bench: {name} not set: {e.strerror}", file=sys.stderr)


@contextlib.contextmanager
def sysctls(values):
    """Sets some, and sets them back."""
    before = {}
    for name in values:
        with open(f"/proc/sys/{name}", encoding="ascii") as f:
            before[name] = f.read().strip()
    try:
        for name, value in values.items():
            set_sysctl(name, value)
        yield
    finally:
        for name, value in before.items():
            set_sysctl(name, value)


def _set_up():
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    _check(_libc.mount(b"none", b"/", None, MS_PRIVATE_RECURSIVE, None),
           "mount")
    _check(_libc.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, value in SYSCTLS.items():
        set_sysctl(name, value)


def run_inside(function):
    """Runs function() in new namespaces and returns its exit status."""
    _unshare()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        _set_up()
        return function()

    # A terminal's ^C reaches the child by itself; a kill must be passed on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) & 0xff
