"""Answers that all who may read a document get alike, but for a few words that are each reader's own.

A view notes what its answer depended on, and the loop in front of Flask composes the same answer for the next reader
(front/shared_pages.py): it asks the access policy about them as they stand, and fills in their own words.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, request
from sqlalchemy import select

from webapp.access.current_standing import standing_by_rules
from webapp.access.open_document import OpenedDocument
from webapp.access.policy import Standing
from webapp.accounts.bearer_auth import NOTED_EVERY, current_token_holder
from webapp.accounts.login import current_device, current_reader
from webapp.accounts.models import Reader
from webapp.accounts.reader_versions import ReaderVersion
from webapp.documents.models import State
from webapp.kit.answer_notes import notes_on
from webapp.kit.appearance import stored_appearance
from webapp.kit.content_version import Version, current_version
from webapp.kit.http import is_api_request, read_session
from webapp.kit.languages import zone
from webapp.reading.offline_copies import OfflineCopy, copy_mark


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, as far as answers depend on it, while the reader is of this version and until a moment.

    `look` is the account's, `csrf_token` stands in the answer's forms; each is empty where there is none.
    """

    reader_id: int
    version: int
    until: datetime
    standing: Standing
    look: str
    mark: str
    csrf_token: str


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer to somebody who reads all of a document, of which they kept nothing themselves.

    `paid` says whether it holds what is for payers.
    """

    content_version: Version
    document_id: int
    paid: bool
    asker: Asker
    copy: OfflineCopy | None = None


def note_shared_answer(opening: OpenedDocument, now: datetime, copy: OfflineCopy | None = None) -> None:
    """Note that others who may read what was opened get the same answer, where somebody listens.

    Not for the house, which is told that it reads as such.
    """
    notes = notes_on(request.environ)
    is_shared = opening.reason is None and opening.document.state is State.PUBLISHED
    asker = _asker(now) if notes is not None and is_shared else None
    if notes is not None and asker is not None:
        version = current_version(read_session())
        paid = not opening.for_everybody
        notes.shared = SharedAnswer(version, opening.document.id, paid, asker, copy)


def _asker(now: datetime) -> Asker | None:
    if is_api_request():
        held = current_token_holder()
        if held is None or held.last_used_at is None:
            return None
        return _described(held.reader, held.last_used_at + NOTED_EVERY, "")
    reader, device = current_reader(), current_device()
    if reader is None or device is None:
        return None
    tomorrow = now.astimezone(zone()).date() + timedelta(days=1)  # when it is noted that the device was used
    midnight = datetime.combine(tomorrow, datetime.min.time(), zone())
    return _described(reader, min(device.expires_at, midnight), g.get("csrf_token", ""))


def _described(reader: Reader, until: datetime, csrf_token: str) -> Asker | None:
    standing = standing_by_rules(reader)
    version = read_session().scalar(select(ReaderVersion.version).where(ReaderVersion.reader_id == reader.id))
    if standing is None or standing.staff or version is None:
        return None
    look = str(stored_appearance(reader.look)) if reader.look else ""
    return Asker(reader.id, version, until, standing, look, copy_mark(reader), csrf_token)
