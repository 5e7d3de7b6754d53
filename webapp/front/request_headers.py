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


@dataclass(frozen=True, slots=True)
class MannerHeaders:
    """The headers Accept-Language, Accept-Encoding and Host."""

    languages: bytes
    encodings: bytes
    host: bytes


def read_manner(cookies: bytes, others: MannerHeaders, names: CookieNames, default_language: str) -> Manner:
    """Return what cookies and other headers ask for."""
    sent = parse_cookie(cookies.decode("latin-1"))
    is_known = names.session in sent or names.remember in sent
    return _manner(sent.get(LANGUAGE_COOKIE, ""), sent.get(APPEARANCE_COOKIE, ""), is_known, others, default_language)


@lru_cache(maxsize=2048)
def _manner(language: str, look: str, is_known: bool, others: MannerHeaders, default_language: str) -> Manner:  # noqa: FBT001 - one of what is remembered by
    return Manner(
        negotiate(language, others.languages.decode("latin-1"), default_language),
        str(stored_appearance(look)),
        parse_accept_header(others.encodings.decode("latin-1"))["gzip"] > 0,
        is_known,
        is_host(others.host.decode("latin-1")),
    )
