# SPDX-License-Identifier: MIT
"""permessage-deflate (RFC 7692) as a client does it: offers and messages."""

import re
import zlib
from dataclasses import dataclass
from typing import Dict, Optional

TAIL = b"\x00\x00\xff\xff"


def offer(*parameters: str) -> str:
    return "; ".join(["permessage-deflate", *parameters])


@dataclass
class Agreement:
    """What a server's answer says, read strictly."""
    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15

    @classmethod
    def parse(cls, answer: str) -> "Agreement":
        name, *parameters = answer.split("; ")
        assert name == "permessage-deflate", answer
        values: Dict[str, object] = {}
        for parameter in parameters:
            match = re.fullmatch(
                r"((?:server|client)_(?:no_context_takeover|max_window_bits))"
                r"(?:=(8|9|1[0-5]))?", parameter)
            assert match and match.group(1) not in values, answer
            is_bits = match.group(1).endswith("bits")
            assert is_bits == (match.group(2) is not None), answer
            values[match.group(1)] = int(match.group(2)) if is_bits else True
        return cls(**values)  # type: ignore[arg-type]


class Packer:
    """Compresses a client's messages."""

    def __init__(self, agreement: Agreement, *, level: int = 6) -> None:
        # zlib writes no raw streams with a window of 2^8 bytes; such a
        # server is sent what needs no window at all.
        self.is_tiny = agreement.client_max_window_bits == 8
        self.bits = max(agreement.client_max_window_bits, 9)
        self.forgets = agreement.client_no_context_takeover
        self.level = level
        self.zlib = self._begin()

    def _begin(self) -> "zlib._Compress":
        strategy = zlib.Z_HUFFMAN_ONLY if self.is_tiny else 0
        return zlib.compressobj(self.level, zlib.DEFLATED, -self.bits, 8,
                                strategy)

    def __call__(self, payload: bytes) -> bytes:
        """A message as RFC 7692 section 7.2.1 has it."""
        if self.forgets:
            self.zlib = self._begin()
        packed = self.zlib.compress(payload)
        packed += self.zlib.flush(zlib.Z_SYNC_FLUSH)
        assert packed.endswith(TAIL)
        return packed[:-4] or b"\0"


class Unpacker:
    """Expands a server's messages, within the window that was agreed."""

    def __init__(self, agreement: Agreement) -> None:
        self.bits = agreement.server_max_window_bits
        self.forgets = agreement.server_no_context_takeover
        self.zlib: Optional["zlib._Decompress"] = None

    def __call__(self, packed: bytes) -> bytes:
        if self.zlib is None or self.forgets:
            self.zlib = zlib.decompressobj(-self.bits)
        payload = self.zlib.decompress(packed + TAIL)
        assert not self.zlib.eof, "a final block ends the stream"
        assert not self.zlib.unconsumed_tail and not self.zlib.unused_data
        return payload


def pack(payload: bytes, bits: int = 15) -> bytes:
    """One message by itself."""
    return Packer(Agreement(client_max_window_bits=bits))(payload)


def stored(payload: bytes, *, final: bool = False) -> bytes:
    """A DEFLATE block without compression, at most 65535 bytes."""
    size = len(payload)
    return (bytes([1 if final else 0]) + size.to_bytes(2, "little")
            + (size ^ 0xFFFF).to_bytes(2, "little") + payload)
