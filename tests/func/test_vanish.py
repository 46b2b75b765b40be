# SPDX-License-Identifier: MIT
"""Clients and targets that vanish without a word: packets no longer arrive."""

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


def start_before_tcp(start_relay: Any, keep: Any, connect: Any,
                     tmp_path: Any) -> Any:
    """A session whose client stays when the network is cut."""
    backend = keep(Backend())
    relay = start_relay(relay_to(
        backend.target, timeouts=TIMEOUTS,
        listeners=[{"name": "sock", "listen": f"unix:{tmp_path}/ws.sock"}]))
    client = connect(relay)
    target = backend.accept()
    client.send_binary(b"here")
    assert target.read(4) == b"here"
    return relay, client


def check_target_found(relay: Any, client: Any, bound: float) -> None:
    """The client hears of it in time, the log says why."""
    begun = time.monotonic()
    client.expect_close(1011)
    assert time.monotonic() - begun < bound
    relay.wait_closed(cause="target_vanished", side="target")


def test_idle_target(network: OwnNetwork, start_relay: Any, keep: Any,
                     connect: Any, tmp_path: Any) -> None:
    """The kernel asks it, from the first ping on: after a second without a
    word, then three times, a second apart."""
    relay, client = start_before_tcp(start_relay, keep, connect, tmp_path)
    network.cut()
    check_target_found(relay, client, 1.0 + 4.0 + 2.0)


def test_target_that_is_sent_to(network: OwnNetwork, start_relay: Any,
                                keep: Any, connect: Any,
                                tmp_path: Any) -> None:
    """Bytes on their way are tried again and again, but not for ever."""
    relay, client = start_before_tcp(start_relay, keep, connect, tmp_path)
    network.cut()
    client.send_binary(b"are you there?")
    check_target_found(relay, client, 3.0 + 1.0)
