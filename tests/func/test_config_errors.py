# SPDX-License-Identifier: MIT
"""What is said about a configuration that is wrong."""

import re
from pathlib import Path
from typing import List

import pytest
from lib.relay import run

BASE = """\
listeners = ( { name = "web"; listen = "127.0.0.1:0"; } );
backends = { app = { servers = ( "127.0.0.1:1" ); }; };
routes = ( { name = "app"; path = "/app"; backend = "app"; } );
"""


def errors_of(tmp_path: Path, text: str) -> List[str]:
    """The lines `--check` writes about `text`, without the file's name."""
    path = tmp_path / "test.conf"
    path.write_text(text)
    result = run("-t", "-c", str(path), directory=tmp_path)
    assert result.returncode == 78, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines and all(line.startswith(f"{path}:") for line in lines), lines
    return [line[len(f"{path}:"):] for line in lines]


def check_one(tmp_path: Path, text: str, line: int, *wanted: str) -> None:
    """Exactly one error, at `line`, that has all of `wanted` in it."""
    errors = errors_of(tmp_path, text)
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"{line}: "), errors
    for words in wanted:
        assert words in errors[0], errors


@pytest.mark.parametrize("key,suggestion", [
    ("worker = 2;", "workers"),
    ('limit = { buffer = "64K"; };', "limits"),
    ('limits = { bufer = "64K"; };', "buffer"),
    ('timeouts = { conect = "1s"; };', "connect"),
    ('log = { formt = "json"; };', "format"),
])
def test_mistyped_key(tmp_path: Path, key: str, suggestion: str) -> None:
    name = re.findall(r"\w+", key)[0 if suggestion in ("workers", "limits")
                                   else 1]
    check_one(tmp_path, BASE + key, 4, name, f'"{suggestion}"')


@pytest.mark.parametrize("line,old,new,suggestion", [
    (1, "listen =", "listne =", "listen"),
    (2, "servers =", "server =", "servers"),
    (3, "backend =", "backned =", "backend"),
])
def test_mistyped_key_inside(tmp_path: Path, line: int, old: str, new: str,
                             suggestion: str) -> None:
    errors = errors_of(tmp_path, BASE.replace(old, new))
    assert any(error.startswith(f"{line}: ") and f'"{suggestion}"' in error
               for error in errors), errors


@pytest.mark.parametrize("text,words", [
    ("workers = 0;", ["workers"]),
    ("workers = -1;", ["workers"]),
    ('workers = "many";', ["workers", '"many"']),
    ("workers = 1.5;", ["workers"]),
    ("workers = true;", ["workers"]),
    ('log = { format = "xml"; };', ["log.format", '"xml"', "json"]),
    ('log = { level = "loud"; };', ["log.level", '"loud"', "warning"]),
    ('log = { target = "printer"; };', ["log.target", '"printer"']),
    ('log = { target = "file:relative"; };', ["log.target"]),
    ('log = { target = "journald"; };', ["log.target", '"journal"']),
    ('log = "json";', ["log"]),
    ('limits = { buffer = "64X"; };', ["limits.buffer", '"64X"']),
    ("limits = { buffer = 1; };", ["limits.buffer"]),
    ("limits = { buffer = 0; };", ["limits.buffer"]),
    ("limits = { max_sessions = -5; };", ["limits.max_sessions"]),
    ('limits = { headers = "99999999999999999999G"; };', ["limits.headers"]),
    ('timeouts = { connect = "5 parsecs"; };', ["timeouts.connect"]),
    ("timeouts = { connect = 0; };", ["timeouts.connect"]),
    ('timeouts = { connect = "-1s"; };', ["timeouts.connect"]),
    ('timeouts = { idle = "99999999h"; };', ["timeouts.idle"]),
    ("timeouts = { idle = ( 1 ); };", ["timeouts.idle"]),
    ("listeners = ( );", ["listeners"]),
])
def test_bad_value(tmp_path: Path, text: str, words: List[str]) -> None:
    base = BASE
    if text.startswith("listeners"):
        base = "\n" + "".join(BASE.splitlines(True)[1:])
    errors = errors_of(tmp_path, base + text)
    assert len(errors) == 1, errors
    for word in words:
        assert word in errors[0], errors


