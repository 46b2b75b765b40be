# SPDX-License-Identifier: MIT
"""RFC 6455 sections 5.6 and 8.1: text is UTF-8, and what is not is found out
at its first wrong byte.

Cases 6 of the public fuzzing client are among them.
"""

import zlib
from typing import Any, Dict, List, Optional

import pytest
from clauses import clause
from lib.deflate import TAIL, offer
from lib.talk import Pong, binary, fragments, text
from lib.ws import BINARY, CONTINUATION, PING, TEXT, frame
from play import every_chop, fails, opened, passes

KOSME = "κόσμε".encode()
VALID = "Hello-µ@ßöäüàá-UTF-8!!".encode()
HIGH_CODES = [0x7F, 0x7FF, 0x800, 0xFFFD, 0xD7FF, 0xE000, 0xFFFF, 0x10000,
              0x10FFFF, 0xFEFF, 0xFFFE]
NONCHARACTERS = [0xFFFE, 0xFFFF] + [
    plane << 16 | low for plane in range(1, 17) for low in (0xFFFE, 0xFFFF)]


def chars(codes: List[int]) -> Dict[str, bytes]:
    return {f"U+{code:04X}": chr(code).encode() for code in codes}


GOOD: Dict[str, bytes] = {
    "nothing": b"",                                             # 6.1.1
    "latin": VALID,                                             # 6.2
    "greek": KOSME,                                             # 6.5.1
    **{f"{size} bytes, first": chr(code).encode() for size, code in
       ((1, 0), (2, 0x80), (3, 0x800), (4, 0x10000))},          # 6.7
    **{f"{size} bytes, last": chr(code).encode() for size, code in
       ((1, 0x7F), (2, 0x7FF), (3, 0xFFFF), (4, 0x10FFFF))},    # 6.9
    **chars(HIGH_CODES),                                        # 6.11, 6.23
    **chars(NONCHARACTERS),                                     # 6.22
    "byte order mark": "\ufeffa\ufeff".encode(),
}


def encoded(code: int, size: int) -> bytes:
    """A code in `size` bytes, whether it may be or not."""
    first = (0xFF00 >> size) & 0xFF
    data = []
    for _ in range(size - 1):
        data.insert(0, 0x80 | code & 0x3F)
        code >>= 6
    return bytes([first | code, *data])


def is_valid(data: bytes) -> bool:
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


LAST_MISSING = [encoded(code, size)[:-1] for size, code in
                ((2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (2, 0x7FF),
                 (3, 0xFFFF), (4, 0x1FFFFF), (5, 0x3FFFFFF), (6, 0x7FFFFFFF))]
SURROGATES = [0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF]
BAD: Dict[str, bytes] = {
    "the middle": KOSME + b"\xed\xa0\x80edited",                # 6.3
    "beyond the last": KOSME + b"\xf4\x90\x80\x80edited",       # 6.4
    "5 bytes, first": b"\xf8\x88\x80\x80\x80",                  # 6.8
    "6 bytes, first": b"\xfc\x84\x80\x80\x80\x80",
    "4 bytes, last": b"\xf7\xbf\xbf\xbf",                       # 6.10
    "5 bytes, last": b"\xfb\xbf\xbf\xbf\xbf",
    "6 bytes, last": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "U+110000": b"\xf4\x90\x80\x80",                            # 6.11.5
    **{f"{count} unexpected": (b"\x80\xbf" * 4)[:count]
       for count in range(1, 8)},                               # 6.12
    "every unexpected": bytes(range(0x80, 0xC0)),
    **{f"lonely {low:02x}-{high:02x}":
       b"".join(bytes([first]) + b" " for first in range(low, high))
       for low, high in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8),
                         (0xF8, 0xFC), (0xFC, 0xFE))},          # 6.13
    **{f"last missing of {data.hex()}": data for data in LAST_MISSING},
    "all of these": b"".join(LAST_MISSING),                     # 6.15
    **{f"impossible {data.hex()}": data
       for data in (b"\xfe", b"\xff", b"\xfe\xfe\xff\xff")},    # 6.16
    **{f"overlong {code:x} in {size}": encoded(code, size)
       for code, sizes in ((0x2F, (2, 3, 4, 5, 6)), (0, (2, 3, 4, 5, 6)),
                           (0x7F, (2,)), (0x7FF, (3,)), (0xFFFF, (4,)),
                           (0x1FFFFF, (5,)), (0x3FFFFFF, (6,)))
       for size in sizes},                                      # 6.17 to 6.19
    **{f"surrogate {code:x}": encoded(code, 3) for code in SURROGATES},
    **{f"surrogates {high:x} {low:x}": encoded(high, 3) + encoded(low, 3)
       for high in (0xD800, 0xDB7F, 0xDB80, 0xDBFF)
       for low in (0xDC00, 0xDFFF)},                            # 6.20, 6.21
    **{f"cut after {size}": KOSME[:size] for size in
       range(1, len(KOSME), 2) if size != 5},                   # 6.6
}
BAD = {name: data for name, data in BAD.items() if not is_valid(data)}


