# SPDX-License-Identifier: MIT
"""Reloads under load: nobody is refused, cut or short of a byte.

TEST_RELOADS and TEST_STREAMS make it longer and heavier.
"""

import copy
import os
import shutil
from pathlib import Path
from typing import Any, List

import pytest
from lib.backends import PollServer, open_listener, server_name
from lib.config import Config, relay_to
from lib.control import Control
from lib.tls import Authority, Pair, tls_listener
from lib.traffic import Arrivals, Streams, TlsArrivals, can_connect
from lib.wait import wait_for

RELOADS = int(os.environ.get("TEST_RELOADS", "200"))
STREAMS = int(os.environ.get("TEST_STREAMS", "500"))
# A sanitizer's build is that much slower, to start wsrelayctl above all.
SLOW = 5


def variant(config: Config, number: int, control: Control) -> Config:
    """Listeners come and go, routes and limits change; what serves the load
    stays."""
    new = copy.deepcopy(config)
    if number % 2:
        new["listeners"].append({
            "name": f"n{number}", "listen": f"unix:{control.directory}/l"})
    if number % 3:
        new["listeners"].append({
            "name": f"t{number}", "listen": "127.0.0.1:0"})
    if number % 5 == 0:
        new["routes"].append({
            "name": f"r{number}", "path": f"/r{number}", "backend": "app"})
    new["limits"] = {"buffer": "64K" if number % 2 else "128K"}
    new["timeouts"] = {"ping_interval": f"{20 + number % 7}s"}
    return new


def swap(new: Pair, live: Pair) -> None:
    """Renames copies into place, the key first, as ACME clients do."""
    for other, path in ((new.key, live.key), (new.certificate,
                                              live.certificate)):
        copy_of = path.with_suffix(".new")
        shutil.copy(other, copy_of)
        copy_of.rename(path)


def test_reloads_under_load(start_relay: Any, keep: Any, control: Control,
                            tmp_path: Path) -> None:
    server = keep(PollServer())
    authority = Authority(tmp_path)
    pairs = [authority.issue(name) for name in ("one", "two")]
    live = authority.issue("live")
    config = relay_to(server.target, workers=2, **control.option)
    config["listeners"].append(tls_listener(live))
    relay = start_relay(config)
    slow = SLOW if relay.is_sanitized() else 1
    streams = STREAMS // slow
    load: List[Any] = [Streams(relay.address, streams),
                       Arrivals(relay.address),
                       TlsArrivals(relay.listeners["tls"], authority)]
    try:
        for process in load:
            process.begin()
        for number in range(RELOADS // slow):
            if number % 10 == 5:
                swap(pairs[number // 10 % 2], live)
            relay.write_config(variant(config, number, control))
            control.ok("reload")
            path = f"{control.directory}/l"
            assert can_connect(path) == bool(number % 2), number
    finally:
        results = [process.finish() for process in load]
    rounds, arrivals, serials = results
    assert len(rounds) == streams and min(rounds) > 0 and arrivals > 0
    assert serials >= {pair.serial() for pair in pairs}
    relay.wait_closed(streams + arrivals, cause="client_closed")
    assert not [line for line in relay.log(level="warning")
                if "running as root" not in line["event"]]
    # Between two renames a key is of another certificate: the old one serves.
    for line in relay.log(level="error"):
        assert "certificate" in line["event"], line
    for line in relay.log(event="session closed"):
        assert line["cause"] == "client_closed", line
        assert line["undelivered_up"] == line["undelivered_down"] == 0, line
    refused = [line for line in relay.log(event="handshake refused")
               if line["listener"] in ("web", "tls")]
    assert not refused


FAILURES = ["file", "option", "certificate", "listener", "log", "control"]


def break_config(config: Config, failure: str, taken: str) -> str:
    """A configuration that fails in one part; what is said of it."""
    if failure == "file":
        return "@include"
    if failure == "option":
        config["nonsense"] = 1
        return "nonsense"
    if failure == "certificate":
        config["listeners"].append({
            "name": "tls", "listen": "127.0.0.1:0",
            "tls": {"certificates": [{"certificate": "/nowhere/at/all"}]}})
        return "/nowhere/at/all"
    if failure == "listener":
        config["listeners"].append({"name": "taken", "listen": taken})
        return f"cannot listen on {taken}"
    if failure == "log":
        config["log"] = {"target": "file:/nowhere/at/all"}
        return ": log.target: cannot log to file:/nowhere/at/all"
    config["control"] = {"socket": "/nowhere/at/all"}
    return "cannot listen on /nowhere/at/all"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_reload_that_fails_changes_nothing(
        start_relay: Any, keep: Any, echo: Any, connect: Any,
        control: Control, failure: str) -> None:
    foreign = open_listener()
    config = relay_to(echo.target, **control.option)
    config["listeners"].append(
        {"name": "old", "listen": f"unix:{control.directory}/old"})
    relay = start_relay(config)
    client = connect(relay)
    before = control.ok("config")
    descriptors = relay.descriptors()

    new = copy.deepcopy(config)
    new["listeners"][1] = {"name": "new",
                           "listen": f"unix:{control.directory}/new"}
    new["listeners"].append({"name": "port", "listen": "127.0.0.1:0"})
    new["routes"][0]["name"] = "renamed"
    said = break_config(new, failure, server_name(foreign))
    relay.write_config(new)
    if failure == "file":
        with open(relay.config_file, "a") as file:
            file.write("@include nonsense\n")
    for _ in range(3):
        answer = control.refused("reload")
        assert said in answer, answer
        assert "refused, the old one runs on" in answer

    assert control.ok("config") == before
    assert can_connect(f"{control.directory}/old")
    assert not can_connect(f"{control.directory}/new")
    client.send_binary(b"still there")
    assert client.read_data(11) == b"still there"
    client.close()
    connect(relay).close()
    wait_for(lambda: relay.descriptors() <= descriptors, "nothing left open")
    foreign.close()
    relay.write_config(config)
    control.ok("reload")
