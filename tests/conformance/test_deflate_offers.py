# SPDX-License-Identifier: MIT
"""RFC 7692 sections 5 and 7.1: what is offered, what is agreed.

That an agreement is kept, both ways, is seen with messages that refer back as
far as it lets them.
"""

import os
import zlib
from itertools import product
from typing import Any, List, Optional

import pytest
from clauses import clause
from lib.deflate import Agreement, Packer, offer
from lib.talk import binary
from lib.ws import BINARY, frame

SERVER_TAKEOVER = "server_no_context_takeover"
CLIENT_TAKEOVER = "client_no_context_takeover"

# Parameters of an offer; None: the parameter is not there.
ALL_OFFERS = [
    [text for text in (
        SERVER_TAKEOVER if server_forgets else None,
        CLIENT_TAKEOVER if client_forgets else None,
        server_bits and f"server_max_window_bits={server_bits}",
        None if client_bits is None else
        f"client_max_window_bits={client_bits}".rstrip("=")) if text]
    for server_forgets, client_forgets, server_bits, client_bits in product(
        (False, True), (False, True), (None, 8, 9, 12, 15),
        (None, "", 8, 9, 11, 15))]


def bits_in(parameters: List[str], name: str) -> Optional[int]:
    for one in parameters:
        if one.startswith(name + "="):
            return int(one.split("=")[1].strip('"'))
    return None


def check_kept(client: Any, agreement: Agreement) -> None:
    """Two messages, of which the second is far cheaper with the first."""
    client.pack = Packer(agreement)
    first = os.urandom(200)
    for payload in (first, first, b"", b"z" * 70000 + first):
        client.send(frame(BINARY, client.pack(payload), rsv=4))
        client.expect([binary(payload)])


@clause("7692 5/offer")
@clause("7692 7.1.1.1/server-takeover")
@clause("7692 7.1.1.2/client-takeover")
@clause("7692 7.1.2.1/server-bits")
@clause("7692 7.1.2.2/client-bits")
@pytest.mark.parametrize("parameters", ALL_OFFERS, ids="; ".join)
@pytest.mark.parametrize("path", ["/deflate", "/takeover", "/window9",
                                  "/window12"])
def test_every_offer(talk: Any, parameters: List[str], path: str) -> None:
    """What was asked for is granted; nothing is told that must not be."""
    client = talk(path, offer(*parameters))
    agreed = client.agreement
    assert agreed
    own = {"/window9": 9, "/window12": 12}.get(path, 15)
    if SERVER_TAKEOVER in parameters or path == "/deflate":
        assert agreed.server_no_context_takeover
    if CLIENT_TAKEOVER in parameters or path == "/deflate":
        assert agreed.client_no_context_takeover
    asked = bits_in(parameters, "server_max_window_bits") or 15
    assert agreed.server_max_window_bits == min(asked, own)
    has_client_bits = any(one.startswith("client_max") for one in parameters)
    asked = bits_in(parameters, "client_max_window_bits") or 15
    assert agreed.client_max_window_bits == (
        min(asked, own) if has_client_bits else 15)
    check_kept(client, agreed)
    client.finish()


@clause("7692 7.1.2.1/server-bits")
@pytest.mark.parametrize("bits", range(8, 16))
@pytest.mark.parametrize("path", ["/deflate", "/takeover"])
def test_window_of_the_server(talk: Any, bits: int, path: str) -> None:
    """The unpacker has no more than the window that was agreed: a reference
    farther back would be an error."""
    client = talk(path, offer(f"server_max_window_bits={bits}"))
    assert client.agreement.server_max_window_bits == bits
    for distance in (200, 300, 1000, 5000, 20000, 40000):
        payload = os.urandom(distance)
        client.send(frame(BINARY, payload * 2))
        client.expect([binary(payload * 2)])
    assert any(client.was_packed) and (
        all(client.was_packed) or path == "/deflate")
    client.finish()


@clause("7692 7.1.2.2/client-bits")
@pytest.mark.parametrize("bits", range(8, 16))
@pytest.mark.parametrize("path", ["/deflate", "/takeover"])
def test_window_of_the_client(talk: Any, bits: int, path: str) -> None:
    """References as far back as the agreement lets the client go."""
    client = talk(path, offer(f"client_max_window_bits={bits}"))
    assert client.agreement.client_max_window_bits == bits
    if bits > 8:
        payload = os.urandom((1 << bits) - 300) * 3
        client.send(frame(BINARY, client.pack(payload), rsv=4))
        client.expect([binary(payload)])
    check_kept(client, client.agreement)
    client.finish()


@clause("7692 7.1.2.2/client-bits")
@pytest.mark.parametrize("bits", range(9, 16))
def test_window_of_the_route(talk: Any, bits: int) -> None:
    """Told to a client that can be told, which then keeps to it."""
    client = talk(f"/window{bits}", offer("client_max_window_bits"))
    assert client.agreement.client_max_window_bits == bits
    assert client.agreement.server_max_window_bits == bits
    check_kept(client, client.agreement)
    client.finish()


@clause("7692 7.2.1/takeover")
@clause("7692 7.1.1.1/server-takeover")
@pytest.mark.parametrize("path,parameters,forgets", [
    ("/takeover", [], False), ("/takeover", [SERVER_TAKEOVER], True),
    ("/deflate", [], True)])
