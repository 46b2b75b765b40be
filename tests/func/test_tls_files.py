# SPDX-License-Identifier: MIT
"""Certificate files: what is wrong with them, and what becomes of changes."""

import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from lib import relay as daemon
from lib.config import relay_to, render
from lib.relay import run
from lib.tls import (RSA, Authority, Pair, TlsClient, expired, openssl,
                     tls_listener, tls_relay_to, trusting)
from lib.wait import DEADLINE, wait_for


@pytest.fixture(scope="module")
def authority(tmp_path_factory: Any) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def old(authority: Authority) -> Pair:
    return authority.issue("old", ["relay.test", "old.test"])


@pytest.fixture(scope="module")
def new(authority: Authority) -> Pair:
    return authority.issue("new", ["relay.test", "new.test"])


def copy(pair: Pair, to: Pair) -> None:
    shutil.copy(pair.certificate, to.certificate)
    shutil.copy(pair.key, to.key)


@pytest.fixture
def live(tmp_path: Path, old: Pair) -> Pair:
    """A pair that a daemon serves, its files the test's to change."""
    directory = tmp_path / "live"
    directory.mkdir()
    pair = Pair(directory, "live")
    copy(old, pair)
    return pair


def served(relay: Any, authority: Authority) -> int:
    """The serial number of what is served now."""
    client = TlsClient(relay.address, trusting(authority))
    with client.sock as sock:
        return int(sock.getpeercert()["serialNumber"], 16)


def wait_served(relay: Any, authority: Authority, pair: Pair) -> None:
    wait_for(lambda: served(relay, authority) == pair.serial(),
             f"{pair.name} served")


def check(tmp_path: Path, config: Any) -> Any:
    (tmp_path / "c.conf").write_text(render(config))
    done = run("-t", "-c", "c.conf", directory=tmp_path)
    return done.returncode, done.stderr.splitlines()


def errors_of(tmp_path: Path, *pairs: Any, **tls: Any) -> Any:
    config = relay_to("127.0.0.1:1", listeners=[tls_listener(*pairs, **tls)])
    code, lines = check(tmp_path, config)
    assert code == (78 if lines else 0)
    where = str(tmp_path / "c.conf").replace(str(tmp_path) + "/", "")
    for line in lines:
        assert line.startswith(f"{where}:"), line
    return [line.split(": ", 1)[1] for line in lines]


def test_good(tmp_path: Path, old: Pair, new: Pair) -> None:
    assert errors_of(tmp_path, old, new, min_version="1.3") == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    gone = Pair(tmp_path, "gone")
    what = "cannot be read: No such file or directory"
    assert errors_of(tmp_path, gone) == [
        f'listeners[0].tls.certificates[0].certificate: '
        f'"{gone.certificate}" {what}',
        f'listeners[0].tls.certificates[0].key: "{gone.key}" {what}']


def test_a_pipe_nobody_writes_to(tmp_path: Path, old: Pair) -> None:
    pipe = Pair(tmp_path, "pipe")
    os.mkfifo(pipe.certificate)
    shutil.copy(old.key, pipe.key)
    assert errors_of(tmp_path, pipe) == [
        f'listeners[0].tls.certificates[0].certificate: '
        f'"{pipe.certificate}" cannot be read: it is a pipe, which is read '
        f'but once']


def test_all_errors_of_all_certificates(tmp_path: Path, old: Pair, new: Pair,
                                        authority: Authority) -> None:
    crossed = Pair(tmp_path, "crossed")
    shutil.copy(old.certificate, crossed.certificate)
    shutil.copy(new.key, crossed.key)
    past = expired(authority, "past")
    future = authority.issue("future", begin="300101000000Z",
                             end="310101000000Z")
    text = Pair(tmp_path, "text")
    text.certificate.write_text("hello\n")
    shutil.copy(old.key, text.key)
    lines = errors_of(tmp_path, old, crossed, past, future, text)
    place = "listeners[0].tls.certificates"
    assert lines == [
        f'{place}[1].key: "{crossed.key}": the key is not that of the '
        "certificate",
        f'{place}[2].certificate: "{past.certificate}": the certificate has '
        "expired",
        f'{place}[3].certificate: "{future.certificate}": the certificate is '
        "not valid yet",
        f'{place}[4].certificate: "{text.certificate}": there is no '
        "certificate in it"]


