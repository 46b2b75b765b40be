# SPDX-License-Identifier: MIT
"""The Debian package: built, examined, and lived with in a real systemd."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
LAB = TOP / "tests" / "systemd" / "boot.sh"

Facts = Dict[str, Any]


def run(*command: Any, limit: int = 600) -> str:
    done = subprocess.run([str(word) for word in command], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=limit,
                          check=False)
    assert done.returncode == 0, done.stdout[-8000:]
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with wsrelayd_*.deb, newer.deb and the README."""
    where = tmp_path_factory.mktemp("package") / "deb"
    run(HERE / "build-package", where)
    return where


@pytest.fixture(scope="session")
def facts(built: Path, tmp_path_factory: pytest.TempPathFactory
          ) -> Iterator[Facts]:
    """What the script `inside` saw in the lab."""
    out = tmp_path_factory.mktemp("lab")
    run("bash", LAB, "-b", f"{built}:/deb", "-o", out,
        HERE / "inside")
    yield json.loads((out / "facts.json").read_text())


def check(result: Facts, status: int = 0) -> str:
    """A command inside ended so."""
    assert result["status"] == status, result["output"]
    return result["output"]


def check_serves(step: Facts) -> None:
    assert step["service"]["ActiveState"] == "active", step["service"]
    assert step["answer"] == "HTTP/1.1 404 Not Found"


def settings(conf: Path) -> List[str]:
    """Lines of a shell-like file that say something."""
    lines = conf.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def package_of(built: Path) -> Path:
    package, = built.glob("wsrelayd_*.deb")
    return package


def test_lintian_finds_nothing(built: Path) -> None:
    said = run("lintian", "--allow-root", "--fail-on", "error,warning",
               "--tag-display-limit", "0", package_of(built))
    assert "E:" not in said and "W:" not in said


def test_it_has_what_the_documents_promise(built: Path) -> None:
    listed = run("dpkg-deb", "--contents", package_of(built))
    for path in ("usr/sbin/wsrelayd", "usr/bin/wsrelayctl",
                 "usr/bin/wsrelay-connect",
                 "etc/wsrelayd/wsrelayd.conf", "etc/wsrelayd/conf.d/",
                 "lib/systemd/system/wsrelayd.service",
                 "lib/systemd/system/wsrelayd.socket",
                 "etc/logrotate.d/wsrelayd",
                 "usr/share/bash-completion/completions/wsrelay-connect",
                 "usr/share/bash-completion/completions/wsrelayctl",
                 "usr/share/man/man8/wsrelayd.8.gz",
                 "usr/share/man/man5/wsrelayd.conf.5.gz",
                 "usr/share/man/man1/wsrelay-connect.1.gz",
                 "usr/share/man/man1/wsrelayctl.1.gz"):
        assert f"./{path}\n" in listed, path


def test_install_starts_it(facts: Facts) -> None:
    step = facts["install"]
    check(step["apt"])
    check_serves(step)
    assert step["service"]["UnitFileState"] == "enabled"
    assert "wsrelayd" in check(step["version"])


def test_it_listens_on_this_machine_only(facts: Facts) -> None:
    ours = [a for a in facts["install"]["listening"] if a.endswith(":8080")]
    assert ours == ["127.0.0.1:8080"]


def test_it_is_not_root(facts: Facts) -> None:
    process = facts["install"]["process"]
    assert "0" not in process["Uid"].split() + process["Gid"].split()
    assert process["NoNewPrivs"] == "1"


def test_it_can_be_controlled(facts: Facts) -> None:
    assert "running" in check(facts["install"]["control"])


def test_pages_are_found(facts: Facts) -> None:
    for page in facts["install"]["pages"]:
        check(page)


def test_the_units_are_good(facts: Facts) -> None:
    assert check(facts["install"]["verify"]) == ""
    assert facts["install"]["socket"]["output"] == "disabled"


