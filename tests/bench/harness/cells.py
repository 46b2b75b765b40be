# SPDX-License-Identifier: MIT
"""The measurements: each starts what it needs, and ends it."""

import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass

from . import namespace
from .process import (Counters, Failed, Process, core_busy_ns, cpu_ns,
                      percentile, pss_bytes, wait_until)
from .relays import BACKEND_PORT

SETTLE_SECONDS = 1.0        # for memory: lazily freed and late pages
WARM_SECONDS = 0.4
BUFFER = 65536              # limits.buffer of wsrelayd, as it is by default
STALLED = 1000
SMALL_SOCKETS = {"net/ipv4/tcp_rmem": "4096 131072 262144",
                 "net/ipv4/tcp_wmem": "4096 16384 262144"}


@dataclass(frozen=True)
class Cell:
    """One kind of work whose price in CPU time is measured."""
    name: str
    title: str
    unit: str               # what the price is per
    job: str
    scenario: str
    connections: int
    size: int = 64
    tls: bool = False       # takes the relays that speak it, no others

    def price_unit(self):
        """ns or us, and of what."""
        return "ns/byte" if self.unit == "byte" else f"µs/{self.unit}"


CELLS = (
    Cell("echo64", "echo of 64 B, 100 connections", "echo", "echo", "echo",
         100, 64),
    Cell("echo1k", "echo of 1 KiB, 100 connections", "echo", "echo", "echo",
         100, 1024),
    Cell("upload", "upload in 64 KiB messages, 8 connections", "message",
         "sink", "upload", 8, 65536),
    Cell("download", "download, 8 connections", "byte", "source", "download",
         8),
    Cell("cycle", "open, echo 64 B, close; 50 at a time", "cycle", "echo",
         "cycle", 50, 64),
    Cell("tls_echo1k", "TLS 1.3: echo of 1 KiB, 100 connections", "echo",
         "echo", "echo", 100, 1024, tls=True),
    Cell("tls_upload", "TLS 1.3: upload in 16 KiB messages, 8 connections",
         "byte", "sink", "upload", 8, 16384, tls=True),
    Cell("tls_download", "TLS 1.3: download, 8 connections", "byte", "source",
         "download", 8, tls=True),
    Cell("tls_cycle", "TLS 1.3: open, echo 64 B, close; 50 at a time",
         "cycle", "echo", "cycle", 50, 64, tls=True),
)
NAMES = tuple(c.name for c in CELLS) + ("idle", "scale", "stall")


class Bench:
    """A backend, a relay and load generators around one measurement."""

    def __init__(self, options):
        self.options = options
        self.dir = tempfile.mkdtemp(prefix="wsrelayd-bench-")
        self.count = 0
        self.running = []       # our programs beside the relay

    def close(self):
        """Removes the files of all measurements."""
        shutil.rmtree(self.dir, ignore_errors=True)

    def program(self, name):
        """Where a program of tests/bench has been built."""
        path = os.path.join(self.options.build_dir, "tests/bench", name)
        if not os.access(path, os.X_OK):
            raise SystemExit(f"bench: {path} is missing: "
                             f"make bench-programs, or --build-dir")
        return path

    def work_dir(self):
        """A fresh directory for one measurement's files."""
        self.count += 1
        path = os.path.join(self.dir, str(self.count))
        os.mkdir(path)
        return path

    @contextlib.contextmanager
    def relay(self, relay, jobs):
        """A backend and a relay before it, up and accepting."""
        work = self.work_dir()
        counters = Counters(os.path.join(work, "backend"))
        backend = Process(
            [self.program("backend"), "--counters", counters.path] +
            [f"{j}=127.0.0.1:{BACKEND_PORT[j]}" for j in jobs],
            self.options.cpu, os.path.join(work, "backend.log"))
        self.running.append(backend)
        try:
            wait_until(lambda: backend.check() or counters.ready(), 10,
                       "backend")
            relay.start(jobs, work)
            yield counters
            backend.check()
            complain(relay, backend, counters)
        finally:
            relay.stop()
            backend.stop()
            self.running.remove(backend)

    @contextlib.contextmanager
    def load(self, relay, job, scenario, connections, size=64):
        """A load generator all of whose sessions are open."""
        work = self.work_dir()
        counters = Counters(os.path.join(work, "load"))
        command = [self.program("load"), "--counters", counters.path,
                   "--target", f"127.0.0.1:{relay.port(job)}",
                   "--scenario", scenario, "--size", str(size),
                   "--connections", str(connections)]
        if relay.tls:
            command.append("--tls")
        if relay.deflate:
            command.append("--deflate")
        if relay.websocket:
            command += ["--path", relay.path(job)]
        process = Process(command, self.options.cpu,
                          os.path.join(work, "load.log"))
        self.running.append(process)
        try:
            wait_until(lambda: process.check() or counters.ready() and
                       counters["opened"] >= connections,
                       60, f"{relay.name}: {connections} sessions open")
            yield counters
            process.check()
            complain(relay, process, counters)
        finally:
            process.stop()
            self.running.remove(process)

    def foreign_ns(self, relay):
        """A clock of what others use of the core: only its steps count."""
        ours = relay.total(cpu_ns) + sum(cpu_ns(p.pid) for p in self.running)
        return core_busy_ns(self.options.cpu) - ours