def may_go_on(data: bytes) -> bool:
    """Whether it is the beginning of UTF-8: the least or the largest bytes
    that continue it complete every character there is."""
    return any(is_valid(data + more * count)
               for more in (b"\x80", b"\xbf") for count in range(4))


def wrong_at(data: bytes) -> Optional[int]:
    """The byte that no UTF-8 has there; None if it only stops too early."""
    for at in range(len(data)):
        if not may_go_on(data[:at + 1]):
            return at
    return None


FAST = {name: data for name, data in BAD.items() if wrong_at(data) is not None}
CUT = {name: data for name, data in BAD.items() if wrong_at(data) is None}

good = pytest.mark.parametrize("name", GOOD)
bad = pytest.mark.parametrize("name", BAD)
fast = pytest.mark.parametrize("name", FAST)


@clause("6455 5.6/text")
@good
@every_chop
def test_valid_text(talk: Any, name: str, chop: str) -> None:
    """Cases 6.1, 6.2, 6.5 to 6.7, 6.9, 6.11, 6.22, 6.23; in one frame, and
    in fragments of one byte."""
    frames = [frame(TEXT, GOOD[name]),
              *fragments(TEXT, b"+" + GOOD[name] + b"-", 1)]
    passes(opened(talk, chop), frames, chop,
           [text(GOOD[name]), text(b"+" + GOOD[name] + b"-")])


@clause("6455 8.1/utf-8")
@clause("6455 7.4.1/1007")
@bad
@every_chop
def test_invalid_text(talk: Any, name: str, chop: str) -> None:
    """Cases 6.3, 6.4, 6.6, 6.8, 6.10, 6.12 to 6.21."""
    frames = [frame(TEXT, b"before"), frame(TEXT, BAD[name]),
              frame(TEXT, b"behind")]
    fails(opened(talk, chop), frames, chop, 1007, [text("before")])


@clause("6455 8.1/utf-8")
@bad
def test_invalid_text_in_fragments(talk: Any, name: str) -> None:
    frames = fragments(TEXT, BAD[name], 1)
    fails(opened(talk, "octets"), frames, "octets", 1007)


@clause("6455 8.1/utf-8")
@fast
@pytest.mark.parametrize("prefix", [b"", VALID])
def test_fails_inside_a_frame(talk: Any, name: str, prefix: bytes) -> None:
    """Cases 6.4.3 and 6.4.4: the wrong byte is sent, the rest never."""
    data = prefix + BAD[name]
    at = len(prefix) + (wrong_at(BAD[name]) or 0)
    head = frame(TEXT, data[:at + 1], length=len(data) + 100)
    client = talk(unix=True)
    client.send(head[:-1])
    client.wait_taken()
    client.send(head[-1:])
    client.expect_failed(1007)


@clause("6455 8.1/utf-8")
@fast
@pytest.mark.parametrize("path", ["/echo", "/deflate"])
def test_fails_inside_a_message(talk: Any, name: str, path: str) -> None:
    """Cases 6.4.1 and 6.4.2: across fragments, with a sign of life before
    the wrong byte; the message never ends."""
    at = wrong_at(BAD[name]) or 0
    client = talk(path, *([offer()] if path == "/deflate" else []))
    client.send(frame(TEXT, VALID, fin=False))
    if at:
        client.send(frame(CONTINUATION, BAD[name][:at], fin=False))
    client.send(frame(PING, b"alive?"))
    client.expect([Pong(b"alive?")])
    client.send(frame(CONTINUATION, BAD[name][at:at + 1], fin=False))
    client.expect_failed(1007)