@pytest.mark.parametrize("line,old,new,words", [
    (1, "127.0.0.1:0", "127.0.0.1", ["listen"]),
    (1, "127.0.0.1:0", "127.0.0.1:65536", ["listen"]),
    (1, "127.0.0.1:0", "127.0.0.1:http", ["listen"]),
    (1, "127.0.0.1:0", "300.0.0.1:80", ["listen"]),
    (1, "127.0.0.1:0", "::1:80", ["listen"]),
    (1, "127.0.0.1:0", "unix:", ["listen"]),
    (1, "127.0.0.1:0", "unix:/" + "x" * 200, ["listen"]),
    (1, "127.0.0.1:0", "", ["listen"]),
    (1, "; }", '; mode = "0600"; }', ["mode"]),
    (1, "; }", '; tls = { }; }', ["tls"]),
    (1, '"web"', '1', ["name"]),
    (2, '"127.0.0.1:1"', '', ["servers"]),
    (2, '"127.0.0.1:1"', '"127.0.0.1"', ["servers"]),
    (2, '"127.0.0.1:1"', '"127.0.0.1:0"', ["servers"]),
    (2, '"127.0.0.1:1"', '1', ["servers"]),
    (2, '( "127.0.0.1:1" ); }', '( "a:1" ); balance = "random"; }',
     ["balance"]),
    (3, 'backend = "app"', 'backend = "apt"', ["backend", '"apt"', '"app"']),
    (3, 'backend = "app"; ', '', ["backend"]),
    (3, 'path = "/app"; ', '', ["path"]),
    (3, '"/app"', '"app"', ["path"]),
    (3, '"/app"', '""', ["path"]),
    (3, '"/app"', '"/a/{x"', ["path"]),
    (3, '"/app"', '"/a*"', ["path"]),
    (3, '"/app"', '"/a/../b"', ["path"]),
    (3, '; }', '; host = "a b"; }', ["host"]),
    (3, '; }', '; host = "x.*"; }', ["host"]),
    (3, '; }', '; origins = ( "example.org" ); }', ["origins"]),
    (3, '; }', '; origins = ( "https://a/path" ); }', ["origins"]),
    (3, '; }', '; origins = ( ); }', ["origins"]),
    (3, '; }', '; subprotocols = ( "a b" ); }', ["subprotocols"]),
    (3, '; }', '; subprotocols = ( "a", "a" ); }', ["subprotocols"]),
    (3, '; }', '; message = "auto"; }', ["message"]),
    (3, '; }', '; framing = "length24"; }', ["framing"]),
    (3, '; }', '; line_end = "lf"; }', ["line_end", '"lines"']),
    (3, '; }', '; framing = "lines"; line_end = "cr"; }', ["line_end"]),
    (3, '; }', '; compression = "gzip"; }', ["compression", '"gzip"']),
    (3, '; }', '; deflate = { level = 0; }; }', ["deflate.level"]),
    (3, '; }', '; message = "auto"; }', ["message", '"stream"']),
    (3, '; }', '; limits = { message = 1; }; }', ["limits.message"]),
    (3, '; }', '; limits = { headers = "1K"; }; }', ["headers"]),
    (3, '; }', '; timeouts = { handshake = "1s"; }; }', ["handshake"]),
    (3, '; }', '; timeouts = { idle = "x"; }; }', ["idle"]),
])
def test_bad_value_inside(tmp_path: Path, line: int, old: str, new: str,
                          words: List[str]) -> None:
    lines = BASE.splitlines(True)
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    check_one(tmp_path, "".join(lines), line, *words)