def test_logrotate_understands(facts: Facts) -> None:
    assert "error" not in check(facts["install"]["logrotate"])


def test_a_log_file_and_its_rotation(facts: Facts) -> None:
    """By the drop-in of the manual; the file is opened anew."""
    step = facts["file"]
    check(step["restart"])
    check(step["rotate"])
    assert "ready" in step["files"]["wsrelayd.log.1"]
    assert "path=/after" in step["files"]["wsrelayd.log"]
    assert "0" not in step["process"]["Uid"].split()


def test_reload(facts: Facts) -> None:
    step = facts["change"]
    check(step["reload"])
    assert step["service"]["MainPID"] == facts["install"]["service"]["MainPID"]


def test_a_bad_reload_fails_and_changes_nothing(facts: Facts) -> None:
    step = facts["break"]
    assert step["reload"]["status"] != 0
    assert step["service"]["MainPID"] == step["before"]["MainPID"]
    check_serves(step)


def test_upgrade_keeps_the_configuration(facts: Facts) -> None:
    step = facts["upgrade"]
    check(step["apt"])
    assert 'name = "mine";' in step["conf"]
    assert check(step["package"]).endswith("+newer")


def test_upgrade_restarts_it(facts: Facts) -> None:
    step = facts["upgrade"]
    check_serves(step)
    assert step["service"]["MainPID"] != step["before"]["MainPID"]


def test_remove_keeps_the_configuration(facts: Facts) -> None:
    step = facts["remove"]
    check(step["apt"])
    assert 'name = "mine";' in step["conf"]
    assert not step["program"]
    assert "127.0.0.1:8080" not in step["listening"]


def test_purge_leaves_nothing(facts: Facts) -> None:
    step = facts["purge"]
    check(step["apt"])
    assert step["left"] == []
    assert check(step["failed"]) == ""


def test_it_runs_as_in_a_container(facts: Facts) -> None:
    """No root, no capability, a root file system that cannot be written."""
    step = facts["contained"]
    assert step["answer"] == "HTTP/1.1 404 Not Found", step["log"]
    assert step["process"]["Uid"].split() == ["65532"] * 4
    assert int(step["process"]["CapBnd"], 16) == 0
    assert step["code"] == 0, step["log"]


def test_the_readme_is_true(facts: Facts) -> None:
    """From the package to TLS, metrics and a status page."""
    step = facts["readme"]
    assert "apt install" in step["script"]
    said = check(step["done"])
    assert "state      running" in said
    assert "wsrelayd_certificate_expiry_seconds{" in said
    assert step["page"] == "HTTP/1.1 200 OK"
    assert step["service"]["ActiveState"] == "active"


def test_a_renewed_certificate_serves(facts: Facts) -> None:
    """Without a reload, in the sandbox too."""
    step = facts["readme"]
    check(step["renewed"])
    first, then = step["served"]
    assert first and then and first != then


def test_the_containerfile_keeps_the_rules() -> None:
    """What reviewers of such files look for; no engine runs it here."""
    lines = settings(TOP / "Containerfile")
    text = "\n".join(lines)
    words = [line.split()[0] for line in lines if line[0].isupper()]
    assert words[0] == "FROM" and "latest" not in lines[0]
    assert ":" in lines[0].split()[1], "a tag that is pinned"
    assert "ADD" not in words and "sudo" not in text
    assert text.count("apt-get update") == text.count("RUN") == 1
    assert "--no-install-recommends" in text
    assert "rm -rf" in text and "/var/lib/apt/lists" in text
    user = next(line for line in lines if line.startswith("USER"))
    assert user.split()[1].split(":")[0].isdigit() and "USER 0" not in user
    assert words.index("USER") > words.index("RUN")
    for word in ("ENTRYPOINT", "CMD"):
        line = next(line for line in lines if line.startswith(word))
        assert isinstance(json.loads(line.split(None, 1)[1]), list)


if os.geteuid():
    pytest.exit("the lab needs root", returncode=2)
