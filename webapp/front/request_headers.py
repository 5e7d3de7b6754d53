"""What this layer reads of a request's headers, as Flask would read it."""

from functools import lru_cache

from werkzeug.http import parse_cookie

from webapp.front.asgi import Scope
from webapp.kit.languages import LANGUAGE_COOKIE, negotiate


@lru_cache(maxsize=4096)
def cookies_in(header: bytes) -> dict[str, str]:
    """Return the cookies of a Cookie header; of two with one name the first, as Flask takes it."""
    return parse_cookie(header.decode("latin-1"))  # a MultiDict: Werkzeug decodes what browsers send as UTF-8


def language_of(scope: Scope, default: str) -> str:
    """Return the language of an answer to a request."""
    headers = dict(scope["headers"])
    chosen = cookies_in(headers.get(b"cookie", b"")).get(LANGUAGE_COOKIE, "")
    return negotiate(chosen, headers.get(b"accept-language", b"").decode("latin-1"), default)
