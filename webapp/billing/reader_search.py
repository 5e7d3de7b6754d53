"""Finding readers among a million: by the beginning of an address or name, by a number, and as lists of some kind.

Each query is a walk along an index, which ends with the page.
"""

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.orm import Session

from webapp.accounts.email_addresses import email_key
from webapp.accounts.models import Membership, Reader, Role
from webapp.accounts.reader_names import name_key
from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import MissingAtStripeError
from webapp.billing.gateway.targets import find_sync_target
from webapp.billing.models import Purchase, Receipt
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.kit.errors import PaymentsUnavailableError
from webapp.kit.paging import Page, RowOrder, fetch_page
from webapp.settings import Mode

_Owned = Purchase | Receipt | StripeCustomer | StripeObject
_USUAL_PAGE = 50
_PURCHASE_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LAST = "\U0010ffff"  # no text comes after it, in the order of bytes
_LONGEST_NUMBER = 18  # digits that the database can compare
_LONGEST_CURSOR = 2000
_PLACE = "matched"
# What Stripe's ids begin with, and the kind of object it knows by each that we may have to ask about.
STRIPE_KINDS = {
    "cus_": "customer",
    "sub_": "subscription",
    "cs_": "checkout.session",
    "pi_": "payment_intent",
    "in_": "invoice",
    "ch_": "charge",
    "py_": "charge",
    "re_": "refund",
    "pyr_": "refund",
    "dp_": "dispute",
    "du_": "dispute",
}


@dataclass(frozen=True, slots=True)
class ReaderFilter:
    """Which readers a list shows: whose address or name begins so, who hold this, with this role, here since then."""

    begins: str = ""
    membership: Membership | None = None
    role: Role | None = None
    since: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What all of them have in common but their beginning; who was erased is in no list."""
        found: list[ColumnElement[bool]] = [Reader.erased_at.is_(None)]
        if self.membership:
            found.append(Reader.membership == self.membership)
        if self.role:
            found.append(Reader.role == self.role)
        if self.since:
            found.append(Reader.created_at >= self.since)
        return found


def find_readers(
    session: Session, wanted: ReaderFilter, after: str | None = None, most: int = _USUAL_PAGE
) -> Page[Reader]:
    """Return some readers: the newest first, or in the order of the alphabet where a beginning is given."""
    if wanted.begins.strip():
        return _by_beginning(session, wanted, after, most)
    order = RowOrder(Reader.created_at, Reader.id)
    page: Page[Any] = fetch_page(session, select(Reader).where(*wanted.conditions), order, after, most)
    return page.map(lambda row: row[0])


def beginning_query(wanted: ReaderFilter, after: tuple[str, int] | None, most: int) -> Select[Any]:
    """Return the query for readers whose address begins so, then or between them those whose name does."""
    address, name = _beginning_of_address(wanted.begins), name_key(wanted.begins)
    by_address = (Reader.email_key >= address) & (Reader.email_key < address + _LAST)
    by_name = (Reader.name_key >= name) & (Reader.name_key < name + _LAST) & ~by_address
    arms = [
        _arm(Reader.email_key, by_address, wanted, after, most),
        _arm(Reader.name_key, by_name, wanted, after, most),
    ]
    found = union_all(*(select(arm.subquery()) for arm in arms)).subquery()
    rows = select(Reader, found.c[_PLACE]).join(found, found.c.id == Reader.id)
    return rows.order_by(found.c[_PLACE], found.c.id).limit(most)


def _arm(
    column: Any,  # noqa: ANN401 - one of the two columns, as the ORM describes them
    begins: ColumnElement[bool],
    wanted: ReaderFilter,
    after: tuple[str, int] | None,
    most: int,
) -> Select[Any]:
    query = select(Reader.id.label("id"), column.label(_PLACE)).where(begins, *wanted.conditions)
    if after is not None:
        query = query.where(column >= after[0], tuple_(column, Reader.id) > tuple_(*after))
    return query.order_by(column, Reader.id).limit(most)


def _by_beginning(session: Session, wanted: ReaderFilter, after: str | None, most: int) -> Page[Reader]:
    rows = session.execute(beginning_query(wanted, _read_place(after), most + 1)).all()
    following = _write_place(rows[most - 1][1], rows[most - 1][0].id) if len(rows) > most else None
    return Page(tuple(row[0] for row in rows[:most]), following)


def _beginning_of_address(typed: str) -> str:
    """Return how the key of an address begins that was typed in part, or as a whole."""
    whole = email_key(typed)
    plain = unicodedata.normalize("NFKC", typed.strip()).replace("。", ".")
    return whole or "".join(character.lower() for character in plain)


def _write_place(key: str, number: int) -> str:
    return urlsafe_b64encode(f"{number} {key}".encode()).decode().rstrip("=")


def _read_place(cursor: str | None) -> tuple[str, int] | None:
    """Return the key that a cursor holds; None for one that we would not have written so."""
    if not cursor or len(cursor) > _LONGEST_CURSOR:
        return None
    try:
        number, _space, key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        place = key, int(number)
    except ValueError:
        return None
    is_ours = "\0" not in key and len(number) <= _LONGEST_NUMBER and _write_place(*place) == cursor
    return place if is_ours else None


def names_one(typed: str) -> bool:
    """Whether what was typed is a number of ours or an id of Stripe's, and no beginning of an address or name."""
    bare = typed.strip()
    return bare.isdecimal() or bare.startswith(tuple(STRIPE_KINDS)) or _PURCHASE_ID.fullmatch(bare) is not None


