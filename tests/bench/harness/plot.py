# SPDX-License-Identifier: MIT
"""The plot: an SVG written by hand, bars of ratios to the yardstick."""

from html import escape

from .cells import CELLS
from .report import OURS, YARDSTICK

WIDTH = 840
FIGURES = 230  # room for the longest figures behind a full bar
LABEL = 170
BAR = 16
GAP = 6
CLIP = 3.0                  # ratios above end in a torn bar
COLOURS = {OURS: "#1769aa", YARDSTICK: "#888888"}
OTHER = "#c9b37e"


class Canvas:
    """Grows downwards."""

    def __init__(self):
        self.parts = []
        self.y = 24

    def text(self, x, text, size=12, weight="normal", anchor="start"):
        """One line of text at the present height."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{self.y}" font-size="{size}" '
            f'font-weight="{weight}" text-anchor="{anchor}">'
            f'{escape(text)}</text>')

    def bar(self, name, length, text):
        """A labelled bar."""
        colour = COLOURS.get(name, OTHER)
        self.text(LABEL - 8, name, anchor="end")
        self.parts.append(
            f'<rect x="{LABEL}" y="{self.y - 12}" width="{length:.1f}" '
            f'height="{BAR}" fill="{colour}"/>')
        self.text(LABEL + length + 6, text)
        self.y += BAR + GAP

    def rule(self, x, top):
        """A thin vertical line down to the present height."""
        self.parts.append(
            f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" '
            f'y2="{self.y - 10}" stroke="#444" stroke-dasharray="3,3"/>')

    def finish(self):
        """The document."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
                f'height="{self.y}" font-family="sans-serif">\n'
                f'<rect width="100%" height="100%" fill="white"/>\n' +
                "\n".join(self.parts) + "\n</svg>\n")


def _ratios(canvas, summary, cell):
    unit = (WIDTH - LABEL - FIGURES) / CLIP
    scale = 1.0 if cell.unit == "byte" else 1000.0
    canvas.text(16, cell.title, 13, "bold")
    canvas.y += 20
    top = canvas.y - 14
    for name, line in summary[cell.name].items():
        ratio = line.get("ratio")
        if ratio is None:
            continue
        torn = " ≫" if ratio > CLIP else ""
        canvas.bar(name, min(ratio, CLIP) * unit,
                   f'{torn} {ratio:.2f}×  {line["cpu_ns"] / scale:.2f} '
                   f'{cell.price_unit()}')
    canvas.rule(LABEL + unit, top)
    canvas.y += 16


def _idle(canvas, summary):
    most = 8.0              # KiB; websockify's megabytes are torn
    unit = (WIDTH - LABEL - FIGURES) / most
    canvas.text(16, "process memory per idle session", 13, "bold")
    canvas.y += 20
    for name, line in summary["idle"].items():
        if line:
            kib = line["bytes_per_session"] / 1024
            canvas.bar(name, max(0.0, min(kib, most)) * unit,
                       f'{" ≫" if kib > most else ""} {kib:.2f} KiB')
    canvas.y += 16


def svg(results):
    """The plot as SVG text."""
    summary, canvas = results["summary"], Canvas()
    canvas.text(16, "CPU time of the relay per unit of work, against a bare "
                    "libevent TCP forwarder (less is better)", 14, "bold")
    canvas.y += 30
    for cell in CELLS:
        if cell.name in summary:
            _ratios(canvas, summary, cell)
    if "idle" in summary:
        _idle(canvas, summary)
    machine = results["machine"]
    if machine:
        canvas.text(16, f'{machine["kernel"]}; {machine["cpu"]}; '
                        f'{machine["rounds"]} rounds', 10)
    canvas.y += 12
    return canvas.finish()
