# SPDX-License-Identifier: MIT
"""Waiting for a condition, with a deadline; the tests know no other pause."""

import os
import time
from typing import Callable, TypeVar

T = TypeVar("T")

# Seconds until a test gives up; a bound on failure, never a pause.
DEADLINE = float(os.environ.get("TEST_DEADLINE", "20"))

# Seconds between two looks at something that cannot be waited for.
LOOK = 0.01


def wait_for(condition: Callable[[], T], what: str,
             timeout: float = DEADLINE) -> T:
    """Returns the first true value of `condition()`; fails after `timeout`."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(LOOK)
