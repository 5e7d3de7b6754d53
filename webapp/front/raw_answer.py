"""An answer as it is sent, which can be sent again."""

from dataclasses import dataclass

from webapp.front.wsgi_bridge import Answer

_OVERHEAD = 1500  # bytes of headers and keys, about
_AGAIN = {200, 304}


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it is sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        return len(self.body) + _OVERHEAD


def as_raw(answer: Answer) -> RawAnswer | None:
    """Return an answer that can be sent again; None for one that sets a cookie, is a file, or tells of an error.

    Without its date, which the server sets.
    """
    names = {name for name, _value in answer.headers}
    if answer.status not in _AGAIN or b"set-cookie" in names or not isinstance(answer.body, bytes):
        return None
    return RawAnswer(answer.status, [header for header in answer.headers if header[0] != b"date"], answer.body)
