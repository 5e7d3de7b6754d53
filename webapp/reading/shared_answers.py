"""What all who may read a document are answered alike, but for a few words that are each reader's own.

A view notes what its answer depended on, and the loop in front of Flask composes the same answer for the next reader
(front/shared_pages.py): it asks the access policy about them as they stand, and fills in their own words.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, request
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from webapp.access.current_standing import current_rules, standing_by_rules
from webapp.access.open_document import OpenedDocument
from webapp.access.policy import Standing, standing_of
from webapp.accounts.authentication import FoundDevice
from webapp.accounts.bearer_auth import NOTED_EVERY, current_token_holder
from webapp.accounts.login import current_device, current_reader, current_reader_version, is_day_noted
from webapp.accounts.models import Device, Reader
from webapp.accounts.reader_versions import ReaderVersion
from webapp.documents.models import State
from webapp.kit.answer_notes import notes_on
from webapp.kit.appearance import stored_appearance
from webapp.kit.content_version import Version, current_version
from webapp.kit.http import is_api_request, read_session
from webapp.kit.languages import zone
from webapp.kit.prepared_query import PreparedQuery
from webapp.reading.offline_copies import OfflineCopy, copy_mark


@dataclass(frozen=True, slots=True)
class KnownReader:
    """Who asked, as far as answers depend on it, while the reader is of this version and until a moment.

    `look` is the account's, `csrf_token` is one for forms in their pages; each is empty where there is none.
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

    `paid` says whether it holds what is for payers; `csrf_token` stands in its forms.
    """

    content_version: Version
    document_id: int
    paid: bool
    asker: KnownReader
    csrf_token: str
    copy: OfflineCopy | None


_VERSION = PreparedQuery((ReaderVersion,), lambda query: query.where(ReaderVersion.reader_id == bindparam("reader")))


def known_reader_of(session: Session, found: FoundDevice, csrf_token: str, now: datetime) -> KnownReader | None:
    """Return the reader of a device as pages depend on them; None for whom a page says or does more than for others.

    What they hold may be newer than their version, never older, if it was read before.
    """
    device, version = found
    reader = device.reader
    alone = reader.staff or reader.must_change_password or device.superseded_at is not None
    if alone or version is None or not is_day_noted(device, now):
        return None
    standing = standing_of(session, reader, current_rules())
    return _described(_Asking(reader, version, _until(device, now), csrf_token), standing)


def note_shared_answer(opening: OpenedDocument, now: datetime, copy: OfflineCopy | None = None) -> None:
    """Note that others who may read what was opened get the same answer, where somebody listens.

    Not for the house, which is told that it reads as such.
    """
    notes = notes_on(request.environ)
    if notes is None or opening.reason is not None or opening.document.state is not State.PUBLISHED:
        return
    asking = _asking(now)
    if asking is None or asking.reader.staff:
        return
    asker = notes.known_reader
    if not isinstance(asker, KnownReader) or asker.version != asking.version or now >= asker.until:
        standing = standing_by_rules(asking.reader)
        assert standing is not None  # who asks is somebody
        asker = _described(asking, standing)
    shown = current_version(read_session())
    notes.shared = SharedAnswer(shown, opening.document.id, not opening.for_everybody, asker, asking.csrf_token, copy)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, of which version, until when it is certain that they do, and the form token that they were given."""

    reader: Reader
    version: int
    until: datetime
    csrf_token: str = ""


def _asking(now: datetime) -> _Asking | None:
    if is_api_request():
        held = current_token_holder()
        if held is None or held.last_used_at is None:
            return None
        found = _VERSION.first(read_session(), reader=held.reader.id)
        return _Asking(held.reader, found[0].version, held.last_used_at + NOTED_EVERY) if found else None
    reader, device, version = current_reader(), current_device(), current_reader_version()
    if reader is None or device is None or version is None:
        return None
    return _Asking(reader, version, _until(device, now), g.get("csrf_token", ""))


def _until(device: Device, now: datetime) -> datetime:
    """Return when a device is another one: its session ends, or it is noted that it was used on another day."""
    tomorrow = now.astimezone(zone()).date() + timedelta(days=1)
    return min(device.expires_at, datetime.combine(tomorrow, datetime.min.time(), zone()))


def _described(asking: _Asking, standing: Standing) -> KnownReader:
    reader = asking.reader
    look = str(stored_appearance(reader.look)) if reader.look else ""
    return KnownReader(reader.id, asking.version, asking.until, standing, look, copy_mark(reader), asking.csrf_token)
