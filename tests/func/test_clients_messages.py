# SPDX-License-Identifier: MIT
"""Independent clients with messages: types, bounds, fragments, compression.

python3-websockets, wsproto and Node's ws, in front of an echo that keeps what
a message is; what is on the wire is looked at by a proxy between.
"""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator, List, Union

import pytest
import websockets
from lib import ws
from lib.backends import pattern
from lib.config import relay_to
from lib.tap import Tap, frames_in
from lib.wait import DEADLINE
from test_clients import node_environment
from wsproto import ConnectionType, WSConnection, events
from wsproto.extensions import PerMessageDeflate

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1000000]
CODES = [1000, 1001, 1008, 3000, 4999]
TEXT = "Grüße, 世界, \U0001f600! "

Payload = Union[str, bytes]


def text_of(size: int) -> str:
    """Text of so many bytes."""
    data = (TEXT * (size // 20 + 1)).encode()[:size]
    return (data.decode(errors="ignore") + "..")[:len(data)] if size else ""


def messages() -> List[Payload]:
    made: List[Payload] = []
    for size in SIZES:
        made += [text_of(size), pattern(size)]
    return made


@pytest.fixture(params=["off", "on", "takeover"])
def tap(request: Any, start_relay: Any, echo: Any,
        keep: Callable[[Any], Any]) -> Iterator[Tap]:
    """A proxy before a daemon, with compression in each of its ways."""
    route = {"framing": "typed-length32", "limits": {"message": "8M"}}
    if request.param != "off":
        route["compression"] = "on"
        route["deflate"] = {"context_takeover": request.param == "takeover"}
    relay = start_relay(relay_to(echo.target, route=route))
    one = keep(Tap(relay.address))
    one.relay, one.is_packing = relay, request.param != "off"
    yield one


def check_wire(tap: Any, payload: int) -> None:
    """Compressed where it was agreed, and nowhere else."""
    if tap.is_packing:
        tap.check_packed(payload)
        return
    for record in (tap.up, tap.down):
        assert not any(one.rsv1 for one in frames_in(bytes(record)))


# python3-websockets.

def run(work: Any) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * DEADLINE))


def connected(tap: Tap) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{tap.port}/app", max_size=None)


def test_python_websockets_messages(tap: Any) -> None:
    async def talk() -> None:
        async with connected(tap) as client:
            assert bool(client.extensions) == tap.is_packing
            for message in messages():
                await client.send(message)
                assert await client.recv() == message
            await (await client.ping())
            await client.send([TEXT[:3], TEXT[3:], TEXT])   # fragments
            assert await client.recv() == TEXT * 2
            for _ in range(50):
                await client.send(TEXT * 400)
                assert await client.recv() == TEXT * 400
    run(talk())
    tap.relay.wait_closed(code_sent=1000, code_received=1000)
    for record in (tap.up, tap.down):
        assert any(one.rsv1 for one in frames_in(bytes(record))) == (
            tap.is_packing)


@pytest.mark.parametrize("code", CODES)
def test_python_websockets_close_codes(tap: Any, code: int) -> None:
    async def talk() -> None:
        async with connected(tap) as client:
            await client.send(TEXT)
            assert await client.recv() == TEXT
            await client.close(code, "why not")
            assert client.close_code == code
    run(talk())
    line = tap.relay.wait_closed(code_received=code)
    assert line["code_sent"] == code


# wsproto.

class Wsproto:
    """A client made of wsproto and a socket."""

    def __init__(self, tap: Tap) -> None:
        self.sock = ws.dial(("127.0.0.1", tap.port))
        self.wsproto = WSConnection(ConnectionType.CLIENT)
        self.extension = PerMessageDeflate()
        self.waiting: List[Any] = []
        self.send(events.Request(host="relay.test", target="/app",
                                 extensions=[self.extension]))
        self.answer = self.next()
        assert isinstance(self.answer, events.AcceptConnection)

    def send(self, event: Any) -> None:
        self.sock.sendall(self.wsproto.send(event))

    def next(self) -> Any:
        while not self.waiting:
            data = self.sock.recv(1 << 16)
            self.wsproto.receive_data(data or None)
            self.waiting += self.wsproto.events()
        return self.waiting.pop(0)

    def message(self) -> Payload:
        parts: List[Any] = []
        while True:
            event = self.next()
            if isinstance(event, events.Ping):
                self.send(event.response())
                continue
            assert isinstance(event, events.Message), event
            parts.append(event.data)
            if event.message_finished:
                return ("" if isinstance(event, events.TextMessage)
                        else b"").join(parts)


