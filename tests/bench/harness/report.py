# SPDX-License-Identifier: MIT
"""Figures to medians, ratios, tables, and the project's aims."""

import os
import platform
import statistics

from .cells import BUFFER, CELLS, STALLED

YARDSTICK = "forwarder"
OURS = "wsrelayd"
OURS_TLS = "wsrelayd TLS"
PEER_TLS = "HAProxy TLS"
MIB = 1 << 20


def scale_points(options):
    """Numbers of idle sessions; the first is what the others are held to."""
    wanted = (1, options.idle) if options.quick else \
        (1, 3000, options.idle)
    return sorted({min(n, options.idle) for n in wanted})


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine(options, relays):
    """What a reader needs to know about where the figures come from."""
    return {"kernel": f"{platform.system()} {platform.release()}",
            "cpu": f"{_cpu_model()}, {os.cpu_count()} cores seen, all on "
                   f"core {options.cpu}",
            "rounds": options.rounds, "seconds": options.seconds,
            "load_average": os.getloadavg()[0],
            "versions": {r.name: r.version() for r in relays}}


def head(results):
    """The lines before the tables."""
    m = results["machine"]
    lines = [f'{m["kernel"]}; {m["cpu"]}; load average at the start '
             f'{m["load_average"]:.2f}',
             f'{m["rounds"]} rounds of {m["seconds"]:g} s, interleaved; '
             f'relay, load and backend on one core; reno; one worker', ""]
    lines += [f"* {n}: {v}" for n, v in m["versions"].items()]
    return "\n".join(lines) + "\n"


def _median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def _ratios(values, base):
    """The prices of values over those of base in the same round."""
    return [a["cpu_ns"] / b["cpu_ns"] for a, b in zip(values, base)
            if a and b]


def summarise(results):
    """Adds medians and ratios to the results."""
    summary = results["summary"] = {}
    for what, figures in results["figures"].items():
        for name, values in figures.items():
            good = [v for v in values if v]
            line = {k: _median([v[k] for v in good])
                    for k in (good[0] if good else ())}
            if line and "cpu_ns" in line:
                base = figures.get(YARDSTICK) or figures.get(PEER_TLS, ())
                ratios = _ratios(values, base)
                line["ratio"] = _median(ratios)
                line["spread"] = [min(ratios), max(ratios)] if ratios else None
            summary.setdefault(what, {})[name] = line
    for name, values in summary.get(_first_scale(summary), {}).items():
        _add_growth(results, name)
    return summary


def _scales(summary):
    return sorted((int(w.split()[1]) for w in summary
                   if w.startswith("scale ")))


def _first_scale(summary):
    points = _scales(summary)
    return f"scale {points[0]}" if points else None


def _add_growth(results, name):
    """Price with N idle sessions over that with one, in the same round."""
    figures, summary = results["figures"], results["summary"]
    base = figures[_first_scale(summary)].get(name, ())
    for n in _scales(summary):
        these = figures[f"scale {n}"].get(name, ())
        line = summary[f"scale {n}"].get(name)
        if line:
            line["growth"] = _median(_ratios(these, base))


def _number(value, scale=1.0, digits=2):
    return "–" if value is None else f"{value / scale:.{digits}f}"


def _with_spread(line):
    if line.get("ratio") is None:
        return "–"
    low, high = line["spread"]
    return f'{line["ratio"]:.2f}× ({low:.2f}–{high:.2f})'


def _table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |",
             "|" + "---|" + "---:|" * (len(heads) - 1)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def _scale_of(cell):
    return 1.0 if cell.unit == "byte" else 1000.0


def _price_table(summary, cells, names):
    rows = []
    for name in names:
        row = [name]
        for cell in cells:
            line = summary[cell.name].get(name) or {}
            row.append(_number(line.get("cpu_ns"), _scale_of(cell)))
            row.append(_with_spread(line))
        rows.append(row)
    heads = ["CPU of the relay"]
    for cell in cells:
        heads += [f"{cell.name} {cell.price_unit()}", "ratio"]
    return _table(heads, rows)


def _rate_table(summary, cells, names):
    rows = []
    for name in names:
        row = [name]
        for cell in cells:
            line = summary[cell.name].get(name) or {}
            rate = line.get("per_second")
            scale, digits = (1e6, 0) if cell.unit == "byte" else (1.0, 0)
            row.append(_number(rate, scale, digits))
            row.append(_number(line.get("p99_ns"), 1e6))
        rows.append(row)
    heads = ["one core for all three"]
    for cell in cells:
        unit = "MB" if cell.unit == "byte" else cell.unit + "s"
        heads += [f"{cell.name} {unit}/s", "p99 ms"]
    return _table(heads, rows)


def _idle_table(summary):
    rows = [[name, str(round(v["sessions"])),
             _number(v["bytes_per_session"], 1024),
             _number(v["empty_bytes"], MIB, 1)]
            for name, v in summary["idle"].items() if v]
    return _table(["idle memory", "sessions", "KiB/session", "empty MiB"],
                  rows)


