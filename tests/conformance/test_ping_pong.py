# SPDX-License-Identifier: MIT
"""RFC 6455 sections 5.5.2 and 5.5.3: pings, pongs.

Cases 2 of the public fuzzing client are among them.
"""

import os
from typing import Any

import pytest
from clauses import clause
from lib.talk import Pong, binary, text
from lib.wait import wait_for
from lib.ws import BINARY, CLOSE, PING, PONG, TEXT, close_payload, frame
from play import every_chop, fails, opened, passes


@clause("6455 5.5.2/answer")
@clause("6455 5.5.3/same-data")
@pytest.mark.parametrize("chop", ["whole", "octets"])
def test_ping_of_every_size(talk: Any, chop: str) -> None:
    """Cases 2.1 to 2.4 and 2.6."""
    client = opened(talk, chop)
    for size in range(126):
        payload = os.urandom(size)
        data = frame(PING, payload)
        if chop == "whole":
            client.send(data)
        else:
            client.send_split(data)
        client.expect([Pong(payload)])
    client.finish()


@clause("6455 5.5/length")
@pytest.mark.parametrize("opcode", [PING, PONG])
@pytest.mark.parametrize("size", [126, 127, 65535, 65536])
@every_chop
def test_control_frame_that_is_too_long(talk: Any, opcode: int, size: int,
                                        chop: str) -> None:
    """Case 2.5."""
    payload = b"" if chop == "octets" else b"\xfe" * size
    data = frame(opcode, payload, length=size,
                 form=16 if size < 65536 else 64)
    fails(opened(talk, chop), [data], chop, 1002)


@clause("6455 5.5/length")
@pytest.mark.parametrize("form", [16, 64])
def test_long_length_of_a_short_ping(talk: Any, form: int) -> None:
    fails(talk(), [frame(PING, b"x", form=form)], "whole", 1002)


@clause("6455 5.5.3/unsolicited")
@pytest.mark.parametrize("payload", [b"", b"unsolicited pong payload",
                                     b"\xff" * 125])
@every_chop
def test_pong_that_nobody_asked_for(talk: Any, payload: bytes, chop: str
                                    ) -> None:
    """Cases 2.7 and 2.8."""
    frames = [frame(PONG, payload), frame(TEXT, b"Hello"),
              frame(PONG, payload)]
    passes(opened(talk, chop), frames, chop, [text("Hello")])


@clause("6455 5.5.3/unsolicited")
@every_chop
def test_ping_behind_a_pong_that_nobody_asked_for(talk: Any, chop: str
                                                  ) -> None:
    """Case 2.9."""
    frames = [frame(PONG, b"unsolicited"), frame(PING, b"ping payload")]
    passes(opened(talk, chop), frames, chop, [Pong(b"ping payload")])


@clause("6455 5.5.2/answer")
@clause("6455 5.5.3/latest")
@pytest.mark.parametrize("path", ["/echo", "/binary", "/deflate"])
@pytest.mark.parametrize("count,size", [(10, 10), (10, 125), (100, 125),
                                        (2000, 4)])
@pytest.mark.parametrize("chop", ["whole", "frames"])
def test_many_pings(talk: Any, path: str, count: int, size: int, chop: str
                    ) -> None:
    """Cases 2.10 and 2.11: who reads has each answered, in order."""
    client = opened(talk, chop, path)
    payloads = [b"%04d" % i + b"*" * (size - 4) for i in range(count)]
    passes(client, [frame(PING, payload) for payload in payloads], chop,
           [Pong(payload) for payload in payloads])


@clause("6455 5.5.2/answer")
def test_many_pings_byte_by_byte(talk: Any) -> None:
    """Case 2.11."""
    frames = [frame(PING, b"payload-%d" % i) for i in range(10)]
    passes(talk(unix=True), frames, "octets",
           [Pong(b"payload-%d" % i) for i in range(10)])


@clause("6455 5.5.3/latest")
@pytest.mark.parametrize("path", ["/echo", "/binary"])
def test_pings_of_a_client_that_does_not_read(talk: Any, daemon: Any,
                                              path: str) -> None:
    """Pongs do not pile up; the last ping is answered when it reads."""
    client = talk(path, receive_buffer=4096)
    before = daemon.relay.memory()
    for i in range(40):
        client.send(frame(PING, b"*" * 125) * 2000)
    client.send(frame(PING, b"last"))
    wait_for(lambda: client.unread_by_peer() == 0, "all pings to be read")
    if not daemon.relay.is_sanitized():
        assert daemon.relay.memory() - before < 1 << 20
    heard = 1
    while (got := client.hear()) != Pong(b"last"):
        assert got == Pong(b"*" * 125)
        heard += 1
    assert heard < 40 * 2000, "the kernel took all pongs: no test"
    client.finish()


@clause("6455 5.5.2/answer")
@clause("6455 7.1.7/fail")
@every_chop
def test_pings_before_a_failure_are_answered(talk: Any, chop: str) -> None:
    frames = [*[frame(PING, b"%d" % i) for i in range(5)], frame(3)]
    fails(opened(talk, chop), frames, chop, 1002,
          [Pong(b"%d" % i) for i in range(5)])


@clause("6455 5.5.2/answer")
@every_chop
def test_pings_before_a_close_are_answered(talk: Any, chop: str) -> None:
    frames = [*[frame(PING, b"%d" % i) for i in range(5)],
              frame(CLOSE, close_payload(1000))]
    fails(opened(talk, chop), frames, chop, 1000,
          [Pong(b"%d" % i) for i in range(5)])


@clause("6455 5.5.2/after-close")
@every_chop
def test_ping_behind_a_close(talk: Any, chop: str) -> None:
    """Case 7.1.3."""
    frames = [frame(CLOSE, close_payload(1000)), frame(PING, b"late")]
    fails(opened(talk, chop), frames, chop, 1000)


@clause("6455 5.5.2/answer")
def test_ping_inside_a_large_message(talk: Any) -> None:
    """Between two frames of it, while its echo is under way."""
    client = talk("/big")
    half = b"x" * 300000
    data = (frame(BINARY, half, fin=False) + frame(PING, b"in between")
            + frame(0, half))
    with client.sending(data + frame(PING, b"behind")):
        heard = [client.hear() for _ in range(3)]
    assert heard.index(Pong(b"in between")) < heard.index(Pong(b"behind"))
    assert binary(half * 2) in heard
    client.finish()
