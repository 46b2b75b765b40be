# SPDX-License-Identifier: MIT
"""Stopping and the log file's signal."""

import json
import os
import select
import signal
import threading
import time
from pathlib import Path
from typing import Any, List

import pytest
from lib import ws
from lib.backends import pattern
from lib.config import relay_to
from lib.relay import parse_address
from lib.wait import wait_for
from lib.ws import SMALL, request


def is_stopping(relay: Any) -> bool:
    """Whether a new request is refused, or nobody listens any more."""
    try:
        with ws.Client(relay.address) as client:
            return client.ask(request()).status == 503
    except (OSError, AssertionError):
        return True


def test_term_closes_with_1001(start_relay: Any, echo: Any, connect: Any
                               ) -> None:
    relay = start_relay(relay_to(echo.target, workers=2))
    clients = [connect(relay) for _ in range(10)]
    relay.signal(signal.SIGTERM)
    for client in clients:
        client.expect_close(1001)
    assert relay.wait_exit() == 0
    closed = relay.log(event="session closed", cause="shutdown", side="relay",
                       code_sent=1001)
    assert len(closed) == 10


def test_term_flushes_both_ways(start_relay: Any, backend: Any, connect: Any
                                ) -> None:
    """What is in flight when the signal comes arrives before the 1001."""
    relay = start_relay(relay_to(backend.target))
    client = connect(relay, receive_buffer=SMALL)
    target = backend.accept()
    sent = target.fill(b"d" * 65536, quiet=0.2)
    up = pattern(100000)
    client.send_binary(up)
    relay.signal(signal.SIGTERM)
    assert target.read(len(up)) == up
    data, close = client.read_until_close()
    assert close.code == 1001
    # What the relay had taken from the backend; the rest was never its.
    assert data == b"d" * len(data) and 0 < len(data) <= sent
    client.send_close()
    target.expect_end()
    target.close()
    client.expect_eof()
    assert relay.wait_exit() == 0
    line, = relay.log(event="session closed")
    assert line["undelivered_up"] == 0


def test_stop_is_bounded_by_timeouts_close(start_relay: Any, backend: Any,
                                           connect: Any) -> None:
    relay = start_relay(relay_to(backend.target,
                                 timeouts={"close": "400ms"}))
    stopped = connect(relay, receive_buffer=4096)
    backend.accept().fill(b"x" * 65536, quiet=0.2)
    relay.signal(signal.SIGTERM)
    assert relay.wait_exit(10) == 0
    assert stopped.sock.fileno() >= 0


def test_drain_lets_sessions_end_by_themselves(
        start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "1h"}))
    client = connect(relay)
    relay.signal(signal.SIGTERM)
    wait_for(lambda: is_stopping(relay), "refusals")
    client.send_binary(b"still here")
    assert client.read_data(10) == b"still here"
    client.close()
    assert relay.wait_exit() == 0
    # A probe may have come in before the signal did.
    assert len(relay.log(event="session closed", cause="client_closed")) == 1
    assert not relay.log(event="session closed", cause="shutdown")


def test_drain_ends(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "500ms"}))
    client = connect(relay)
    start = time.monotonic()
    relay.signal(signal.SIGTERM)
    client.expect_close(1001)
    assert time.monotonic() - start > 0.4
    assert relay.wait_exit() == 0


def test_refused_while_draining(start_relay: Any, echo: Any, connect: Any,
                                client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "1h"}))
    client = connect(relay)
    relay.signal(signal.SIGTERM)
    wait_for(lambda: is_stopping(relay), "refusals")
    response = client_of(relay).ask(request())
    assert response.status == 503
    assert int(response.get("Retry-After") or 0) > 0
    client.close()
    assert relay.wait_exit() == 0


class Storm:
    """Clients that try again as soon as they are refused, and read slowly."""

    def __init__(self, address: Any) -> None:
        self.address = address
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._try_on)
                        for _ in range(40)]
        for thread in self.threads:
            thread.start()

    def _try_on(self) -> None:
        while not self.is_over.is_set():
            try:
                with ws.Client(self.address) as client:
                    client.ask(request())
                    self.is_over.wait(0.1)
            except (OSError, AssertionError):
                self.is_over.wait(0.01)

    def finish(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def test_refused_clients_do_not_hold_up_the_end(
        start_relay: Any, echo: Any, connect: Any, keep: Any) -> None:
    """A drain is over with its last session, whoever else comes."""
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "1h"}))
    client = connect(relay)
    relay.signal(signal.SIGTERM)
    wait_for(lambda: is_stopping(relay), "refusals")
    keep(Storm(relay.address))
    wait_for(lambda: len(relay.log(event="handshake refused")) > 100,
             "a storm")
    client.send_binary(b"still here")
    assert client.read_data(10) == b"still here"
    client.close()
    assert relay.wait_exit() == 0


def closing_times(clients: Any, start: float) -> List[float]:
    """When each got its 1001, in seconds from `start`, in order."""
    times = []
    waiting = {client.sock: client for client in clients}
    while waiting:
        ready, _, _ = select.select(list(waiting), [], [], 20)
        assert ready, f"{len(waiting)} were not closed"
        for sock in ready:
            waiting.pop(sock).expect_close(1001)
            times.append(time.monotonic() - start)
    return times


