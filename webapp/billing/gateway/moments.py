"""Stripe's moments: seconds since 1970."""

from datetime import UTC, datetime


def parse_moment(seconds: int) -> datetime:
    """Return a moment from Stripe's seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def maybe_moment(seconds: int | None) -> datetime | None:
    """Return a moment, None where Stripe has none."""
    return parse_moment(seconds) if seconds else None
