# SPDX-License-Identifier: MIT
"""Messages of the client as records: INTERFACE 5, the way to the backend."""

import select
from pathlib import Path
from typing import Any, List

import pytest

from lib.backends import Backend, open_listener, pattern
from lib.config import relay_to
from lib.framing import (ALL, COUNTED, CRLF, DELIMITED, LENGTH8, LENGTH16,
                         LENGTH32, LINES, NUL, TYPED, Framing, ids,
                         send_fragments)
from lib.ws import (BINARY, CONTINUATION, PING, PONG, TEXT, connect as dial,
                    frame)

LIMIT = 4096
SIZES = [0, 1, 2, 125, 126, 255, 256, 1000, 65535, 65536, 100000]
EVERY = pytest.mark.parametrize("framing", ALL, ids=ids)


def plain(size: int) -> bytes:
    """Bytes that every record may have."""
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def route_of(framing: Framing, **more: Any) -> dict:
    return dict(framing.route, **more)


@pytest.fixture
def pair(start_relay: Any, backend: Any, connect: Any) -> Any:
    """Opens a session of a framing: its daemon, client and target."""
    def open_one(framing: Framing, **more: Any) -> Any:
        more.setdefault("route", route_of(framing))
        relay = start_relay(relay_to(backend.target, **more))
        client = connect(relay)
        return relay, client, backend.accept()
    return open_one


@EVERY
def test_messages_are_records(pair: Any, framing: Framing) -> None:
    """Of any size the framing has, an empty one too, and in order."""
    _, client, target = pair(framing)
    sizes = [size for size in SIZES if size <= framing.longest]
    for size in sizes:
        client.send_binary(plain(size))
    expected = b"".join(framing.encode(plain(size)) for size in sizes)
    assert target.read(len(expected)) == expected
    client.close()
    target.expect_end()


@EVERY
def test_any_byte_that_may_be(pair: Any, framing: Framing) -> None:
    _, client, target = pair(framing)
    payload = bytes(b for b in range(255) if b not in framing.refused)
    client.send_binary(payload)
    expected = framing.encode(payload)
    assert target.read(len(expected)) == expected


@pytest.mark.parametrize("framing,payload", [
    *[(framing, payload) for framing in DELIMITED
      for payload in (framing.refused[:1], b"a" + framing.refused,
                      framing.refused[-1:] + b"b",
                      b"a" + framing.refused[-1:] + b"b")],
    (CRLF, b"a\rb"), (CRLF, b"a\r"),
], ids=lambda value: value.name if isinstance(value, Framing) else repr(value))
def test_end_of_a_record_inside(pair: Any, framing: Framing,
                                payload: bytes) -> None:
    """Refused, what came before is delivered, and nothing of it."""
    relay, client, target = pair(framing)
    client.send_binary(b"good")
    client.send_binary(payload)
    assert client.expect_close(1007) == b""
    assert target.read_to_end() == framing.encode(b"good")
    target.close()
    assert relay.wait_closed()["cause"] == "message_content"


@pytest.mark.parametrize("framing", DELIMITED, ids=ids)
def test_end_of_a_record_in_a_late_fragment(pair: Any, framing: Framing
                                            ) -> None:
    _, client, target = pair(framing)
    send_fragments(client, BINARY, [b"one", b"two", framing.refused, b""])
    client.expect_close(1007)
    assert target.read_to_end() == b""


def test_lines_may_have_a_cr(pair: Any) -> None:
    _, client, target = pair(LINES)
    client.send_binary(b"a\rb\r")
    assert target.read(5) == b"a\rb\r\n"


@pytest.mark.parametrize("framing", [LENGTH8, LENGTH16], ids=ids)
def test_longer_than_a_length_can_say(pair: Any, framing: Framing) -> None:
    relay, client, target = pair(framing)
    client.send_binary(plain(framing.longest))
    client.send_binary(plain(framing.longest + 1))
    client.expect_close(1009)
    assert target.read_to_end() == framing.encode(plain(framing.longest))
    target.close()
    assert relay.wait_closed()["cause"] == "message_size"


