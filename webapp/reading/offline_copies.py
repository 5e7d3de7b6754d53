"""Keeping a full text in a browser for reading offline: for whom, how long, and which edition it is."""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from webapp.access.open_document import OpenedDocument
from webapp.accounts.login import current_appearance
from webapp.accounts.models import Reader
from webapp.kit.current_settings import current_secret_keys
from webapp.kit.languages import locale

_LONGEST = timedelta(days=30)  # without going online, which is where a right that was taken away is noticed
HEADER = "Paidspan-Keep"  # only an answer that bears it may be kept


@dataclass(frozen=True, slots=True)
class OfflineCopy:
    """What a browser needs to know of a full text it keeps, but for how long.

    `look` differs where the reader has chosen another language or look, in which the page is to be kept anew.
    """

    title: str
    language: str
    revision: int
    look: str


def offline_copy_of(opening: OpenedDocument) -> OfflineCopy | None:
    """Return what a browser may keep of what was opened, None for a preview."""
    edition = opening.edition
    look = f"{locale()} {current_appearance()}"
    return OfflineCopy(edition.title, edition.language, edition.revision, look) if opening.reason is None else None


def keeping_seconds(ends_at: datetime | None, now: datetime) -> int:
    """Return for how long a browser may keep what its reader may read until a moment (None: on and on).

    In seconds, since its clock may be wrong.
    """
    return int((min(ends_at - now, _LONGEST) if ends_at else _LONGEST).total_seconds())


def copy_mark(reader: Reader) -> str:
    """Return what a browser knows a reader by; it says nothing of them, but differs from that of all others."""
    return _copy_mark(reader, current_secret_keys()[0])


def former_copy_marks(reader: Reader) -> list[str]:
    """Return what a browser may know a reader by from before the secret key was changed."""
    return [_copy_mark(reader, secret) for secret in current_secret_keys()[1:]]


def _copy_mark(reader: Reader, secret: str) -> str:
    return hmac.digest(secret.encode(), f"kept for {reader.id}".encode(), "sha256").hex()[:32]


def keep_header(mark: str, seconds: int, copy: OfflineCopy) -> str:
    """Return the header that allows the browser of a reader to keep a page for so long."""
    return f'{{"reader": "{mark}", "seconds": {seconds}, {_written(copy)[1:]}'


@lru_cache(maxsize=4096)
def _written(copy: OfflineCopy) -> str:
    return json.dumps({"title": copy.title, "language": copy.language, "revision": copy.revision, "look": copy.look})
