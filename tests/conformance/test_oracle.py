# SPDX-License-Identifier: MIT
"""wsproto as an oracle: what it takes, we take, and the other way round.

Random frames, most of them as they should be, some bytes of them changed, cut
anywhere, go to wsproto's server and to the daemon.  Both must deliver the same
messages, answer the same pings, and end with the same code.

Where they differ on purpose, wsproto is taught, or the difference is let pass,
each by its own line below:

* 1014 is in IANA's registry, which RFC 6455 section 7.4.2 has decide.
* A text fails at its first wrong byte: for Python's decoder ED A0 may go on.
* Control frames "MAY be injected in the middle of a fragmented message"
  (section 5.4): wsproto forgets then that the message is compressed.
* A frame may announce 2^32 bytes or more, but no record can: 1009.
* A compressed message cut short inside a block is corrupt (RFC 7692 section
  7.2.1 says what a sender sends); blocks behind one with BFINAL count.
"""

from dataclasses import dataclass, field
from typing import Any, List, Optional, Tuple
from unittest import mock

import pytest
from clauses import clause
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lib.deflate import Agreement, Packer, offer
from lib.talk import Closed, Message, Pong, Talk
from lib.ws import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT,
                    close_payload, frame)
from wsproto import connection, events, frame_protocol
from wsproto.extensions import PerMessageDeflate

RECORD_MAX = (1 << 32) - 1
PythonDecoder = frame_protocol.getincrementaldecoder("utf-8")


class EagerDecoder(PythonDecoder):  # type: ignore[misc,valid-type]
    """Sees a surrogate at its second byte, as Unicode's table 3-7 has it."""

    def decode(self, data: bytes, final: bool = False) -> str:
        text = super().decode(data, final)
        waiting = self.getstate()[0]
        if waiting[:1] == b"\xed" and waiting[1:2] >= b"\xa0":
            raise UnicodeDecodeError("utf-8", waiting, 0, 1, "surrogate")
        return text


wsproto_close = frame_protocol.FrameProtocol._process_close


def process_close(proto: Any, got: Any) -> Any:
    """Takes 1014 as it takes 1013."""
    if got.payload[:2] != close_payload(1014):
        return wsproto_close(proto, got)
    read = wsproto_close(proto, got._replace(
        payload=close_payload(1013) + got.payload[2:]))
    return read._replace(payload=(1014, read.payload[1]))


class Deflate(PerMessageDeflate):
    """Remembers across control frames what the open message is."""

    def __init__(self, agreement: Agreement) -> None:
        super().__init__(
            client_no_context_takeover=agreement.client_no_context_takeover,
            client_max_window_bits=agreement.client_max_window_bits)
        self._enabled = True
        self.saw_final = False

    def frame_inbound_header(self, proto: Any, opcode: Any, rsv: Any,
                             size: int) -> Any:
        if not opcode.iscontrol() or rsv.rsv1:
            return super().frame_inbound_header(proto, opcode, rsv, size)
        self._inbound_is_compressible = False
        return frame_protocol.RsvBits(True, False, False)

    def frame_inbound_complete(self, proto: Any, fin: bool) -> Any:
        if not self._inbound_is_compressible:
            return None
        packer = self._decompressor
        result = super().frame_inbound_complete(proto, fin)
        if packer is not None and packer.eof:
            self.saw_final = True
        return result


@dataclass
class Verdict:
    """What an end made of a stream of bytes."""
    messages: List[Message] = field(default_factory=list)
    pongs: List[bytes] = field(default_factory=list)
    code: Optional[int] = None  # of the answer; 1000 also for no end


