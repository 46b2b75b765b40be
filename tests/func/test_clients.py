# SPDX-License-Identifier: MIT
"""Independent clients: python3-websockets and Node's ws."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any, List

import pytest
import websockets
from lib.backends import pattern
from lib.config import relay_to
from lib.tls import Authority, tls_relay_to, trusting
from lib.wait import DEADLINE

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1000000]

NODE_ECHO = r"""
const WebSocket = require('ws');
const crypto = require('crypto');
const url = process.argv[2];
const [size, count] = process.argv.slice(3).map(Number);
const ws = new WebSocket(url, {
  perMessageDeflate: true, rejectUnauthorized: false});
const sent = crypto.createHash('sha256'), got = crypto.createHash('sha256');
let left = size * count, pongs = 0;
ws.on('open', () => {
  for (let i = 0; i < count; i++) {
    const piece = crypto.randomBytes(size);
    sent.update(piece);
    ws.send(piece);
  }
  ws.ping('are you there');
});
ws.on('pong', data => { if (data.toString() === 'are you there') pongs++; });
ws.on('message', data => {
  got.update(data);
  left -= data.length;
  if (left === 0) ws.close(3001, 'done');
});
ws.on('close', (code, reason) => {
  console.log(JSON.stringify({
    code, pongs, left, extensions: ws.extensions,
    equal: sent.digest('hex') === got.digest('hex')}));
});
"""


def node_environment() -> dict:
    """Debian keeps its modules where node looks only when it is told."""
    return dict(os.environ, NODE_PATH="/usr/share/nodejs:/usr/lib/nodejs")


@pytest.mark.parametrize("size", SIZES)
def test_python_websockets_gets_back_what_it_sent(
        start_relay: Any, echo: Any, size: int) -> None:
    relay = start_relay(relay_to(echo.target))

    async def talk() -> None:
        url = f"ws://127.0.0.1:{relay.port}/app"
        async with websockets.connect(url, max_size=None) as client:
            sent, got = pattern(size), b""
            await client.send(sent)
            while len(got) < size:
                got += await client.recv()
            assert got == sent
            await (await client.ping())
        assert client.close_code == 1000

    asyncio.run(asyncio.wait_for(talk(), DEADLINE))
    line = relay.wait_closed()
    assert (line["bytes_up"], line["bytes_down"]) == (size, size)


def test_python_websockets_in_text(start_relay: Any, echo: Any) -> None:
    relay = start_relay(relay_to(echo.target, route={"message": "text"}))
    text = "Grüße, 世界, \U0001f600! " * 10000

    async def talk() -> None:
        url = f"ws://127.0.0.1:{relay.port}/app"
        async with websockets.connect(url, max_size=None) as client:
            await client.send([text[:7], text[7:100], text[100:]])
            got: List[str] = []
            while sum(map(len, got)) < len(text):
                got.append(await client.recv())
            assert "".join(got) == text

    asyncio.run(asyncio.wait_for(talk(), DEADLINE))


@pytest.mark.parametrize("size", [0, 125, 65536, 1000000])
def test_python_websockets_over_tls(start_relay: Any, echo: Any,
                                    tmp_path: Path, size: int) -> None:
    authority = Authority(tmp_path)
    relay = start_relay(tls_relay_to(echo.target, authority.issue("server")))

    async def talk() -> None:
        url = f"wss://127.0.0.1:{relay.port}/app"
        async with websockets.connect(
                url, max_size=None, ssl=trusting(authority),
                server_hostname="relay.test") as client:
            sent, got = pattern(size), b""
            await client.send(sent)
            while len(got) < size:
                got += await client.recv()
            assert got == sent
        assert client.close_code == 1000

    asyncio.run(asyncio.wait_for(talk(), DEADLINE))
    assert relay.wait_closed()["undelivered_down"] == 0


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("size,count", [(10, 1000), (65536, 100)])
def test_node_ws_gets_back_what_it_sent(
        start_relay: Any, echo: Any, tmp_path: Path, size: int,
        count: int, scheme: str) -> None:
    config = relay_to(echo.target)
    if scheme == "wss":
        config = tls_relay_to(echo.target, Authority(tmp_path).issue("server"))
    relay = start_relay(config)
    script = tmp_path / "echo.js"
    script.write_text(NODE_ECHO)
    result = subprocess.run(
        ["node", str(script), f"{scheme}://127.0.0.1:{relay.port}/app",
         str(size), str(count)],
        capture_output=True, text=True, timeout=60, env=node_environment())
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        "code": 3001, "pongs": 1, "left": 0, "extensions": "",
        "equal": True}
    assert relay.wait_closed()["code_received"] == 3001
