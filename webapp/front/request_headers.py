"""What of a request's headers an answer may depend on, read as Flask reads it; the few writings are read once each."""

from dataclasses import dataclass
from functools import lru_cache

from werkzeug.http import parse_accept_header
from werkzeug.sansio.http import parse_cookie  # as its Request does; werkzeug.http's fails where a byte is no UTF-8

from webapp.kit.appearance import APPEARANCE_COOKIE, stored_appearance
from webapp.kit.languages import LANGUAGE_COOKIE, negotiate
from webapp.kit.odd_requests import is_host


@dataclass(frozen=True, slots=True)
class CookieNames:
    """The cookies that say who asks."""

    session: str
    remember: str


@dataclass(frozen=True, slots=True)
class Manner:
    """In which language, look and packing an answer is wanted, and whether a cookie says who asks."""

    language: str
    look: str
    packed: bool
    known: bool
    host_is_one: bool


@lru_cache(maxsize=2048)
def read_manner(
    cookies: bytes, languages: bytes, encodings: bytes, host: bytes, names: CookieNames, default_language: str
) -> Manner:
    """Return what the headers Cookie, Accept-Language, Accept-Encoding and Host ask for."""
    sent = parse_cookie(cookies.decode("latin-1"))
    return Manner(
        negotiate(sent.get(LANGUAGE_COOKIE, ""), languages.decode("latin-1"), default_language),
        str(stored_appearance(sent.get(APPEARANCE_COOKIE, ""))),
        parse_accept_header(encodings.decode("latin-1"))["gzip"] > 0,
        names.session in sent or names.remember in sent,
        is_host(host.decode("latin-1")),
    )