def test_close_is_spread(start_relay: Any, echo: Any, connect: Any) -> None:
    """Over the whole time, never many at once, none later."""
    relay = start_relay(relay_to(echo.target, workers=2,
                                 timeouts={"close_spread": "2s"}))
    clients = [connect(relay) for _ in range(100)]
    start = time.monotonic()
    relay.signal(signal.SIGTERM)
    times = closing_times(clients, start)
    assert times[-1] < 2 + 1
    tenths = [sum(i / 5 <= moment < (i + 1) / 5 for moment in times)
              for i in range(10)]
    assert max(tenths) <= 30, tenths
    assert sum(1 for count in tenths if count) >= 8, tenths
    assert relay.wait_exit() == 0


def test_no_spread_closes_all_at_once(start_relay: Any, echo: Any,
                                      connect: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    clients = [connect(relay) for _ in range(100)]
    start = time.monotonic()
    relay.signal(signal.SIGTERM)
    assert closing_times(clients, start)[-1] < 1.5
    assert relay.wait_exit() == 0


def test_sessions_go_on_until_their_turn(start_relay: Any, echo: Any,
                                         connect: Any) -> None:
    """Echoes are answered to the last byte while others are closed."""
    relay = start_relay(relay_to(echo.target,
                                 timeouts={"close_spread": "1500ms"}))
    clients = [connect(relay) for _ in range(20)]
    relay.signal(signal.SIGTERM)
    wait_for(lambda: is_stopping(relay), "refusals")
    sent = dict.fromkeys(clients, 0)
    got = dict.fromkeys(clients, 0)
    open_ones = set(clients)
    while open_ones:
        for client in list(open_ones):
            client.send_binary(b"x" * 100)
            sent[client] += 100
            while True:
                frame = client.read_frame()
                if frame.opcode == ws.CLOSE:
                    assert frame.code == 1001
                    open_ones.discard(client)
                    break
                got[client] += len(frame.payload)
                if got[client] == sent[client]:
                    break
    assert len({sent[client] for client in clients}) > 1
    for client in clients:
        assert sent[client] - got[client] in (0, 100)
        client.send_close()
    assert relay.wait_exit() == 0


def test_drain_then_spread(start_relay: Any, echo: Any, connect: Any) -> None:
    """First time to end by themselves, then the rest is closed bit by bit."""
    relay = start_relay(relay_to(echo.target, timeouts={
        "drain": "1s", "close_spread": "1s"}))
    clients = [connect(relay) for _ in range(50)]
    start = time.monotonic()
    relay.signal(signal.SIGTERM)
    wait_for(lambda: is_stopping(relay), "refusals")
    for client in clients[:10]:
        client.close()
    times = closing_times(clients[10:], start)
    assert times[0] > 0.9 and times[-1] < 3.5
    assert times[-1] - times[0] > 0.5
    assert relay.wait_exit() == 0
    assert len(relay.log(event="session closed", cause="shutdown")) == 40


@pytest.mark.parametrize("first,second", [
    (signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM),
    (signal.SIGTERM, signal.SIGINT)])
def test_second_signal_stops_at_once(start_relay: Any, echo: Any,
                                     connect: Any, first: int, second: int
                                     ) -> None:
    relay = start_relay(relay_to(echo.target, timeouts={"drain": "1h"}))
    connect(relay)
    relay.signal(first)
    wait_for(lambda: is_stopping(relay), "refusals")
    relay.signal(second)
    assert relay.wait_exit(10) == 0


def test_stop_inside_handshakes(start_relay: Any, echo: Any, client_of: Any
                                ) -> None:
    """Unfinished requests do not hold it up."""
    relay = start_relay(relay_to(echo.target))
    before = relay.descriptors()
    clients = [client_of(relay) for _ in range(10)]
    for client in clients:
        client.send(request()[:40])
    wait_for(lambda: relay.descriptors() >= before + 10, "all accepted")
    relay.signal(signal.SIGTERM)
    assert relay.wait_exit() == 0


def test_stop_under_load(start_relay: Any, echo: Any) -> None:
    """However it falls: every client gets its 1001 or was never let in."""
    relay = start_relay(relay_to(echo.target, workers=2))
    wrong = []
    started = threading.Barrier(5)

    def talk() -> None:
        try:
            client = ws.connect(relay.address)
            started.wait()
            while True:
                client.send_binary(b"x" * 1000)
                got = client.read_frame()
                if got.opcode == ws.CLOSE:
                    break
            if got.code != 1001:
                wrong.append(got.code)
            client.sock.close()
        except OSError as error:
            wrong.append(error)

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    started.wait()
    relay.signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert relay.wait_exit() == 0
    assert not wrong


def test_usr1_reopens_the_log(start_relay: Any, echo: Any, connect: Any,
                              tmp_path: Path) -> None:
    log = tmp_path / "relay.log"
    relay = start_relay(relay_to(
        echo.target, log={"target": "file:" + str(log), "format": "json"}),
        stderr=os.open(os.devnull, os.O_WRONLY))
    wait_for(lambda: log.exists() and "listening" in log.read_text(),
             "the log file")
    address = [json.loads(line)["address"]
               for line in log.read_text().splitlines()
               if json.loads(line)["event"] == "listening"][0]
    connect(parse_address(address)).close()
    wait_for(lambda: "session closed" in log.read_text(), "its line")
    log.rename(tmp_path / "relay.log.1")
    relay.signal(signal.SIGUSR1)
    wait_for(log.exists, "the new log file")
    connect(parse_address(address)).close()
    wait_for(lambda: "session closed" in log.read_text(), "a line in it")
    old = (tmp_path / "relay.log.1").read_text()
    assert old.count('"session closed"') == 1


def test_usr1_without_a_file_is_harmless(start_relay: Any, echo: Any,
                                         connect: Any) -> None:
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    relay.signal(signal.SIGUSR1)
    client.send_binary(b"x")
    assert client.read_data(1) == b"x"