@clause("6455 8.1/utf-8")
@clause("7692 6.2/decompress")
@fast
def test_fails_inside_a_compressed_message(talk: Any, name: str) -> None:
    """Flushed up to the wrong byte, in a message that never ends."""
    at = wrong_at(BAD[name]) or 0
    client = talk("/deflate", offer())
    packer = zlib.compressobj(wbits=-15)

    def packed(data: bytes) -> bytes:
        return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)

    client.send(frame(TEXT, packed(VALID), fin=False, rsv=4))
    client.send(frame(CONTINUATION, packed(BAD[name][:at]), fin=False))
    client.send(frame(PING, b"alive?"))
    client.expect([Pong(b"alive?")])
    client.send(frame(CONTINUATION, packed(BAD[name][at:at + 1]), fin=False))
    client.expect_failed(1007)


@clause("6455 8.1/utf-8")
@bad
def test_invalid_text_compressed(talk: Any, name: str) -> None:
    client = talk("/deflate", offer())
    assert client.pack
    fails(client, [frame(TEXT, client.pack(VALID), rsv=4),
                   frame(TEXT, client.pack(BAD[name]), rsv=4)], "whole", 1007,
          [text(VALID)])


@clause("6455 8.1/utf-8")
@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("packed", [False, True])
def test_text_that_ends_inside_a_character(talk: Any, name: str, packed: bool
                                           ) -> None:
    """It is all right until it ends."""
    client = talk("/deflate", offer())
    data, rsv = CUT[name], 0
    if packed:
        assert client.pack
        data, rsv = client.pack(data) + TAIL, 4
    client.send(frame(TEXT, data, fin=False, rsv=rsv)
                + frame(PING, b"alive?"))
    client.expect([Pong(b"alive?")])
    client.send(frame(CONTINUATION, b"\0" if packed else b""))
    client.expect_failed(1007)


@clause("6455 5.6/partial")
@pytest.mark.parametrize("packed", [False, True])
def test_valid_text_at_every_split(talk: Any, packed: bool) -> None:
    """Into two frames, and into two writes of one frame."""
    client = talk("/deflate", offer("client_no_context_takeover"), unix=True)
    data = VALID + "水\U0001f309\U0010ffff".encode()
    wire, rsv = data, 0
    if packed:
        assert client.pack
        wire, rsv = client.pack(data), 4
    for at in range(len(wire) + 1):
        client.send(frame(TEXT, wire[:at], fin=False, rsv=rsv))
        client.wait_taken()
        client.send(frame(CONTINUATION, wire[at:]))
        client.expect([text(data)])
        whole = frame(TEXT, wire, rsv=rsv)
        client.send(whole[:at + 1])
        client.wait_taken()
        client.send(whole[at + 1:])
        client.expect([text(data)])
    client.finish()


@clause("6455 5.6/binary")
@bad
def test_binary_may_be_any_bytes(talk: Any, name: str) -> None:
    client = talk("/deflate", offer())
    assert client.pack
    client.send(frame(BINARY, BAD[name])
                + frame(BINARY, client.pack(BAD[name]), rsv=4))
    client.expect([binary(BAD[name])] * 2)
    client.finish()


@clause("6455 5.6/text")
def test_state_is_gone_between_messages(talk: Any) -> None:
    """A character cut in a binary message, or a control frame, is none."""
    client = talk()
    client.send(frame(TEXT, b"a\xe6", fin=False) + frame(PING, b"\xb0\xff")
                + frame(CONTINUATION, b"\xb0\xb4") + frame(BINARY, b"\xe6")
                + frame(TEXT, b"b"))
    client.expect([Pong(b"\xb0\xff"), text("a水"), binary(b"\xe6"),
                   text("b")])
    client.finish()
