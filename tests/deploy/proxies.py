"""The shipped configurations of web servers, at ports and with a certificate of a test, in front of the product."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories.ports import free_port
from tests.front.serving import PATIENCE_SECONDS, wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
SITE = "reports.example.com"  # as the shipped files have it
# What Debian's nginx.conf says around a site, its gzip included.
NGINX = """
{user}daemon off; pid {folder}/nginx.pid; error_log stderr; worker_rlimit_nofile 20000;
events {{ worker_connections 8192; }}
http {{
    include /etc/nginx/mime.types; default_type application/octet-stream; gzip on; sendfile on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/upstream.conf; include {folder}/site.conf;
}}
"""


def program(name: str, package: str) -> str:
    """Return the path of a program; skip the test where it is not there."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} is not installed ({package})")
    return found


@dataclass(frozen=True)
class Answer:
    status: int
    version: str
    headers: Mapping[str, str]  # names in lower case; of several of a name the last
    cookies: tuple[str, ...]  # as they were set
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def cookie(self) -> str:
        """Return the cookies that were set, as a browser sends them back."""
        return "; ".join(cookie.partition(";")[0] for cookie in self.cookies)


@dataclass(frozen=True)
class Front:
    """A web server that listens for readers."""

    kind: str
    port: int
    certificate: Path
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"https://{SITE}:{self.port}"

    def ask(self, path: str, *options: str, source: str = "127.0.0.1", cookie: str = "") -> Answer:
        """Ask with curl from an address of this machine; raise CalledProcessError where there is no answer."""
        command = [program("curl", "Debian: apt install curl"), "--silent", "--show-error", "--include"]
        command += ["--cacert", str(self.certificate), "--resolve", f"{SITE}:{self.port}:127.0.0.1"]
        command += ["--interface", source, "--max-time", str(PATIENCE_SECONDS), "--header", "Accept-Language: en"]
        command += ["--cookie", cookie] if cookie else []
        done = subprocess.run([*command, *options, self.address + path], check=True, capture_output=True)
        return _read(done.stdout)

    def post(self, path: str, form: Mapping[str, str], *options: str, source: str = "127.0.0.1", cookie: str = ""):
        fields = [part for name, value in form.items() for part in ("--data-urlencode", f"{name}={value}")]
        referer = ["--referer", self.address + path]  # asked for over https
        return self.ask(path, *fields, *referer, *options, source=source, cookie=cookie)


def _read(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    while head.split(b" ", 2)[1].startswith(b"1"):  # 100 Continue
        head, _, body = body.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    version, status = first.split(" ")[:2]
    set_cookies = tuple(value for name, value in pairs if name == "set-cookie")
    return Answer(int(status), version, dict(pairs), set_cookies, body)


def make_certificate(folder: Path) -> Path:
    """Make a certificate of the site and its key."""
    command = [program("openssl", "Debian: apt install openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={SITE}", "-addext", f"subjectAltName=DNS:{SITE}"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return folder / "fullchain.pem"


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Return a shipped file with other ports and places; each must stand in it."""
    for old, new in pairs:
        assert old in text, f"{old} is not in it any more"
        text = text.replace(old, new)
    return text


def write_nginx(folder: Path, port: int, upstream: int) -> list[str]:
    """Write the shipped site for a port, before paidspan at another; return the command that serves it."""
    plain = free_port()
    site = replaced(
        (DEPLOY / "nginx/site.conf").read_text(),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("listen [::]:443 ssl http2;", ""),
        ("/etc/nginx/paidspan/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
    )
    shipped = (DEPLOY / "nginx/upstream.conf").read_text()
    (folder / "site.conf").write_text(site)
    (folder / "upstream.conf").write_text(replaced(shipped, ("127.0.0.1:8000", f"127.0.0.1:{upstream}")))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user="user root; " if os.getuid() == 0 else ""))
    return [program("nginx", "Debian: apt install nginx-light"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def write_caddy(folder: Path, port: int, upstream: int) -> list[str]:
    """Write the shipped Caddyfile for a port; return the command that serves it."""
    text = replaced(
        (DEPLOY / "Caddyfile").read_text(),
        ("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers"),
        (f"{SITE} {{", f"https://{SITE}:{port} {{\n\ttls {folder}/fullchain.pem {folder}/privkey.pem"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("lb_try_duration 15s", "lb_try_duration 60s"),  # this machine has much else to do
    )
    (folder / "Caddyfile").write_text(text)
    return [program("caddy", "Debian: apt install caddy"), "run", "--config", str(folder / "Caddyfile")]


WRITERS = {"nginx": write_nginx, "caddy": write_caddy}


@contextmanager
def fronted(kind: str, folder: Path, port: int, upstream: int) -> Iterator[Front]:
    """Serve with a web server of a kind, in front of what listens at `upstream`."""
    folder.mkdir()
    certificate = make_certificate(folder)
    command = WRITERS[kind](folder, port, upstream)
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    front = Front(kind, port, certificate, folder, process)
    try:
        wait_until(lambda: process.poll() is not None or _listens(front))
        assert process.poll() is None, (folder / "log").read_text()
        yield front
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def _listens(front: Front) -> bool:
    try:
        return front.ask("/healthz").status > 0
    except subprocess.CalledProcessError:
        return False
