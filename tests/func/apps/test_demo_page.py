# SPDX-License-Identifier: MIT
"""wsrelayd --demo in a browser: typed, echoed, the clock seen."""

import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
from lib.relay import binary, environment, sanitizer_reports
from lib.wait import DEADLINE, wait_for


@pytest.fixture(params=["http", "https"])
def demo(tmp_path: Path, request: Any) -> Iterator[str]:
    """The address the demo prints."""
    options = ["--tls"] if request.param == "https" else []
    with open(tmp_path / "demo.log", "wb") as log:
        process = subprocess.Popen(
            [binary(), "--demo", "--port", "0", *options], stdout=subprocess.PIPE,
            stderr=log, text=True, env=environment(tmp_path))
    assert process.stdout is not None
    match = re.search(r"https?://[\d.]+:\d+/?", process.stdout.readline())
    assert match and match.group(0).startswith(f"{request.param}://")
    yield match.group(0).rstrip("/")
    process.terminate()
    assert process.wait(DEADLINE) == 0
    assert not sanitizer_reports(tmp_path)


def test_page(demo: str, browser: Any, tmp_path: Path) -> None:
    def part(name: str) -> Any:
        return browser.find_element("id", name)

    browser.get(demo + "/")
    assert "wsrelayd" in browser.title
    if part("connect").is_enabled():
        part("connect").click()
    wait_for(lambda: part("state").text == "connected", "the connection")
    part("message").send_keys("hello from a test\n")
    wait_for(lambda: part("frames").text.count("hello from a test") == 2,
             "the text, sent and echoed")
    wait_for(lambda: re.fullmatch(r"\d\d:\d\d:\d\d", part("clock").text),
             "the clock")
    assert "ms" in part("rtt").text
    part("send-large").click()
    wait_for(lambda: part("bytes-sent").text.replace(",", "") == "65553",
             "64 KiB sent")
    first = part("clock").text
    wait_for(lambda: part("clock").text != first, "the clock's next second")
    browser.save_screenshot(str(tmp_path / "demo.png"))
    part("disconnect").click()
    wait_for(lambda: part("state").text == "disconnected", "the end")
    # Nothing else was fetched, and nothing was complained about.
    fetched = browser.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)")
    assert [name for name in fetched if not name.startswith("data:")] == []
    assert [entry for entry in browser.get_log("browser")
            if entry["level"] == "SEVERE"] == []
