"""Keeping a full text in a browser for reading offline: for whom, how long, and which edition it is."""

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import current_app

from webapp.access.open_document import OpenedDocument
from webapp.accounts.login import current_appearance
from webapp.accounts.models import Reader
from webapp.kit.languages import locale

_LONGEST = timedelta(days=30)  # without going online, which is where a right that was taken away is noticed
HEADER = "Paidspan-Keep"  # only an answer that bears it may be kept


@dataclass(frozen=True, slots=True)
class OfflineCopy:
    """What a browser needs to know of a full text it keeps; for how long in seconds, since its clock may be wrong.

    `look` differs where the reader has chosen another language or look, in which the page is to be kept anew.
    """

    title: str
    language: str
    revision: int
    seconds: int
    look: str


def offline_copy_of(opening: OpenedDocument, now: datetime) -> OfflineCopy | None:
    """Return how what was opened may be kept, None for a preview."""
    if opening.reason is not None:
        return None
    left = min(opening.ends_at - now, _LONGEST) if opening.ends_at else _LONGEST
    edition = opening.edition
    return OfflineCopy(
        edition.title,
        edition.language,
        edition.revision,
        int(left.total_seconds()),
        f"{locale()} {current_appearance()}",
    )


def copy_mark(reader: Reader) -> str:
    """Return what a browser knows a reader by; it says nothing of them, but differs from that of all others."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(secret, f"kept for {reader.id}".encode(), "sha256").hex()[:32]


def offline_headers(opening: OpenedDocument, reader: Reader | None, now: datetime) -> dict[str, str]:
    """Return the header that allows a signed-in reader's browser to keep this page; none for anybody else."""
    keeping = offline_copy_of(opening, now)
    if reader is None or keeping is None:
        return {}
    return {HEADER: json.dumps({"reader": copy_mark(reader), **asdict(keeping)})}