@pytest.mark.parametrize("text,line", [
    (BASE + "workers = ;\n", 4),
    (BASE + "\n\nworkers 4\n", 6),
    (BASE + 'log = { format = "json;\n', 4),
    ('listeners = (\n{ name = "web"\n', 2),
])
def test_syntax(tmp_path: Path, text: str, line: int) -> None:
    errors = errors_of(tmp_path, text)
    assert len(errors) == 1
    number = int(errors[0].split(":")[0])
    assert abs(number - line) <= 1, errors


def test_all_errors_are_told_in_order(tmp_path: Path) -> None:
    text = BASE.replace("/app", "app").replace("127.0.0.1:1", "x")
    errors = errors_of(tmp_path, text + "nonsense = 1;\nworkers = 0;\n")
    lines = [int(error.split(":")[0]) for error in errors]
    assert sorted(lines) == [2, 3, 4, 5]
    assert lines == sorted(lines)


def test_empty_file(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, "")
    assert any("listeners" in error for error in errors)


def test_duplicate_names(tmp_path: Path) -> None:
    text = BASE.replace(
        '); \n', ');').replace(
        '"127.0.0.1:0"; } );',
        '"127.0.0.1:0"; },\n{ name = "web"; listen = "127.0.0.2:0"; } );')
    check_one(tmp_path, text, 2, '"web"')


def test_hostile_bytes_stay_on_their_line(tmp_path: Path) -> None:
    errors = errors_of(
        tmp_path, BASE + 'workers = "a\\nb\\x1b[31m";\n')
    assert len(errors) == 1
    assert "\x1b" not in errors[0]


# conf.d.

def write_part(tmp_path: Path, name: str, text: str) -> Path:
    directory = tmp_path / "conf.d"
    directory.mkdir(exist_ok=True)
    part = directory / name
    part.write_text(text)
    return part


def check(tmp_path: Path) -> "tuple[int, List[str]]":
    (tmp_path / "test.conf").write_text(BASE)
    result = run("-t", "-c", str(tmp_path / "test.conf"), directory=tmp_path)
    return result.returncode, result.stderr.splitlines()


def test_conf_d_adds(tmp_path: Path) -> None:
    write_part(tmp_path, "20-routes.conf",
               'routes = ( { name = "b"; path = "/b"; backend = "b"; } );')
    write_part(tmp_path, "10-backends.conf",
               'backends = { b = { servers = ( "127.0.0.1:2" ); }; };')
    write_part(tmp_path, "30-more.conf",
               'listeners = ( { name = "x"; listen = "127.0.0.1:0"; } );'
               'routes = ( { name = "c"; path = "/c"; backend = "app"; } );')
    write_part(tmp_path, "ignored.txt", "no = configuration")
    (tmp_path / "test.conf").write_text(BASE)
    result = run("-T", "-c", str(tmp_path / "test.conf"), directory=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    # The main file first, then the parts in the order of their names.
    assert re.findall(r'path = "(/\w+)"', result.stdout) == ["/app", "/b",
                                                             "/c"]


def test_conf_d_error_names_its_file(tmp_path: Path) -> None:
    part = write_part(tmp_path, "bad.conf",
                      '\nroutes = ( { path = "/b"; backend = "none"; } );')
    code, (line,) = check(tmp_path)
    assert code == 78
    assert line.startswith(f"{part}:2: ") and '"none"' in line


def test_conf_d_may_not_set_global_options(tmp_path: Path) -> None:
    part = write_part(tmp_path, "bad.conf", "workers = 2;")
    code, (line,) = check(tmp_path)
    assert code == 78
    assert line.startswith(f"{part}:1: ") and "workers" in line


def test_conf_d_may_not_repeat_a_backend(tmp_path: Path) -> None:
    part = write_part(tmp_path, "bad.conf",
                      'backends = { app = { servers = ( "127.0.0.1:2" ); }; };')
    code, (line,) = check(tmp_path)
    assert code == 78
    assert line.startswith(f"{part}:1: ") and "app" in line