def _scale_table(summary):
    points = _scales(summary)
    rows = []
    for name in summary[_first_scale(summary)]:
        row = [name]
        for n in points:
            line = summary[f"scale {n}"].get(name) or {}
            row += [_number(line.get("cpu_ns"), 1000.0),
                    _number(line.get("growth")) + "×"]
        rows.append(row)
    heads = ["echo of 64 B beside idle sessions"]
    for n in points:
        heads += [f"{n} idle µs/echo", "growth"]
    return _table(heads, rows)


def _stall_table(summary):
    rows = [[name, _number(v["grown_bytes"], MIB, 1),
             _number(v["p99_before_ns"], 1e6),
             _number(v["p99_beside_ns"], 1e6)]
            for name, v in summary["stall"].items() if v]
    return _table([f"{STALLED} clients that do not read", "memory MiB",
                   "p99 before ms", "p99 beside ms"], rows)


def _noise(results):
    """What else ran on the core: how far these figures can be trusted."""
    shares = [v["foreign_share"] for figures in results["figures"].values()
              for values in figures.values() for v in values
              if v and "foreign_share" in v]
    if not shares:
        return []
    return [f"Other processes on the core meanwhile: median "
            f"{statistics.median(shares):.1%}, at most {max(shares):.1%}."]


def tables(results):
    """All tables, as Markdown."""
    summary = results["summary"]
    out = []
    for tls in (False, True):
        cells = [c for c in CELLS if c.name in summary and c.tls == tls]
        names = list(dict.fromkeys(n for c in cells for n in summary[c.name]))
        if cells:
            out += [_price_table(summary, cells, names),
                    _rate_table(summary, cells, names)]
    if "idle" in summary:
        out.append(_idle_table(summary))
    if _scales(summary):
        out.append(_scale_table(summary))
    if "stall" in summary:
        out.append(_stall_table(summary))
    out += _noise(results)
    return "\n\n".join(out) + "\n"


def _get(summary, what, name, key):
    return ((summary.get(what) or {}).get(name) or {}).get(key)


def _over(a, b):
    return a / b if a is not None and b else None


def aims(results):
    """(what, measured or None, bound) of each aim; measured ≤ bound holds."""
    s = results["summary"]
    found = []
    for cell, bound in (("echo64", 1.10), ("echo1k", 1.10), ("upload", 1.15),
                        ("download", 1.05), ("cycle", 1.40)):
        found.append((f"{cell}: ratio to the forwarder",
                      _get(s, cell, OURS, "ratio"), bound))
    for cell in ("echo64", "echo1k"):
        ours = results["figures"].get(cell, {})
        found.append((f"{cell}: ratio to HAProxy TCP",
                      _median(_ratios(ours.get(OURS, ()),
                                      ours.get("HAProxy TCP", ()))), 1.0))
    for cell in (c.name for c in CELLS if c.tls):
        ours = results["figures"].get(cell, {})
        found.append((f"{cell}: ratio to HAProxy TLS",
                      _median(_ratios(ours.get(OURS_TLS, ()),
                                      ours.get(PEER_TLS, ()))), 1.0))
    ours = results["figures"].get("echo64", {})
    for framing in ("lines", "length32"):
        found.append((f"echo64: {framing} to stream",
                      _median(_ratios(ours.get(f"{OURS} {framing}", ()),
                                      ours.get(OURS, ()))), 1.3))
    found.append(("idle: bytes a session, compression agreed to without",
                  _over(_get(s, "idle", OURS + " deflate",
                             "bytes_per_session"),
                        _get(s, "idle", OURS, "bytes_per_session")), 1.02))
    found.append(("idle: bytes a TLS session",
                  _get(s, "idle", OURS_TLS, "bytes_per_session"), 18 * 1024))
    found.append(("idle: bytes a session",
                  _get(s, "idle", OURS, "bytes_per_session"), 1536))
    found.append(("echo64: ratio to websockify",
                  _over(_get(s, "echo64", OURS, "cpu_ns"),
                        _get(s, "echo64", "websockify", "cpu_ns")), 1 / 8))
    points = _scales(s)
    if len(points) > 1:
        found.append((f"scale: growth from {points[0]} to {points[-1]} idle",
                      _get(s, f"scale {points[-1]}", OURS, "growth"), 1.10))
    found.append(("stall: memory, MiB",
                  _over(_get(s, "stall", OURS, "grown_bytes"), MIB),
                  STALLED * 2 * BUFFER / MIB + 16))
    found.append(("stall: p99 beside / before",
                  _over(_get(s, "stall", OURS, "p99_beside_ns"),
                        _get(s, "stall", OURS, "p99_before_ns")), 2.0))
    return found


def check(results):
    """Prints which aims hold; 1 when one of those measured does not."""
    status = 0
    rows = []
    for what, value, bound in aims(results):
        verdict = "not measured"
        if value is not None:
            verdict = "holds" if value <= bound else "DOES NOT HOLD"
            status |= value > bound
        rows.append([what, _number(value, 1.0, 3), _number(bound, 1.0, 3),
                     verdict])
    print(_table(["aim", "measured", "at most", ""], rows))
    return int(status)
