#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The clauses that bind a server, and a check that each has a test.

Tests name theirs with @clause("..."), on a line of its own.  Run as a
program, this prints how many clauses and marks there are; it fails when a
clause here has no test, or a mark names none.
usage: clauses.py [DIRECTORY]
"""

import re
import sys
from pathlib import Path
from typing import Any, Dict, List

# "RFC section/what", and what the clause says, in short.
CLAUSES: Dict[str, str] = {
    # The opening handshake.
    "6455 4.2.1/request": "GET, HTTP/1.1, a request URI",
    "6455 4.2.1/host": "a Host header field",
    "6455 4.2.1/upgrade": "Upgrade has websocket, whatever its case",
    "6455 4.2.1/connection": "Connection has Upgrade, whatever its case",
    "6455 4.2.1/key": "Sec-WebSocket-Key is 16 bytes in base64",
    "6455 4.2.1/version": "Sec-WebSocket-Version is 13",
    "6455 4.2.1/origin": "Origin is optional",
    "6455 4.2.1/protocol": "Sec-WebSocket-Protocol is optional",
    "6455 4.2.1/extensions": "Sec-WebSocket-Extensions is optional",
    "6455 4.2.1/other": "other fields are ignored",
    "6455 4.2.2/tls": "TLS comes before the handshake where it is spoken",
    "6455 4.2.2/origin": "an origin that is not wanted gets 403",
    "6455 4.2.2/version": "another version gets 426 and those understood",
    "6455 4.2.2/resource": "a resource that is not there gets 404",
    "6455 4.2.2/subprotocol": "one of the client's, or none",
    "6455 4.2.2/extensions": "none that the client did not offer",
    "6455 4.2.2/status": "101",
    "6455 4.2.2/upgrade": "Upgrade: websocket",
    "6455 4.2.2/connection": "Connection: Upgrade",
    "6455 4.2.2/accept": "Sec-WebSocket-Accept, from the key",
    "6455 4.2.2/open": "then it is open: data may follow at once",
    "6455 4.3/fields": "header fields by their grammar",
    "6455 4.4/versions": "a client may try again with a version told",
    # Frames.
    "6455 5.1/client-masks": "an unmasked frame ends the connection",
    "6455 5.1/server-does-not": "a server masks no frame",
    "6455 5.2/fin": "the last fragment of a message",
    "6455 5.2/rsv": "reserved bits without a meaning fail it",
    "6455 5.2/opcode": "an unknown opcode fails it",
    "6455 5.2/length": "7, 16 or 64 bits of length",
    "6455 5.2/minimal": "the fewest bytes for a length",
    "6455 5.2/most-significant": "a length has no 64th bit",
    "6455 5.2/key": "four bytes of key",
    "6455 5.3/algorithm": "byte i of payload xor byte i mod 4 of the key",
    "6455 5.4/unfragmented": "one frame, FIN, an opcode",
    "6455 5.4/fragmented": "an opcode, continuations, FIN on the last",
    "6455 5.4/control-between": "control frames stand between fragments",
    "6455 5.4/control-whole": "control frames are not fragmented",
    "6455 5.4/order": "fragments arrive in their order",
    "6455 5.4/interleaved": "no message inside another",
    "6455 5.4/any-size": "fragments of any size",
    "6455 5.4/both": "whole and fragmented messages are taken",
    "6455 5.4/type": "all fragments are of the first one's type",
    "6455 5.5/length": "a control frame has at most 125 bytes",
    "6455 5.5/fragmented": "a control frame is not fragmented",
    "6455 5.5.1/body": "no body, or two bytes of code and UTF-8",
    "6455 5.5.1/nothing-more": "no data is sent behind a Close",
    "6455 5.5.1/answer": "a Close is answered with one",
    "6455 5.5.1/echo": "the answer echoes the code",
    "6455 5.5.1/after-message": "an answer may wait for the message sent",
    "6455 5.5.1/server-ends": "the server ends TCP at once",
    "6455 5.5.2/answer": "a Ping is answered with a Pong",
    "6455 5.5.2/after-close": "unless a Close came",
    "6455 5.5.3/same-data": "with the same application data",
    "6455 5.5.3/latest": "the latest only, if there are several",
    "6455 5.5.3/unsolicited": "a Pong that nobody asked for is no harm",
    "6455 5.6/text": "text is UTF-8 as a whole message",
    "6455 5.6/partial": "a frame may end inside a character",
    "6455 5.6/binary": "binary data are any bytes",
    "6455 5.8/extensibility": "what is reserved stays unused",
    # Sending, receiving, closing.
    "6455 6.1/sending": "messages go out as frames, unmasked, in order",
    "6455 6.2/receiving": "data of frames make up the message",
    "6455 6.2/unmasked": "what is received is unmasked",
    "6455 7.1.1/close-connection": "TCP ends cleanly, by the server first",
    "6455 7.1.2/start": "a Close with a code, then all input is discarded",
    "6455 7.1.4/closed": "clean when both Closes went",
    "6455 7.1.5/code": "1005 when a Close has no code",
    "6455 7.1.6/reason": "a reason is UTF-8",
    "6455 7.1.7/fail": "a Close with a code, then nothing is processed",
    "6455 7.2.2/server": "a server may abort when it is needed",
    "6455 7.3/normal": "each side may close at any time",
    "6455 7.4.1/1000": "normal",
    "6455 7.4.1/1001": "going away",
    "6455 7.4.1/1002": "protocol error",
    "6455 7.4.1/1003": "a type that is not taken",
    "6455 7.4.1/1004": "reserved",
    "6455 7.4.1/1005": "never on the wire",
    "6455 7.4.1/1006": "never on the wire",
    "6455 7.4.1/1007": "data not consistent with their type",
    "6455 7.4.1/1008": "policy",
    "6455 7.4.1/1009": "too big",
    "6455 7.4.1/1010": "extension missing",
    "6455 7.4.1/1011": "unexpected condition",
    "6455 7.4.1/1015": "never on the wire",
    "6455 7.4.2/0-999": "not used",
    "6455 7.4.2/1000-2999": "reserved for the protocol",
    "6455 7.4.2/3000-3999": "registered",
    "6455 7.4.2/4000-4999": "private",
    "6455 8.1/utf-8": "a stream that is not UTF-8 fails it",
    "6455 9.1/grammar": "a list that is none fails the handshake",
    "6455 9.1/order": "the order of offers is the client's preference",
    "6455 10.4/limits": "a limit on the size of frames and messages",
    "6455 10.7/invalid": "invalid data end it",
    # permessage-deflate: negotiation.
    "7692 5/offer": "an offer is accepted or declined",
    "7692 5.1/fallback": "several offers, in the client's order",
    "7692 7/unknown": "an unknown parameter declines the offer",
    "7692 7/value": "an invalid value declines the offer",
    "7692 7/twice": "a parameter that comes twice declines the offer",
    "7692 7.1.1.1/server-takeover": "server_no_context_takeover is kept",
    "7692 7.1.1.2/client-takeover": "client_no_context_takeover is kept",
    "7692 7.1.2/bits": "8 to 15, no leading zero",
    "7692 7.1.2.1/server-bits": "the server's window is as small as asked",
    "7692 7.1.2.2/client-bits": "told only to those who offered it",
    "7692 7.1.3/examples": "the offers of the RFC",
    # permessage-deflate: messages.
    "7692 6/per-message": "RSV1 on the first frame of a compressed message",
    "7692 6/not-control": "never on a control frame",
    "7692 6/not-continuation": "never on a continuation",
    "7692 6/not-agreed": "without the extension RSV1 fails it",
    "7692 6/plain": "messages without RSV1 are not compressed",
    "7692 6.1/fragments": "a compressed message may be cut anywhere",
    "7692 6.2/decompress": "payloads of all fragments are expanded as one",
    "7692 7.2.1/blocks": "DEFLATE, flushed, 00 00 FF FF cut off",
    "7692 7.2.1/takeover": "the window goes on, or begins anew",
    "7692 7.2.2/invalid": "what is not DEFLATE fails it",
    "7692 7.2.3.1/hello": "the example with one block",
    "7692 7.2.3.2/shared-window": "the example that refers back",
    "7692 7.2.3.3/stored": "a block without compression",
    "7692 7.2.3.4/final": "a block with BFINAL",
    "7692 7.2.3.5/two-blocks": "two blocks in a message",
    "7692 7.2.3.6/empty": "an empty message",
    "7692 8/limits": "what expands too much is bounded",
}


def clause(name: str) -> Any:
    """@clause("6455 5.5.1/echo"): one marker for each clause."""
    import pytest   # the program does without it

    return pytest.mark.clause(name)


MARK = re.compile(r'^@clause\("([^"]*)"\)$', re.MULTILINE)


def marks(directory: Path) -> List[str]:
    """The clauses named by the tests there, one for each mark."""
    return [name for path in sorted(directory.glob("test_*.py"))
            for name in MARK.findall(path.read_text())]


def complaints(named: List[str]) -> List[str]:
    missing = [f"no test for {name}: {CLAUSES[name]}"
               for name in CLAUSES if name not in named]
    unknown = [f"a test for {name}, which is no clause here"
               for name in sorted(set(named)) if name not in CLAUSES]
    return missing + unknown


def main() -> int:
    here = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parent)
    named = marks(here)
    wrong = complaints(named)
    for line in wrong:
        print(line, file=sys.stderr)
    sections = {name.split("/")[0] for name in named}
    print(f"{len(set(named))} clauses of {len(sections)} sections, "
          f"{len(named)} marks")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
