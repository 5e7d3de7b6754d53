"""Hosts on one machine: network namespaces (ip-netns(8)) on a bridge, which end with this program."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SUBNET = "10.77.0"
OUTSIDE = f"{_SUBNET}.1"  # where this program is: whoever reads
_INSIDE = "CLUSTER_INSIDE"
_UNSHARED = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def missing() -> str:
    """Return why no hosts can be made here; empty where they can."""
    if os.getuid() != 0:
        return "network namespaces need root"
    done = subprocess.run(
        [*_UNSHARED, "ip", "link", "add", "name", "bridge0", "type", "bridge"], capture_output=True, check=False
    )
    return "" if done.returncode == 0 else f"network namespaces are not allowed here: {done.stderr.decode().strip()}"


def go_inside(module: str) -> None:
    """Have this program run in namespaces of its own; all its processes end with it."""
    if _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        os.execvp(_UNSHARED[0], [*_UNSHARED, sys.executable, "-m", module, *sys.argv[1:]])
    _run("mount", "-t", "tmpfs", "none", "/run")
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "name", "bridge0", "type", "bridge")
    _run("ip", "address", "add", f"{OUTSIDE}/24", "dev", "bridge0")
    _run("ip", "link", "set", "bridge0", "up")


@dataclass(frozen=True)
class Host:
    """A host with a network of its own; files it shares with all others, so each is given folders of its own."""

    name: str
    address: str

    @classmethod
    def make(cls, name: str, number: int) -> "Host":
        """Make a host that reaches all others."""
        host = cls(name, f"{_SUBNET}.{number}")
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", "name", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", f"to-{name}", "master", "bridge0", "up")
        for command in (["address", "add", f"{host.address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
            _run("ip", "-n", name, *command)
        _run("ip", "-n", name, "link", "set", "lo", "up")
        return host

    def cut(self) -> None:
        """Take its network away: nothing comes or goes, and nobody is told."""
        _run("ip", "link", "set", f"to-{self.name}", "down")

    def heal(self) -> None:
        """Give its network back."""
        _run("ip", "link", "set", f"to-{self.name}", "up")

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *words]

    def start(self, log: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program on it, and return at once."""
        with log.open("ab") as output:
            environment = {**os.environ, **(env or {})}
            return subprocess.Popen(self.command(*words), stdout=output, stderr=output, env=environment)

    def run(self, *words: str, env: Mapping[str, str] | None = None, told: str = "") -> str:
        """Run a command on it, and return what it says; raise RuntimeError where it fails."""
        return _run(*self.command(*words), env=env, told=told)


def _run(*words: str, env: Mapping[str, str] | None = None, told: str = "") -> str:
    environment = {**os.environ, **(env or {})}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, input=told, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout
