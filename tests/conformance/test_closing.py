# SPDX-License-Identifier: MIT
"""RFC 6455 sections 5.5.1 and 7: every way to close.

Cases 7 of the public fuzzing client are among them.
"""

import os
import signal
from typing import Any, List, Sequence

import pytest
from clauses import clause
from lib import backends, ws
from lib.backends import pattern
from lib.talk import Closed, Event, Pong, Talk, binary, text
from lib.ws import (BINARY, CLOSE, CONTINUATION, PING, TEXT, close_payload,
                    frame)
from play import every_chop, fails, opened, passes

CLOSING = frame(CLOSE, close_payload(1000, "bye"))

# Section 7.4.1, and what was registered later: 1012 to 1014.
VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
         1014, 3000, 3001, 3500, 3999, 4000, 4001, 4500, 4999]
INVALID = [0, 1, 100, 500, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100,
           1999, 2000, 2500, 2999, 5000, 5001, 10000, 32767, 32768, 65535]


@clause("6455 5.5.1/answer")
@clause("6455 7.1.4/closed")
@clause("6455 7.3/normal")
@every_chop
def test_message_then_close(talk: Any, chop: str) -> None:
    """Case 7.1.1: the echo of what came before is not lost."""
    frames = [frame(TEXT, b"Hello World!"), CLOSING]
    fails(opened(talk, chop), frames, chop, 1000, [text("Hello World!")])


@clause("6455 5.5.1/answer")
@every_chop
def test_two_closes(talk: Any, chop: str) -> None:
    """Case 7.1.2: the first one counts, and is answered once."""
    frames = [CLOSING, frame(CLOSE, close_payload(3000))]
    fails(opened(talk, chop), frames, chop, 1000)


@clause("6455 5.5.1/nothing-more")
@clause("6455 7.1.2/start")
@pytest.mark.parametrize("rest", [
    frame(PING), frame(TEXT, b"late"), frame(BINARY, b"late", fin=False),
    frame(CONTINUATION), frame(3), frame(TEXT, b"\xff"), b"\xff" * 1000,
    frame(TEXT, b"x", mask=None), frame(CLOSE, b"\x03")])
@every_chop
def test_nothing_counts_behind_a_close(talk: Any, rest: bytes, chop: str
                                       ) -> None:
    """Cases 7.1.3 and 7.1.4."""
    fails(opened(talk, chop), [CLOSING, rest], chop, 1000)


@clause("6455 5.5.1/after-message")
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@every_chop
def test_close_inside_a_fragmented_message(talk: Any, opcode: int, chop: str
                                           ) -> None:
    """Case 7.1.5: the message is not whole and goes nowhere."""
    frames = [frame(opcode, b"fragment1", fin=False), CLOSING,
              frame(CONTINUATION, b"fragment2")]
    fails(opened(talk, chop), frames, chop, 1000)


@clause("6455 5.5.1/after-message")
@clause("6455 7.1.4/closed")
@pytest.mark.parametrize("size", [256 << 10, 4 << 20])
def test_close_behind_a_large_message(talk: Any, size: int) -> None:
    """Case 7.1.6: all of it is answered before the Close is."""
    client = talk()
    payload = pattern(size)
    with client.sending(frame(BINARY, payload) + CLOSING + frame(PING)):
        client.expect([binary(payload), Closed(1000)])
    client.expect_eof()


@clause("6455 5.5.1/body")
@clause("6455 7.1.5/code")
@clause("6455 7.4.1/1005")
@every_chop
def test_close_without_a_body(talk: Any, daemon: Any, chop: str) -> None:
    """Case 7.3.1: 1005 is for the log only."""
    client = opened(talk, chop)
    seen = len(daemon.relay.log(event="session closed", code_received=1005))
    fails(client, [frame(CLOSE)], chop, 1000)
    daemon.relay.wait_closed(seen + 1, code_received=1005)


@clause("6455 5.5.1/body")
@every_chop
def test_close_with_one_byte(talk: Any, chop: str) -> None:
    """Case 7.3.2."""
    for byte in (b"\x03", b"a", b"\0"):
        fails(opened(talk, chop), [frame(CLOSE, byte)], chop, 1002)


@clause("6455 5.5.1/body")
@clause("6455 7.1.6/reason")
@pytest.mark.parametrize("reason", [
    b"", b"x", b"Hello World!", b"*" * 122, b"*" * 123, "水".encode() * 41,
    "\U0001f309".encode() * 30, b"\0"], ids=len)
@every_chop
def test_reasons(talk: Any, reason: bytes, chop: str) -> None:
    """Cases 7.3.3 to 7.3.5."""
    fails(opened(talk, chop), [frame(CLOSE, close_payload(1000, reason))],
          chop, 1000)


@clause("6455 5.5/length")
def test_reason_that_is_too_long(talk: Any) -> None:
    """Case 7.3.6."""
    fails(talk(), [frame(CLOSE, close_payload(1000, b"*" * 124))], "whole",
          1002)


@clause("6455 7.1.6/reason")
@clause("6455 10.7/invalid")
@pytest.mark.parametrize("reason", [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xff", b"\xc0\x80", b"cut \xe6\xb0", b"\xf4\x90\x80\x80",
    b"*" * 122 + b"\x80"])
@every_chop
def test_reason_that_is_not_utf8(talk: Any, reason: bytes, chop: str) -> None:
    """Case 7.5.1."""
    fails(opened(talk, chop), [frame(CLOSE, close_payload(1000, reason))],
          chop, 1007)


