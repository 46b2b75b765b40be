# SPDX-License-Identifier: MIT
"""A local TCP port whose connections go through a WebSocket, and the same
over standard input and output: how TCP programs reach the daemon."""

import asyncio
import os
import sys
import threading
from typing import Any

import websockets


async def pump_up(client: Any, reader: Any) -> None:
    while data := await reader.read(65536):
        await client.send(data)
    await client.close()


async def pump_down(client: Any, writer: Any) -> None:
    try:
        async for message in client:
            writer.write(message)
            await writer.drain()
    except (websockets.ConnectionClosed, ConnectionError):
        pass


async def join(url: str, reader: Any, writer: Any) -> None:
    """Relays between a stream and a WebSocket until either ends."""
    async with websockets.connect(url, max_size=None,
                                  compression=None) as client:
        up = asyncio.ensure_future(pump_up(client, reader))
        await pump_down(client, writer)
        up.cancel()
        await asyncio.gather(up, return_exceptions=True)
    writer.close()


class Bridge:
    """Listens on a port of 127.0.0.1; each connection is a WebSocket."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.port = 0
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,),
                                       daemon=True)
        self.thread.start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        async def serve() -> None:
            server = await asyncio.start_server(
                lambda r, w: join(self.url, r, w), "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
        self.loop.run_until_complete(serve())
        self.loop.run_forever()

    def finish(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.run_until_complete(self._cancel_all())
        self.loop.close()

    @staticmethod
    async def _cancel_all() -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def join_standard_streams(url: str) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin,
        os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    await join(url, reader, writer)


if __name__ == "__main__":
    asyncio.run(join_standard_streams(sys.argv[1]))