def test_damaged_files(tmp_path: Path, old: Pair) -> None:
    pair = Pair(tmp_path, "damaged")
    copy(old, pair)
    pair.certificate.write_text(old.certificate.read_text()[:200])
    assert "damaged" in errors_of(tmp_path, pair)[0]
    copy(old, pair)
    pair.key.write_bytes(b"\0" + old.key.read_bytes())
    assert "null byte" in errors_of(tmp_path, pair)[0]
    pair.key.write_bytes(b"")
    assert "no private key" in errors_of(tmp_path, pair)[0]
    copy(old, pair)
    with open(pair.certificate, "a", encoding="ascii") as file:
        file.write("-----BEGIN CERTIFICATE-----\nAAAA\n"
                   "-----END CERTIFICATE-----\n")
    assert "damaged" in errors_of(tmp_path, pair)[0]


def test_passphrase(tmp_path: Path, old: Pair) -> None:
    """Said, never asked for."""
    pair = Pair(tmp_path, "locked")
    copy(old, pair)
    openssl("pkey", "-in", str(old.key), "-aes256", "-passout", "pass:secret",
            "-out", str(pair.key))
    [line] = errors_of(tmp_path, pair)
    assert "protected by a passphrase" in line


def test_weak_key(tmp_path: Path, authority: Authority) -> None:
    weak = authority.issue("weak", kind=("rsa:1024",))
    [line] = errors_of(tmp_path, weak)
    assert "ee key too small" in line


def test_ciphers_and_authorities(tmp_path: Path, old: Pair) -> None:
    [line] = errors_of(tmp_path, old, ciphers="NONSENSE")
    assert line.startswith('listeners[0].tls.ciphers: "NONSENSE": ')
    [line] = errors_of(tmp_path, old, ciphersuites="NONSENSE")
    assert line.startswith('listeners[0].tls.ciphersuites: "NONSENSE": ')
    [line] = errors_of(tmp_path, old, client_ca=str(old.key),
                       client_verify="require")
    assert line.endswith("there is no certificate in it")


@pytest.mark.parametrize("keep", [30, 200, -30])
def test_authorities_in_part(tmp_path: Path, old: Pair, authority: Authority,
                             keep: int) -> None:
    """A file that is written just now: half of it is not all there is."""
    one = Path(authority.path).read_text()
    both = tmp_path / "both.pem"
    both.write_text(one + one[:keep])
    [line] = errors_of(tmp_path, old, client_ca=str(both),
                       client_verify="require")
    assert line == (f'listeners[0].tls.client_ca: "{both}": '
                    "a certificate in it is damaged")


def test_one_file_for_both(tmp_path: Path, old: Pair) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(old.key.read_bytes() + old.certificate.read_bytes())
    config = relay_to("127.0.0.1:1", listeners=[{
        "listen": "127.0.0.1:0",
        "tls": {"certificates": [{"certificate": str(both)}]}}])
    assert check(tmp_path, config) == (0, [])


def test_credentials(start_relay: Any, tmp_path: Path, old: Pair, echo: Any,
                     authority: Authority,
                     monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "credentials"
    store.mkdir()
    shutil.copy(old.certificate, store / "web.pem")
    shutil.copy(old.key, store / "web.key")
    listener = tls_listener(old)
    listener["tls"]["certificates"] = [{
        "certificate": "credential:web.pem", "key": "credential:web.key"}]
    config = relay_to(echo.target, listeners=[listener])
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    code, lines = check(tmp_path, config)
    assert code == 78 and "no credentials" in lines[0]
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(store))
    assert check(tmp_path, config) == (0, [])
    relay = start_relay(config)
    assert served(relay, authority) == old.serial()


