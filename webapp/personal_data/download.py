"""All that the house knows of a reader, gathered as they may read it: paid text only where it is open to them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.api_tokens import list_tokens
from webapp.accounts.held_addresses import list_left_addresses
from webapp.accounts.mailed_tokens import MailedToken
from webapp.accounts.models import Device, Reader
from webapp.accounts.user_agents import name_browser
from webapp.billing.models import Grant, Purchase, Receipt
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.documents.models import Document
from webapp.kit.email_queue import list_emails_to
from webapp.kit.translatable import _
from webapp.library.lists import list_bookmarks
from webapp.library.models import Bookmark, ReadingPosition
from webapp.library.notes_export import note_chapters
from webapp.library.owner import LibraryOwner
from webapp.library.reading_positions import END_OF_DOCUMENT

Row = Mapping[str, object]
_OF_ALL_REPORTS = ""


@dataclass(frozen=True, slots=True)
class DataPart:
    """One part of the download: its name for programs, its title and the labels of its fields for people, its rows."""

    name: str
    title: str
    labels: Mapping[str, str]
    rows: tuple[Row, ...]


def gather_data(session: Session, owner: LibraryOwner) -> list[DataPart]:
    """Return all parts of what is known of a reader."""
    reader = session.get_one(Reader, owner.reader_id)
    parts: list[tuple[str, str, Mapping[str, str], Callable[[], Iterable[Row]]]] = [
        ("account", _("Account"), _ACCOUNT, lambda: [_fields(reader, _ACCOUNT)]),
        ("devices", _("Devices"), _DEVICE, lambda: _devices(session, reader.id)),
        ("tokens", _("Tokens"), _TOKEN, lambda: (_fields(one, _TOKEN) for one in list_tokens(session, reader.id))),
        ("payments", _("Payments"), _RECEIPT, lambda: _rows_of(session, Receipt, reader.id, _RECEIPT)),
        ("orders", _("Orders"), _PURCHASE, lambda: _rows_of(session, Purchase, reader.id, _PURCHASE)),
        ("access", _("Access"), _GRANT, lambda: _grants(session, reader.id)),
        (
            "stripe_customers",
            _("At Stripe"),
            _CUSTOMER,
            lambda: _rows_of(session, StripeCustomer, reader.id, _CUSTOMER),
        ),
        (
            "stripe_records",
            _("What Stripe told us of"),
            _OBJECT,
            lambda: _rows_of(session, StripeObject, reader.id, _OBJECT),
        ),
        ("read", _("What you read"), _POSITION, lambda: _positions(session, owner)),
        ("bookmarks", _("Bookmarks"), _BOOKMARK, lambda: _bookmarks(session, owner)),
        ("highlights", _("Highlights and notes"), _HIGHLIGHT, lambda: _highlights(session, owner)),
        ("mails", _("E-mails to you"), _MAIL, lambda: _mails(session, reader)),
        ("links", _("Links in them"), _LINK, lambda: _rows_of(session, MailedToken, reader.id, _LINK)),
    ]
    return [DataPart(name, title, labels, tuple(rows())) for name, title, labels, rows in parts]


_ACCOUNT = {
    "email": _("E-mail"),
    "created_at": _("Member since"),
    "email_confirmed_at": _("Address confirmed"),
    "terms_version": _("Accepted terms"),
    "terms_accepted_at": _("Accepted on"),
    "role": _("Role"),
    "look": _("Look of pages"),
}
_DEVICE = {
    "browser": _("Browser"),
    "system": _("System"),
    "user_agent": _("As it names itself"),
    "created_at": _("Signed in"),
    "last_seen_at": _("Last seen"),
}
_TOKEN = {
    "name": _("Name"),
    "scope_words": _("What it may do"),
    "created_at": _("Made"),
    "last_used_at": _("Last used"),
}
_RECEIPT = {
    "number": _("Number"),
    "kind": _("Kind"),
    "title": _("Title"),
    "paid": _("Paid"),
    "tax_paid": _("Tax in it"),
    "given_back": _("Given back"),
    "company": _("Company"),
    "tax_ids": _("Tax ID"),
    "paid_at": _("Day"),
    "period_starts_at": _("From"),
    "period_ends_at": _("Until"),
    "source_id": _("Number at Stripe"),
}
_PURCHASE = {
    "id": _("Number"),
    "kind": _("Kind"),
    "title": _("Title"),
    "price": _("Price"),
    "state": _("State"),
    "created_at": _("Begun"),
    "locale": _("Language"),
    "session_id": _("Number at Stripe"),
}
_GRANT = {
    "source": _("Source"),
    "document": _("Report"),
    "starts_at": _("From"),
    "ends_at": _("Until"),
    "revoked": _("Ended because"),
    "note": _("Note"),
}
_CUSTOMER = {"id": _("Number at Stripe"), "currency": _("Currency"), "created_at": _("Made")}
_OBJECT = {"id": _("Number at Stripe"), "type": _("Kind"), "fetched_at": _("Last asked")}
_POSITION = {"document": _("Report"), "percent": _("Per cent read"), "read_at": _("Last read")}
_BOOKMARK = {"document": _("Report"), "section": _("Section"), "created_at": _("Made")}
_HIGHLIGHT = {
    "document": _("Report"),
    "passage": _("Passage"),
    "note": _("Note"),
    "created_at": _("Made"),
    "updated_at": _("Changed"),
}
_LINK = {
    "purpose": _("What for"),
    "email": _("Address"),
    "created_at": _("Made"),
    "expires_at": _("Until"),
    "used_at": _("Used"),
}
_MAIL = {"message": _("Kind"), "created_at": _("Written"), "sent_at": _("Sent")}
_Owned = MailedToken | Grant | Purchase | Receipt | StripeCustomer | StripeObject


def _fields(row: object, names: Iterable[str]) -> Row:
    return {name: getattr(row, name) for name in names}


def _rows_of(session: Session, model: type[_Owned], reader_id: int, names: Iterable[str]) -> Iterator[Row]:
    order = model.__mapper__.primary_key
    for row in session.scalars(select(model).where(model.reader_id == reader_id).order_by(*order)):
        yield _fields(row, names)


def _devices(session: Session, reader_id: int) -> Iterator[Row]:
    for row in session.scalars(select(Device).where(Device.reader_id == reader_id).order_by(Device.id)):
        name = name_browser(row.user_agent)
        told = {"browser": name.browser, "system": name.system}
        yield {**told, **_fields(row, ("user_agent", "created_at", "last_seen_at"))}


def _grants(session: Session, reader_id: int) -> Iterator[Row]:
    held = select(Grant, Document.title).outerjoin(Document, Document.id == Grant.document_id)
    for grant, title in session.execute(held.where(Grant.reader_id == reader_id).order_by(Grant.id)):
        fields = ("starts_at", "ends_at", "revoked", "note")
        yield {"source": grant.source, "document": title or _OF_ALL_REPORTS, **_fields(grant, fields)}


def _positions(session: Session, owner: LibraryOwner) -> Iterator[Row]:
    """Yield what was read; a report that the reader may not open any more is not named, and no heading is."""
    read = select(ReadingPosition, Document.title, owner.may_open)
    read = read.join(Document, Document.id == ReadingPosition.document_id)
    read = read.where(ReadingPosition.reader_id == owner.reader_id).order_by(ReadingPosition.read_at)
    for row, title, may_open in session.execute(read):
        percent = row.permille * 100 // END_OF_DOCUMENT
        yield {"document": title if may_open else None, "percent": percent, "read_at": row.read_at}


def _bookmarks(session: Session, owner: LibraryOwner) -> Iterator[Row]:
    """Yield bookmarks; a heading is named where the reader may read it."""
    headings = dict(_headings(session, owner))
    held = select(Bookmark, Document.title, owner.may_open).join(Document, Document.id == Bookmark.document_id)
    for row, title, may_open in session.execute(
        held.where(Bookmark.reader_id == owner.reader_id).order_by(Bookmark.id)
    ):
        told = {"document": title if may_open else None, "section": headings.get(row.id, "")}
        yield told | {"created_at": row.created_at}


def _headings(session: Session, owner: LibraryOwner) -> Iterator[tuple[int, str]]:
    after: str | None = ""
    while after is not None:
        page = list_bookmarks(session, owner, after)
        yield from ((one.number, one.section.text) for one in page.rows if one.section)
        after = page.after


def _highlights(session: Session, owner: LibraryOwner) -> Iterator[Row]:
    for chapter in note_chapters(session, owner):
        for one in chapter.entries:
            told = {"document": chapter.title, "passage": one.words}
            yield {**told, **_fields(one.highlight, ("note", "created_at", "updated_at"))}


def _mails(session: Session, reader: Reader) -> Iterator[Row]:
    """Yield what was mailed to this account; an account of before with the same address is somebody else's."""
    for mail in list_emails_to(session, [reader.email, *list_left_addresses(session, reader.id)], reader.created_at):
        yield _fields(mail, _MAIL)
