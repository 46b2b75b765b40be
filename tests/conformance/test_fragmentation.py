# SPDX-License-Identifier: MIT
"""RFC 6455 section 5.4: messages in pieces.

Cases 5 of the public fuzzing client are among them.
"""

from typing import Any, List

import pytest
from clauses import clause
from lib.backends import pattern
from lib.talk import Message, Pong, binary, fragments, text
from lib.ws import BINARY, CONTINUATION, PING, PONG, TEXT, frame
from play import every_chop, fails, opened, passes

HALVES = [frame(TEXT, b"fragment1", fin=False),
          frame(CONTINUATION, b"fragment2")]
WHOLE = text("fragment1fragment2")
SIZES = [1, 2, 3, 7, 64, 125, 126, 127, 128, 1000, 4096, 65535, 65536]


@clause("6455 5.5/fragmented")
@clause("6455 5.4/control-whole")
@pytest.mark.parametrize("opcode", [PING, PONG])
@every_chop
def test_control_frame_in_fragments(talk: Any, opcode: int, chop: str) -> None:
    """Cases 5.1 and 5.2."""
    frames = [frame(opcode, b"fragment1", fin=False),
              frame(CONTINUATION, b"fragment2")]
    fails(opened(talk, chop), frames, chop, 1002)


@clause("6455 5.2/fin")
@clause("6455 5.4/fragmented")
@clause("6455 5.4/both")
@every_chop
def test_two_fragments(talk: Any, chop: str) -> None:
    """Cases 5.3 to 5.5."""
    passes(opened(talk, chop), HALVES, chop, [WHOLE])


@clause("6455 5.4/control-between")
@every_chop
def test_ping_between_fragments(talk: Any, chop: str) -> None:
    """Cases 5.6 to 5.8: the pong comes first."""
    frames = [HALVES[0], frame(PING, b"ping"), HALVES[1]]
    passes(opened(talk, chop), frames, chop, [Pong(b"ping"), WHOLE])


@clause("6455 5.4/fragmented")
@pytest.mark.parametrize("fin", [True, False])
@every_chop
def test_continuation_of_nothing(talk: Any, fin: bool, chop: str) -> None:
    """Cases 5.9 to 5.14."""
    frames = [frame(CONTINUATION, b"non-continuation payload", fin=fin),
              frame(TEXT, b"Hello, world!")]
    fails(opened(talk, chop), frames, chop, 1002)


@clause("6455 5.4/fragmented")
@pytest.mark.parametrize("fin", [True, False])
@every_chop
def test_continuation_behind_a_message(talk: Any, fin: bool, chop: str
                                       ) -> None:
    """Case 5.15: the message before is answered."""
    frames = [*HALVES, frame(CONTINUATION, b"fragment3", fin=fin),
              frame(TEXT, b"fragment4")]
    fails(opened(talk, chop), frames, chop, 1002, [WHOLE])


@clause("6455 5.4/fragmented")
@pytest.mark.parametrize("fin", [True, False])
@every_chop
def test_continuation_first(talk: Any, fin: bool, chop: str) -> None:
    """Cases 5.16 and 5.17: twice, with a message behind."""
    frames = [frame(CONTINUATION, b"fragment1", fin=fin), *HALVES] * 2
    fails(opened(talk, chop), frames, chop, 1002)


@clause("6455 5.4/interleaved")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("inner", [TEXT, BINARY])
@pytest.mark.parametrize("fin", [True, False])
@every_chop
def test_message_inside_another(talk: Any, opcode: int, inner: int, fin: bool,
                                chop: str) -> None:
    """Case 5.18."""
    frames = [frame(opcode, b"fragment1", fin=False),
              frame(inner, b"fragment2", fin=fin)]
    fails(opened(talk, chop), frames, chop, 1002)


