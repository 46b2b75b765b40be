# SPDX-License-Identifier: MIT
"""A real Prometheus scrapes the daemon under load: the dashboard's queries
and the alerts of etc/ find what they ask for."""

import json
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from lib import ws
from lib.admin import Admin, watched
from lib.backends import Refusing, Server
from lib.wait import wait_for

ETC = Path(__file__).resolve().parents[3] / "etc"
DASHBOARD = json.loads((ETC / "grafana" / "wsrelayd.json").read_text())
RULES = ETC / "prometheus" / "wsrelayd.rules.yml"

# What Grafana would put in.
VARIABLES = {"$job": "wsrelayd", "$instance": ".+", "$__rate_interval": "8s"}

# Nothing to find unless something goes wrong that does not here.
MAY_BE_EMPTY = ["changes(process_start_time_seconds"]

CONFIG = """\
global: {{ scrape_interval: 500ms, evaluation_interval: 500ms }}
scrape_configs:
  - job_name: wsrelayd
    static_configs: [ {{ targets: ["{target}"] }} ]
rule_files: [ "{rules}" ]
"""


class Prometheus:
    """One that serves, and its answers."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **query: str) -> Any:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{query}: {error.read()!r}") from None

    def query(self, expression: str) -> List[Dict[str, Any]]:
        result = self.ask("query", query=expression)["result"]
        assert isinstance(result, list)
        return result

    def is_up(self) -> bool:
        """Whether it has begun to serve, and to scrape."""
        try:
            urllib.request.urlopen(self.url + "/-/ready", timeout=10).close()
        except OSError:
            return False
        return bool(self.query("up == 1"))


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def relay(start_relay: Any, echo: Server, keep: Any) -> Any:
    config = watched(echo.target, timeouts={"ping_interval": "50ms"})
    config["backends"]["gone"] = {"servers": [keep(Refusing()).target]}
    config["routes"].append(
        {"name": "gone", "path": "/gone", "backend": "gone"})
    relay = start_relay(config)
    relay.reload(config)
    relay.reload_refused({**config, "nonsense": 1})
    return relay


def live_once(relay: Any) -> None:
    """A session with traffic both ways and a ping, and a refusal."""
    with ws.connect(relay.address) as client:
        client.send_frame(ws.BINARY, b"x" * 1000)
        got = client.read_frame()
        while got.opcode != ws.PING:
            got = client.read_frame()
        client.send_frame(ws.PONG, got.payload)
        client.send_frame(ws.BINARY, b"x")
        client.close()
    with pytest.raises(ws.Refused):
        ws.connect(relay.address, "/gone")


@pytest.fixture
def load(relay: Any) -> Iterator[None]:
    """Something happens all the time."""
    stop = threading.Event()
    errors: List[BaseException] = []

    def run() -> None:
        try:
            while not stop.wait(0.05):
                live_once(relay)
        except BaseException as error:  # the test tells of it
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()
    assert not errors, errors


@pytest.fixture
def prometheus(relay: Any, load: None, spawn: Any,
               tmp_path: Path) -> Prometheus:
    host, port = Admin(relay).relay.listeners["admin"]
    own = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(CONFIG.format(target=f"{host}:{port}", rules=RULES))
    spawn("prometheus", f"--config.file={config}",
          f"--storage.tsdb.path={tmp_path}/data",
          f"--web.listen-address=127.0.0.1:{own}")
    server = Prometheus(f"http://127.0.0.1:{own}")
    wait_for(server.is_up, "the first scrape", 60)
    return server


def fill_in(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def expressions() -> List[Tuple[str, str]]:
    """Title and query of everything on the dashboard."""
    found = [(panel["title"], fill_in(target["expr"]))
             for panel in DASHBOARD["panels"]
             for target in panel.get("targets", [])]
    return found + [(one["name"], fill_in(one["expr"]))
                    for one in DASHBOARD["annotations"]["list"]]


def test_dashboard(prometheus: Prometheus) -> None:
    """Every query is one, and every panel has something to draw."""
    asked = expressions()
    assert len(asked) > 30

    def empty() -> List[Tuple[str, str]]:
        return [(title, query) for title, query in asked
                if not any(part in query for part in MAY_BE_EMPTY)
                and not prometheus.query(query)]

    try:
        wait_for(lambda: not empty(), "data in every panel")
    except AssertionError:
        assert empty() == []
    for title, query in asked:
        for sample in prometheus.query(query):
            number = float(sample["value"][1])
            # A quantile of nothing is NaN; here there is something.
            assert number >= 0, (title, query, sample)


def test_variables(prometheus: Prometheus) -> None:
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = re.fullmatch(r"label_values\((.*), (\w+)\)",
                             variable["query"]["query"])
        assert match
        values = prometheus.ask(f"label/{match.group(2)}/values", **{
            "match[]": fill_in(match.group(1))})
        assert len(values) == 1


def test_panels() -> None:
    """No two in each other's place, each with an id of its own."""
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert x < 24 and (x, y) not in taken, panel["title"]
                taken.add((x, y))
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_alerts(prometheus: Prometheus) -> None:
    """All can be evaluated; those with a cause here have it noticed."""
    def states() -> Dict[str, str]:
        rules = prometheus.ask("rules")["groups"][0]["rules"]
        assert all(rule["health"] in ("ok", "unknown") for rule in rules), \
            rules
        if any(rule["health"] == "unknown" for rule in rules):
            return {}
        return {rule["name"]: rule["state"] for rule in rules}

    def noticed() -> bool:
        now = states()
        return bool(now) and {
            name for name, state in now.items() if state != "inactive"
        } == {"WsrelaydBackendFailing", "WsrelaydNoServer"}

    wait_for(noticed, "the failing backend to be noticed")
