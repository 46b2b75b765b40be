# SPDX-License-Identifier: MIT
"""Clients that vanish without a word: packets no longer arrive."""

import socket
import time
from typing import Any, Iterator

import pytest
from lib.backends import Backend, open_listener
from lib.config import relay_to
from lib.network import OwnNetwork

TIMEOUTS = {"ping_interval": "1s", "ping_timeout": "1s", "close": "500ms"}
BOUND = 2.0 + 1.0     # interval and timeout, and what a busy machine adds


@pytest.fixture
def network() -> Iterator[OwnNetwork]:
    """A network of the test's own; to be asked for before all else."""
    with OwnNetwork() as own:
        yield own


def check_found(relay: Any, target: Any) -> None:
    """The target hears of it in time, and the log says why."""
    begun = time.monotonic()
    target.wait_gone()
    assert time.monotonic() - begun < BOUND
    line = relay.wait_closed(cause="ping_timeout", side="client")
    assert "code_received" not in line


def test_idle_client(network: OwnNetwork, start_relay: Any, keep: Any,
                     connect: Any) -> None:
    backend = keep(Backend(open_listener(socket.AF_UNIX)))
    relay = start_relay(relay_to(backend.target, timeouts=TIMEOUTS))
    client = connect(relay)
    target = backend.accept()
    client.send_binary(b"here")
    assert target.read(4) == b"here"
    network.cut()
    check_found(relay, target)


def test_client_in_the_middle_of_a_download(
        network: OwnNetwork, start_relay: Any, keep: Any, connect: Any
        ) -> None:
    """Bytes on their way to it hold nothing up: TCP alone would wait for a
    quarter of an hour."""
    backend = keep(Backend(open_listener(socket.AF_UNIX)))
    relay = start_relay(relay_to(backend.target, timeouts=TIMEOUTS))
    client = connect(relay, receive_buffer=4096)
    target = backend.accept()
    target.fill(b"x" * 65536, quiet=0.1)
    assert client.read_frame().payload
    network.cut()
    check_found(relay, target)
