# SPDX-License-Identifier: MIT
"""Configurations as Python values, written down in libconfig's syntax."""

import os
from typing import Any, Dict

Config = Dict[str, Any]


def render_value(value: Any) -> str:
    """One value: dict is a group, list a list, the rest scalars."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"'
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(render_value(item) for item in value) + " )"
    return "{ " + render(value, " ") + "}"


def render(config: Config, end: str = "\n") -> str:
    """A whole file, or the settings of a group when `end` is a space."""
    return "".join(
        f"{key} = {render_value(value)};{end}" for key, value in config.items())


def relay_to(*servers: str, **more: Any) -> Config:
    """One listener, one route `app` at /app to `servers`.

    `route`, `limits`, `timeouts` and every top-level name may be given;
    `route` is laid over the route, the others are taken as they are.
    """
    route = {"name": "app", "path": "/app", "backend": "app"}
    route.update(more.pop("route", {}))
    config: Config = {
        "workers": int(os.environ.get("WSRELAYD_WORKERS", "1")),
        "log": {"target": "stderr", "format": "json", "level": "info"},
        # The default path is one for all daemons of a machine.
        "control": {"socket": ""},
        "listeners": [{"name": "web", "listen": "127.0.0.1:0"}],
        "backends": {"app": {"servers": list(servers)}},
        "routes": [route],
    }
    config.update(more)
    return config
