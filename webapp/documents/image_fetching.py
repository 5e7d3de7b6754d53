"""Pictures of other sites, fetched once, at import, where that was asked for; never from this machine's network."""

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import SplitResult, urljoin, urlsplit

from webapp.documents.encoded_image import MOST_IMAGE_BYTES, ImageError, image_too_large
from webapp.kit.translatable import _

_MOST_REDIRECTS = 3
_SECONDS = 15  # for one picture, redirects and all
_CHUNK = 65_536
_FOUND = 200
_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}


def fetch_image(address: str) -> bytes:
    """Return the bytes of a picture on another site; raise ImageError."""
    ends = time.monotonic() + _SECONDS
    for _redirect in range(_MOST_REDIRECTS + 1):
        parts = _parts(address)
        connection = _connection(parts, ends)
        try:
            found = _answer(connection, parts, ends)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreachable() from error
        finally:
            connection.close()
        if isinstance(found, bytes):
            return found
        address = urljoin(address, found)
    raise _unreachable()


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError as error:
        raise _unreachable() from error
    if parts.scheme not in _PORTS or not parts.hostname or port != _PORTS[parts.scheme]:
        raise _unreachable()
    return parts


def _connection(parts: SplitResult, ends: float) -> http.client.HTTPConnection:
    """Return a connection to an address that was looked at: what the name means a moment later plays no part."""
    host, port = parts.hostname or "", _PORTS[parts.scheme]
    try:
        opened = socket.create_connection((_public_address(host, port), port), timeout=_left(ends))
        if parts.scheme == "https":
            opened = ssl.create_default_context().wrap_socket(opened, server_hostname=host)
    except (OSError, UnicodeError) as error:
        raise _unreachable() from error
    connection = http.client.HTTPConnection(host, port)
    connection.sock = opened
    return connection


def _public_address(host: str, port: int) -> str:
    """Return an address of a host; raise ImageError where one of its addresses is not the whole internet's."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(_is_public(ipaddress.ip_address(address)) for address in found):
        sentence = _("This picture's address leads into a private network; put the picture beside the text.")
        raise ImageError("image-remote", sentence)
    return found[0]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (inner is None or _is_public(inner))


def _answer(connection: http.client.HTTPConnection, parts: SplitResult, ends: float) -> bytes | str:
    """Return the bytes, or where they are to be had; raise ImageError where there are none."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", target, headers={"User-Agent": "paidspan", "Accept": "image/*"})
    answer = connection.getresponse()
    if answer.status in _REDIRECTS and (location := answer.getheader("Location")):
        return location
    if answer.status != _FOUND:
        raise _unreachable()
    data = b""
    while chunk := answer.read1(_CHUNK):
        data += chunk
        _left(ends)
        if len(data) > MOST_IMAGE_BYTES:
            raise image_too_large()
    return data


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _unreachable() -> ImageError:
    sentence = _("This picture could not be fetched from its site; put it beside the text.")
    return ImageError("image-remote", sentence)
