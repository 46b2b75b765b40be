# SPDX-License-Identifier: MIT
"""Chromium's WebSocket with messages: types, sizes, compression, codes."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Dict, Iterator

import pytest
from lib.config import relay_to
from lib.tap import Tap, frames_in
from lib.wait import DEADLINE

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1000000]

# Sends text and binary messages of every size, compares what comes back, then
# closes with `code`, or waits for the server to.
SCRIPT = r"""
const [url, sizes, code, done] = arguments;
const row = JSON.stringify({name: 'Grüße, 世界', list: [1, 2, 3]});
const ws = new WebSocket(url);
ws.binaryType = 'arraybuffer';
const sent = [];
for (const size of sizes) {
  sent.push(row.repeat(size / 40 + 1).slice(0, size));
  sent.push(new TextEncoder().encode(row.repeat(size / 40 + 1))
            .slice(0, size));
}
let wrong = 0, at = 0, extensions = null;
const same = (a, b) => typeof a === 'string' ? a === b :
  b instanceof ArrayBuffer && a.length === b.byteLength &&
  new Uint8Array(b).every((byte, i) => byte === a[i]);
ws.onopen = () => {
  extensions = ws.extensions;
  sent.forEach(one => ws.send(one));
  if (!sent.length && code) ws.close(code, 'why not');
};
ws.onmessage = event => {
  if (!same(sent[at++], event.data)) wrong++;
  if (at === sent.length && code) ws.close(code, 'why not');
};
ws.onclose = event => done({code: event.code, clean: event.wasClean,
                            wrong, at, extensions});
"""


@pytest.fixture
def page() -> Iterator[str]:
    """A page on loopback: others may not connect there."""
    server = HTTPServer(("127.0.0.1", 0), Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


class Blank(BaseHTTPRequestHandler):
    """Answers everything with the same empty page."""

    def do_GET(self) -> None:  # its name is the library's
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"<p>a page")

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def ask(browser: Any, page: str, tap: Tap, sizes: Any, code: Any
        ) -> Dict[str, Any]:
    browser.set_script_timeout(3 * DEADLINE)
    browser.get(page)
    said = browser.execute_async_script(
        SCRIPT, f"ws://127.0.0.1:{tap.port}/app", sizes, code)
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("mode", ["off", "on", "takeover"])
@pytest.mark.parametrize("code", [1000, 4999])
def test_messages(start_relay: Any, echo: Any, keep: Any, browser: Any,
                  page: str, mode: str, code: int) -> None:
    relay = start_relay(relay_to(echo.target, route={
        "framing": "typed-length32", "origins": ["*"],
        "compression": "off" if mode == "off" else "on",
        "deflate": {"context_takeover": mode == "takeover"},
        "limits": {"message": "8M"}}))
    tap = keep(Tap(relay.address))
    said = ask(browser, page, tap, SIZES, code)
    assert said.pop("extensions").startswith("permessage-deflate") == (
        mode != "off")
    assert said == {"code": code, "clean": True, "wrong": 0,
                    "at": 2 * len(SIZES)}
    if mode == "off":
        assert not any(one.rsv1 for one in frames_in(bytes(tap.down)))
    else:
        tap.check_packed(2 * sum(SIZES))
    line = relay.wait_closed(code_received=code, code_sent=code)
    assert line["messages_up"] == line["messages_down"] == 2 * len(SIZES)


@pytest.mark.parametrize("answer,code", [
    (b"", 1000),                            # the target is done
    (b"\3\0\0\0\1x", 1011)])                # or talks nonsense
def test_codes_of_the_server(start_relay: Any, backend: Any, keep: Any,
                             browser: Any, page: str, answer: bytes,
                             code: int) -> None:
    relay = start_relay(relay_to(backend.target, route={
        "framing": "typed-length32", "origins": ["*"]}))
    backend.sock.settimeout(DEADLINE)

    def serve() -> None:
        connection = backend.accept()
        connection.send(answer)
        connection.shutdown_write()

    thread = threading.Thread(target=serve)
    thread.start()
    said = ask(browser, page, keep(Tap(relay.address)), [], None)
    thread.join(DEADLINE)
    assert (said["code"], said["clean"]) == (code, True)
