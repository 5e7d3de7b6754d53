"""For which host passkeys are made: the one of the base URL, and `localhost` where that is this machine.

An address of numbers is no relying party (Web Authentication, section 5.1.2), and a host that the settings do not name
is none of ours, whatever a request says.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna
from flask import request

from webapp.kit.current_settings import current_settings

_HERE = "localhost"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who passkeys are for: a host, the origin of its pages, and the name that is shown."""

    host: str
    origin: str
    name: str


def relying_party() -> RelyingParty | None:
    """Return for whom this request can make or use passkeys; None where it is asked at an address that has none."""
    base, asked = urlsplit(current_settings().base_url), urlsplit(f"//{request.host}")
    host = _ascii(base.hostname or "")
    if asked.hostname == _HERE and _is_this_machine(host):
        return RelyingParty(_HERE, f"{request.scheme}://{request.host}", current_settings().site_name)
    if asked.hostname != host or _is_number(host):
        return None
    port = "" if base.port in {None, {"http": 80, "https": 443}[base.scheme]} else f":{base.port}"
    return RelyingParty(host, f"{base.scheme}://{host}{port}", current_settings().site_name)


def passkey_address() -> str:
    """Return where passkeys can be used instead: this machine by its name; empty where it is another one."""
    base = urlsplit(current_settings().base_url)
    if not _is_this_machine(base.hostname or ""):
        return ""
    port = urlsplit(f"//{request.host}").port
    return f"http://{_HERE}:{port}" if port else f"http://{_HERE}"


def _is_this_machine(host: str) -> bool:
    return host == _HERE or (_is_number(host) and ip_address(host).is_loopback)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _ascii(host: str) -> str:
    return host if host.isascii() else idna.encode(host, uts46=True).decode()