@EVERY
def test_every_split_into_frames(pair: Any, framing: Framing) -> None:
    """In two and in three, empty ones too, with a ping between them."""
    _, client, target = pair(framing)
    text = b"abcde"
    count = 0
    ping = frame(PING, b"between")
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            send_fragments(client, BINARY, [
                text[:first], text[first:second], text[second:]], ping)
            count += 1
    expected = framing.encode(text) * count
    assert target.read(len(expected)) == expected
    # Of pings in quick succession the latest is answered.
    client.send_frame(PING, b"end")
    while (got := client.read_frame()).payload != b"end":
        assert (got.opcode, got.payload) == (PONG, b"between")


@EVERY
def test_pings_in_a_message_are_answered_before_its_end(
        pair: Any, framing: Framing) -> None:
    _, client, target = pair(framing)
    client.send_frame(BINARY, b"ab", fin=False)
    client.send_frame(PING, b"1")
    got = client.read_frame()
    assert (got.opcode, got.payload) == (PONG, b"1")
    client.send_frame(CONTINUATION, b"cd")
    expected = framing.encode(b"abcd")
    assert target.read(len(expected)) == expected


@EVERY
def test_every_cut_of_the_bytes(start_relay: Any, keep: Any, tmp_path: Path,
                                framing: Framing) -> None:
    """Each part is read by the daemon before the next is sent."""
    backend = keep(Backend(open_listener()))
    config = relay_to(backend.target, route=route_of(framing))
    config["listeners"][0]["listen"] = f"unix:{tmp_path}/web"
    relay = start_relay(config)
    wire = (frame(BINARY, b"abc", fin=False) + frame(PING, b"")
            + frame(CONTINUATION, b"de") + frame(BINARY, b"")
            + frame(BINARY, b"fgh"))
    expected = b"".join(framing.encode(text)
                        for text in (b"abcde", b"", b"fgh"))
    with dial(relay.address) as client:
        target = backend.accept()
        for cut in range(1, len(wire)):
            client.send_pieces(wire, [cut])
            assert target.read(len(expected)) == expected
        client.send_pieces(wire, range(1, len(wire)))
        assert target.read(len(expected)) == expected


@EVERY
def test_many_small_messages_at_once(pair: Any, framing: Framing) -> None:
    _, client, target = pair(framing)
    texts = [b"%d" % number * (number % 7) for number in range(5000)]
    client.send(b"".join(frame(BINARY, text) for text in texts))
    expected = b"".join(framing.encode(text) for text in texts)
    assert target.read(len(expected)) == expected


# What has to be gathered, and how far.

def limited(framing: Framing, **more: Any) -> dict:
    return {"route": route_of(framing, limits={"message": LIMIT}), **more}


@pytest.mark.parametrize("framing", [LENGTH16, LENGTH32, TYPED, *DELIMITED],
                         ids=ids)
@pytest.mark.parametrize("parts", [[1, LIMIT - 1], [LIMIT, 0],
                                   [0, LIMIT, 0]], ids=repr)
def test_gathered_up_to_the_limit(pair: Any, framing: Framing,
                                  parts: List[int]) -> None:
    _, client, target = pair(framing, **limited(framing))
    send_fragments(client, BINARY, [plain(size) for size in parts])
    payload = b"".join(plain(size) for size in parts)
    expected = framing.encode(payload)
    assert target.read(len(expected)) == expected


@pytest.mark.parametrize("framing", [LENGTH16, LENGTH32, TYPED, *DELIMITED],
                         ids=ids)
@pytest.mark.parametrize("parts", [[1, LIMIT], [LIMIT + 1, 0],
                                   [LIMIT, 1, 1]], ids=repr)
def test_gathered_no_further(pair: Any, framing: Framing,
                             parts: List[int]) -> None:
    """Refused as soon as it is too long, without its end."""
    relay, client, target = pair(framing, **limited(framing))
    client.send_binary(b"before")
    for i, size in enumerate(parts[:2]):
        client.send_frame(CONTINUATION if i else BINARY, plain(size),
                          fin=False)
    if len(parts) == 3:
        client.send_frame(CONTINUATION, plain(parts[2]))
    client.expect_close(1009)
    assert target.read_to_end() == framing.encode(b"before")
    target.close()
    assert relay.wait_closed()["cause"] == "message_size"


