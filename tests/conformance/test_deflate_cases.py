# SPDX-License-Identifier: MIT
"""RFC 7692: traffic of all sizes with all parameters.

These are cases 12 and 13 of the public fuzzing client, with fewer messages.
"""

import hashlib
import json
from functools import lru_cache
from typing import Any, List, Tuple

import pytest
from clauses import clause
from lib.deflate import offer
from lib.talk import Message, fragments
from lib.ws import BINARY, TEXT

# Size of the messages, and of their fragments; 0: in one.
SIZES: List[Tuple[int, int]] = [
    (16, 0), (64, 0), (256, 0), (1024, 0), (4096, 0), (8192, 0), (16384, 0),
    (32768, 0), (65536, 0), (131072, 0), (8192, 256), (16384, 256),
    (32768, 256), (65536, 256), (131072, 256), (131072, 1024),
    (131072, 4096), (131072, 32768)]

# What is asked for: no takeover and a window for the server (case 13).
REQUESTS = {
    "13.1": [[]],
    "13.2": [["server_no_context_takeover"]],
    "13.3": [["server_max_window_bits=9"]],
    "13.4": [["server_max_window_bits=15"]],
    "13.5": [["server_no_context_takeover", "server_max_window_bits=9"]],
    "13.6": [["server_no_context_takeover", "server_max_window_bits=15"]],
    "13.7": [["server_no_context_takeover", "server_max_window_bits=9"],
             ["server_no_context_takeover"], []],
}
# What the fuzzing client lets the server ask for, in every offer.
ACCEPTED = ["client_no_context_takeover", "client_max_window_bits"]


def noise(size: int) -> bytes:
    return b"".join(hashlib.sha256(b"%d" % at).digest()
                    for at in range(size // 32 + 1))[:size]


@lru_cache(maxsize=None)
def corpus(kind: str, size: int = 1 << 20) -> bytes:
    """Bytes of a kind, and how well they are compressed."""
    if kind == "json":
        rows = [{"id": at, "name": f"name {at * 7919 % 1000}",
                 "tags": ["a", "b", "c"][:at % 4], "at": at * 1.25}
                for at in range(size // 60)]
        return json.dumps(rows).encode()
    if kind == "prose":
        words = "der die das Fluß Brücke über 水 und \U0001f309".split()
        return " ".join(words[byte % len(words)] for byte in
                        noise(size // 6)).encode()
    if kind == "noise":
        return noise(size)
    return b"\0" * size


def messages(kind: str, size: int, count: int) -> List[Message]:
    """Parts of a corpus, one behind the other."""
    data = corpus(kind)
    opcode = TEXT if kind in ("json", "prose") else BINARY
    made = []
    for i in range(count):
        at = i * size % max(len(data) - size, 1)
        part = data[at:at + size]
        if opcode == TEXT:
            part = part.decode(errors="ignore").encode()
        made.append(Message(opcode, part))
    return made


def round_trips(client: Any, sent: List[Message], size: int) -> None:
    """Each message, its echo, the next."""
    for message in sent:
        packed = client.pack(message.payload)
        data = b"".join(fragments(message.opcode, packed,
                                  size or len(packed), rsv=4))
        if len(data) < 60000:
            client.send(data)
            client.expect([message])
        else:
            with client.sending(data):
                client.expect([message])


def count_for(size: int) -> int:
    return 10 if size <= 4096 else 4 if size < 65536 else 2


def all_packed(client: Any, kind: str) -> None:
    """Compression is really used where it is of use."""
    if kind in ("json", "zeros") or client.agreement is None:
        assert all(client.was_packed)


@clause("7692 7.2.1/blocks")
@clause("7692 6.1/fragments")
@pytest.mark.parametrize("kind", ["json", "prose", "noise", "zeros"])
@pytest.mark.parametrize("size,part", SIZES)
@pytest.mark.parametrize("path", ["/deflate", "/takeover"])
def test_case_12(talk: Any, kind: str, size: int, part: int, path: str
                 ) -> None:
    client = talk(path, offer(*ACCEPTED))
    round_trips(client, messages(kind, size, count_for(size)), part)
    if size >= 256:
        all_packed(client, kind)
    client.finish()


@clause("7692 7.2.1/takeover")
@clause("7692 6.2/decompress")
@pytest.mark.parametrize("case", REQUESTS)
@pytest.mark.parametrize("size,part", SIZES)
@pytest.mark.parametrize("path", ["/deflate", "/takeover"])
def test_case_13(talk: Any, case: str, size: int, part: int, path: str
                 ) -> None:
    client = talk(path, ", ".join(offer(*asked, *ACCEPTED)
                                  for asked in REQUESTS[case]))
    round_trips(client, messages("json", size, count_for(size)), part)
    if size >= 256:
        all_packed(client, "json")
    client.finish()
