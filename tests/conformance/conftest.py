# SPDX-License-Identifier: MIT
"""One daemon for all tests of a process, in front of an echo of records."""

import multiprocessing
import signal
import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import backends  # noqa: E402
from lib.config import Config, relay_to  # noqa: E402
from lib.relay import Relay, Relays, binary  # noqa: E402
from lib.talk import Talk  # noqa: E402
from play import SMALL_LIMIT  # noqa: E402


def pytest_sessionstart(session: pytest.Session) -> None:
    """Without a daemon to test, one line instead of a thousand failures."""
    try:
        binary()
    except FileNotFoundError as error:
        pytest.exit(str(error), returncode=2)


def route(name: str, **more: Any) -> Dict[str, Any]:
    return {"name": name, "path": f"/{name}", "backend": "app",
            "framing": "typed-length32", **more}


def packed(name: str, **deflate: Any) -> Dict[str, Any]:
    """A route that compresses, and every message that gets shorter."""
    return route(name, compression="on", limits={"message": "64M"},
                 deflate={"min_size": 0, **deflate})


def configuration(target: str, directory: Path) -> Config:
    """A route for each thing the clauses speak of."""
    config = relay_to(target)
    config["listeners"] = [
        {"name": "tcp", "listen": "127.0.0.1:0"},
        {"name": "unix", "listen": f"unix:{directory}/s"}]
    config["routes"] = [
        route("echo"),
        route("big", limits={"message": "64M"}),
        route("small", limits={"message": SMALL_LIMIT}, compression="on"),
        route("chat", subprotocols=["chat", "superchat"]),
        route("binary", framing="stream"),
        route("text", framing="lines", message="text"),
        packed("deflate"),
        packed("takeover", context_takeover=True),
        *[packed(f"window{bits}", context_takeover=True, window_bits=bits)
          for bits in range(9, 16)],
    ]
    return config


def echo(connection: backends.Connection) -> None:
    """Bytes, and so records."""
    while data := connection.sock.recv(1 << 18):
        connection.send(data)


def serve_echo(sock: socket.socket) -> None:
    backends.Server(echo, sock)
    signal.pause()


@contextmanager
def echo_process() -> Iterator[str]:
    """An echo whose threads do not wait for those of the tests."""
    sock = backends.open_listener()
    process = multiprocessing.get_context("fork").Process(
        target=serve_echo, args=(sock,), daemon=True)
    process.start()
    try:
        yield backends.server_name(sock)
    finally:
        sock.close()
        process.terminate()
        process.join()


class Daemon:
    """A running daemon, and the ways to it."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.tcp = relay.listeners["tcp"]
        self.unix = relay.listeners["unix"]


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    directory = tmp_path_factory.mktemp("daemon")
    with echo_process() as target:
        relay = Relay(directory, configuration(target, directory))
        yield Daemon(relay)
        relay.finish()


@pytest.fixture
def own_relay(tmp_path: Path) -> Iterator[Callable[..., Relay]]:
    """Starts a daemon in front of a handler, for one test only."""
    relays, servers = Relays(tmp_path), []

    def start(handler: backends.Handler, **more: Any) -> Relay:
        servers.append(backends.Server(handler))
        more.setdefault("route", {"framing": "typed-length32"})
        return relays(relay_to(servers[-1].target, **more))

    yield start
    relays.finish()
    for server in servers:
        server.finish()


@pytest.fixture
def dial(daemon: Daemon) -> Iterator[Callable[..., Talk]]:
    """Connects, over TCP or, where reads are to be seen, over `unix`."""
    opened: List[Talk] = []

    def connect(*, unix: bool = False, **more: Any) -> Talk:
        address = daemon.unix if unix else daemon.tcp
        opened.append(Talk(address, **more))
        return opened[-1]

    yield connect
    for client in opened:
        client.sock.close()


@pytest.fixture
def talk(dial: Callable[..., Talk]) -> Callable[..., Talk]:
    """Opens a WebSocket on a route; `offers` of extensions may be made."""

    def connect(path: str = "/echo", *offers: str, unix: bool = False,
                headers: Any = (), **more: Any) -> Talk:
        client = dial(unix=unix, **more)
        extensions = [("Sec-WebSocket-Extensions", one) for one in offers]
        client.upgrade(path, headers=[*headers, *extensions])
        return client

    return connect
