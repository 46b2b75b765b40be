# SPDX-License-Identifier: MIT
"""Limits on sessions, addresses and descriptors, and recovery from them."""

import resource
import socket
from typing import Any, List

import pytest
from lib import ws
from lib.config import relay_to
from lib.wait import wait_for
from lib.ws import Refused, request


# Descriptors the daemon may have where they are to run out.
NOFILE = 400


def check_busy(response: Any, status: int) -> None:
    assert response.status == status
    assert int(response.get("Retry-After")) > 0
    assert response.get("Connection") == "close"


def refusal_of(connect: Any, relay: Any, **more: Any) -> Any:
    with pytest.raises(Refused) as caught:
        connect(relay, **more)
    return caught.value.response


def can_connect(connect: Any, relay: Any, **more: Any) -> Any:
    """A client, or None when it is refused for now."""
    try:
        return connect(relay, **more)
    except (Refused, OSError, AssertionError):
        return None


@pytest.mark.parametrize("where", ["global", "route"])
def test_max_sessions(start_relay: Any, echo: Any, connect: Any, where: str
                      ) -> None:
    limits = {"max_sessions": 3}
    config = (relay_to(echo.target, limits=limits) if where == "global" else
              relay_to(echo.target, route={"limits": limits}))
    relay = start_relay(config)
    clients = [connect(relay) for _ in range(3)]
    check_busy(refusal_of(connect, relay), 503)
    relay.wait_log(event="handshake refused", status=503)
    clients[0].close()
    wait_for(lambda: can_connect(connect, relay), "a free place")
    for client in clients[1:]:
        client.send_binary(b"x")
        assert client.read_data(1) == b"x"


def test_a_crowd_of_refused_takes_few_descriptors(
        start_relay: Any, echo: Any, connect: Any) -> None:
    """Clients that are refused and stay: each gets its answer, and no more
    than some of them are waited for."""
    relay = start_relay(relay_to(echo.target, limits={"max_sessions": 1}))
    session = connect(relay)
    before = relay.descriptors()
    refused = []
    for _ in range(200):
        client = ws.Client(relay.address)
        refused.append(client)
        client.send(request())
        try:
            check_busy(client.read_response(), 503)
        except ConnectionResetError:
            pass  # the request came after the answer
        assert relay.descriptors() <= before + 64 + 4
    session.send_binary(b"x")
    assert session.read_data(1) == b"x"
    for client in refused:
        client.sock.close()
    wait_for(lambda: relay.descriptors() == before, "descriptors back")


def test_max_sessions_of_a_route_leaves_others(start_relay: Any, echo: Any,
                                               connect: Any) -> None:
    config = relay_to(echo.target, route={"limits": {"max_sessions": 1}})
    config["routes"].append({"name": "b", "path": "/b", "backend": "app"})
    relay = start_relay(config)
    connect(relay)
    check_busy(refusal_of(connect, relay), 503)
    for _ in range(5):
        connect(relay, "/b")


def test_sessions_per_address(start_relay: Any, echo: Any, connect: Any
                              ) -> None:
    config = relay_to(echo.target, limits={"max_sessions_per_ip": 2})
    relay = start_relay(config)
    clients = [connect(relay) for _ in range(2)]
    check_busy(refusal_of(connect, relay), 429)
    # Another address is another account.
    for _ in range(2):
        connect(relay, source="127.0.0.2")
    check_busy(refusal_of(connect, relay, source="127.0.0.2"), 429)
    clients[0].close()
    wait_for(lambda: can_connect(connect, relay), "a free place")


def test_handshakes_per_second(start_relay: Any, echo: Any, connect: Any
                               ) -> None:
    relay = start_relay(relay_to(
        echo.target, limits={"handshakes_per_second_per_ip": 5}))
    refused: List[Any] = []
    for _ in range(30):
        try:
            connect(relay)
        except Refused as error:
            refused.append(error.response)
    assert refused, "30 at once were let in"
    for response in refused:
        check_busy(response, 429)
    connect(relay, source="127.0.0.3")
    wait_for(lambda: can_connect(connect, relay), "the rate's recovery")


