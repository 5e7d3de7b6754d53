"""Where a list goes on: the key of its last row, as it stands in an address."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

_BEYOND_KEYS = 2**63


def write_cursor(moment: datetime, key: int) -> str:
    """Return a row's key in a list that is ordered by moments."""
    return urlsafe_b64encode(f"{moment.isoformat()} {key}".encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[datetime, int] | None:
    """Return the key that a cursor holds; None for one that is none of ours."""
    if not text:
        return None
    try:
        moment, number = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        at, key = datetime.fromisoformat(moment), int(number)
    except ValueError:
        return None
    return (at, key) if at.tzinfo is UTC and 0 <= key < _BEYOND_KEYS else None