def test_wsproto_messages(tap: Any) -> None:
    client = Wsproto(tap)
    assert client.extension.enabled() == tap.is_packing
    for message in messages()[:-2]:
        client.send(events.Message(data=message))
        assert client.message() == message
    for _ in range(20):
        client.send(events.Message(data=TEXT * 400))
        assert client.message() == TEXT * 400
    client.send(events.Message(data=TEXT, message_finished=False))
    client.send(events.Message(data=TEXT * 3000))
    assert client.message() == TEXT * 3001
    client.send(events.CloseConnection(code=1000))
    closed = client.next()
    assert isinstance(closed, events.CloseConnection) and closed.code == 1000
    assert client.sock.recv(1) == b""
    client.sock.close()
    for record in (tap.up, tap.down):
        assert any(one.rsv1 for one in frames_in(bytes(record))) == (
            tap.is_packing)


@pytest.mark.parametrize("code", CODES)
def test_wsproto_close_codes(tap: Any, code: int) -> None:
    client = Wsproto(tap)
    client.send(events.CloseConnection(code=code, reason="why not"))
    closed = client.next()
    assert isinstance(closed, events.CloseConnection) and closed.code == code
    assert client.sock.recv(1) == b""
    client.sock.close()
    assert tap.relay.wait_closed(code_received=code)["code_sent"] == code


# Node's ws.

NODE = r"""
const WebSocket = require('ws');
const [url, code] = [process.argv[2], Number(process.argv[3])];
const ws = new WebSocket(url, {perMessageDeflate: {threshold: 0}});
const row = JSON.stringify({name: 'Grüße, 世界', list: [1, 2, 3]});
const sizes = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1000000];
const sent = [];
for (const size of sizes) {
  sent.push(['text', row.repeat(size / 40 + 1).slice(0, size)]);
  sent.push(['binary', Buffer.alloc(size, row)]);
}
let wrong = 0, at = 0;
ws.on('open', () => {
  for (const [kind, data] of sent) {
    const half = Math.floor(data.length / 2);
    ws.send(data);
    ws.send(data.slice(0, half), {fin: false, binary: kind === 'binary'});
    ws.send(data.slice(half), {fin: true, binary: kind === 'binary'});
  }
});
ws.on('message', (data, isBinary) => {
  const [kind, payload] = sent[Math.floor(at++ / 2)];
  if ((kind === 'binary') !== isBinary ||
      !Buffer.from(payload).equals(data)) wrong++;
  if (at === 2 * sent.length) ws.close(code, 'why not');
});
ws.on('error', error => console.error(error));
ws.on('close', code => console.log(JSON.stringify({
  code, wrong, at, extensions: ws.extensions})));
"""


@pytest.mark.parametrize("code", [1000, 4999])
def test_node_ws_messages(tap: Any, tmp_path: Path, code: int) -> None:
    script = tmp_path / "messages.js"
    script.write_text(NODE)
    result = subprocess.run(
        ["node", str(script), f"ws://127.0.0.1:{tap.port}/app", str(code)],
        capture_output=True, text=True, timeout=60, env=node_environment())
    assert result.returncode == 0 and not result.stderr, result.stderr
    said = json.loads(result.stdout)
    assert said.pop("extensions").startswith("permessage-deflate") == (
        tap.is_packing)
    assert said == {"code": code, "wrong": 0, "at": 4 * len(SIZES)}
    check_wire(tap, 4 * sum(SIZES))
    assert tap.relay.wait_closed(code_received=code)["code_sent"] == code


# What the server's side begins.

@pytest.mark.parametrize("packed", ["off", "on"])
def test_clients_are_told_that_the_target_is_done(
        start_relay: Any, backend: Any, keep: Any, packed: str) -> None:
    relay = start_relay(relay_to(backend.target, route={
        "framing": "typed-length32", "compression": packed}))
    tap = keep(Tap(relay.address))

    async def talk() -> None:
        async with connected(tap) as client:
            connection = backend.accept()
            connection.send(b"\1\0\0\0\x04last")
            connection.close()
            assert await client.recv() == "last"
            await client.wait_closed()
            assert client.close_code == 1000
    run(talk())
