# SPDX-License-Identifier: MIT
"""Processes: started on one core, measured as trees, ended by their id."""

import mmap
import os
import resource
import struct
import subprocess
import time

CLOCK_OF_PROCESS = 2        # CPUCLOCK_SCHED of clock_getcpuclockid(3)
TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")
MAGIC = 0x77737265656e6368
FIELDS = ("magic", "messages", "bytes", "sent", "opened", "open", "errors",
          "mismatches", "pings")
SUB = 32                    # as in counters.h
BUCKETS = 38 * SUB


class Failed(Exception):
    """A program did not do what a measurement needs of it."""


def wait_until(condition, seconds, what):
    """Waits for a condition; Failed after the given time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"timed out: {what}")
        time.sleep(0.02)


def raise_descriptor_limit():
    """All the descriptors we may have, for the programs we start too."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def leave_core(core):
    """Keeps the harness off the measuring core where there is another."""
    others = os.sched_getaffinity(0) - {core}
    if others:
        os.sched_setaffinity(0, others)


class Process:
    """One program on the measuring core, its output in a file."""

    def __init__(self, command, cpu, log):
        self.name = os.path.basename(command[0])
        self.log = log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        self.pid = self.popen.pid

    def check(self):
        """Failed if it has ended, with the last it said."""
        if self.popen.poll() is None:
            return
        with open(self.log, "rb") as f:
            said = f.read()[-400:].decode(errors="replace").strip()
        raise Failed(f"{self.name} ended ({self.popen.returncode}): {said}")

    def stop(self):
        """Ends it, and what it started."""
        family = tree(self.pid)
        self.popen.terminate()
        try:
            self.popen.wait(3)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        for pid in family[1:]:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass


def _stat_fields(pid):
    """The fields of /proc/PID/stat from the third (state) on, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as f:
            return f.read().rpartition(")")[2].split()
    except OSError:
        return None


def tree(root):
    """The ids of a process and all below it."""
    children = {}
    for name in os.listdir("/proc"):
        fields = _stat_fields(name) if name.isdigit() else None
        if fields:
            children.setdefault(int(fields[1]), []).append(int(name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def cpu_ns(root):
    """CPU time of a process tree, with those of it that have ended.

    A process's own clock has nanoseconds and counts its ended threads; the
    children it has waited for are known in clock ticks.
    """
    total = 0
    for pid in tree(root):
        fields = _stat_fields(pid)
        try:
            total += time.clock_gettime_ns((~pid << 3) | CLOCK_OF_PROCESS)
        except OSError:
            continue
        if fields:
            total += (int(fields[13]) + int(fields[14])) * TICK_NS
    return total


def core_busy_ns(core):
    """How long a core has been at work since the machine started."""
    with open("/proc/stat", encoding="ascii") as f:
        for line in f:
            name, *ticks = line.split()
            if name == f"cpu{core}":
                user, nice, system, _, _, irq, softirq = map(int, ticks[:7])
                return (user + nice + system + irq + softirq) * TICK_NS
    raise Failed(f"no core {core}")


def pss_bytes(root):
    """Proportional set size of a process tree."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                for line in f:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
        except OSError:
            continue
    return total


class Counters:
    """What a bench program counts, read from the file it maps."""

    def __init__(self, path):
        self.path = path
        self._map = None

    def ready(self):
        """True once the program is there to be measured."""
        if self._map is None:
            try:
                with open(self.path, "rb") as f:
                    self._map = mmap.mmap(f.fileno(), 0,
                                          prot=mmap.PROT_READ)
            except (OSError, ValueError):
                return False
        return self["magic"] == MAGIC

    def __getitem__(self, field):
        return struct.unpack_from("=Q", self._map,
                                  8 * FIELDS.index(field))[0]

    def latency(self):
        """The histogram's buckets."""
        return struct.unpack_from(f"={BUCKETS}Q", self._map, 8 * len(FIELDS))


def _bucket_ns(i):
    """Where a bucket of counters.h starts."""
    return i if i < SUB else (SUB + i % SUB) << (i // SUB - 1)


def percentile(before, after, part):
    """Nanoseconds below which a part of the latencies between two
    readings of a histogram lie; None if there are none."""
    counts = [b - a for a, b in zip(before, after)]
    want, seen = sum(counts) * part, 0
    for i, n in enumerate(counts):
        seen += n
        if n and seen >= want:
            return _bucket_ns(i)
    return None
