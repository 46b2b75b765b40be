# SPDX-License-Identifier: MIT
"""A case: frames go out in one of several ways, events come back."""

from typing import Any, Callable, Sequence

import pytest
from lib.talk import Closed, Event, Talk

# limits.message of the route /small.
SMALL_LIMIT = 1000

# How frames are sent: in one write, one by one, byte by byte.
CHOPS = ["whole", "frames", "octets"]

every_chop = pytest.mark.parametrize("chop", CHOPS)


def send(client: Talk, frames: Sequence[bytes], chop: str) -> None:
    if chop == "whole":
        client.send(b"".join(frames))
        return
    for one in frames:
        if chop == "frames":
            client.send(one)
        else:
            client.send_split(one)


def opened(talk: Callable[..., Talk], chop: str, *how: Any) -> Talk:
    """A client for which a chop is what it says, down to the reads."""
    return talk(*how, unix=chop == "octets")


def fails(client: Talk, frames: Sequence[bytes], chop: str, code: int,
          before: Sequence[Event] = ()) -> None:
    """What comes before the offence is answered, then the server fails the
    connection; what comes behind it counts for nothing."""
    try:
        send(client, frames, chop)
    except (BrokenPipeError, ConnectionResetError):
        pass    # the offence was not in the last frame
    client.expect([*before, Closed(code)])
    client.expect_eof()


def passes(client: Talk, frames: Sequence[bytes], chop: str,
           events: Sequence[Event]) -> None:
    """All of it is answered as it should be, then a clean end."""
    send(client, frames, chop)
    client.expect(events)
    client.finish()
