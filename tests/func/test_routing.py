# SPDX-License-Identifier: MIT
"""Which route and server a request gets, and where it may come in."""

import os
import socket
import stat
from pathlib import Path
from typing import Any, Dict, Optional

import pytest
from lib.backends import Backend, Refusing, Server, greeter, open_listener
from lib.config import Config, relay_to
from lib.ws import Refused, request

NAMES = ["host", "suffix", "exact", "prefix", "segment", "middle", "any"]
ROUTES = [
    {"name": "host", "host": "one.test", "path": "/x"},
    {"name": "suffix", "host": "*.two.test", "path": "/x"},
    {"name": "exact", "path": "/a/b"},
    {"name": "segment", "path": "/irc/{channel}"},
    {"name": "middle", "path": "/m/{x}/end"},
    {"name": "prefix", "path": "/a/*"},
    {"name": "any", "host": "three.test", "path": "/*"},
]


def named_config(keep: Any) -> Config:
    """A route and a backend of the same name, which greets with it."""
    servers = {name: keep(Server(greeter(name.encode()))).target
               for name in NAMES}
    config = relay_to("127.0.0.1:1")
    config["backends"] = {name: {"servers": [target]}
                          for name, target in servers.items()}
    config["routes"] = [{**route, "backend": route["name"]}
                        for route in ROUTES]
    return config


CASES: Dict[tuple, Optional[str]] = {
    ("one.test", "/x"): "host",
    ("ONE.Test", "/x"): "host",
    ("one.test:8080", "/x"): "host",
    ("one.test.", "/x"): "host",
    ("sub.one.test", "/x"): None,
    ("a.two.test", "/x"): "suffix",
    ("a.b.two.test:80", "/x"): "suffix",
    ("two.test", "/x"): None,
    (".two.test", "/x"): None,
    ("xtwo.test", "/x"): None,
    ("h", "/a/b"): "exact",
    ("h", "/a/b?q=1"): "exact",
    ("h", "/%61/%62"): "exact",
    ("h", "/a/"): "prefix",
    ("h", "/a/c"): "prefix",
    ("h", "/a/b/c"): "prefix",
    ("h", "/a/b/"): "prefix",
    ("h", "/a"): None,
    ("h", "/ab"): None,
    ("h", "/A/b"): None,
    ("h", "/irc/linux"): "segment",
    ("h", "/irc/%23linux"): "segment",
    ("h", "/irc/"): None,
    ("h", "/irc/a/b"): None,
    ("h", "/m/1/end"): "middle",
    ("h", "/m//end"): None,
    ("h", "/m/1/2/end"): None,
    ("three.test", "/"): "any",
    ("three.test", "/what/ever"): "any",
    ("three.test", "/a/b"): "exact",
    ("h", "/"): None,
}


def test_routes(start_relay: Any, keep: Any, connect: Any) -> None:
    """First match wins, in the order written."""
    relay = start_relay(named_config(keep))
    wrong = {}
    for (host, path), route in CASES.items():
        got: Optional[str] = None
        try:
            with connect(relay, path, host=host) as client:
                if route:
                    got = client.read_data(len(route)).decode()
                    client.close()
                else:
                    got = "some route"
        except Refused as refused:
            got = (None if refused.response.status in (400, 404)
                   else str(refused.response.status))
        if got != route:
            wrong[host, path] = f"{got} instead of {route}"
    assert not wrong


def test_authority_of_absolute_form_counts(start_relay: Any, keep: Any,
                                           client_of: Any) -> None:
    relay = start_relay(named_config(keep))
    client = client_of(relay)
    client.check_upgraded(client.ask(
        request("http://one.test/x", host="a.two.test")))
    assert client.read_data(4) == b"host"
    assert relay.wait_log(event="session opened")["route"] == "host"


# Listeners.

def listen_on(target: str, *listens: Any) -> Config:
    config = relay_to(target)
    config["listeners"] = [
        {"name": f"l{i}", **(one if isinstance(one, dict)
                             else {"listen": one})}
        for i, one in enumerate(listens)]
    return config


def check_echo(connect: Any, address: Any) -> None:
    client = connect(address)
    client.send_binary(b"hello")
    assert client.read_data(5) == b"hello"
    client.close()


def test_several_listeners(start_relay: Any, echo: Any, connect: Any,
                           tmp_path: Path) -> None:
    relay = start_relay(listen_on(
        echo.target, "127.0.0.1:0", "[::1]:0", f"unix:{tmp_path}/s"))
    for name, address in relay.listeners.items():
        check_echo(connect, address)
        relay.wait_log(event="session opened", listener=name)


