# SPDX-License-Identifier: MIT
"""The relays that are compared, each started on one core, one worker."""

import os
import shutil
import socket
import subprocess

from .process import Failed, Process, wait_until

JOBS = ("echo", "sink", "source")
BACKEND_PORT = {"echo": 8002, "sink": 8003, "source": 8004}
RELAY_PORT = {"echo": 9002, "sink": 9003, "source": 9004}


def _listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def _first_line(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, timeout=20)
    return done.stdout.decode(errors="replace").strip().split("\n")[0]


COMMON = ("echo64", "echo1k", "upload", "download", "cycle", "idle")
EVERYWHERE = COMMON + ("scale", "stall")
OVER_TLS = ("tls_echo1k", "tls_upload", "tls_download", "tls_cycle", "idle")

# Of all, so that the same work is compared.
SUITES = "TLS_AES_128_GCM_SHA256"


def _make_certificate(work):
    """An ECDSA key (P-256) and its certificate, in files."""
    key, certificate = (os.path.join(work, n) for n in ("key.pem", "crt.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "7", "-subj",
         "/CN=bench.example", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL, timeout=20)
    return key, certificate


class Relay:
    """A relay that is started afresh for every measurement."""
    name = ""
    program = ""
    package = ""            # what a user installs to have it
    websocket = True
    tls = False
    deflate = False         # clients offer permessage-deflate
    max_sessions = 9000     # two descriptors each, of 20,000
    cells = COMMON      # the measurements it takes part in

    def __init__(self, options):
        self.options = options
        self.processes = []

    def find(self):
        """The program's path, or None when it is not there."""
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        return shutil.which(self.program, path=path)

    def version(self):
        """One line on which version this is."""
        return _first_line([self.find(), "-v"])

    def commands(self, jobs, work):
        """The command lines to start; configuration goes into work."""
        raise NotImplementedError

    def path(self, job):
        """What a WebSocket client asks for."""
        return "/" + job

    def port(self, job):
        """Where the relay takes connections for a job."""
        return RELAY_PORT[job]

    def start(self, jobs, work):
        """Starts it; returns when it accepts connections."""
        log = os.path.join(work, "relay.log")
        for command in self.commands(jobs, work):
            self.processes.append(Process(command, self.options.cpu, log))
        for job in jobs:
            wait_until(lambda: self.check() or _listens(self.port(job)), 20,
                       f"{self.name} does not listen")

    def check(self):
        """Failed when one of its processes has ended."""
        for p in self.processes:
            p.check()

    def total(self, figure):
        """The sum of a figure of process.py over its process trees."""
        self.check()
        return sum(figure(p.pid) for p in self.processes)

    def stop(self):
        """Ends all of it."""
        for p in self.processes:
            p.stop()
        self.processes = []


class Built(Relay):
    """A relay out of the build directory."""

    def find(self):
        path = os.path.join(self.options.build_dir, self.program)
        return path if os.access(path, os.X_OK) else None


class Forwarder(Built):
    """The yardstick."""
    name = "forwarder"
    cells = EVERYWHERE
    program = "tests/bench/forwarder"
    package = "make bench-programs"
    websocket = False

    def version(self):
        return "bare libevent TCP forwarder (tests/bench/forwarder.c)"

    def commands(self, jobs, work):
        return [[self.find()] + [
            f"127.0.0.1:{RELAY_PORT[j]}=127.0.0.1:{BACKEND_PORT[j]}"
            for j in jobs]]


class Wsrelayd(Built):
    """Ours."""
    name = "wsrelayd"
    cells = EVERYWHERE
    program = "src/wsrelayd"
    package = "make"
    log_level = "warning"
    route = ""              # what else there is to say about each route

    def version(self):
        return _first_line([self.find(), "--version"])

    def listener(self, _work):
        """What else there is to say about the listener."""
        return ""

    def port(self, job):
        return RELAY_PORT["echo"]

    def commands(self, jobs, work):
        conf = os.path.join(work, "wsrelayd.conf")
        servers = "".join(
            f'  {j} = {{ servers = ( "127.0.0.1:{BACKEND_PORT[j]}" ); }};\n'
            for j in jobs)
        routes = ",\n".join(
            f'  {{ name = "{j}"; path = "/{j}"; backend = "{j}"; '
            f'{self.route}}}'
            for j in jobs)
        with open(conf, "w", encoding="ascii") as f:
            f.write(f'workers = 1;\n'
                    f'log = {{ target = "file:{work}/session.log"; '
                    f'level = "{self.log_level}"; }};\n'
                    f'listeners = ( {{ name = "bench"; listen = '
                    f'"127.0.0.1:{RELAY_PORT["echo"]}"; '
                    f'{self.listener(work)}}} );\n'
                    f'backends = {{\n{servers}}};\n'
                    f'routes = (\n{routes}\n);\n')
        return [[self.find(), "-c", conf]]


class WsrelaydLogging(Wsrelayd):
    """Ours at the default level: two lines a session, into a file."""
    name = "wsrelayd (log info)"
    log_level = "info"
    cells = ("cycle",)


class WsrelaydLines(Wsrelayd):
    """Ours, a message a line: no byte of the pattern ends one."""
    name = "wsrelayd lines"
    cells = ("echo64",)
    route = 'framing = "lines"; '


class WsrelaydLength32(Wsrelayd):
    """Ours, a length before each message."""
    name = "wsrelayd length32"
    cells = ("echo64",)
    route = 'framing = "length32"; '


class WsrelaydDeflate(Wsrelayd):
    """Ours, compression agreed to but without a message that long."""
    name = "wsrelayd deflate"
    cells = ("idle",)
    deflate = True
    route = 'compression = "on"; deflate = { min_size = "1M"; }; '


class WsrelaydTls(Wsrelayd):
    """Ours, with TLS on the listener."""
    name = "wsrelayd TLS"
    cells = OVER_TLS
    tls = True

    def listener(self, work):
        key, certificate = _make_certificate(work)
        return (f'tls = {{ ciphersuites = "{SUITES}"; certificates = '
                f'( {{ certificate = "{certificate}"; key = "{key}"; }} ); '
                f'}}; ')


class Haproxy(Relay):
    """HAProxy as a TCP proxy: it looks into no frame."""
    name = "HAProxy TCP"
    cells = COMMON + ("scale",)
    program = package = "haproxy"
    websocket = False

    def bind(self, _work):
        """What else there is to say about the sockets it listens on."""
        return ""

    def commands(self, jobs, work):
        bind = self.bind(work)
        conf = os.path.join(work, "haproxy.cfg")
        with open(conf, "w", encoding="ascii") as f:
            f.write("global\n  nbthread 1\n  maxconn 9500\n"
                    "defaults\n  mode tcp\n  timeout connect 5s\n"
                    "  timeout client 1h\n  timeout server 1h\n")
            for j in jobs:
                f.write(f"listen {j}\n  bind 127.0.0.1:{RELAY_PORT[j]}{bind}\n"
                        f"  server s 127.0.0.1:{BACKEND_PORT[j]}\n")
        return [[self.find(), "-db", "-f", conf]]


class HaproxyTls(Haproxy):
    """HAProxy that ends TLS and passes on what is inside."""
    name = "HAProxy TLS"
    cells = OVER_TLS
    tls = True

    def bind(self, work):
        key, certificate = _make_certificate(work)
        both = os.path.join(work, "both.pem")
        with open(both, "w", encoding="ascii") as out:
            for path in (certificate, key):
                with open(path, encoding="ascii") as part:
                    out.write(part.read())
        return f" ssl crt {both} ciphersuites {SUITES}"


class Nginx(Relay):
    """nginx's stream module: a TCP proxy too."""
    name = "nginx stream"
    program = "nginx"
    package = "libnginx-mod-stream"
    websocket = False
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"

    def find(self):
        return super().find() if os.path.exists(self.module) else None

    def bind(self, _work):
        """What else there is to say about sockets, and about servers."""
        return "", ""

    def commands(self, jobs, work):
        bind, more = self.bind(work)
        conf = os.path.join(work, "nginx.conf")
        servers = "".join(
            f"  server {{ listen 127.0.0.1:{RELAY_PORT[j]}{bind}; {more}"
            f"proxy_pass 127.0.0.1:{BACKEND_PORT[j]}; }}\n" for j in jobs)
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"load_module {self.module};\nuser root;\n"
                    f"worker_processes 1;\ndaemon off;\npid {work}/pid;\n"
                    f"error_log stderr;\n"
                    f"events {{ worker_connections 19000; }}\n"
                    f"stream {{\n  tcp_nodelay on;\n  proxy_timeout 1h;\n"
                    f"{servers}}}\n")
        return [[self.find(), "-c", conf, "-p", work]]