def test_start_with_a_bad_one(tmp_path: Path, authority: Authority) -> None:
    past = expired(authority, "start")
    (tmp_path / "c.conf").write_text(render(tls_relay_to("127.0.0.1:1", past)))
    done = run("-c", "c.conf", directory=tmp_path)
    assert done.returncode == 78
    assert "has expired" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_dump_reads_no_file(tmp_path: Path) -> None:
    config = tls_relay_to("127.0.0.1:1", Pair(tmp_path, "gone"))
    (tmp_path / "c.conf").write_text(render(config))
    done = run("-T", "-c", "c.conf", directory=tmp_path)
    assert done.returncode == 0
    (tmp_path / "d.conf").write_text(done.stdout)
    again = run("-T", "-c", "d.conf", directory=tmp_path)
    assert again.stdout == done.stdout
    assert "certificates = (" in again.stdout


# Changes.


def write(new: Pair, live: Pair) -> None:
    copy(new, live)


def rename(new: Pair, live: Pair) -> None:
    for source, to in (new.certificate, live.certificate), (new.key, live.key):
        other = to.with_suffix(".tmp")
        shutil.copy(source, other)
        os.rename(other, to)


@pytest.mark.parametrize("change", [write, rename])
def test_changed_files_serve(start_relay: Any, echo: Any, authority: Any,
                             live: Pair, old: Pair, new: Pair,
                             change: Callable[[Pair, Pair], None]) -> None:
    """And nothing else is read again: sessions go on, one line says it."""
    relay = start_relay(tls_relay_to(echo.target, live))
    loaded = relay.wait_log(event="certificate loaded")
    assert loaded["names"] == "relay.test old.test"
    assert loaded["file"] == str(live.certificate)
    client = TlsClient(relay.address, trusting(authority))
    client.upgrade()
    change(new, live)
    wait_served(relay, authority, new)
    client.send_binary(b"still here")
    assert client.read_data(10) == b"still here"
    client.close()
    client.sock.close()
    line = relay.wait_log(2, event="certificate loaded")
    assert line["names"] == "relay.test new.test"
    assert line["expires"].endswith("Z")
    assert not relay.log(event="configuration reloaded")


def link_pair(live: Path, target: str) -> None:
    for name in "tls.crt", "tls.key":
        (live / name).symlink_to(f"{target}/{name}")


def fill(directory: Path, pair: Pair) -> None:
    directory.mkdir()
    shutil.copy(pair.certificate, directory / "tls.crt")
    shutil.copy(pair.key, directory / "tls.key")


def linked(live: Path) -> Pair:
    pair = Pair(live, "tls")
    pair.certificate = live / "tls.crt"
    pair.key = live / "tls.key"
    return pair


def test_links_as_kubernetes_swaps_them(start_relay: Any, echo: Any,
                                        authority: Any, tmp_path: Path,
                                        old: Pair, new: Pair) -> None:
    live = tmp_path / "k8s"
    live.mkdir()
    fill(live / "..1", old)
    (live / "..data").symlink_to("..1")
    link_pair(live, "..data")
    relay = start_relay(tls_relay_to(echo.target, linked(live)))
    for number, pair in (2, new), (3, old):
        fill(live / f"..{number}", pair)
        (live / "..tmp").symlink_to(f"..{number}")
        os.rename(live / "..tmp", live / "..data")
        shutil.rmtree(live / f"..{number - 1}")
        wait_served(relay, authority, pair)
    assert not relay.log(level="error")


