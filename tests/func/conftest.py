# SPDX-License-Identifier: MIT
"""Fixtures: daemons, backends and clients that are gone when a test is."""

import sys
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import backends, ws  # noqa: E402
from lib.connect import Program, RawServer  # noqa: E402
from lib.control import Control  # noqa: E402
from lib.relay import Relay, Relays, binary  # noqa: E402


def pytest_sessionstart(session: pytest.Session) -> None:
    """Without a daemon to test, one line instead of a thousand failures."""
    try:
        binary()
    except FileNotFoundError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture
def start_relay(tmp_path: Path) -> Iterator[Relays]:
    """Starts a daemon with a configuration."""
    relays = Relays(tmp_path)
    yield relays
    relays.finish()


@pytest.fixture
def keep() -> Iterator[Callable[[Any], Any]]:
    """Takes a backend into care: finished after the test."""
    kept: List[Any] = []

    def add(backend: Any) -> Any:
        kept.append(backend)
        return backend

    yield add
    for backend in kept:
        backend.finish()


@pytest.fixture
def backend(keep: Callable[[Any], Any]) -> backends.Backend:
    """A backend whose connections the test takes itself."""
    return keep(backends.Backend())


@pytest.fixture
def echo(keep: Callable[[Any], Any]) -> backends.Server:
    """A backend that echoes."""
    return keep(backends.Server(backends.echo))


@pytest.fixture
def control() -> Iterator[Control]:
    """A control socket for a configuration, and wsrelayctl on it."""
    one = Control()
    yield one
    one.finish()


@pytest.fixture
def connect(start_relay: Relays) -> Iterator[Callable[..., ws.Client]]:
    """Opens WebSockets, closed before the daemon is stopped."""
    clients: List[ws.Client] = []

    def open_one(relay: Any, *arguments: Any, **more: Any) -> ws.Client:
        address = relay.address if isinstance(relay, Relay) else relay
        client = ws.connect(address, *arguments, **more)
        clients.append(client)
        return client

    yield open_one
    for client in clients:
        client.sock.close()


@pytest.fixture
def client_of(start_relay: Relays) -> Iterator[Callable[..., ws.Client]]:
    """Opens connections that have sent nothing yet."""
    clients: List[ws.Client] = []

    def open_one(relay: Any, **more: Any) -> ws.Client:
        address = relay.address if isinstance(relay, Relay) else relay
        clients.append(ws.Client(address, **more))
        return clients[-1]

    yield open_one
    for client in clients:
        client.sock.close()


@pytest.fixture
def wsrelay_connect(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts wsrelay-connect."""
    programs: List[Program] = []

    def start(*arguments: str, **more: Any) -> Program:
        programs.append(Program(tmp_path, *arguments, **more))
        return programs[-1]

    yield start
    for program in programs:
        program.stop()


@pytest.fixture
def raw(keep: Callable[[Any], Any]) -> RawServer:
    """A WebSocket server that the test plays."""
    return keep(RawServer())
