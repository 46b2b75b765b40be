# SPDX-License-Identifier: MIT
"""PostgreSQL through the relay: psql's queries and a large result."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Iterator

import pytest
from lib.config import relay_to
from lib.wait import wait_for


def programs() -> Path:
    """Where Debian keeps the server's own programs."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def as_postgres() -> dict:
    """The server refuses to run as root: then it runs as its own user."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture
def socket_path(spawn: Any) -> Iterator[Path]:
    """The Unix socket of a server with a database of its own."""
    # Not below pytest's directory, which is closed to other users.
    directory = Path(tempfile.mkdtemp(prefix="wsrelayd-pg-"))
    who = as_postgres()
    if who:
        os.chown(directory, who["user"], who["group"])
    try:
        subprocess.run(
            [str(programs() / "initdb"), "-D", str(directory / "data"), "-U",
             "tester", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"],
            check=True, capture_output=True, timeout=120, cwd=directory,
            **who)
        server = spawn(
            str(programs() / "postgres"), "-D", str(directory / "data"),
            "-k", str(directory), "-c", "listen_addresses=", "-F",
            cwd=directory, **who)
        path = directory / ".s.PGSQL.5432"
        wait_for(path.exists, "postgres", 60)
        yield path
        server.terminate()
        server.wait(30)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def psql(port: int, query: str) -> str:
    result = subprocess.run(
        ["psql", "-X", "-At", "-h", "127.0.0.1", "-p", str(port), "-U",
         "tester", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", query],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_queries(start_relay: Any, socket_path: Path, bridge: Any) -> None:
    relay = start_relay(relay_to(f"unix:{socket_path}"))
    port = bridge(relay).port
    wait_for(lambda: is_up(port), "the server", 60)
    assert psql(port, "select 6 * 7") == "42\n"
    psql(port, "create table t (n int, s text);"
               "insert into t select i, md5(i::text) "
               "from generate_series(1, 200000) i")
    rows = psql(port, "select n, s from t order by n").splitlines()
    assert rows == [
        f"{n}|{hashlib.md5(str(n).encode()).hexdigest()}"
        for n in range(1, 200001)]
    for line in relay.log(event="session closed"):
        assert line["undelivered_up"] == line["undelivered_down"] == 0


def is_up(port: int) -> bool:
    try:
        return psql(port, "select 1") == "1\n"
    except AssertionError:
        return False
