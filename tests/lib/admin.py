# SPDX-License-Identifier: MIT
"""The admin pages: fetched, and the metrics among them read."""

import http.client
import json
import re
import socket
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Optional, Tuple

from .config import Config, relay_to
from .relay import Relay
from .wait import DEADLINE, wait_for

Labels = FrozenSet[Tuple[str, str]]

SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def unescape(text: str) -> str:
    return re.sub(r"\\.", lambda match: ESCAPES[match.group(0)], text)


@dataclass
class Metrics:
    """What one fetch of /metrics said."""
    text: str
    types: Dict[str, str] = field(default_factory=dict)
    samples: Dict[Tuple[str, Labels], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                assert name not in self.types, f"{name} comes twice"
                self.types[name] = kind
            elif not line.startswith("#"):
                self._add(line)

    def _add(self, line: str) -> None:
        match = SAMPLE.match(line)
        assert match, f"no sample: {line!r}"
        labels = frozenset((name, unescape(value)) for name, value
                           in LABEL.findall(match.group(2) or ""))
        key = match.group(1), labels
        assert key not in self.samples, f"{line!r} comes twice"
        self.samples[key] = float(match.group(3))

    def get(self, name: str, **labels: str) -> float:
        """The one sample with exactly these labels; 0 when there is none."""
        return self.samples.get((name, frozenset(labels.items())), 0)

    def sum(self, name: str, **labels: str) -> float:
        """Of all samples that have these labels among theirs."""
        wanted = frozenset(labels.items())
        return sum(value for (of, has), value in self.samples.items()
                   if of == name and wanted <= has)


class Admin:
    """The admin listener of a daemon."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        wait_for(lambda: "admin" in relay.listeners or
                 relay._learn_listeners(), "the admin listener")

    def dial(self) -> socket.socket:
        address = self.relay.listeners["admin"]
        family = socket.AF_UNIX if isinstance(address, str) else \
            socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sock = socket.socket(family)
        sock.settimeout(DEADLINE)
        sock.connect(address)
        return sock

    def ask(self, path: str, method: str = "GET", *,
            host: Optional[str] = "localhost"
            ) -> Tuple[http.client.HTTPResponse, bytes]:
        """One request on a connection of its own."""
        lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
        if host is not None:
            lines.append(f"Host: {host}")
        with self.dial() as sock:
            sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            response = http.client.HTTPResponse(sock, method=method)
            response.begin()
            return response, response.read()

    def get(self, path: str) -> str:
        response, body = self.ask(path)
        assert response.status == 200, body
        return body.decode()

    def metrics(self) -> Metrics:
        return Metrics(self.get("/metrics"))

    def status(self) -> Dict[str, Any]:
        status = json.loads(self.get("/status"))
        assert isinstance(status, dict)
        return status

    def wait_metric(self, name: str, value: float, **labels: str) -> Metrics:
        """Waits until a sum has the value; returns all metrics."""
        def look() -> Optional[Metrics]:
            metrics = self.metrics()
            return metrics if metrics.sum(name, **labels) == value else None
        return wait_for(look, f"{name}{labels} to be {value}")


def watched(*servers: str, **more: Any) -> Config:
    """relay_to() with admin pages."""
    return relay_to(*servers, admin={"listen": "127.0.0.1:0"}, **more)
