"""The only paywall: one pure function says who reads a document in full, and who reads the preview, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.grants import list_grants_of
from webapp.billing.models import HeldGrant, Revoked
from webapp.documents.unlock import Ground, Unlock
from webapp.settings import Mode


class Reason(StrEnum):
    """Why somebody reads the preview; the gate speaks to each in its own way."""

    VISITOR = "visitor"
    NOTHING_HELD = "nothing-held"
    PASS_OVER = "pass-over"  # noqa: S105 - no password
    ENDED = "ended"
    UNPAID = "unpaid"
    PAUSED = "paused"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    NOT_YET = "not-yet"
    ACCOUNT_DISABLED = "account-disabled"
    EMAIL_NOT_CONFIRMED = "email-not-confirmed"


REASON_OF = {
    Revoked.ENDED: Reason.ENDED,
    Revoked.UNPAID: Reason.UNPAID,
    Revoked.PAUSED: Reason.PAUSED,
    Revoked.REFUNDED: Reason.REFUNDED,
    Revoked.DISPUTED: Reason.DISPUTED,
    Revoked.CUSTOMER_DELETED: Reason.ENDED,
    Revoked.UNKNOWN: Reason.UNPAID,
    Revoked.BY_PUBLISHER: Reason.ENDED,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks: their account, as far as access depends on it, and their grants, newest first."""

    staff: bool = False
    disabled: bool = False
    unconfirmed: bool = False
    grants: tuple[HeldGrant, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview, and why it is only that."""

    reason: Reason


Decision = Unlock | Preview


def decide(standing: Standing | None, document_id: int, now: datetime) -> Decision:
    """Return whether this reader (None: a visitor) reads this document in full at this moment."""
    if standing is None:
        return Preview(Reason.VISITOR)
    if standing.disabled:
        return Preview(Reason.ACCOUNT_DISABLED)
    if standing.staff:
        return Unlock(document_id, Ground.STAFF)
    bearing = [grant for grant in standing.grants if grant.document_id in {None, document_id}]
    opening = [grant for grant in bearing if grant.is_open(now)]
    if not opening:
        return Preview(_why_not(bearing, now))
    if standing.unconfirmed:
        return Preview(Reason.EMAIL_NOT_CONFIRMED)
    own = any(grant.document_id is not None for grant in opening)  # it reaches further: beyond a withdrawal
    return Unlock(document_id, Ground.DOCUMENT if own else Ground.EVERYTHING)


@dataclass(frozen=True, slots=True)
class UnlockedDocuments:
    """All that a reader reads in full: everything, or these documents (by id)."""

    everything: bool = False
    documents: frozenset[int] = frozenset()

    def __contains__(self, document_id: int) -> bool:
        return self.everything or document_id in self.documents

    def __bool__(self) -> bool:
        return self.everything or bool(self.documents)


def get_unlocked_documents(standing: Standing | None, now: datetime) -> UnlockedDocuments:
    """Return for which documents `decide` would unlock; for lists, which cannot ask about each of a library."""
    if standing is None or standing.disabled:
        return UnlockedDocuments()
    if standing.staff:
        return UnlockedDocuments(everything=True)
    opening = [grant for grant in standing.grants if grant.is_open(now)] if not standing.unconfirmed else []
    documents = frozenset(grant.document_id for grant in opening if grant.document_id is not None)
    return UnlockedDocuments(any(grant.document_id is None for grant in opening), documents)


def access_ends(standing: Standing | None, document_id: int, now: datetime) -> datetime | None:
    """Return when what opens this document at this moment ends by itself; None where nothing is set to end it."""
    held = standing.grants if standing and not standing.staff else ()
    opening = [grant for grant in held if grant.document_id in {None, document_id} and grant.is_open(now)]
    ends = [grant.ends_at for grant in opening if grant.ends_at is not None]
    return max(ends) if ends and len(ends) == len(opening) else None


def unlocks(standing: Standing | None, document_ids: Iterable[int], now: datetime) -> list[Unlock]:
    """Return the rights to those of these documents that a reader reads in full."""
    decisions = (decide(standing, document_id, now) for document_id in document_ids)
    return [decision for decision in decisions if isinstance(decision, Unlock)]


def outlives_withdrawal(unlock: Unlock) -> bool:
    """Whether this right stays when the publisher takes the document down: who bought it keeps it."""
    return unlock.ground in {Ground.DOCUMENT, Ground.STAFF}


def kept_after_withdrawal(standing: Standing | None, now: datetime) -> UnlockedDocuments:
    """Return what a reader goes on reading when the publisher takes it down."""
    reached = get_unlocked_documents(standing, now)
    if standing is not None and standing.staff:
        return reached
    held = unlocks(standing, reached.documents, now)
    return UnlockedDocuments(documents=frozenset(unlock.document_id for unlock in held if outlives_withdrawal(unlock)))


def shown_as_staff(unlock: Unlock) -> bool:
    """Whether the full text is marked as shown to an editor."""
    return unlock.ground is Ground.STAFF


def _why_not(bearing: Iterable[HeldGrant], now: datetime) -> Reason:
    """Return the reason of the latest thing held: that is what the reader has in mind."""
    latest = max(bearing, key=lambda grant: grant.starts_at, default=None)
    if latest is None:
        return Reason.NOTHING_HELD
    if latest.revoked:
        return REASON_OF[latest.revoked]
    if latest.starts_at > now:
        return Reason.NOT_YET
    return Reason.PASS_OVER if latest.source == "pass" else Reason.ENDED


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What of the settings access depends on: which of Stripe's worlds counts, whether addresses must be confirmed."""

    mode: Mode
    confirm_email: bool


def standing_of(session: Session, reader: Reader, rules: AccessRules) -> Standing:
    """Return what access depends on for a reader; one query, none for the house."""
    return Standing(
        staff=reader.staff,
        disabled=reader.disabled_at is not None,
        unconfirmed=rules.confirm_email and reader.email_confirmed_at is None,
        grants=() if reader.staff else _held(session, reader.id, rules.mode),
    )


def _held(session: Session, reader_id: int, mode: Mode) -> tuple[HeldGrant, ...]:
    return tuple(grant.held for grant in list_grants_of(session, reader_id, mode))
