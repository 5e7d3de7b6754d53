"""What of a request's headers is counted: the name of the site that led here, and whether a program asks.

Nothing else of them is kept, and nothing of them beyond the moment but that name: it is a site's, never an address.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from webapp.reading_figures.models import SITE_LENGTH

OWN_SITE, OTHER_SITES = ".", "*"  # pages of ours; sites beyond those that are told apart
_SITE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])")
_BROWSER = re.compile(r"(?:Mozilla|Opera)/\d")  # how each browser that people use begins
_LONGEST_AGENT = 300  # characters that are looked at


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, as far as it is counted: from which site, a program or not, for a page that is only fetched ahead."""

    site: str
    robot: bool
    ahead: bool


NOBODY = Visit("", robot=True, ahead=False)


@lru_cache(maxsize=4096)
def visit_of(referrer: str, agent: str, purpose: str, own_host: str) -> Visit:
    """Return what is counted of the headers Referer, User-Agent and Sec-Purpose."""
    return Visit(site_of(referrer, own_host), is_robot(agent), "prefetch" in purpose)


def site_of(referrer: str, own_host: str) -> str:
    """Return the name of the site that an address is on; "" where it has none, or is somebody's own machine."""
    try:
        host = (urlsplit(referrer).hostname or "").rstrip(".") if referrer.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""
    if host and host == own_host:
        return OWN_SITE
    host = host.removeprefix("www.")
    return host if len(host) <= SITE_LENGTH and _SITE.fullmatch(host) else ""


def is_robot(agent: str) -> bool:
    """Return whether a program asks that is no browser in somebody's hands, as far as it says so."""
    from crawleruseragents import is_crawler  # noqa: PLC0415 - commands need no list of 1,500 robots

    return not _BROWSER.match(agent) or is_crawler(agent[:_LONGEST_AGENT])
