"""Headers that the frameworks below stumble over: refused, or left out, before they get there."""

import re
from collections.abc import Iterable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"  # RFC 1035, section 2.3.4, and the underscore that some hosts have
# "example.com:8000", "[::1]:8000"; not ".." nor "a..b"
_HOST = re.compile(rf"(?:(?:{_LABEL}\.)*{_LABEL}\.?|\[[0-9a-f:.]+\])(?::\d{{1,5}})?", re.IGNORECASE)
_LONGEST_HOST = 260  # RFC 1035's 253 and a port
_PUNYCODE = "xn--"
_DATES = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE", "HTTP_DATE")


def refuse_odd_requests(application: "WSGIApplication") -> "WSGIApplication":
    """Return a WSGI application that answers 400 to a Host that is none, and leaves out dates that no clock shows."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if host and not is_host(host):
            start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
            return [b"The Host header of this request is no host.\n"]
        for name in _DATES:
            if name in environ and not _is_readable_date(environ[name]):
                del environ[name]
        # For an empty path a redirect would be made to "/", on the host that the request names.
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
        return application(environ, start_response)

    return answer


def is_host(host: str) -> bool:
    """Return whether a Host header names a host."""
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        return False
    try:
        return _PUNYCODE not in host.lower() or bool(host.partition(":")[0].encode().decode("idna"))
    except UnicodeError:
        return False


def _is_readable_date(written: str) -> bool:
    """Return whether a date can be read, or is refused as none (ValueError); a day of twenty digits overflows."""
    try:
        with suppress(ValueError):
            parsedate_to_datetime(written)
    except OverflowError:
        return False
    return True
