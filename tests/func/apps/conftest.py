# SPDX-License-Identifier: MIT
"""Real servers and a real browser, ended by process id when a test is."""

import os
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest
from lib.bridge import Bridge
from lib.wait import DEADLINE


class Program(subprocess.Popen):
    """A program with its output in a file."""

    def __init__(self, log: Path, command: List[str], **more: Any) -> None:
        self.log = log
        with open(log, "wb") as output:
            super().__init__(command, stdin=subprocess.DEVNULL,
                             stdout=output, stderr=output, **more)


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts a program; ends it after the test."""
    started: List[Program] = []

    def start(*command: str, **more: Any) -> Program:
        log = tmp_path / f"program{len(started)}.log"
        started.append(Program(log, list(command), **more))
        return started[-1]

    yield start
    for process in reversed(started):
        process.terminate()
        try:
            process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def bridge(start_relay: Any) -> Iterator[Callable[[Any], Bridge]]:
    """A local TCP port that leads through the daemon."""
    bridges: List[Bridge] = []

    def start(relay: Any, path: str = "/app") -> Bridge:
        bridges.append(Bridge(f"ws://127.0.0.1:{relay.port}{path}"))
        return bridges[-1]

    yield start
    for one in bridges:
        one.finish()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Chromium without a window, and with nothing to talk to but us."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in (
            "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run",
            "--ignore-certificate-errors",
            "--window-size=1200,900", f"--user-data-dir={tmp_path}/profile"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=Service("/usr/bin/chromedriver", env=dict(
            os.environ, HOME=str(tmp_path))))
    driver.set_page_load_timeout(DEADLINE)
    yield driver
    driver.quit()