def test_dual_stack(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(listen_on(echo.target, "[::]:0"))
    check_echo(connect, ("::1", relay.port))
    check_echo(connect, ("127.0.0.1", relay.port))
    relay.wait_log(count=2, event="session opened")
    opened = relay.log(event="session opened")
    assert [line["client"].rpartition(":")[0] for line in opened] == [
        "[::1]", "127.0.0.1"]


def test_v6_only(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(listen_on(
        echo.target, {"listen": "[::]:0", "v6_only": True}))
    check_echo(connect, ("::1", relay.port))
    with pytest.raises(ConnectionRefusedError):
        connect(("127.0.0.1", relay.port))


def test_any_address(start_relay: Any, echo: Any, connect: Any) -> None:
    relay = start_relay(listen_on(echo.target, "0.0.0.0:0"))
    check_echo(connect, ("127.0.0.1", relay.port))
    check_echo(connect, ("127.0.0.2", relay.port))


@pytest.mark.parametrize("mode", ["0600", "0666", "0770"])
def test_unix_listener_mode(start_relay: Any, echo: Any, tmp_path: Path,
                            connect: Any, mode: str) -> None:
    path = tmp_path / "s"
    relay = start_relay(listen_on(
        echo.target, {"listen": f"unix:{path}", "mode": mode}))
    assert stat.S_IMODE(os.stat(path).st_mode) == int(mode, 8)
    check_echo(connect, relay.address)


def test_unix_listener_replaces_a_stale_socket(
        start_relay: Any, echo: Any, tmp_path: Path, connect: Any) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    relay = start_relay(listen_on(echo.target, f"unix:{path}"))
    check_echo(connect, relay.address)


def test_unix_listener_is_removed_at_the_end(start_relay: Any, echo: Any,
                                             tmp_path: Path) -> None:
    path = tmp_path / "s"
    relay = start_relay(listen_on(echo.target, f"unix:{path}"))
    assert path.exists()
    relay.finish()
    assert not path.exists()


def test_unix_client_in_the_log(start_relay: Any, echo: Any, tmp_path: Path,
                                connect: Any) -> None:
    relay = start_relay(listen_on(echo.target, f"unix:{tmp_path}/s"))
    check_echo(connect, relay.address)
    assert relay.wait_closed()["client"].startswith("unix:")


# Backends.

def test_unix_backend(start_relay: Any, keep: Any, connect: Any,
                      tmp_path: Path) -> None:
    backend = keep(Backend(open_listener(socket.AF_UNIX,
                                         path=tmp_path / "b")))
    relay = start_relay(relay_to(backend.target))
    connect(relay).send_binary(b"unix")
    assert backend.accept().read(4) == b"unix"
    assert relay.wait_log(
        event="session opened")["target"] == f"unix:{tmp_path}/b"


def test_abstract_backend(start_relay: Any, keep: Any, connect: Any) -> None:
    backend = keep(Backend(open_listener(socket.AF_UNIX)))
    relay = start_relay(relay_to(backend.target))
    connect(relay).send_binary(b"abstract")
    assert backend.accept().read(8) == b"abstract"
    assert relay.wait_log(event="session opened")["target"] == backend.target


def test_ipv6_backend(start_relay: Any, keep: Any, connect: Any) -> None:
    backend = keep(Backend(open_listener(socket.AF_INET6)))
    relay = start_relay(relay_to(backend.target))
    connect(relay).send_binary(b"six")
    assert backend.accept().read(3) == b"six"


def test_backend_by_name(start_relay: Any, echo: Any, connect: Any) -> None:
    port = echo.target.rpartition(":")[2]
    relay = start_relay(relay_to(f"localhost:{port}"))
    check_echo(connect, relay.address)


def test_servers_in_turn(start_relay: Any, keep: Any, echo: Any,
                         connect: Any, tmp_path: Path) -> None:
    relay = start_relay(relay_to(
        keep(Refusing()).target, f"unix:{tmp_path}/absent",
        "unix:@no-such-abstract-name", "no-such-host.invalid:1", echo.target))
    check_echo(connect, relay.address)
    assert relay.wait_log(event="session opened")["target"] == echo.target


def test_names_do_not_block_others(start_relay: Any, echo: Any, connect: Any,
                                   client_of: Any) -> None:
    """While a name is being looked up, sessions of the worker go on."""
    config = relay_to(echo.target)
    config["backends"]["slow"] = {"servers": ["no-such-host.invalid:1"]}
    config["routes"].append({"name": "slow", "path": "/slow",
                             "backend": "slow"})
    relay = start_relay(config)
    open_one = connect(relay)
    for _ in range(20):
        client_of(relay).send(request("/slow"))
    open_one.send_binary(b"still here")
    assert open_one.read_data(10) == b"still here"