def complain(relay, process, counters):
    """A measurement with failed connections or false bytes is none."""
    if counters["errors"] or counters["mismatches"]:
        with open(process.log, encoding="ascii", errors="replace") as f:
            said = f.read(300).split("\n")[0]
        raise Failed(f'{relay.name}: {counters["errors"]} connections failed,'
                     f' {counters["mismatches"]} mismatches: {said}')


def _units(cell, load, backend):
    """How much work has been done so far."""
    if cell.scenario == "upload" and cell.unit == "byte":
        return backend["bytes"]
    if cell.scenario == "upload":
        return backend["bytes"] / cell.size
    return load["bytes"] if cell.unit == "byte" else load["messages"]


def _steady(bench, cell, relay, load, backend):
    """CPU price, rate and latency over a stretch of steady work."""
    foreign, before = bench.foreign_ns(relay), load.latency()
    start, cpu = time.monotonic(), relay.total(cpu_ns)
    units = _units(cell, load, backend)
    time.sleep(bench.options.seconds)
    units = _units(cell, load, backend) - units
    cpu = relay.total(cpu_ns) - cpu
    elapsed = time.monotonic() - start
    after, foreign = load.latency(), bench.foreign_ns(relay) - foreign
    if units <= 0:
        raise Failed(f"{relay.name}: no {cell.unit} went through")
    return {"cpu_ns": cpu / units, "per_second": units / elapsed,
            "relay_share": cpu / elapsed / 1e9,
            "foreign_share": max(0.0, foreign / elapsed / 1e9),
            "p50_ns": percentile(before, after, 0.5),
            "p99_ns": percentile(before, after, 0.99)}


def price(bench, relay, cell):
    """What one unit of a cell's work costs this relay."""
    with bench.relay(relay, (cell.job,)) as backend, \
            bench.load(relay, cell.job, cell.scenario, cell.connections,
                       cell.size) as load:
        time.sleep(WARM_SECONDS)
        return _steady(bench, cell, relay, load, backend)


def idle(bench, relay):
    """Process memory per session that echoed once and then is silent."""
    sessions = min(bench.options.idle, relay.max_sessions)
    with bench.relay(relay, ("echo",)):
        time.sleep(SETTLE_SECONDS)
        before = relay.total(pss_bytes)
        with bench.load(relay, "echo", "idle", sessions) as load:
            wait_until(lambda: load["messages"] >= sessions, 30, "echoes")
            time.sleep(SETTLE_SECONDS)
            after = relay.total(pss_bytes)
    return {"sessions": sessions, "empty_bytes": before,
            "bytes_per_session": (after - before) / sessions}


def scale(bench, relay, sessions):
    """The price of an echo with idle sessions beside the busy ones."""
    cell = CELLS[0]
    with bench.relay(relay, (cell.job,)) as backend, \
            bench.load(relay, "echo", "idle", sessions) as still:
        wait_until(lambda: still["messages"] >= sessions, 30, "echoes")
        with bench.load(relay, "echo", "echo", cell.connections) as load:
            time.sleep(WARM_SECONDS)
            return _steady(bench, cell, relay, load, backend)


def _until_full(backend):
    """Waits until the sources can send no more."""
    last = [-1, time.monotonic()]

    def still():
        now = backend["sent"]
        if now != last[0]:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > 0.5
    wait_until(still, 40, "stalled clients' buffers do not fill up")


def stall(bench, relay):
    """Memory, and other clients' latency, beside clients that never read."""
    with namespace.sysctls(SMALL_SOCKETS):
        return _stall(bench, relay)


def _stall(bench, relay):
    cell = CELLS[0]
    with bench.relay(relay, ("echo", "source")) as backend, \
            bench.load(relay, "echo", "echo", cell.connections) as load:
        time.sleep(WARM_SECONDS)
        memory = relay.total(pss_bytes)
        before = _steady(bench, cell, relay, load, backend)
        with bench.load(relay, "source", "stall", STALLED):
            _until_full(backend)
            after = _steady(bench, cell, relay, load, backend)
            grown = relay.total(pss_bytes) - memory
    return {"clients": STALLED, "grown_bytes": grown,
            "p99_before_ns": before["p99_ns"],
            "p99_beside_ns": after["p99_ns"]}
