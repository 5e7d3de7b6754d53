"""The dates that authors give their documents in front matter, as moments."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from webapp.manuscript import FrontMatter


@dataclass(frozen=True, slots=True)
class AuthorDates:
    """When a document was published, changed, and changed for payers, by its author's word; None: nothing is said."""

    published_at: datetime | None = None
    updated_at: datetime | None = None
    paid_updated_at: datetime | None = None


def author_dates(front: FrontMatter, zone: tzinfo) -> AuthorDates:
    """Return the dates of front matter; one without a zone is the publisher's."""
    dates = (front.published_at, front.updated_at, front.paid_updated_at)
    return AuthorDates(*(moment_in(moment, zone) for moment in dates))


def moment_in(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """Return a moment in UTC, taken for one of the zone where it has none of its own."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def is_ahead(front: FrontMatter, zone: tzinfo, now: datetime) -> bool:
    """Return whether a document's date is yet to come."""
    published_at = moment_in(front.published_at, zone)
    return published_at is not None and published_at > now
