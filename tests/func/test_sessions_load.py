# SPDX-License-Identifier: MIT
"""Listing thousands of sessions: none is missing, and nobody waits for it."""

import multiprocessing
import os
import threading
import time
from typing import Any, List

from lib import ws
from lib.backends import (PollServer, Server, echo, open_listener,
                          server_name)
from lib.config import relay_to
from lib.control import Control

COUNT = int(os.environ.get("TEST_SESSIONS", "2000"))
# Nobody answers pings here.
QUIET = {"ping_interval": "0"}
# Seconds of a round trip meanwhile; the worst may be that of a busy machine.
TYPICAL_MAX = 0.05
WORST_MAX = 1.0


def open_many(address: Any, count: int) -> List[ws.Client]:
    """In batches, so that the handshakes overlap."""
    clients: List[ws.Client] = []
    while len(clients) < count:
        batch = [ws.Client(address) for _ in range(min(100, count -
                                                       len(clients)))]
        for client in batch:
            client.send(ws.request())
        for client in batch:
            client.check_upgraded(client.read_response())
        clients += batch
    return clients


class Prober:
    """Measures round trips of one session, backend and all, in a process of
    its own: this one has other things to do."""

    def __init__(self) -> None:
        self.sock = open_listener()
        self.target = server_name(self.sock)
        self.stopping = multiprocessing.Event()
        self.times: Any = multiprocessing.SimpleQueue()
        self.process: Any = None

    def start(self, address: Any) -> None:
        self.process = multiprocessing.Process(target=self._run,
                                               args=(address,))
        self.process.start()

    def _run(self, address: Any) -> None:
        Server(echo, self.sock)
        client = ws.connect(address, "/probe")
        times = []
        while not self.stopping.is_set():
            begun = time.monotonic()
            client.send_binary(b"x")
            client.read_data(1)
            times.append(time.monotonic() - begun)
        client.sock.close()
        self.times.put(times)

    def finish(self) -> List[float]:
        """All round trips, the shortest first."""
        self.stopping.set()
        times = self.times.get()
        self.process.join()
        self.sock.close()
        return sorted(times)


def test_many_sessions(start_relay: Any, keep: Any, control: Control,
                       ) -> None:
    server = keep(PollServer())
    prober = Prober()
    config = relay_to(server.target, workers=2, timeouts=QUIET,
                      **control.option)
    config["backends"]["probe"] = {"servers": [prober.target]}
    config["routes"].append(
        {"name": "probe", "path": "/probe", "backend": "probe"})
    relay = start_relay(config)
    clients = open_many(relay.address, COUNT)
    prober.start(relay.address)
    try:
        for _ in range(5):
            sessions = control.json("sessions", "--route", "app")
            assert [s["id"] for s in sessions] == list(range(1, COUNT + 1))
            assert {s["state"] for s in sessions} == {"open"}
    finally:
        times = prober.finish()
    assert len(times) > 100
    typical, worst = times[len(times) * 95 // 100], times[-1]
    assert typical < TYPICAL_MAX and worst < WORST_MAX, (typical, worst)
    for client in clients:
        client.sock.close()


def test_a_reader_that_is_slow(start_relay: Any, keep: Any, control: Control
                               ) -> None:
    """A list waits for its reader; sessions end and others ask meanwhile."""
    server = keep(PollServer())
    relay = start_relay(relay_to(server.target, workers=2, timeouts=QUIET,
                      **control.option))
    clients = open_many(relay.address, COUNT)
    line = control.connect()
    line.ask("sessions")
    first = line.read()["session"]
    for client in clients[::2]:
        client.sock.close()
    control.ok("loglevel")
    ids = [first["id"]]
    while "session" in (got := line.read()):
        ids.append(got["session"]["id"])
    assert got == {"ok": True}
    assert sorted(ids) == list(range(1, COUNT + 1))
    line.close()
    for client in clients[1::2]:
        client.sock.close()


def test_lists_while_sessions_come_and_go(start_relay: Any, keep: Any,
                                          control: Control) -> None:
    server = keep(PollServer())
    relay = start_relay(relay_to(server.target, workers=2, timeouts=QUIET,
                      **control.option))
    stay = open_many(relay.address, 300)
    stopping = threading.Event()

    def churn() -> None:
        while not stopping.is_set():
            for client in open_many(relay.address, 20):
                client.sock.close()

    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            ids = [s["id"] for s in control.json("sessions")]
            assert len(ids) == len(set(ids))
            assert set(range(1, 301)) <= set(ids)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    for client in stay:
        client.sock.close()