@clause("6455 5.5.1/echo")
@clause("6455 7.4.1/1000")
@clause("6455 7.4.1/1001")
@clause("6455 7.4.1/1010")
@clause("6455 7.4.1/1011")
@clause("6455 7.4.1/1008")
@clause("6455 7.4.2/3000-3999")
@clause("6455 7.4.2/4000-4999")
@pytest.mark.parametrize("code", VALID)
@pytest.mark.parametrize("reason", ["", "why not"])
@pytest.mark.parametrize("path", ["/echo", "/binary", "/text", "/deflate"])
def test_valid_code_is_echoed(talk: Any, code: int, reason: str, path: str
                              ) -> None:
    """Cases 7.7."""
    fails(talk(path), [frame(CLOSE, close_payload(code, reason))], "whole",
          code)


@clause("6455 7.4.2/0-999")
@clause("6455 7.4.2/1000-2999")
@clause("6455 7.4.1/1004")
@clause("6455 7.4.1/1005")
@clause("6455 7.4.1/1006")
@clause("6455 7.4.1/1015")
@clause("6455 7.4.1/1002")
@pytest.mark.parametrize("code", INVALID)
@pytest.mark.parametrize("reason", ["", "why not"])
def test_invalid_code(talk: Any, code: int, reason: str) -> None:
    """Cases 7.9 and 7.13, which may end in any way: in 1002 here."""
    fails(talk(), [frame(CLOSE, close_payload(code, reason))], "whole", 1002)


@clause("6455 7.1.1/close-connection")
@clause("6455 5.5.1/server-ends")
@pytest.mark.parametrize("unix", [False, True])
def test_server_ends_tcp_first(talk: Any, unix: bool) -> None:
    """Though the client keeps its own side open; no reset is seen."""
    client = talk(unix=unix)
    client.send(CLOSING)
    client.expect([Closed(1000)])
    while not client.eof:
        client._fill()
    assert not client.buffer
    client.send(frame(PING) * 100)   # discarded: no reset before its end
    client.shutdown_write()
    assert client.sock.recv(1) == b""


@clause("6455 7.1.1/close-connection")
@clause("6455 7.1.7/fail")
def test_failed_connection_ends_without_a_reset(talk: Any) -> None:
    """What the client had on its way does not cut the Close off."""
    client = talk()
    client.send(frame(TEXT, b"before") + frame(3) + os.urandom(300000))
    client.expect_failed(1002, [text("before")])


@clause("6455 7.1.7/fail")
@every_chop
def test_nothing_is_processed_behind_a_failure(talk: Any, chop: str) -> None:
    frames = [frame(BINARY, b"one"), frame(7), frame(BINARY, b"two"),
              frame(PING), CLOSING]
    fails(opened(talk, chop), frames, chop, 1002, [binary(b"one")])


@clause("6455 7.1.7/fail")
def test_failure_code_comes_once(talk: Any) -> None:
    """A Close of the client that crosses ours gets no second one."""
    client = talk()
    client.send(frame(7))
    client.expect([Closed(1002)])
    client.send(frame(CLOSE, close_payload(1002)))
    client.expect_eof()


@clause("6455 7.1.4/closed")
def test_end_of_tcp_without_a_close(talk: Any, daemon: Any) -> None:
    """A half-closed client is answered all it asked, then closed."""
    client = talk()
    client.send(frame(TEXT, b"and now?"))
    client.shutdown_write()
    client.expect_failed(1000, [text("and now?")])


def ends(client: Talk, code: int, before: Sequence[Event] = ()) -> None:
    """The server begins to close, the client answers, TCP ends."""
    client.expect([*before, Closed(code)])
    client.send_close(code)
    client.expect_eof()


@clause("6455 7.2.2/server")
@clause("6455 7.4.1/1011")
@pytest.mark.parametrize("answer", [b"\x03\0\0\0\x01x", b"\x01\0\0\0\x09cut"])
def test_server_that_cannot_go_on(own_relay: Any, answer: bytes) -> None:
    """The target's record has no type, or no end; what was all right before
    is through."""
    def serve(connection: Any) -> None:
        connection.send(b"\x01\0\0\0\x04fine" + answer)

    client = Talk(own_relay(serve).address)
    client.upgrade()
    ends(client, 1011, [text("fine")])


@clause("6455 7.2.2/server")
@clause("6455 7.4.1/1001")
def test_server_that_goes_away(own_relay: Any) -> None:
    relay = own_relay(backends.echo)
    client = Talk(relay.address)
    client.upgrade()
    client.send(frame(TEXT, b"here"))
    client.expect([text("here")])
    relay.signal(signal.SIGTERM)
    ends(client, 1001)


@clause("6455 7.2.2/server")
@clause("6455 7.4.1/1008")
def test_server_with_a_policy(own_relay: Any) -> None:
    relay = own_relay(backends.echo, timeouts={"idle": "100ms"})
    client = Talk(relay.address)
    client.upgrade()
    ends(client, 1008)


@clause("6455 7.1.4/closed")
def test_server_that_is_done(own_relay: Any) -> None:
    """Its end is a Close with 1000; the client's answer ends it."""
    client = Talk(own_relay(
        lambda one: one.send(b"\x02\0\0\0\x00")).address)
    client.upgrade()
    ends(client, 1000, [binary(b"")])


@clause("6455 5.5.1/body")
@every_chop
def test_close_between_other_control_frames(talk: Any, chop: str) -> None:
    frames: List[bytes] = [frame(PING, b"1"), frame(ws.PONG, b"2"), CLOSING]
    fails(opened(talk, chop), frames, chop, 1000, [Pong(b"1")])


@clause("6455 7.3/normal")
def test_session_after_session(talk: Any) -> None:
    for i in range(50):
        payload = b"%d" % i
        passes(talk(), [frame(TEXT, payload)], "whole", [text(payload)])
