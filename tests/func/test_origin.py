# SPDX-License-Identifier: MIT
"""Which pages may connect."""

from typing import Any, List

import pytest
from lib.config import relay_to
from lib.ws import request

SAME: List[str] = []


@pytest.mark.parametrize("origins,host,origin,allowed", [
    # The default is the page's own host.
    (SAME, "a.test", "http://a.test", True),
    (SAME, "a.test", "https://a.test", True),
    (SAME, "A.TEST", "https://a.test", True),
    (SAME, "a.test:80", "http://a.test", True),
    (SAME, "a.test:443", "https://a.test", True),
    (SAME, "a.test", "https://a.test:443", True),
    (SAME, "a.test:8080", "http://a.test:8080", True),
    (SAME, "[::1]:8080", "http://[::1]:8080", True),
    (SAME, "a.test:8080", "http://a.test", False),
    (SAME, "a.test", "http://a.test:8080", False),
    (SAME, "a.test", "http://b.test", False),
    (SAME, "a.test", "http://a.test.evil.test", False),
    (SAME, "a.test", "http://evil-a.test", False),
    (SAME, "a.test", "http://a.test@evil.test", False),
    (SAME, "a.test", "null", False),
    (SAME, "a.test", "", False),
    (SAME, "a.test", "a.test", False),
    (SAME, "a.test", "garbage", False),
    (["same"], "a.test", "http://a.test", True),
    (["same"], "a.test", "http://b.test", False),
    # Exact ones.
    (["https://b.test"], "a.test", "https://b.test", True),
    (["https://b.test"], "a.test", "HTTPS://B.test:443", True),
    (["https://b.test"], "a.test", "http://b.test", False),
    (["https://b.test"], "a.test", "https://b.test:8443", False),
    (["https://b.test"], "a.test", "https://x.b.test", False),
    (["https://b.test"], "b.test", "http://b.test", False),
    (["https://b.test:8443"], "a.test", "https://b.test:8443", True),
    (["https://b.test:8443"], "a.test", "https://b.test", False),
    # Below a name.
    (["https://*.b.test"], "a.test", "https://x.b.test", True),
    (["https://*.b.test"], "a.test", "https://y.x.b.test", True),
    (["https://*.b.test"], "a.test", "https://b.test", False),
    (["https://*.b.test"], "a.test", "https://xb.test", False),
    (["https://*.b.test"], "a.test", "https://x.b.test.evil.test", False),
    (["https://*.b.test"], "a.test", "http://x.b.test", False),
    # Several, null and any.
    (["same", "https://b.test"], "a.test", "https://b.test", True),
    (["same", "https://b.test"], "a.test", "http://a.test", True),
    (["null"], "a.test", "null", True),
    (["null"], "a.test", "http://a.test", False),
    (["*"], "a.test", "null", True),
    (["*"], "a.test", "https://anything.test", True),
])
def test_origin(start_relay: Any, echo: Any, client_of: Any,
                origins: List[str], host: str, origin: str, allowed: bool
                ) -> None:
    route = {"origins": origins} if origins else {}
    relay = start_relay(relay_to(echo.target, route=route))
    response = client_of(relay).ask(
        request(host=host, headers=[("Origin", origin)]))
    assert response.status == (101 if allowed else 403)
    if not allowed:
        assert echo.count == 0
        relay.wait_log(event="handshake refused", status=403)


@pytest.mark.parametrize("origins", [["same"], ["https://b.test"], ["*"]])
def test_no_origin_is_no_browser(start_relay: Any, echo: Any, client_of: Any,
                                 origins: List[str]) -> None:
    relay = start_relay(relay_to(echo.target, route={"origins": origins}))
    assert client_of(relay).ask(request()).status == 101


def test_two_origins(start_relay: Any, echo: Any, client_of: Any) -> None:
    relay = start_relay(relay_to(echo.target, route={"origins": ["*"]}))
    assert client_of(relay).ask(request(headers=[
        ("Origin", "http://a.test"), ("Origin", "http://a.test")
    ])).status == 400
