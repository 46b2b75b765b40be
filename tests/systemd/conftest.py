# SPDX-License-Identifier: MIT
"""Fixtures: a booted systemd for all tests, units in order for each."""

import sys
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import Lab  # noqa: E402
from lib import backends, ws  # noqa: E402


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab; from here on this process is in its network."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.finish()


@pytest.fixture
def lab(booted: Lab) -> Iterator[Lab]:
    """The lab with the units as they were installed."""
    yield booted
    booted.reset()


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
def backend(lab: Lab, keep: Callable[[Any], Any]) -> backends.Backend:
    """A backend whose connections the test takes itself."""
    return keep(backends.Backend())


@pytest.fixture
def echo(lab: Lab, keep: Callable[[Any], Any]) -> backends.Server:
    """A backend that echoes."""
    return keep(backends.Server(backends.echo))


@pytest.fixture
def connect() -> Iterator[Callable[..., ws.Client]]:
    """Opens WebSockets, closed before the units are stopped."""
    clients: List[ws.Client] = []

    def open_one(address: Any, *arguments: Any, **more: Any) -> ws.Client:
        clients.append(ws.connect(address, *arguments, **more))
        return clients[-1]

    yield open_one
    for client in clients:
        client.sock.close()
