# SPDX-License-Identifier: MIT
"""Several workers: sessions go where the fewest are."""

import collections
import os
from typing import Any

from lib.config import relay_to
from lib.wait import wait_for


def threads(relay: Any) -> int:
    return len(os.listdir(f"/proc/{relay.process.pid}/task"))


def spread(relay: Any, count: int) -> "collections.Counter[int]":
    relay.wait_log(count=count, event="session opened")
    closed = {line["id"] for line in relay.log(event="session closed")}
    return collections.Counter(
        line["worker"] for line in relay.log(event="session opened")
        if line["id"] not in closed)


def test_even_spread(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, workers=4))
    clients = [connect(relay) for _ in range(40)]
    assert sorted(spread(relay, 40).values()) == [10, 10, 10, 10]
    for client in clients:
        client.send_binary(b"x")
        assert client.read_data(1) == b"x"


def test_holes_are_filled_first(start_relay: Any, echo: Any, connect: Any
                                ) -> None:
    """After one worker has lost its sessions, new ones go there."""
    relay = start_relay(relay_to(echo.target, workers=4))
    clients = {}
    for number in range(40):
        clients[number] = connect(relay)
        relay.wait_log(count=number + 1, event="session opened")
    lines = relay.log(event="session opened")
    victim = lines[0]["worker"]
    gone = [number for number, line in enumerate(lines)
            if line["worker"] == victim]
    before = relay.descriptors()
    for number in gone:
        clients[number].close()
        clients[number].sock.close()
    relay.wait_closed(count=len(gone))
    wait_for(lambda: relay.descriptors() == before - 2 * len(gone),
             "descriptors back")
    for _ in gone:
        connect(relay)
    relay.wait_log(count=50, event="session opened")
    assert {line["worker"]
            for line in relay.log(event="session opened")[40:]} == {victim}
    assert sorted(spread(relay, 50).values()) == [10, 10, 10, 10]


def test_workers_are_threads(start_relay: Any, echo: Any) -> None:
    few = start_relay(relay_to(echo.target, workers=1))
    many = start_relay(relay_to(echo.target, workers=6))
    wait_for(lambda: threads(many) - threads(few) == 5, "five more threads")


def test_auto_is_one_per_processor(start_relay: Any, echo: Any) -> None:
    one = start_relay(relay_to(echo.target, workers=1))
    auto = start_relay(relay_to(echo.target, workers="auto"))
    cpus = len(os.sched_getaffinity(0))
    wait_for(lambda: threads(auto) - threads(one) == cpus - 1, "its threads")


def test_stop_with_many_workers(start_relay: Any, echo: Any, connect: Any
                                ) -> None:
    relay = start_relay(relay_to(echo.target, workers=4))
    clients = [connect(relay) for _ in range(20)]
    relay.signal(15)
    for client in clients:
        client.expect_close(1001)
    assert relay.wait_exit() == 0
    assert len(relay.log(event="session closed")) == 20
