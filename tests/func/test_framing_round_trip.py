# SPDX-License-Identifier: MIT
"""Whatever messages in whatever pieces: an echo of records gives them back."""

from typing import Any, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.backends import Connection, Server
from lib.config import relay_to
from lib.framing import (ALL, SEQPACKET, DatagramServer, Framing, ids,
                         read_message, send_fragments)
from lib.ws import BINARY, TEXT

Fragments = List[bytes]

PAYLOAD = st.one_of(st.binary(max_size=40), st.binary(max_size=300),
                    st.sampled_from([b"", b"\r", b"\n", b"\0", b"\r\n"]))
MESSAGES = st.lists(
    st.tuples(st.sampled_from([BINARY, TEXT]),
              st.lists(PAYLOAD, min_size=1, max_size=4)),
    min_size=1, max_size=8)


def fit(framing: Framing, opcode: int, parts: Fragments
        ) -> Tuple[int, Fragments]:
    """The same message as far as the framing lets it be."""
    gone = framing.refused
    parts = [bytes(b for b in part if b not in gone) for part in parts]
    while len(b"".join(parts)) > framing.longest:
        parts.pop()
    if not framing.is_typed:
        opcode = BINARY
    if opcode == TEXT:
        parts = [part.decode("latin-1").encode() for part in parts]
    return opcode, parts


def by_pieces(connection: Connection) -> None:
    """Echoes a few bytes at a time: records part anywhere."""
    size = 1
    while data := connection.sock.recv(size):
        connection.send(data)
        size = size % 61 + 7


def by_datagram(connection: Connection) -> None:
    """The end and an empty datagram look the same: a session has none."""
    while data := connection.sock.recv(1 << 20):
        connection.send(data)


def check(client: Any, messages: List[Tuple[int, Fragments]]) -> None:
    for opcode, parts in messages:
        send_fragments(client, opcode, parts)
    for opcode, parts in messages:
        told = read_message(client)
        assert (told.opcode, told.payload) == (opcode, b"".join(parts))


SETTINGS = settings(max_examples=60, deadline=None,
                    suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("framing", ALL, ids=ids)
def test_records(start_relay: Any, keep: Any, connect: Any,
                 framing: Framing) -> None:
    server = keep(Server(by_pieces))
    relay = start_relay(relay_to(server.target, route=framing.route))
    client = connect(relay)

    @SETTINGS
    @given(MESSAGES)
    def run(messages: List[Tuple[int, Fragments]]) -> None:
        check(client, [fit(framing, *message) for message in messages])

    run()
    client.close()


def test_datagrams(start_relay: Any, keep: Any, connect: Any) -> None:
    server = keep(DatagramServer(by_datagram))
    relay = start_relay(relay_to(server.target, route=SEQPACKET))
    client = connect(relay)

    @SETTINGS
    @given(MESSAGES)
    def run(messages: List[Tuple[int, Fragments]]) -> None:
        check(client, [(BINARY, [*parts, b"."]) for _, parts in messages])

    run()
    client.close()