class Oracle:
    """wsproto's server, fed piece by piece."""

    def __init__(self, agreement: Optional[Agreement]) -> None:
        self.deflate = Deflate(agreement) if agreement else None
        self.wsproto = connection.Connection(
            connection.ConnectionType.SERVER,
            [self.deflate] if self.deflate else [])
        self.verdict = Verdict()
        self.open: List[Any] = []

    def _take(self, event: Any) -> None:
        if isinstance(event, events.Ping):
            self.verdict.pongs.append(bytes(event.payload))
        elif isinstance(event, events.CloseConnection):
            code = int(event.code)
            self.verdict.code = 1000 if code == 1005 else code
        elif isinstance(event, events.Message):
            self.open.append(event.data)
            if event.message_finished:
                self._finish(event)

    def _finish(self, event: Any) -> None:
        if isinstance(event, events.TextMessage):
            message = Message(TEXT, "".join(self.open).encode())
        else:
            message = Message(BINARY, b"".join(map(bytes, self.open)))
        self.verdict.messages.append(message)
        self.open = []

    def feed(self, data: bytes) -> None:
        with mock.patch.object(frame_protocol, "getincrementaldecoder",
                               lambda name: EagerDecoder), \
                mock.patch.object(frame_protocol.FrameProtocol,
                                  "_process_close", process_close):
            if self.verdict.code is None:
                self.wsproto.receive_data(data)
                for event in self.wsproto.events():
                    self._take(event)
                    if self.verdict.code is not None:
                        break
        header = self.decoder.header
        if (self.verdict.code is None and header
                and header.payload_len > RECORD_MAX):
            self.verdict.code = 1009

    @property
    def decoder(self) -> Any:
        return self.wsproto._proto._frame_decoder

    def wants(self) -> int:
        """Bytes until what has begun can be judged: wsproto looks at a frame
        only when some of its payload is there, all of a control frame's."""
        header = self.decoder.header
        if self.verdict.code is not None:
            return 0
        if header is None:
            return 1 if len(self.decoder.buffer) else 0
        if header.opcode.iscontrol():
            return int(header.payload_len - len(self.decoder.buffer))
        return 0 if self.decoder.payload_consumed else 1


def ask_oracle(oracle: Oracle, pieces: List[bytes]) -> List[bytes]:
    """Feeds the pieces, and what is wanted behind them: returns all."""
    for piece in pieces:
        oracle.feed(piece)
    fed = list(pieces)
    while count := oracle.wants():
        fed.append(b"\x80" * count)
        oracle.feed(fed[-1])
    return fed


def ask_daemon(client: Talk, pieces: List[bytes]) -> Verdict:
    verdict = Verdict()
    try:
        for piece in pieces:
            client.send(piece)
        client.shutdown_write()
    except OSError:
        pass    # it had enough already
    for heard in client.hear_all():
        if isinstance(heard, Message):
            verdict.messages.append(heard)
        elif isinstance(heard, Pong):
            verdict.pongs.append(heard.payload)
        elif isinstance(heard, Closed):
            verdict.code = heard.code
    client.expect_eof()
    return verdict


# Streams.

texts = st.text(max_size=40).map(str.encode)
payloads = st.binary(max_size=60) | st.integers(120, 140).map(
    lambda size: b"*" * size)
closes = st.builds(
    lambda code, reason: b"" if code is None else close_payload(code, reason),
    st.none() | st.sampled_from([1000, 1001, 1004, 1005, 1014, 1015, 2999,
                                 3000, 4999, 5000]) | st.integers(0, 65535),
    texts.map(lambda text: text[:60].decode(errors="ignore").encode())
    | st.sampled_from([b"\xff", b"\xed\xa0\x80"]))


masks = st.binary(min_size=4, max_size=4)
controls = st.builds(
    lambda opcode, payload, mask: frame(opcode, payload[:125], mask=mask),
    st.sampled_from([PING, PING, PONG]), payloads, masks)


@st.composite
def messages(draw: Any) -> Tuple[Any, ...]:
    """What frames_of() makes a message's frames of."""
    is_text = draw(st.booleans())
    payload = draw(texts if is_text else payloads)
    cuts = sorted(draw(st.lists(st.integers(0, 200), max_size=4)))
    return (TEXT if is_text else BINARY, payload, cuts,
            draw(st.booleans()), draw(st.lists(controls, max_size=2)),
            draw(masks))


