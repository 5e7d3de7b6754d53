"""What a reader holds and has paid, as the account page and the return from Stripe need it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.emails import kind_of_subscription, renewal_price
from webapp.billing.gateway.facts import CheckoutFacts, InvoiceFacts, SubscriptionFacts, Upcoming
from webapp.billing.grant_terms import is_paid
from webapp.billing.grants import list_grants_of
from webapp.billing.models import Grant, GrantSource, PlanKind, Purchase, PurchaseState, Receipt
from webapp.billing.payment_problems import BILLED, OF_REVOCATION, OVERDUE, UNCONFIRMED, UNPAID, PaymentProblem
from webapp.billing.receipts import list_receipts
from webapp.billing.stored_targets import live_subscriptions, read_stored_facts
from webapp.billing.upcoming import get_upcoming, is_unreachable
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.settings import Mode


@dataclass(frozen=True, slots=True)
class HeldSubscription:
    """The subscription that has not ended: what Stripe says of it, its kind, and the grant that follows from it.

    `upcoming`: what will be charged next, None where that is not known. `unreachable`: Stripe could not be asked
    whether it was renewed.
    """

    facts: SubscriptionFacts
    kind: PlanKind
    grant: Grant
    upcoming: Upcoming | None
    unreachable: bool

    @property
    def price(self) -> Money:
        """What it costs each time, before anything that is taken off."""
        return renewal_price(self.facts)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends for good; None while it renews."""
        return self.facts.cancels_at

    @property
    def trouble(self) -> PaymentProblem | None:
        """What is wrong with it, if anything is."""
        problem = OF_REVOCATION.get(self.grant.revoked) if self.grant.revoked else None
        if self.bill and self.bill.needs_confirmation and problem in {None, UNPAID}:
            return UNCONFIRMED
        if self.grant.revoked:
            return problem
        if self.facts.status != "past_due":
            return BILLED if self.bill else None
        return OVERDUE if self.open else UNPAID

    @property
    def bill(self) -> InvoiceFacts | None:
        """The bill that waits to be paid or confirmed."""
        return self.facts.payable_invoice

    @property
    def renews(self) -> bool:
        """Whether it goes on by itself, with another charge."""
        return self.open and self.facts.renews and not self.unreachable

    @property
    def can_switch(self) -> bool:
        """Whether Stripe lets its reader switch to another plan as it stands."""
        return self.open and self.facts.renews and len(self.facts.items) == 1

    @property
    def open(self) -> bool:
        """Whether it opens anything now."""
        return self.grant.is_open(clock.now())


@dataclass(frozen=True, slots=True)
class PlanOverview:
    """What the account page shows: grants and receipts, newest first; payments that are still on their way."""

    subscription: HeldSubscription | None
    grants: tuple[Grant, ...]
    receipts: tuple[Receipt, ...]
    pending: tuple[CheckoutFacts, ...]
    now: datetime

    @property
    def running(self) -> list[Grant]:
        """What opens something now."""
        return [grant for grant in self.grants if grant.is_open(self.now)]

    @property
    def coming(self) -> list[Grant]:
        """What will open something by itself: a pass that waits for the one before it."""
        later = [grant for grant in self.grants if grant.starts_at > self.now and not grant.revoked]
        return [grant for grant in later if not grant.is_open(self.now)]

    @property
    def over(self) -> list[Grant]:
        """What opened something once, and does not any more."""
        return [grant for grant in self.grants if grant not in (*self.running, *self.coming)]

    @property
    def document_ids(self) -> set[int]:
        """The documents that are named by a grant or a receipt."""
        ids = [grant.document_id for grant in self.grants] + [receipt.document_id for receipt in self.receipts]
        return {document_id for document_id in ids if document_id is not None}


class PurchaseStanding(StrEnum):
    """How far a purchase has come, for who is back from Stripe's page."""

    OPENED = "opened"
    TAKEN_BACK = "taken-back"
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    OPEN = "open"


def purchase_standing(session: Session, purchase: Purchase) -> PurchaseStanding:
    """Return how far a purchase has come, by what Stripe last said of it."""
    source_id = purchase.subscription_id if purchase.recurring else purchase.id
    grants = [one for one in list_grants_of(session, purchase.reader_id, purchase.mode) if one.source_id == source_id]
    if grants:
        return PurchaseStanding.TAKEN_BACK if grants[0].revoked else PurchaseStanding.OPENED
    if purchase.state is not PurchaseState.COMPLETE:
        return PurchaseStanding.EXPIRED if purchase.state is PurchaseState.EXPIRED else PurchaseStanding.OPEN
    pending = any(facts.purchase_id == purchase.id for facts in _pending(session, purchase.reader_id, purchase.mode))
    return PurchaseStanding.PENDING if pending else PurchaseStanding.FAILED


def get_plan_overview(session: Session, reader_id: int, mode: Mode) -> PlanOverview:
    """Return what a reader holds and has paid."""
    grants = list_grants_of(session, reader_id, mode)
    return PlanOverview(
        get_held_subscription(session, reader_id, mode),
        tuple(grants),
        tuple(list_receipts(session, reader_id, mode)),
        tuple(facts for facts in _pending(session, reader_id, mode) if not is_paid(facts)),
        clock.now(),
    )


def _pending(session: Session, reader_id: int, mode: Mode) -> list[CheckoutFacts]:
    stored = read_stored_facts(session, reader_id, mode)
    return [facts for facts in stored if isinstance(facts, CheckoutFacts) and facts.payment_pending]


def get_held_subscription(session: Session, reader_id: int, mode: Mode) -> HeldSubscription | None:
    """Return the subscription of a reader that has not ended, if there is one."""
    live = live_subscriptions(session, reader_id, mode)
    if not live:
        return None
    source = Grant.source == GrantSource.SUBSCRIPTION, Grant.source_id == live[0].id
    grant = session.scalars(select(Grant).where(*source)).one()
    return HeldSubscription(
        live[0],
        kind_of_subscription(session, live[0]),
        grant,
        get_upcoming(session, live[0].id),
        is_unreachable(session, live[0].id),
    )