def test_refused_ones_are_not_counted_as_sessions(
        start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, limits={
        "max_sessions": 2, "max_sessions_per_ip": 2}))
    for path in ["/nowhere"] * 20:
        with pytest.raises(Refused):
            connect(relay, path)
    wait_for(lambda: can_connect(connect, relay), "a place")
    wait_for(lambda: can_connect(connect, relay), "another place")


def test_places_come_back_after_every_kind_of_end(
        start_relay: Any, backend: Any, connect: Any) -> None:
    relay = start_relay(relay_to(backend.target, limits={
        "max_sessions": 1, "max_sessions_per_ip": 1}))

    def enter() -> Any:
        return wait_for(lambda: can_connect(connect, relay), "a place")

    client = enter()
    client.reset()
    backend.accept().wait_gone()
    client = enter()
    target = backend.accept()
    target.close()
    client.expect_close(1000)
    client = enter()
    target = backend.accept()
    client.send_frame(3)
    client.expect_close(1002)
    target.wait_gone()
    client = enter()
    backend.accept().reset()
    client.expect_close(1011)
    enter()


# Descriptors.

@pytest.mark.parametrize("limit", [0, 1000])
def test_out_of_descriptors(start_relay: Any, echo: Any, connect: Any,
                            limit: int) -> None:
    """503 or a pause for those too many, be the limit derived or one that
    cannot be reached; the others never notice, and it recovers by itself."""
    relay = start_relay(relay_to(
        echo.target, limits={"max_sessions": limit}), nofile=NOFILE)
    clients: List[Any] = []
    waiting: List[socket.socket] = []
    refusals = 0
    for _ in range(NOFILE):
        client = ws.Client(relay.address)
        client.send(request())
        client.sock.settimeout(1)
        try:
            response = client.read_response()
        except (TimeoutError, OSError):
            waiting.append(client.sock)
            if len(waiting) > 3:
                break
            continue
        if response.status == 101:
            clients.append(client)
        else:
            check_busy(response, 503)
            refusals += 1
            client.sock.close()
    assert NOFILE / 4 < len(clients) < NOFILE / 2
    assert refusals or waiting
    assert relay.descriptors() <= NOFILE
    for client in clients:
        client.sock.settimeout(20)
        client.send_binary(b"fine")
        assert client.read_data(4) == b"fine"
    for sock in waiting:
        sock.close()
    for client in clients[:10]:
        client.close()
    again = wait_for(lambda: can_connect(connect, relay), "recovery")
    again.send_binary(b"back")
    assert again.read_data(4) == b"back"
    for client in clients[10:]:
        client.sock.close()


@pytest.mark.parametrize("spare,sign", [
    (2, {"level": "warning"}),
    (3, {"event": "handshake refused", "status": 503})],
    ids=["at accept", "at the dial"])
def test_descriptors_truly_gone(start_relay: Any, echo: Any, connect: Any,
                                spare: int, sign: dict) -> None:
    """The limit shrinks under a running daemon: accept() itself fails, or
    the socket towards the backend."""
    relay = start_relay(relay_to(echo.target))
    clients = [connect(relay) for _ in range(5)]
    few = relay.descriptors() + spare
    limits = resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE,
                     (few, limits[1]))
    turned_away = 0
    for _ in range(10):
        try:
            clients.append(connect(relay))
        except Refused as refused:
            check_busy(refused.response, 503)
            turned_away += 1
    assert turned_away >= 9
    relay.wait_log(**sign)
    for client in clients:
        client.send_binary(b"fine")
        assert client.read_data(4) == b"fine"
    clients[0].close()
    wait_for(lambda: can_connect(connect, relay), "recovery")
    resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, limits)
    for _ in range(10):
        connect(relay)


def test_many_connections_that_say_nothing(start_relay: Any, echo: Any,
                                           connect: Any) -> None:
    """Held by nobody, they give their descriptors back by the deadline."""
    relay = start_relay(relay_to(
        echo.target, timeouts={"handshake": "500ms"}), nofile=NOFILE)
    silent = [ws.dial(relay.address) for _ in range(2 * NOFILE)]
    client = wait_for(lambda: can_connect(connect, relay), "a place")
    client.send_binary(b"in")
    assert client.read_data(2) == b"in"
    for sock in silent:
        sock.close()
