# SPDX-License-Identifier: MIT
"""Redis through the relay: by a WebSocket client, and by redis-cli."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import websockets
from lib.config import relay_to
from lib.wait import DEADLINE, wait_for


@pytest.fixture
def relay(start_relay: Any, spawn: Any, tmp_path: Path) -> Any:
    """A relay to a Redis on a Unix socket."""
    path = tmp_path / "redis.sock"
    spawn("redis-server", "--port", "0", "--unixsocket", str(path), "--dir",
          str(tmp_path), "--save", "", "--appendonly", "no")
    wait_for(path.exists, "redis")
    return start_relay(relay_to(f"unix:{path}"))


def encode(*words: bytes) -> bytes:
    """A command in Redis's protocol."""
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def test_protocol_by_a_websocket_client(relay: Any) -> None:
    value = bytes(range(256)) * 4096

    async def talk() -> None:
        async with websockets.connect(f"ws://127.0.0.1:{relay.port}/app",
                                      max_size=None) as client:
            async def ask(data: bytes, answer: bytes) -> None:
                await client.send(data)
                got = b""
                while len(got) < len(answer):
                    got += await client.recv()
                assert got == answer

            await ask(encode(b"PING"), b"+PONG\r\n")
            await ask(encode(b"SET", b"key", value), b"+OK\r\n")
            await ask(encode(b"GET", b"key"),
                      b"$%d\r\n%s\r\n" % (len(value), value))
            # A pipeline of a thousand commands in one message.
            await ask(encode(b"INCR", b"n") * 1000,
                      b"".join(b":%d\r\n" % (i + 1) for i in range(1000)))
            await client.send(encode(b"QUIT"))
            assert await client.recv() == b"+OK\r\n"
            await client.wait_closed()
        assert client.close_code == 1000

    asyncio.run(asyncio.wait_for(talk(), DEADLINE))
    relay.wait_closed(cause="target_closed", undelivered_down=0)


def test_redis_cli(relay: Any, bridge: Any) -> None:
    result = subprocess.run(
        ["redis-cli", "-p", str(bridge(relay).port)],
        input="SET greeting hello\nAPPEND greeting ' world'\nGET greeting\n"
              "LPUSH list a b c\nLRANGE list 0 -1\n",
        capture_output=True, text=True, timeout=DEADLINE)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "OK", "11", "hello world", "3", "c", "b", "a"]


NODE_REDIS = r"""
const WebSocket = require('ws');
const ws = new WebSocket(process.argv[2]);
const say = words => ws.send('*' + words.length + '\r\n' + words.map(
  word => '$' + Buffer.byteLength(word) + '\r\n' + word + '\r\n').join(''),
  {binary: true});
let answer = '';
ws.on('open', () => {
  say(['SET', 'node', 'Gr\u00fc\u00dfe']);
  say(['GET', 'node']);
  say(['QUIT']);
});
ws.on('message', data => { answer += data.toString(); });
ws.on('close', code => console.log(JSON.stringify({code, answer})));
"""


def test_protocol_by_node(relay: Any, tmp_path: Path) -> None:
    script = tmp_path / "redis.js"
    script.write_text(NODE_REDIS)
    result = subprocess.run(
        ["node", str(script), f"ws://127.0.0.1:{relay.port}/app"],
        capture_output=True, text=True, timeout=DEADLINE,
        env=dict(os.environ, NODE_PATH="/usr/share/nodejs:/usr/lib/nodejs"))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        "code": 1000, "answer": "+OK\r\n$7\r\nGr\u00fc\u00dfe\r\n+OK\r\n"}
