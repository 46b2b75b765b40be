# SPDX-License-Identifier: MIT
"""A network of one's own, whose only line can be cut."""

import ctypes
import fcntl
import os
import socket
import struct
from types import TracebackType
from typing import Optional, Type

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1

LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def set_loopback(is_up: bool) -> None:
    """Of the present network: while it is down no packet arrives."""
    request = struct.pack("16sH14x", b"lo", IFF_UP if is_up else 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, request)


class OwnNetwork:
    """While it is entered, this thread and what it starts are in a new
    network namespace with nothing but a loopback.  Needs root."""

    def __enter__(self) -> "OwnNetwork":
        self.former = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(LIBC.unshare(CLONE_NEWNET))
        set_loopback(True)
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        _check(LIBC.setns(self.former, CLONE_NEWNET))
        os.close(self.former)

    def cut(self) -> None:
        """Everybody who is connected has vanished for the other side: no FIN,
        no reset, no answer."""
        set_loopback(False)
