"""One request as it is: no redirect is followed, no proxy of the environment asked."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_PATIENCE = 4.0  # seconds
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class WebReply:
    """What a server answered."""

    status: int
    body: bytes


def ask_web(url: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None) -> WebReply:
    """Return what an address answers; raise OSError where nothing does."""
    parts = urlsplit(url)
    secure = ssl.create_default_context()
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.netloc, timeout=_PATIENCE, context=secure
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
    try:
        given = {"Content-Type": "application/json", **(headers or {})} if body else dict(headers or {})
        connection.request(method, parts.path, body or None, given)
        answer = connection.getresponse()
        return WebReply(answer.status, answer.read(_MOST_BYTES))
    except http.client.HTTPException as error:
        raise OSError(type(error).__name__) from error  # "BadStatusLine": no answer of HTTP
    finally:
        connection.close()