def find_reader_of_number(session: Session, typed: str, mode: Mode) -> int | None:
    """Return whose a receipt's number, an order's or an id of Stripe's is, as far as we keep it; None where we do not.

    What was paid in another of Stripe's worlds is nobody's.
    """
    found = (session.scalar(owner) for owner in number_queries(typed.strip(), mode))
    return next((reader_id for reader_id in found if reader_id is not None), None)


def number_queries(bare: str, mode: Mode) -> list[Select[Any]]:
    """Return the queries that may tell whose something is, each along an index of that id."""
    purchases, receipts = _owner(Purchase, mode), _owner(Receipt, mode)
    if bare.isdecimal():
        return [receipts.where(Receipt.number == int(bare))] if len(bare) <= _LONGEST_NUMBER else []
    stored = _owner(StripeObject, mode).where(StripeObject.id == bare)
    paid = receipts.where(Receipt.payment_intent_id == bare)
    kind = next((kind for kind in STRIPE_KINDS if bare.startswith(kind)), "")
    kept = {
        "cus_": [_owner(StripeCustomer, mode).where(StripeCustomer.id == bare)],
        "sub_": [stored, purchases.where(Purchase.subscription_id == bare)],
        "cs_": [purchases.where(Purchase.session_id == bare), stored],
        "pi_": [paid, purchases.where(Purchase.payment_intent_id == bare)],
        "in_": [receipts.where(Receipt.source_id == bare)],
        "": [purchases.where(Purchase.id == bare)],
    }
    return kept.get(kind, [])


def _owner(table: type[_Owned], mode: Mode) -> Select[Any]:
    return select(table.reader_id).where(table.mode == mode).limit(1)


def ask_whose(billing: BillingContext, typed: str) -> int | None:
    """Return whose an id of Stripe's is that we do not keep, as a charge's: Stripe is asked what it is about.

    None where it is nobody's, or Stripe cannot be asked now.
    """
    bare = typed.strip()
    kind = next((name for start, name in STRIPE_KINDS.items() if bare.startswith(start)), None)
    if kind is None:
        return None
    try:
        target = find_sync_target(billing.gateway, kind, bare)
    except (MissingAtStripeError, PaymentsUnavailableError):
        return None
    if target is None:
        return None
    with billing.database.reading() as session:
        return find_reader_of_number(session, target.id, billing.mode)