@pytest.mark.parametrize("framing", DELIMITED, ids=ids)
def test_a_frame_that_must_be_whole(pair: Any, framing: Framing) -> None:
    """Refused by its header, before its payload comes."""
    _, client, target = pair(framing, **limited(framing))
    client.send_binary(plain(LIMIT))
    client.send(frame(BINARY, b"", length=LIMIT + 1))
    assert client.read_until_close()[1].code == 1009
    assert target.read_to_end() == framing.encode(plain(LIMIT))


@pytest.mark.parametrize("framing", [LENGTH32, TYPED], ids=ids)
def test_a_frame_of_any_length(pair: Any, framing: Framing) -> None:
    """Its record begins with its header: nothing is gathered."""
    _, client, target = pair(framing, **limited(framing))
    payload = pattern(3 << 20)
    whole = frame(BINARY, payload)
    client.send(whole[:20])
    kind = framing.encode(payload)
    assert target.read(framing.head_size()) == kind[:framing.head_size()]
    client.send(whole[20:])
    assert target.read(len(payload)) == payload


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_types_are_told(pair: Any, opcode: int) -> None:
    _, client, target = pair(TYPED)
    for text in (b"", b"abc", "ä€".encode()):
        client.send_frame(opcode, text)
        assert TYPED.read(target) == (opcode, text)
        send_fragments(client, opcode, [text, b"", b"."])
        assert TYPED.read(target) == (opcode, text + b".")


def test_types_are_mixed(pair: Any) -> None:
    """Text has to be UTF-8, and only text."""
    _, client, target = pair(TYPED)
    client.send_frame(BINARY, b"\xff\xfe")
    client.send_frame(TEXT, b"text")
    assert TYPED.read(target) == (BINARY, b"\xff\xfe")
    assert TYPED.read(target) == (TEXT, b"text")
    client.send_frame(TEXT, b"\xff")
    client.expect_close(1007)


@pytest.mark.parametrize("framing", [LINES, NUL, LENGTH32], ids=ids)
@pytest.mark.parametrize("message,opcode,other", [
    ("text", TEXT, BINARY), ("binary", BINARY, TEXT)])
def test_the_type_a_route_takes(pair: Any, framing: Framing, message: str,
                                opcode: int, other: int) -> None:
    _, client, target = pair(framing, route=route_of(framing, message=message))
    client.send_frame(opcode, b"yes")
    expected = framing.encode(b"yes")
    assert target.read(len(expected)) == expected
    client.send_frame(other, b"no")
    client.expect_close(1003)


@pytest.mark.parametrize("framing", COUNTED, ids=ids)
def test_text_cut_inside_a_character(pair: Any, framing: Framing) -> None:
    """Fragments part anywhere; what is no UTF-8 is no record."""
    message = {} if framing.is_typed else {"message": "text"}
    _, client, target = pair(framing, route=route_of(framing, **message))
    send_fragments(client, TEXT, [b"\xe2", b"\x82", b"\xac"])
    expected = framing.encode(b"\xe2\x82\xac", TEXT)
    assert target.read(len(expected)) == expected
    send_fragments(client, TEXT, [b"a", b"\xe2\x82", b""])
    client.expect_close(1007)
    assert target.read_to_end() == b""


@EVERY
def test_client_that_leaves_inside_a_message(pair: Any, framing: Framing
                                             ) -> None:
    """A message that was gathered and is not whole is no record."""
    _, client, target = pair(framing)
    client.send_binary(b"whole")
    client.send_frame(BINARY, b"half", fin=False)
    client.send_close(1000)
    assert target.read_to_end() == framing.encode(b"whole")
    target.close()
    assert client.read_until_close()[1].code == 1000


@EVERY
def test_backend_that_reads_late(pair: Any, framing: Framing) -> None:
    """The client is stopped, and then nothing is missing or mixed up."""
    _, client, target = pair(framing)
    text = plain(200)
    one = frame(BINARY, text)
    data = memoryview(one * 5000)
    sent = 0
    client.sock.setblocking(False)
    while select.select([], [client.sock], [], 0.3)[1]:
        sent += client.sock.send(data[sent % len(data):])
    assert sent < 32 << 20
    client.sock.setblocking(True)
    whole, cut = divmod(sent, len(one))
    wanted = framing.encode(text) * whole
    assert target.read(len(wanted)) == wanted
    if cut:
        client.send(one[cut:])
        assert target.read(len(framing.encode(text))) == framing.encode(text)
