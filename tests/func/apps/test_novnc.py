# SPDX-License-Identifier: MIT
"""noVNC in Chromium against a TigerVNC server, through the relay."""

import functools
import http.server
import io
import os
import re
import subprocess
import threading
from pathlib import Path
from typing import Any, Iterator, Tuple

import pytest
from lib.config import relay_to
from lib.wait import wait_for

NOVNC = "/usr/share/novnc"
# A colour no page and no toolkit has by itself.
COLOUR = (17, 170, 51)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def page() -> Iterator[str]:
    """The address of noVNC's own files."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0),
        functools.partial(QuietHandler, directory=NOVNC))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desktop(spawn: Any, tmp_path: Path) -> Tuple[str, dict]:
    """A VNC server on a Unix socket, and the environment of its X clients."""
    read_end, write_end = os.pipe()
    spawn("Xtigervnc", "-displayfd", str(write_end), "-SecurityTypes", "None",
          "-rfbport", "-1", "-rfbunixpath", str(tmp_path / "vnc"),
          "-geometry", "640x480", "-depth", "24", "-nolisten", "tcp",
          pass_fds=[write_end])
    os.close(write_end)
    with os.fdopen(read_end) as number:
        display = number.readline().strip()
    assert display, "no X server"
    wait_for((tmp_path / "vnc").exists, "the VNC socket")
    environment = dict(os.environ, DISPLAY=f":{display}")
    subprocess.run(["xsetroot", "-solid", "#%02x%02x%02x" % COLOUR],
                   env=environment, check=True, timeout=30)
    return f"unix:{tmp_path}/vnc", environment


def share_of_colour(picture: bytes) -> float:
    """Which part of a screenshot has the desktop's colour."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    near = sum(
        count for count, pixel in image.getcolors(1 << 24)
        if all(abs(a - b) < 12 for a, b in zip(pixel, COLOUR)))
    return float(near) / (image.width * image.height)


def test_desktop_appears_and_a_key_arrives(
        start_relay: Any, spawn: Any, browser: Any, page: str,
        desktop: Tuple[str, dict], tmp_path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    target, environment = desktop
    relay = start_relay(relay_to(target, route={"origins": [page]}))
    # An X client that writes down each key; it covers a corner only.
    keys = spawn("stdbuf", "-oL", "xev", "-geometry", "100x100+0+0",
                 env=environment).log
    browser.get(f"{page}/vnc_lite.html?host=127.0.0.1&port={relay.port}"
                "&path=app&scale=false")
    relay.wait_log(event="session opened")
    wait_for(lambda: share_of_colour(browser.get_screenshot_as_png()) > 0.1,
             "the desktop in a screenshot", 30)
    browser.save_screenshot(str(tmp_path / "desktop.png"))
    wait_for(lambda: "MapNotify" in keys.read_text(), "the X client", 30)
    canvas = browser.find_element("css selector", "canvas")
    canvas.click()
    subprocess.run(["xdotool", "mousemove", "30", "30"], env=environment,
                   check=True, timeout=30)

    def key_has_arrived() -> bool:
        ActionChains(browser).send_keys("w").perform()
        return bool(re.search(r"KeyPress.*?keysym 0x77, w", keys.read_text(),
                              re.DOTALL))

    wait_for(key_has_arrived, "the key", 30)
    line = relay.log(event="session opened")[0]
    assert line["target"] == target