@clause("6455 5.4/control-between")
@pytest.mark.parametrize("chop", ["whole", "frames"])
def test_pings_between_five_fragments(talk: Any, chop: str) -> None:
    """Cases 5.19 and 5.20: both pongs come before the message."""
    parts = [f"fragment{i}".encode() for i in range(1, 6)]
    client = opened(talk, chop)
    first = [frame(TEXT, parts[0], fin=False),
             frame(CONTINUATION, parts[1], fin=False), frame(PING, b"one")]
    second = [frame(CONTINUATION, parts[2], fin=False),
              frame(CONTINUATION, parts[3], fin=False), frame(PING, b"two"),
              frame(CONTINUATION, parts[4])]
    if chop == "whole":
        client.send(b"".join(first + second))
        client.expect([Pong(b"one")])
    else:
        for one in first:
            client.send(one)
        client.expect([Pong(b"one")])
        for one in second:
            client.send(one)
    client.expect([Pong(b"two"), text(b"".join(parts))])
    client.finish()


@clause("6455 5.4/any-size")
@clause("6455 5.4/order")
@clause("6455 5.4/type")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("total", [0, 1, 130, 1000, 70000])
def test_fragments_of_every_size(talk: Any, opcode: int, size: int, total: int
                                 ) -> None:
    if total // size > 5000:
        total = 5000 * size
    payload = b"*" * total if opcode == TEXT else pattern(total)
    client = talk()
    with client.sending(b"".join(fragments(opcode, payload, size))):
        client.expect([Message(opcode, payload)])
    client.finish()


@clause("6455 5.4/any-size")
@clause("6455 5.6/partial")
def test_every_cut_into_three(talk: Any) -> None:
    """Every pair of cuts, empty fragments and cut characters included."""
    payload = "aß水\U0001f309b".encode()
    client = talk()
    cuts = [(i, j) for i in range(len(payload) + 1)
            for j in range(i, len(payload) + 1)]
    for i, j in cuts:
        client.send(frame(TEXT, payload[:i], fin=False)
                    + frame(CONTINUATION, payload[i:j], fin=False)
                    + frame(CONTINUATION, payload[j:]))
        client.expect([text(payload)])
    client.finish()


@clause("6455 5.4/fragmented")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("count", [2, 3, 10, 1000])
@pytest.mark.parametrize("payload", [b"", b"x"])
def test_empty_fragments(talk: Any, opcode: int, count: int, payload: bytes
                         ) -> None:
    """Cases 6.1.2 and 6.1.3: empty ones around what there is."""
    frames = ([frame(opcode, fin=False)]
              + [frame(CONTINUATION, fin=False)] * (count - 2)
              + [frame(CONTINUATION, payload, fin=False), frame(CONTINUATION)])
    passes(talk(), frames, "whole", [Message(opcode, payload)])


@clause("6455 5.4/control-between")
@pytest.mark.parametrize("control", [PING, PONG])
@pytest.mark.parametrize("chop", ["whole", "octets"])
def test_control_frames_at_every_position(talk: Any, control: int, chop: str
                                          ) -> None:
    """One before, between and behind the fragments of a message."""
    client = opened(talk, chop)
    parts: List[bytes] = [b"a" * size for size in (1, 0, 3, 4)]
    frames = [frame(TEXT, parts[0], fin=False)]
    frames += [frame(CONTINUATION, part, fin=False) for part in parts[1:]]
    frames += [frame(CONTINUATION)]
    for at in range(len(frames)):
        mixed = [*frames[:at], frame(control, b"%d" % at), *frames[at:]]
        answers = [Pong(b"%d" % at)] if control == PING else []
        if chop == "whole":
            client.send(b"".join(mixed))
        else:
            client.send_split(b"".join(mixed))
        client.expect([*answers, text(b"".join(parts))])
    client.finish()


@clause("6455 5.4/control-between")
@clause("6455 5.5.2/answer")
def test_many_control_frames_between_fragments(talk: Any) -> None:
    client = talk()
    frames = [frame(BINARY, b"0", fin=False)]
    for i in range(1, 10):
        frames += [frame(PING, b"%d" % i), frame(PONG, b"x"),
                   frame(CONTINUATION, b"%d" % i, fin=i == 9)]
    client.send(b"".join(frames))
    client.expect([*[Pong(b"%d" % i) for i in range(1, 10)],
                   binary(b"0123456789")])
    client.finish()