# Places are parts of the whole, so that they fit any stream.
changes = st.lists(st.tuples(
    st.floats(0, 1), st.sampled_from(["flip", "drop", "add"]),
    st.integers(0, 255)), max_size=3)
places = st.lists(st.floats(0, 1), max_size=8)


def frames_of(message: Any, packer: Optional[Packer]) -> bytes:
    opcode, payload, cuts, wants_packing, among, mask = message
    rsv = 0
    if packer and wants_packing:
        payload, rsv = packer(payload), 4
    ends = [min(cut, len(payload)) for cut in cuts] + [len(payload)]
    data, begin = b"", 0
    for i, end in enumerate(ends):
        data += frame(CONTINUATION if i else opcode, payload[begin:end],
                      fin=i == len(ends) - 1, rsv=0 if i else rsv, mask=mask)
        begin = end
        if i < len(ends) - 1 and i < len(among):
            data += among[i]
    return data


def changed(data: bytes, what: List[Tuple[float, str, int]]) -> bytes:
    made = bytearray(data)
    for place, kind, byte in what:
        at = int(place * len(made))
        if kind == "add":
            made.insert(at, byte)
        elif at < len(made) and kind == "drop":
            del made[at]
        elif at < len(made):
            made[at] ^= 1 << byte % 8
    return bytes(made)


def cut(data: bytes, where: List[float]) -> List[bytes]:
    ends = sorted(int(place * len(data)) for place in where) + [len(data)]
    return [piece for piece in (
        data[begin:end] for begin, end in zip([0, *ends], ends)) if piece]


streams = st.tuples(
    st.lists(messages() | controls, max_size=5),
    st.none() | closes.map(lambda body: frame(CLOSE, body[:125])),
    changes, places)


def stream_of(drawn: Any, packer: Optional[Packer]) -> List[bytes]:
    parts, end, what, where = drawn
    data = b"".join(part if isinstance(part, bytes)
                    else frames_of(part, packer) for part in parts)
    return cut(changed(data + (end or b""), what), where)


def compare(client: Talk, drawn: Any) -> None:
    oracle = Oracle(client.agreement)
    pieces = ask_oracle(oracle, stream_of(drawn, client.pack))
    expected, got = oracle.verdict, ask_daemon(client, pieces)
    if expected.code is None:
        expected.code = 1000    # the end of TCP, told by ask_daemon()
    if oracle.deflate and drawn[2] and got.code == 1007:
        # Changed compressed data: stricter than wsproto, or as strict.
        assert got.messages == expected.messages[:len(got.messages)]
        assert got.pongs == expected.pongs[:len(got.pongs)]
        return
    if oracle.deflate and oracle.deflate.saw_final:
        return
    assert got == expected, pieces


bounded = settings(max_examples=400, derandomize=True, deadline=None,
                   database=None, suppress_health_check=list(HealthCheck))


@clause("6455 6.2/receiving")
@clause("6455 7.1.7/fail")
@bounded
@given(drawn=streams)
def test_plain_streams(talk: Any, drawn: Any) -> None:
    compare(talk(), drawn)


@clause("7692 6.2/decompress")
@pytest.mark.parametrize("path", ["/deflate", "/takeover"])
@bounded
@given(drawn=streams)
def test_compressed_streams(talk: Any, path: str, drawn: Any) -> None:
    compare(talk(path, offer()), drawn)


@clause("6455 7.1.7/fail")
@bounded
@given(data=st.binary(max_size=40), where=places)
def test_noise(talk: Any, data: bytes, where: List[float]) -> None:
    oracle = Oracle(None)
    pieces = ask_oracle(oracle, cut(data, where))
    got = ask_daemon(talk(), pieces)
    oracle.verdict.code = oracle.verdict.code or 1000
    assert got == oracle.verdict, pieces
