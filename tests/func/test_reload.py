# SPDX-License-Identifier: MIT
"""HUP: taken whole or refused whole, and nobody is disturbed."""

import copy
import os
import signal
import threading
from pathlib import Path
from typing import Any, List

import pytest
from lib import ws
from lib.backends import Server, greeter
from lib.config import Config, relay_to
from lib.relay import REFUSED
from lib.wait import wait_for
from lib.ws import Refused, request


def check_echo(client: Any) -> None:
    client.send_binary(b"hello")
    assert client.read_data(5) == b"hello"


def changed(config: Config, **more: Any) -> Config:
    return {**copy.deepcopy(config), **more}


def test_same_configuration(start_relay: Any, echo: Any, connect: Any
                            ) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    client = connect(relay)
    for _ in range(5):
        relay.reload(config)
        check_echo(client)
    check_echo(connect(relay))


def test_routes(start_relay: Any, echo: Any, connect: Any) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    with pytest.raises(Refused):
        connect(relay, "/new")
    more = changed(config)
    more["routes"].append({"name": "new", "path": "/new", "backend": "app"})
    relay.reload(more)
    check_echo(connect(relay, "/new"))


def test_backends(start_relay: Any, keep: Any, connect: Any) -> None:
    """New sessions go to the new one; open ones stay where they are."""
    old = keep(Server(greeter(b"old")))
    new = keep(Server(greeter(b"new")))
    relay = start_relay(relay_to(old.target))
    first = connect(relay)
    assert first.read_data(3) == b"old"
    relay.reload(relay_to(new.target))
    assert connect(relay).read_data(3) == b"new"
    check_echo(first)


def test_limits(start_relay: Any, echo: Any, connect: Any) -> None:
    config = relay_to(echo.target, limits={"max_sessions": 1})
    relay = start_relay(config)
    connect(relay)
    with pytest.raises(Refused):
        connect(relay)
    relay.reload(changed(config, limits={"max_sessions": 3}))
    check_echo(connect(relay))
    check_echo(connect(relay))
    with pytest.raises(Refused):
        connect(relay)
    relay.reload(changed(config, limits={"max_sessions": 1}))
    with pytest.raises(Refused):
        connect(relay)


@pytest.mark.parametrize("where, status", [("address", 429), ("route", 503)])
def test_limits_count_what_was_open_before(
        start_relay: Any, echo: Any, connect: Any, where: str, status: int
        ) -> None:
    """Also sessions that no limit counted when they began."""
    config = relay_to(echo.target)
    relay = start_relay(config)
    clients = [connect(relay) for _ in range(2)]
    limited = changed(config)
    if where == "address":
        limited["limits"] = {"max_sessions_per_ip": 2}
    else:
        limited["routes"][0]["limits"] = {"max_sessions": 2}
    relay.reload(limited)
    with pytest.raises(Refused) as caught:
        connect(relay)
    assert caught.value.response.status == status
    relay.reload(config)
    clients.append(connect(relay))
    relay.reload(limited)
    for client in clients[:2]:
        client.close()
    relay.wait_closed(2, cause="client_closed")
    check_echo(connect(relay))
    with pytest.raises(Refused):
        connect(relay)


def test_head_limits(start_relay: Any, echo: Any, connect: Any) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    cookie = [("Cookie", "c" * 30000)]
    with pytest.raises(Refused):
        connect(relay, headers=cookie)
    relay.reload(changed(config, limits={"headers": "64K"}))
    check_echo(connect(relay, headers=cookie))
    relay.reload(config)
    with pytest.raises(Refused):
        connect(relay, headers=cookie)


def test_timeouts(start_relay: Any, echo: Any, connect: Any) -> None:
    """Open sessions keep what they started with."""
    config = relay_to(echo.target)
    relay = start_relay(config)
    old = connect(relay)
    relay.reload(changed(config, timeouts={"idle": "200ms"}))
    connect(relay).expect_close(1008)
    check_echo(old)


def test_listeners(start_relay: Any, echo: Any, connect: Any, tmp_path: Path
                   ) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    kept_port = relay.port
    client = connect(relay)
    more = changed(config)
    more["listeners"] += [
        {"name": "second", "listen": "127.0.0.1:0"},
        {"name": "unix", "listen": f"unix:{tmp_path}/s"}]
    relay.reload(more)
    relay.wait_listening(3)
    assert relay.port == kept_port
    second = relay.listeners["second"]
    on_second = connect(second)
    check_echo(on_second)
    check_echo(connect(relay.listeners["unix"]))
    relay.reload(config)
    # Its sessions stay, the listener goes.
    check_echo(on_second)
    check_echo(client)

    def is_refused() -> bool:
        try:
            ws.dial(second).close()
            return False
        except ConnectionRefusedError:
            return True

    wait_for(is_refused, "the second listener's end")
    assert not os.path.exists(tmp_path / "s")
    check_echo(connect(relay))


def test_unix_mode(start_relay: Any, echo: Any, tmp_path: Path, connect: Any
                   ) -> None:
    config = relay_to(echo.target)
    config["listeners"] = [
        {"name": "u", "listen": f"unix:{tmp_path}/s", "mode": "0600"}]
    relay = start_relay(config)
    more = changed(config)
    more["listeners"][0]["mode"] = "0666"
    relay.reload(more)
    wait_for(lambda: (os.stat(tmp_path / "s").st_mode & 0o777) == 0o666,
             "the new mode")
    check_echo(connect(relay))


