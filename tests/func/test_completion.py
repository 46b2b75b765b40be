# SPDX-License-Identifier: MIT
"""bash completion of the two tools, asked as bash asks it."""

import subprocess
from pathlib import Path
from typing import Any, List

from lib import connect
from lib.config import relay_to
from lib.control import Control, program

SCRIPTS = Path(__file__).resolve().parents[2] / "completions"
SCRIPT = SCRIPTS / "wsrelayctl"

ASK = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_wsrelayctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words: str) -> List[str]:
    """What the last word may become."""
    result = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", str(SCRIPT), program(), *words],
        capture_output=True, text=True, check=True)
    assert not result.stderr, result
    return result.stdout.split()


def test_commands() -> None:
    assert complete("un") == ["undrain"]
    assert set(complete("s")) == {"status", "sessions", "show"}
    assert len(complete("")) == 11
    assert complete("--json", "re") == ["reload"]
    assert complete("--socket", "status", "re") == ["reload"]
    assert complete("nonsense-") == []


def test_every_command_is_one(control: Control) -> None:
    text = control.ok("--help")
    for command in complete(""):
        assert f"\n  {command} " in text


def test_options() -> None:
    assert complete("--s") == ["--socket"]
    assert complete("drain", "--r") == []
    assert complete("sessions", "--r") == ["--route"]
    assert set(complete("top", "--c")) == {"--client", "--count"}
    assert complete("sessions", "--route", "") == []


def test_levels() -> None:
    assert complete("loglevel", "de") == ["debug"]
    assert len(complete("loglevel", "")) == 5


def test_socket_is_a_file(control: Control) -> None:
    (control.directory / "wsr.sock").touch()
    assert complete("--socket", f"{control.directory}/w") == [
        f"{control.directory}/wsr.sock"]


def test_session_numbers(start_relay: Any, echo: Any, control: Control,
                         connect: Any) -> None:
    relay = start_relay(relay_to(echo.target, **control.option))
    for _ in range(12):
        connect(relay)
    ids = complete("--socket", control.path, "show", "1")
    assert ids == ["1", "10", "11", "12"]
    assert len(complete("-s", control.path, "kill", "3", "")) == 12
    assert complete("--socket", "/nowhere", "show", "") == []


def complete_connect(*words: str) -> List[str]:
    """As complete(), of wsrelay-connect."""
    ask = ASK.replace("_wsrelayctl", "_wsrelay_connect").replace(
        "COMP_WORDS", 'COMP_LINE="$*" COMP_WORDS', 1)
    result = subprocess.run(
        ["bash", "--norc", "-c", ask, "bash", str(SCRIPTS / "wsrelay-connect"),
         connect.program(), *words],
        capture_output=True, text=True, check=True)
    assert not result.stderr, result
    return result.stdout.split()


def test_connect() -> None:
    assert complete_connect("w") == ["ws://", "wss://"]
    assert complete_connect("--s") == ["--subprotocol"]
    assert complete_connect("--origin", "") == []
    assert complete_connect("wss://a") == []
    assert str(SCRIPT) in complete_connect("--ca", str(SCRIPT)[:-3])
    known = subprocess.run([connect.program(), "--help"], text=True,
                           capture_output=True, check=True).stdout
    for option in complete_connect("--"):
        assert option in known
