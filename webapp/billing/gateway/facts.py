"""What Stripe says of what is sold here, in types; ids are Stripe's, moments are in UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from webapp.kit.money import Money

# Statuses of a subscription.
RUNNING = {"active", "trialing"}
LIVE = RUNNING | {"past_due", "unpaid", "paused"}  # not ended, and not waiting for its first payment either
ENDED = {"canceled", "incomplete_expired"}


class TargetType(StrEnum):
    """The objects of Stripe that everything else hangs on."""

    SUBSCRIPTION = "subscription"
    CHECKOUT = "checkout.session"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that goes back; `arrived`, in minor units, is 0 while it is on its way, and when it failed."""

    payment_intent_id: str
    arrived: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """What became of payments together: `refunded_at` when all of them went back, `disputed` while the bank has them.

    `refunds` and `dispute_ids` are all that Stripe told of, some perhaps about a payment of long ago.
    """

    refunded_at: datetime | None
    disputed: bool
    refunds: tuple[Refund, ...] = ()
    dispute_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """An invoice that was paid with money: how much, for which prices and which time."""

    id: str
    price_ids: frozenset[str]
    payment_intent_id: str | None
    paid: Money
    paid_at: datetime
    period_starts_at: datetime
    period_ends_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that waits for its payment; `failed` once charging it was tried in vain."""

    id: str
    owed_since: datetime
    failed: bool
    owed: Money


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as Stripe describes it now.

    `payments` (intents) paid for the present period: those of its bill, and of what changed within it; `money_back` is
    what became of them. `owes`: an invoice may still be paid, even of one that has ended.
    """

    id: str
    purchase_id: str | None
    customer_id: str
    price_ids: frozenset[str]
    renewal_price: Money
    status: str
    started_at: datetime
    period_ends_at: datetime
    trial_ends_at: datetime | None
    cancels_at: datetime | None
    ended_at: datetime | None
    collection_paused: bool
    owes: bool
    open_invoices: tuple[OpenInvoice, ...]
    paid_invoices: tuple[PaidInvoice, ...]
    payments: tuple[str, ...]
    money_back: MoneyBack

    @property
    def oldest_open_invoice_at(self) -> datetime | None:
        """Since when the oldest open invoice is owed."""
        return min((invoice.owed_since for invoice in self.open_invoices), default=None)


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """A Checkout session, and what became of its payment; `price` as it was to be paid.

    `payment_pending`: a delayed way of paying was chosen, and has neither paid nor failed yet.
    """

    id: str
    purchase_id: str | None
    customer_id: str | None
    status: str
    payment_status: str
    payment_pending: bool
    payment_intent_id: str | None
    price: Money
    paid_at: datetime
    money_back: MoneyBack


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer; of a deleted one nothing else is known."""

    customer_id: str
    deleted: bool


TargetFacts: TypeAlias = SubscriptionFacts | CheckoutFacts | CustomerFacts