def test_links_as_certbot_swaps_them(start_relay: Any, echo: Any,
                                     authority: Any, tmp_path: Path,
                                     old: Pair, new: Pair) -> None:
    (tmp_path / "archive").mkdir()
    fill(tmp_path / "archive" / "1", old)
    live = tmp_path / "site"
    live.mkdir()
    link_pair(live, "../archive/1")
    relay = start_relay(tls_relay_to(echo.target, linked(live)))
    for number, pair in (2, new), (3, old):
        fill(tmp_path / "archive" / str(number), pair)
        for name in "tls.crt", "tls.key":
            (live / name).unlink()
            (live / name).symlink_to(f"../archive/{number}/{name}")
        wait_served(relay, authority, pair)
    # And a file that is written where a link leads to.
    shutil.copy(new.certificate, tmp_path / "archive" / "3" / "tls.crt")
    shutil.copy(new.key, tmp_path / "archive" / "3" / "tls.key")
    wait_served(relay, authority, new)


def test_a_directory_that_is_a_link(start_relay: Any, echo: Any,
                                    authority: Any, tmp_path: Path, old: Pair,
                                    new: Pair) -> None:
    fill(tmp_path / "v1", old)
    fill(tmp_path / "v2", new)
    (tmp_path / "current").symlink_to("v1")
    relay = start_relay(tls_relay_to(echo.target,
                                     linked(tmp_path / "current")))
    (tmp_path / "tmp").symlink_to("v2")
    os.rename(tmp_path / "tmp", tmp_path / "current")
    wait_served(relay, authority, new)


def test_bad_new_one_keeps_the_old(start_relay: Any, echo: Any, authority: Any,
                                   live: Pair, old: Pair, new: Pair) -> None:
    """Whatever is wrong, it is said once, with the file; then mended."""
    relay = start_relay(tls_relay_to(echo.target, live))
    live.certificate.write_text("nonsense\n")
    relay.wait_log(event="certificates refused, the old ones serve on")
    line = relay.log(level="error")[0]
    assert str(live.certificate) in line["event"]
    assert "there is no certificate in it" in line["event"]
    assert served(relay, authority) == old.serial()
    live.certificate.unlink()
    relay.wait_log(2, event="certificates refused, the old ones serve on")
    assert served(relay, authority) == old.serial()
    copy(new, live)
    wait_served(relay, authority, new)
    copy(expired(authority, "later"), live)
    relay.wait_log(3, event="certificates refused, the old ones serve on")
    assert served(relay, authority) == new.serial()


def test_one_that_expires_does_not_hold_up_others(
        start_relay: Any, echo: Any, authority: Any, live: Pair,
        new: Pair) -> None:
    """It serves on, with a warning, also over a reload; not a new start."""
    begun = time.time()
    run("--version", directory=live.certificate.parent)
    # Time enough to start, under a sanitizer as well.
    end = time.time() + 4 + 5 * (time.time() - begun)
    form = "%y%m%d%H%M%SZ"
    brief = authority.issue(
        "brief", ["brief.test"], begin="200101000000Z",
        end=time.strftime(form, time.gmtime(end)))
    config = tls_relay_to(echo.target, live, brief)
    relay = start_relay(config)
    wait_for(lambda: time.time() > end + 1, "its end",
             end - time.time() + DEADLINE)
    copy(new, live)
    wait_served(relay, authority, new)
    relay.wait_log(event="certificate has expired, it serves on",
                   names="brief.test")
    relay.reload(config)
    code, _ = check(live.certificate.parent, config)
    assert code == 78


def test_touched_file_is_no_news(start_relay: Any, echo: Any, live: Pair,
                                 authority: Any, new: Pair) -> None:
    relay = start_relay(tls_relay_to(echo.target, live))
    live.certificate.touch()
    (live.certificate.parent / "other").write_text("x")
    copy(new, live)
    wait_served(relay, authority, new)
    assert len(relay.log(event="certificate loaded")) == 2


def test_reload_reads_them_again(start_relay: Any, echo: Any, authority: Any,
                                 live: Pair, new: Pair) -> None:
    config = tls_relay_to(echo.target, live)
    relay = start_relay(config)
    copy(new, live)
    relay.reload(config)
    assert served(relay, authority) == new.serial()