def test_renamed_listener(start_relay: Any, echo: Any, tmp_path: Path,
                          connect: Any) -> None:
    config = relay_to(echo.target)
    config["listeners"] = [{"name": "old", "listen": f"unix:{tmp_path}/s"}]
    relay = start_relay(config)
    client = connect(relay)
    more = changed(config)
    more["listeners"][0]["name"] = "new"
    relay.reload(more)
    check_echo(client)
    check_echo(connect(relay))
    relay.wait_log(event="session opened", listener="new")


def test_removed_route(start_relay: Any, echo: Any, connect: Any) -> None:
    config = relay_to(echo.target)
    config["routes"].append({"name": "b", "path": "/b", "backend": "app"})
    relay = start_relay(config)
    stays = connect(relay, "/app")
    goes = connect(relay, "/b")
    relay.reload(relay_to(echo.target))
    goes.expect_close(1012)
    check_echo(stays)
    with pytest.raises(Refused) as caught:
        connect(relay, "/b")
    assert caught.value.response.status == 404
    relay.wait_closed(cause="route_removed", side="relay", route="b",
                      code_sent=1012)


def test_renamed_path_keeps_the_sessions(start_relay: Any, echo: Any,
                                         connect: Any) -> None:
    """A route is known by its name: at another path it is still there."""
    relay = start_relay(relay_to(echo.target))
    client = connect(relay)
    relay.reload(relay_to(echo.target, route={"path": "/moved"}))
    check_echo(client)
    check_echo(connect(relay, "/moved"))


@pytest.mark.parametrize("damage", [
    lambda c: c.update(nonsense=1),
    lambda c: c["routes"][0].update(backend="none"),
    lambda c: c["listeners"].append(
        {"name": "x", "listen": "unix:/nonexistent-directory/s"}),
    lambda c: c["listeners"].append({"name": "x", "listen": "192.0.2.1:0"}),
], ids=["unknown key", "dangling", "unix listener", "address"])
def test_refused_whole(start_relay: Any, echo: Any, connect: Any,
                       damage: Any, tmp_path: Path) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    client = connect(relay)
    bad = changed(config, limits={"max_sessions": 1})
    bad["routes"].insert(0, {"name": "b", "path": "/b", "backend": "app"})
    bad["listeners"].append(
        {"name": "new", "listen": f"unix:{tmp_path}/new"})
    damage(bad)
    relay.reload_refused(bad)
    # The old one runs on, and nothing of the new one is in force.
    check_echo(client)
    check_echo(connect(relay))
    check_echo(connect(relay))
    with pytest.raises(Refused):
        connect(relay, "/b")
    assert not os.path.exists(tmp_path / "new")
    relay.reload(changed(config, limits={"max_sessions": 100}))
    check_echo(connect(relay))


def test_refused_errors_are_in_the_log(start_relay: Any, echo: Any) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    relay.reload_refused(changed(config, nonsense=1))
    text = relay.log_text()
    assert "nonsense" in text and f"{relay.config_file}:" in text


def test_unreadable_file_is_refused(start_relay: Any, echo: Any, connect: Any
                                    ) -> None:
    relay = start_relay(relay_to(echo.target))
    relay.config_file.unlink()
    relay.signal(signal.SIGHUP)
    relay.wait_log(event=REFUSED)
    check_echo(connect(relay))


def test_request_in_flight(start_relay: Any, echo: Any, client_of: Any
                           ) -> None:
    """A head half sent when the configuration changes is answered."""
    config = relay_to(echo.target)
    relay = start_relay(config)
    client = client_of(relay)
    data = request()
    client.send(data[:30])
    relay.reload(config)
    client.send(data[30:])
    client.check_upgraded(client.read_response())
    check_echo(client)


def test_no_connection_is_missed_under_load(start_relay: Any, echo: Any
                                            ) -> None:
    """Clients keep coming while it reloads again and again."""
    config = relay_to(echo.target, workers=2)
    relay = start_relay(config)
    stop = threading.Event()
    failures: List[BaseException] = []
    done = [0] * 4

    def come_and_go(index: int) -> None:
        try:
            while not stop.is_set():
                with ws.connect(relay.address) as client:
                    check_echo(client)
                    client.close()
                done[index] += 1
        except BaseException as error:  # all of it is told by the test
            failures.append(error)

    threads = [threading.Thread(target=come_and_go, args=(i,))
               for i in range(len(done))]
    for thread in threads:
        thread.start()
    other = changed(config, limits={"buffer": "32K"})
    other["listeners"].append({"name": "extra", "listen": "127.0.0.1:0"})
    for number in range(30):
        relay.reload(config if number % 2 else other)
        if failures:
            break
    seen = min(done)
    wait_for(lambda: failures or min(done) > seen, "another round of all")
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]


def test_many_reloads_leak_nothing(start_relay: Any, echo: Any, connect: Any
                                   ) -> None:
    config = relay_to(echo.target)
    relay = start_relay(config)
    client = connect(relay)
    for _ in range(20):
        relay.reload(config)
    descriptors, memory = relay.descriptors(), relay.memory()
    for _ in range(200):
        relay.reload(config)
    assert relay.descriptors() == descriptors
    if not relay.is_sanitized():
        assert relay.memory() < memory + (1 << 20)
    check_echo(client)
