"""One installation on several hosts: applications and a worker that share no disk, behind the shipped nginx."""

import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests

from tests.cluster.network import OUTSIDE, Host
from tests.cluster.shared_servers import Buckets, Postgres, RedisService, Service, wait_until
from tests.deploy.proxies import DEPLOY, NGINX, SITE, make_certificate, replaced

PAIDSPAN = [sys.executable, "-m", "webapp"]
SECRET = "a secret that all hosts have " * 2
PORT = 8000
ASK_SECONDS = 30


class Application(Service):
    """`paidspan serve` on a host, in a folder of its own."""

    def __init__(self, host: Host, folder: Path, settings: dict[str, str], words: list[str] | None = None) -> None:
        super().__init__(host, folder)
        self.instance = folder / host.name
        self.instance.mkdir(mode=0o700)
        self.settings = {**settings, "PAIDSPAN_INSTANCE": str(self.instance)}
        self._words = words or ["serve", "--host", host.address, "--port", str(PORT)]

    def upgrade(self, tree: Path) -> None:
        """End, as systemd has it, and start with the version that lies in a folder."""
        self.end(signal.SIGTERM)
        self.settings["PYTHONPATH"] = str(tree)
        self.start()

    @property
    def address(self) -> str:
        return f"http://{self.host.address}:{PORT}"

    def words(self) -> list[str]:
        return [*PAIDSPAN, *self._words]

    def environment(self) -> dict[str, str]:
        return self.settings

    def is_there(self) -> bool:
        return ask_plainly(f"{self.address}/readyz") == requests.codes.ok

    def command(self, *words: str, told: str = "") -> str:
        """Run one of paidspan's commands on this host, told something where it asks."""
        return self.host.run(*PAIDSPAN, *words, env={**self.settings, "LANG": "C.UTF-8"}, told=told)

    def get(self, path: str, cookies: Mapping[str, str]) -> requests.Response:
        """Ask this very host, as nginx does."""
        return self._ask("GET", path, cookies, {})

    def post(self, path: str, cookies: Mapping[str, str], **form: str) -> requests.Response:
        return self._ask("POST", path, cookies, form)

    def _ask(self, method: str, path: str, cookies: Mapping[str, str], form: Mapping[str, str]) -> requests.Response:
        told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": SITE, "X-Forwarded-For": OUTSIDE, "Host": SITE}
        shown = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers = {**told, "Cookie": shown, "Accept-Language": "en", "Referer": f"https://{SITE}/"}
        address, options = self.address + path, {"timeout": ASK_SECONDS, "allow_redirects": False}
        return requests.request(method, address, headers=headers, data=form, **options)


class Worker(Application):
    """`paidspan jobs run` on a host without a server."""

    def __init__(self, host: Host, folder: Path, settings: dict[str, str]) -> None:
        super().__init__(host, folder, settings, ["jobs", "run"])

    def is_there(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Nginx(Service):
    """The shipped site, before two applications."""

    def __init__(self, host: Host, folder: Path, addresses: list[str]) -> None:
        super().__init__(host, folder)
        make_certificate(folder)
        servers = "\n    ".join(f"server {address}:{PORT} fail_timeout=2s;" for address in addresses)
        upstream = (DEPLOY / "nginx/upstream.conf").read_text()
        site = (DEPLOY / "nginx/site.conf").read_text()
        places = ("/etc/nginx/paidspan/", f"{folder}/"), ("/var/log/nginx/", f"{folder}/")
        (folder / "site.conf").write_text(replaced(site, *places))
        (folder / "upstream.conf").write_text(replaced(upstream, ("server 127.0.0.1:8000 fail_timeout=2s;", servers)))
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user="user root; "))

    def words(self) -> list[str]:
        return ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def is_there(self) -> bool:
        return ask_plainly(f"https://{self.host.address}/healthz", verify=False) == requests.codes.ok


def ask_plainly(address: str, *, verify: bool = True) -> int | None:
    """Return the status of an answer, None where there is none."""
    try:
        return requests.get(address, headers={"Host": SITE}, timeout=2, verify=verify).status_code
    except requests.RequestException:
        return None


@dataclass
class Browser:
    """A reader's browser, which comes from outside, through nginx."""

    address: str
    email: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.verify, self.session.trust_env = False, False
        self.session.headers.update({"Host": SITE, "Accept-Language": "en", "Referer": f"https://{SITE}/"})

    def get(self, path: str, timeout: float = ASK_SECONDS) -> requests.Response:
        return self.session.get(self.address + path, timeout=timeout, allow_redirects=False)

    def post(self, path: str, timeout: float = ASK_SECONDS, **form: str) -> requests.Response:
        return self.session.post(self.address + path, data=form, timeout=timeout, allow_redirects=False)

    def token(self, path: str = "/account") -> str:
        page = self.get(path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert found, f"{path}: {page.status_code} {page.text[:500]}"
        return found[1]

    def sign_in(self, password: str) -> requests.Response:
        return self.post("/login", email=self.email, password=password, csrf_token=self.token("/login"))

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: str(cookie.value) for cookie in self.session.cookies}


class Installation:
    """All hosts, started; with the version of paidspan that lies in `tree`, which is this one or a former one."""

    def __init__(self, folder: Path, tree: Path) -> None:
        host = partial(self._host, folder)
        self.database = Postgres(*host("database", 5))
        self.redis = RedisService(*host("redis", 6))
        self.buckets = Buckets(*host("buckets", 7))
        settings = {
            "PAIDSPAN_DATABASE_URL": self.database.url("paidspan"),
            "PAIDSPAN_REDIS_URL": self.redis.url,
            "PAIDSPAN_SECRET_KEY": SECRET,
            "PAIDSPAN_BASE_URL": f"https://{SITE}",
            "PAIDSPAN_TRUSTED_PROXIES": "1",
            "PYTHONPATH": str(tree),
            "PYTHONSAFEPATH": "1",  # its children, too, are not of where this runs
            **self.buckets.settings,
        }
        self.a = Application(*host("app-a", 11), settings)
        self.b = Application(*host("app-b", 12), settings)
        self.worker = Worker(*host("worker", 13), settings)
        self._share_stripe(folder)
        self.nginx = Nginx(*host("nginx", 2), [self.a.host.address, self.b.host.address])
        self.database.start()
        self.database.make_database("paidspan")
        for service in (self.redis, self.buckets, self.a, self.b, self.worker, self.nginx):
            service.start()
        wait_until(self.worker_works, "the worker")

    @staticmethod
    def _host(folder: Path, name: str, number: int) -> tuple[Host, Path]:
        (folder / name).mkdir()
        return Host.make(name, number), folder / name

    def _share_stripe(self, folder: Path) -> None:
        """Have all hosts ask one Stripe, as they do in earnest: the sandbox keeps its state in a file."""
        stripe = folder / "stripe"
        stripe.mkdir()
        (stripe / "sandbox.sqlite").touch()
        for one in (self.a, self.b, self.worker):
            (one.instance / "sandbox.sqlite").symlink_to(stripe / "sandbox.sqlite")

    def worker_works(self) -> bool:
        return ask_plainly(f"{self.b.address}/readyz/worker") == requests.codes.ok

    def browser(self, email: str = "") -> Browser:
        return Browser(f"https://{self.nginx.host.address}", email)
