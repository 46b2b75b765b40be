# SPDX-License-Identifier: MIT
"""The status page in a browser: what it shows, in every size and light."""

from pathlib import Path
from typing import Any, Callable

import pytest
from lib import ws
from lib.admin import Admin, watched
from lib.backends import Refusing, Server
from lib.wait import wait_for


@pytest.fixture
def page(browser: Any) -> Callable[..., Any]:
    """Opens the page of a daemon; returns a reader of its parts."""
    def open_page(admin: Admin) -> Callable[[str], str]:
        host, port = admin.relay.listeners["admin"]
        browser.get(f"http://{host}:{port}/")

        def text(name: str) -> str:
            return str(browser.find_element("id", name).text)

        wait_for(lambda: "running" in text("state"), "the first answer")
        return text
    return open_page


def emulate(browser: Any, scheme: str, width: int) -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1,
        "mobile": width < 600})


def complaints(browser: Any) -> Any:
    return [entry for entry in browser.get_log("browser")
            if entry["level"] == "SEVERE"]


def test_figures(start_relay: Any, echo: Server, keep: Any, connect: Any,
                 page: Any, browser: Any) -> None:
    refusing = keep(Refusing())
    config = watched(echo.target)
    config["backends"]["gone"] = {"servers": [refusing.target]}
    config["routes"] += [{"name": "<i>gone", "path": "/gone",
                          "backend": "gone"}]
    relay = start_relay(config)
    clients = [connect(relay) for _ in range(3)]
    with pytest.raises(ws.Refused):
        connect(relay, "/gone")
    text = page(Admin(relay))
    assert text("sessions") == "3"
    assert "1 ever" in text("refused-note")
    assert echo.target in text("backends")
    assert "✓ up" in text("backends")
    assert "✗ failing\nConnection refused" in text("backends")
    assert "<i>gone" in text("routes")
    assert "target refused 502 1 1" in text("refusals").replace("\n", " ")
    assert "No session has ended" in text("closings")
    assert "no TLS" in text("listeners")
    assert "Worker 0" in text("workers")
    # It goes on by itself.
    clients[0].send_frame(ws.BINARY, b"x" * 50000)
    clients[0].read_data(50000)
    clients[1].close()
    wait_for(lambda: text("sessions") == "2", "the closing")
    wait_for(lambda: "48.8 KiB" in text("up-total"), "the bytes")
    assert "client closed 1000 1 1" in text("closings").replace("\n", " ")
    for chart in ("sessions-chart", "bytes-chart"):
        svg = browser.find_element("css selector", f"#{chart} svg")
        assert svg.get_attribute("role") == "img"
        assert "the last" in svg.get_attribute("aria-label")
    # Nothing but /status was fetched, and nothing was complained about.
    fetched = browser.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)")
    assert {name.rpartition("/")[2] for name in fetched
            if not name.startswith("data:")} == {"status"}
    assert complaints(browser) == []


def test_states(start_relay: Any, echo: Server, connect: Any, page: Any,
                browser: Any) -> None:
    relay = start_relay(watched(echo.target, timeouts={"drain": "1h"}))
    client = connect(relay)
    text = page(Admin(relay))
    assert text("banner") == ""
    relay.process.terminate()
    wait_for(lambda: "stopping" in text("state"), "the stop")
    assert "new sessions are refused" in text("banner")
    client.close()
    relay.wait_exit()
    wait_for(lambda: "unreachable" in text("state"), "the end")
    assert "what is shown is of" in text("banner")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_layout(scheme: str, width: int, start_relay: Any, echo: Server,
                connect: Any, page: Any, browser: Any,
                tmp_path: Path) -> None:
    """No sideways scrolling of the page, and text that can be read."""
    relay = start_relay(watched(echo.target))
    connect(relay)
    emulate(browser, scheme, width)
    page(Admin(relay))
    assert browser.execute_script(
        "return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(CONTRAST) == []
    browser.save_screenshot(str(tmp_path / f"{scheme}-{width}.png"))


# Texts whose contrast with what is behind them is below 4.5 (WCAG 2.1, AA).
CONTRAST = """
const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map((c) => {
	c /= 255;
	return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
}).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
function behind(element) {
	for (; element; element = element.parentElement) {
		const color = parse(getComputedStyle(element).backgroundColor);
		if (color.length === 3 || color[3] === 1)
			return color;
	}
	return [255, 255, 255];
}
const poor = [];
for (const element of document.querySelectorAll("main *")) {
	const own = [...element.childNodes].some(
		(node) => node.nodeType === 3 && node.textContent.trim());
	if (!own || !element.getClientRects().length)
		continue;
	const style = getComputedStyle(element);
	const ink = element instanceof SVGElement ? style.fill : style.color;
	const [a, b] = [light(parse(ink)), light(behind(element))];
	const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
	if (contrast < 4.5)
		poor.push([element.textContent.slice(0, 40), contrast]);
}
return poor;
"""
