"""What an order comes to: what is sold at which price, and what speaks against selling it to this reader."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.billing.grants import list_grants_of
from webapp.billing.models import GrantSource, Plan, PlanKind, Purchase
from webapp.billing.plans import find_plan_on_sale, had_subscription, price_of
from webapp.billing.stored_targets import live_subscriptions
from webapp.kit import clock
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.settings import Mode


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, and in which language Stripe shall speak."""

    reader_id: int
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is bought, and where its reader goes afterwards (`landing`, a path of ours).

    `warned`: the buyer was told what they hold already, and wants it all the same.
    """

    plan: str
    document_id: int | None
    document_title: str
    landing: str
    warned: bool = False

    def is_for(self, purchase: Purchase) -> bool:
        """Return whether a purchase is of what is ordered."""
        same_document = purchase.kind is not PlanKind.DOCUMENT or purchase.document_id == self.document_id
        return purchase.kind == self.plan and same_document


def terms_of(session: Session, mode: Mode, order: Order) -> tuple[PlanKind, Plan | None, Money]:
    """Return what is ordered and what it costs; raise NotFoundError for what is not on sale."""
    if order.plan == PlanKind.DOCUMENT:
        price = price_of(session, order.document_id) if order.document_id else None
        if price is None:
            raise NotFoundError(_("This document is not sold by itself."))
        return PlanKind.DOCUMENT, None, price
    plan = find_plan_on_sale(session, mode, order.plan)
    if plan is None:
        raise NotFoundError(_("This plan is not on sale."))
    return plan.kind, plan, plan.price


def refuse_what_is_held(session: Session, mode: Mode, reader_id: int, kind: PlanKind, document_id: int | None) -> None:
    """Raise ConflictError for a second subscription, and for a document that was bought already."""
    if kind.recurring and live_subscriptions(session, reader_id, mode):
        raise ConflictError(
            _("You already have a subscription."), _("It is on your account page; you can change it there.")
        )
    if kind is PlanKind.DOCUMENT and any(
        grant.source is GrantSource.DOCUMENT and not grant.revoked
        for grant in list_grants_of(session, reader_id, mode, document_id)
    ):
        raise ConflictError(_("You have already bought this document."), _("Open its page to read it in full."))


class AlreadyOpenError(ConflictError):
    """A running subscription opens what is ordered, and nobody has told its buyer."""

    def __init__(self) -> None:
        super().__init__(
            _("Your subscription opens this already."),
            _("Nothing was ordered. If it shall be bought all the same, order it with “warned”: true."),
        )


def refuse_unwarned(session: Session, mode: Mode, reader_id: int, order: Order) -> None:
    """Raise AlreadyOpenError for what a subscription opens, where its buyer was not warned of that."""
    plan = find_plan_on_sale(session, mode, order.plan)
    kind = plan.kind if plan else PlanKind.DOCUMENT
    if not order.warned and opens_already(session, mode, reader_id, kind, order.document_id):
        raise AlreadyOpenError


def trial_days(session: Session, mode: Mode, reader_id: int, plan: Plan | None) -> int:
    """Return how long the plan is free at first: once for each reader."""
    if plan is None or not plan.kind.recurring:
        return 0
    return 0 if had_subscription(session, reader_id, mode) else plan.trial_days


def opens_already(session: Session, mode: Mode, reader_id: int, kind: PlanKind, document_id: int | None) -> bool:
    """Return whether a running subscription opens already what a pass or a document would; then its buyer is warned."""
    if kind.recurring:
        return False
    document_id = document_id if kind is PlanKind.DOCUMENT else None
    now, held = clock.now(), list_grants_of(session, reader_id, mode, document_id)
    return any(grant.source is GrantSource.SUBSCRIPTION and grant.is_open(now) for grant in held)


def reads_already(session: Session, mode: Mode, reader_id: int, document_id: int) -> bool:
    """Return whether a reader holds anything that opens a document now."""
    now = clock.now()
    return any(grant.is_open(now) for grant in list_grants_of(session, reader_id, mode, document_id))