def test_takeover_of_the_server(talk: Any, path: str, parameters: List[str],
                                forgets: bool) -> None:
    client = talk(path, offer(*parameters))
    assert client.agreement.server_no_context_takeover == forgets
    payload = os.urandom(300).hex().encode() + b"a" * 400
    sizes = []
    for _ in range(2):
        before = client.wire_bytes
        client.send(frame(BINARY, payload))
        client.expect([binary(payload)])
        sizes.append(client.wire_bytes - before)
    assert client.was_packed == [True, True]
    assert (sizes[1] < sizes[0] // 4) != forgets, sizes
    client.finish()


@clause("7692 7.2.1/takeover")
@clause("7692 7.1.1.2/client-takeover")
@pytest.mark.parametrize("path", ["/takeover", "/deflate"])
def test_takeover_of_the_client(talk: Any, path: str) -> None:
    """A message that refers to the one before is an error where nothing may
    be taken over."""
    client = talk(path, offer())
    payload = os.urandom(300)
    packer = Packer(Agreement())    # takes over in any case
    client.send(frame(BINARY, packer(payload), rsv=4))
    client.expect([binary(payload)])
    client.send(frame(BINARY, packer(payload), rsv=4))
    if client.agreement.client_no_context_takeover:
        client.expect_failed(1007)
    else:
        client.expect([binary(payload)])
        client.finish()


@clause("7692 7/unknown")
@clause("7692 7/value")
@clause("7692 7/twice")
@clause("7692 7.1.2/bits")
@pytest.mark.parametrize("parameters", [
    "unknown", "unknown=1", "server_max_window_bits",
    "server_max_window_bits=7", "server_max_window_bits=16",
    "server_max_window_bits=08", "server_max_window_bits=1",
    "server_max_window_bits=010", "server_max_window_bits=x",
    "server_max_window_bits=\"\\7\"", "server_max_window_bits=-9",
    "server_max_window_bits=9.0", "server_max_window_bits=4294967305",
    "client_max_window_bits=7", "client_max_window_bits=16",
    "client_max_window_bits=08", "client_max_window_bits=x",
    "client_max_window_bits=0", "server_no_context_takeover=1",
    "client_no_context_takeover=true", "client_no_context_takeover=\"x\"",
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover; client_no_context_takeover",
    "server_max_window_bits=9; server_max_window_bits=9",
    "client_max_window_bits; client_max_window_bits=9",
    "Server_No_Context_Takeover", "mem_level=8"])
@pytest.mark.parametrize("path", ["/deflate", "/takeover"])
def test_offer_that_is_declined(talk: Any, parameters: str, path: str) -> None:
    """Then the connection goes on without; or with an offer behind it."""
    client = talk(path, offer(parameters))
    assert client.agreement is None
    client.send(frame(BINARY, b"plain"))
    client.expect([binary(b"plain")])
    client.finish()
    client = talk(path, offer(parameters) + ", permessage-deflate")
    assert client.agreement
    client.finish()


@clause("7692 7.1.2/bits")
@clause("6455 9.1/grammar")
@pytest.mark.parametrize("text,bits", [
    ("permessage-deflate;server_max_window_bits=10", 10),
    ("permessage-deflate ; server_max_window_bits = 10", 10),
    ("permessage-deflate; server_max_window_bits=\"10\"", 10),
    ("permessage-deflate; server_max_window_bits=\"1\\0\"", 10),
    ("permessage-deflate;\tserver_max_window_bits=10 ", 10),
    (", permessage-deflate; server_max_window_bits=10,,", 10)])
def test_forms_of_a_value(talk: Any, text: str, bits: int) -> None:
    client = talk("/deflate", text)
    assert client.agreement.server_max_window_bits == bits
    check_kept(client, client.agreement)
    client.finish()


@clause("7692 5.1/fallback")
@clause("6455 9.1/order")
@pytest.mark.parametrize("offers,bits", [
    (["permessage-deflate; server_max_window_bits=10, permessage-deflate"],
     10),
    (["permessage-deflate; server_max_window_bits=10",
      "permessage-deflate; server_max_window_bits=11"], 10),
    (["permessage-deflate; unknown, permessage-deflate; "
      "server_max_window_bits=12"], 12),
    (["permessage-bzip2", "permessage-deflate; server_max_window_bits=13"],
     13),
    (["permessage-deflate; server_max_window_bits=16",
      "permessage-deflate; server_max_window_bits", "x-other",
      "permessage-deflate; server_max_window_bits=14"], 14)])
def test_several_offers(talk: Any, offers: List[str], bits: int) -> None:
    """The first that can be had, in one line or in several."""
    client = talk("/deflate", *offers)
    assert client.agreement.server_max_window_bits == bits
    check_kept(client, client.agreement)
    client.finish()


@clause("7692 7.1.3/examples")
@pytest.mark.parametrize("text,bits", [
    ("permessage-deflate", 15),
    ("permessage-deflate; client_max_window_bits; server_max_window_bits=10",
     10),
    ("permessage-deflate; client_max_window_bits; server_max_window_bits=10, "
     "permessage-deflate; client_max_window_bits", 10)])
def test_examples_of_the_rfc(talk: Any, text: str, bits: int) -> None:
    client = talk("/takeover", text)
    assert client.agreement.server_max_window_bits == bits
    check_kept(client, client.agreement)
    client.finish()


@clause("7692 7.1.1.2/client-takeover")
@pytest.mark.parametrize("bits", [9, 12])
def test_route_window_that_the_client_cannot_be_told(talk: Any, bits: int
                                                     ) -> None:
    """Whatever the answer is, a client that keeps to it is understood."""
    client = talk(f"/window{bits}", offer())
    assert client.agreement.client_max_window_bits == 15
    payload = os.urandom(20000) * 2
    assert len(zlib.compress(payload)) < 25000
    client.send(frame(BINARY, client.pack(payload), rsv=4))
    client.expect([binary(payload)])
    client.finish()
