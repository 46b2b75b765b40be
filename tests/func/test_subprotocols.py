# SPDX-License-Identifier: MIT
"""The choice of a subprotocol: the route's order, among what is offered."""

from typing import Any, List, Optional

import pytest
from lib.config import relay_to
from lib.ws import request


def ask(client: Any, *offers: str) -> Any:
    return client.ask(request(headers=[
        ("Sec-WebSocket-Protocol", offer) for offer in offers]))


@pytest.mark.parametrize("configured,offers,chosen", [
    (["a", "b"], ["b, a"], "a"),
    (["a", "b"], ["b"], "b"),
    (["a", "b"], ["c", "b"], "b"),
    (["a", "b"], ["c,b,a"], "a"),
    (["a"], ["b"], None),
    (["a"], ["A"], None),
    (["a"], [], None),
    (None, ["a"], None),
    (["text.ircv3.net", "binary.ircv3.net"],
     ["binary.ircv3.net \t,  text.ircv3.net"], "text.ircv3.net"),
    (["a"], ["aa"], None),
    (["aa"], ["a"], None),
])
def test_choice(start_relay: Any, echo: Any, client_of: Any,
                configured: Optional[List[str]], offers: List[str],
                chosen: Optional[str]) -> None:
    route = {} if configured is None else {"subprotocols": configured}
    client = client_of(start_relay(relay_to(echo.target, route=route)))
    response = ask(client, *offers)
    client.check_upgraded(response)
    assert response.get("Sec-WebSocket-Protocol") == chosen
    client.close()


@pytest.mark.parametrize("offer", ["a b", "a,a", "a;q=1", "\"a\"", ",", "(a)"])
def test_bad_offer(start_relay: Any, echo: Any, client_of: Any, offer: str
                   ) -> None:
    client = client_of(start_relay(relay_to(
        echo.target, route={"subprotocols": ["a"]})))
    assert ask(client, offer).status == 400