def test_reload_with_a_bad_one_changes_nothing(start_relay: Any, echo: Any,
                                               authority: Any, live: Pair,
                                               old: Pair) -> None:
    config = tls_relay_to(echo.target, live)
    relay = start_relay(config)
    shutil.copy(authority.path, live.certificate)
    config["routes"][0]["path"] = "/elsewhere"
    relay.reload_refused(config)
    lines = [line["event"] for line in relay.log(level="error")]
    assert any("the key is not that of the certificate" in line
               for line in lines)
    client = TlsClient(relay.address, trusting(authority))
    client.upgrade("/app")
    assert int(client.sock.getpeercert()["serialNumber"], 16) == old.serial()
    client.sock.close()


def test_listener_turns_to_tls_and_back(start_relay: Any, echo: Any,
                                        authority: Any, old: Pair,
                                        connect: Any) -> None:
    """On the same socket: those who come later have it."""
    plain = relay_to(echo.target)
    relay = start_relay(plain)
    port = relay.port
    first = connect(("127.0.0.1", port))
    plain["listeners"][0]["tls"] = tls_listener(old)["tls"]
    relay.reload(plain)
    with TlsClient(("127.0.0.1", port), trusting(authority)) as client:
        client.upgrade()
    first.send_binary(b"x")
    assert first.read_data(1) == b"x"
    del plain["listeners"][0]["tls"]
    relay.reload(plain)
    connect(("127.0.0.1", port)).close()


def test_swapped_under_load(start_relay: Any, echo: Any, authority: Any,
                            live: Pair, old: Pair, new: Pair) -> None:
    """By file changes and by HUP, no handshake fails and no byte is lost."""
    config = tls_relay_to(echo.target, live, workers=2)
    relay = start_relay(config)
    done = threading.Event()
    failures = []
    counts = [0, 0]
    serials = set()

    def churn(number: int) -> None:
        context = trusting(authority)
        while not done.is_set():
            try:
                with TlsClient(relay.address, context) as client:
                    serials.add(client.sock.getpeercert()["serialNumber"])
                    client.upgrade()
                    client.send_binary(b"y" * 1000)
                    assert client.read_data(1000) == b"y" * 1000
                    client.close()
                counts[number] += 1
            except (OSError, AssertionError) as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=churn, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(6):
            rename(old if number % 2 else new, live)
            if number % 3 == 2:
                relay.reload(config)
            wait_served(relay, authority, old if number % 2 else new)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert min(counts) > 10
    assert len(serials) == 2


def test_demo(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [daemon.binary(), "--demo", "--tls", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=daemon.environment(tmp_path))
    try:
        assert demo.stdout
        line = demo.stdout.readline()
        assert line.startswith("wsrelayd demo: open https://127.0.0.1:")
        port = int(line.split("https://127.0.0.1:")[1].split("/")[0])
        text = ssl.get_server_certificate(("127.0.0.1", port),
                                          timeout=DEADLINE)
        own = tmp_path / "own.pem"
        own.write_text(text)
        for host in "localhost", "127.0.0.1":
            context = ssl.create_default_context(cafile=str(own))
            client = TlsClient(("127.0.0.1", port), context, host=host)
            client.upgrade("/echo", host=f"127.0.0.1:{port}")
            client.send_text("hello")
            assert client.read_data(5) == b"hello"
            client.close()
            client.sock.close()
    finally:
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(DEADLINE) == 0
        demo.stdout.close()
    assert not daemon.sanitizer_reports(tmp_path)


def test_rsa_file_can_be_read(tmp_path: Path, authority: Authority) -> None:
    """The old form of a key's file too ("RSA PRIVATE KEY")."""
    pair = authority.issue("traditional", kind=RSA)
    openssl("rsa", "-in", str(pair.key), "-traditional", "-out",
            str(pair.key))
    assert "RSA PRIVATE KEY" in pair.key.read_text()
    assert errors_of(tmp_path, pair) == []