class NginxTls(Nginx):
    """The same with TLS."""
    name = "nginx stream TLS"
    cells = OVER_TLS
    tls = True

    def bind(self, work):
        key, certificate = _make_certificate(work)
        return (" ssl", f"ssl_certificate {certificate}; "
                f"ssl_certificate_key {key}; ssl_protocols TLSv1.3; "
                f"ssl_conf_command Ciphersuites {SUITES}; ")


class Lighttpd(Relay):
    """lighttpd's mod_wstunnel: the nearest relative written in C."""
    name = "lighttpd"
    program = "lighttpd"
    package = "lighttpd"
    max_sessions = 8500     # it stops accepting at 90 % of its descriptors

    def port(self, job):
        return RELAY_PORT["echo"]

    def commands(self, jobs, work):
        conf = os.path.join(work, "lighttpd.conf")
        servers = ",\n".join(
            f'  "/{j}" => (( "host" => "127.0.0.1", '
            f'"port" => {BACKEND_PORT[j]} ))' for j in jobs)
        with open(conf, "w", encoding="ascii") as f:
            f.write(f'server.modules = ( "mod_wstunnel" )\n'
                    f'server.bind = "127.0.0.1"\n'
                    f'server.port = {RELAY_PORT["echo"]}\n'
                    f'server.document-root = "{work}"\n'
                    f'server.max-fds = 20000\n'
                    f'server.max-connections = 9500\n'
                    f'server.max-read-idle = 3600\n'
                    f'server.max-write-idle = 3600\n'
                    f'wstunnel.frame-type = "binary"\n'
                    f'wstunnel.server = (\n{servers}\n)\n')
        return [[self.find(), "-D", "-f", conf]]


class Websockify(Relay):
    """What most people use: a process for every connection."""
    name = "websockify"
    program = package = "websockify"
    max_sessions = 100

    def version(self):
        query = ["dpkg-query", "-W", "-f", "${Package} ${Version}",
                 self.package]
        return _first_line(query) if shutil.which("dpkg-query") else "unknown"

    def commands(self, jobs, work):
        return [[self.find(), f"127.0.0.1:{RELAY_PORT[j]}",
                 f"127.0.0.1:{BACKEND_PORT[j]}"] for j in jobs]


ALL = (Forwarder, Wsrelayd, WsrelaydLogging, WsrelaydLines, WsrelaydLength32,
       WsrelaydDeflate, WsrelaydTls, Haproxy, HaproxyTls, Nginx, NginxTls,
       Lighttpd, Websockify)


def present(options, names):
    """The relays to compare; those that are missing are said."""
    found = []
    for kind in ALL:
        relay = kind(options)
        if names and not any(n.lower() in kind.name.lower() for n in names):
            continue
        if relay.find():
            found.append(relay)
        else:
            print(f"bench: left out: {kind.name} (not found: "
                  f"{kind.package})", flush=True)
    if not found:
        raise Failed("no relay to measure")
    return found
