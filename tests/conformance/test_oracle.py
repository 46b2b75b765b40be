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
* A frame that may not come is refused by its header: wsproto expands its
  payload first.
* A compressed message cut short inside a block is corrupt (RFC 7692 section
  7.2.1 says what a sender sends); blocks behind one with BFINAL count.
"""

from dataclasses import dataclass, field, replace
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
        self.is_open = False    # a message; wsproto's own field may change
                                # with a header of which half is there

    def frame_inbound_header(self, proto: Any, opcode: Any, rsv: Any,
                             size: int) -> Any:
        has_key = len(proto.buffer) - proto.buffer.bytes_used >= 4
        if has_key and not opcode.iscontrol() and self.is_open != (
                opcode is frame_protocol.Opcode.CONTINUATION):
            return frame_protocol.CloseReason.PROTOCOL_ERROR
        if not opcode.iscontrol() or rsv.rsv1:
            return super().frame_inbound_header(proto, opcode, rsv, size)
        self._inbound_is_compressible = False
        return frame_protocol.RsvBits(True, False, False)

    def frame_inbound_complete(self, proto: Any, fin: bool) -> Any:
        if not self._inbound_is_compressible:
            return None
        self.is_open = not fin
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
        if self.verdict.code is None and self._is_too_long():
            self.verdict.code = 1009

    def _is_too_long(self) -> bool:
        """Whole messages are told at their first byte, others later."""
        header = self.decoder.header
        return bool(header and header.fin and not header.rsv.rsv1
                    and header.opcode.name in ("TEXT", "BINARY")
                    and header.payload_len > RECORD_MAX
                    and self.decoder.payload_consumed)

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

# Few words, so that compressed messages refer to those before.
words = st.sampled_from(["", "Brücke", "水 wasser", "\U0001f309", "a" * 130])
texts = st.lists(words, max_size=4).map(lambda some: " ".join(some).encode())
cut_texts = st.builds(lambda text, size: text[:size], texts,
                      st.integers(0, 12))
noises = st.binary(max_size=6)
payloads = texts | cut_texts | noises
closes = st.binary(max_size=4) | st.builds(
    lambda code, reason: b"" if code is None else close_payload(code, reason),
    st.none() | st.sampled_from([1000, 1001, 1004, 1005, 1014, 1015, 2999,
                                 3000, 4999, 5000]) | st.integers(0, 65535),
    texts.map(lambda text: text[:60].decode(errors="ignore").encode())
    | st.sampled_from([b"\xff", b"\xed\xa0\x80"]))


@dataclass
class Part:
    """What frame() makes a frame of."""
    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    mask: Optional[bytes] = b"\0\0\0\0"
    form: Optional[int] = None

    def frame(self) -> bytes:
        return frame(self.opcode, self.payload, fin=self.fin, rsv=self.rsv,
                     mask=self.mask, form=self.form)


masks = st.binary(min_size=4, max_size=4)
controls = st.builds(
    lambda opcode, payload, mask: Part(opcode, payload[:125], mask=mask),
    st.sampled_from([PING, PING, PONG]), payloads, masks)

# A message: type, payload, cuts, whether to compress it, control frames
# between its fragments, and the key.
messages = (st.tuples(st.just(TEXT), texts | texts | cut_texts | noises,
                      st.lists(st.integers(0, 60), max_size=4), st.booleans(),
                      st.lists(controls, max_size=2), masks)
            | st.tuples(st.just(BINARY), payloads,
                        st.lists(st.integers(0, 60), max_size=4),
                        st.booleans(), st.lists(controls, max_size=2), masks))

# Places are parts of the whole, so that they fit any stream.
place = st.floats(0, 1, exclude_max=True)
changes = st.just([]) | st.lists(st.tuples(
    place, st.sampled_from(["flip", "drop", "add"]), st.integers(0, 255)),
    max_size=2)
breaks = st.just([]) | st.lists(st.tuples(place, st.sampled_from([
    "drop", "twice", "fin", "opcode", "rsv", "mask", "form"]),
    st.integers(0, 255)), max_size=2)
places = st.lists(place, max_size=8)


def parts_of(message: Any, packer: Optional[Packer]) -> List[Part]:
    opcode, payload, cuts, wants_packing, among, mask = message
    rsv = 0
    if packer and wants_packing:
        payload, rsv = packer(payload), 4
    ends = sorted(min(cut, len(payload)) for cut in cuts) + [len(payload)]
    parts: List[Part] = []
    for i, (begin, end) in enumerate(zip([0, *ends], ends)):
        parts.append(Part(CONTINUATION if i else opcode, payload[begin:end],
                          i == len(ends) - 1,
                          0 if i else rsv, mask))
        parts += among[i:i + 1] if i < len(ends) - 1 else []
    return parts


def broken(parts: List[Part], what: List[Tuple[float, str, int]]
           ) -> List[Part]:
    """Frames that are whole, and against the rules."""
    for where, kind, number in what:
        at = int(where * len(parts))
        if at >= len(parts):
            continue
        old = parts[at]
        if kind == "drop":
            parts = parts[:at] + parts[at + 1:]
            continue
        if kind == "twice":
            parts = parts[:at] + [old] + parts[at:]
            continue
        parts[at] = replace(old, **{
            "fin": {"fin": not old.fin},
            "opcode": {"opcode": number % 16},
            "rsv": {"rsv": number % 8},
            "mask": {"mask": None},
            "form": {"form": (16, 64)[number % 2]}}[kind])
    return parts


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
    st.lists(messages | messages | controls, max_size=6),
    st.none() | closes.map(lambda body: Part(CLOSE, body[:125])),
    breaks, changes, places)


def stream_of(drawn: Any, packer: Optional[Packer]) -> List[bytes]:
    made, end, wrong, what, where = drawn
    parts = [part for one in made for part in (
        [one] if isinstance(one, Part) else parts_of(one, packer))]
    parts = broken(parts + ([end] if end else []), wrong)
    return cut(changed(b"".join(part.frame() for part in parts), what), where)


def compare(client: Talk, drawn: Any) -> None:
    oracle = Oracle(client.agreement)
    pieces = ask_oracle(oracle, stream_of(drawn, client.pack))
    expected, got = oracle.verdict, ask_daemon(client, pieces)
    if expected.code is None:
        expected.code = 1000    # the end of TCP, told by ask_daemon()
    if oracle.deflate and (drawn[2] or drawn[3]) and got.code == 1007:
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
