"""What Stripe says of what is sold here, in types; ids are Stripe's, moments are in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

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
    """Money that goes back, in minor units; it has `arrived`, it has `failed`, or it is on its way."""

    id: str
    payment_intent_id: str
    amount: int
    failed: bool
    pending: bool
    created_at: datetime

    @property
    def arrived(self) -> int:
        """Return what is back with who paid it."""
        return 0 if self.failed or self.pending else self.amount


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """What became of a payment: `refunded_at` when all of it went back, `disputed` while the bank has it.

    `refunds` and `dispute_ids` are all that Stripe told of, some perhaps about a payment of long ago.
    """

    refunded_at: datetime | None
    disputed: bool
    refunds: tuple[Refund, ...] = ()
    dispute_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceRef:
    """Which price, of which product, something is about; a kind of plan follows from how often it is charged."""

    price_id: str | None
    product_id: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One thing subscribed to: its price, what that costs each time, how often it renews, and its present period."""

    id: str
    ref: PriceRef
    price: Money
    interval: str
    interval_count: int
    period_ends_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of a subscription's bill: the time it is for. An amount below zero takes back what `credits` billed.

    `credits` holds ids of lines; it is empty where Stripe does not say which.
    """

    id: str
    ref: PriceRef
    amount: int
    starts_at: datetime
    ends_at: datetime
    credits: frozenset[str]


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """Which part of a bill is tax, and the company that it was made out to, with its tax ids; "" for none."""

    amount: Money
    company: str
    tax_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """A bill of a subscription, and what became of it.

    `due_at`: from when on it is owed. `processing`: a payment is on its way. `needs_confirmation`: the bank wants its
    customer to confirm, at `page_url`. `given_back_at`: its refunds came to its payments, or a credit note took it all
    back. `lines` are those of this subscription alone, none that somebody wrote on it by hand.
    """

    id: str
    status: str
    due_at: datetime
    failed: bool
    processing: bool
    needs_confirmation: bool
    page_url: str
    paid: Money
    owed: Money
    tax: TaxFacts
    paid_at: datetime
    payment_intent_ids: tuple[str, ...]
    given_back_at: datetime | None
    lines: tuple[InvoiceLine, ...]

    @property
    def stands(self) -> bool:
        """Whether it was paid, or is being paid, and not given back."""
        return (self.status == "paid" or self.processing) and self.given_back_at is None


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as Stripe describes it now, with its bills, the oldest first.

    `disputed_invoices`: the ids of bills that reach into the present period and whose money the bank has.
    `closed_by_us`: its cancellation bears our mark, and what was paid alone tells how long it opens.
    """

    id: str
    purchase_id: str | None
    customer_id: str
    items: tuple[SubscriptionItem, ...]
    status: str
    started_at: datetime
    trial_ends_at: datetime | None
    cancels_at: datetime | None
    ended_at: datetime | None
    collection_paused: bool
    closed_by_us: bool
    invoices: tuple[InvoiceFacts, ...]
    disputed_invoices: frozenset[str]
    refunds: tuple[Refund, ...]
    dispute_ids: tuple[str, ...]

    @property
    def period_ends_at(self) -> datetime:
        """Return when the present period ends; Stripe moves it on whether anybody paid or not."""
        return max(item.period_ends_at for item in self.items)

    @property
    def renews(self) -> bool:
        """Whether it is paid up and goes on by itself, as far as we know."""
        return self.status in RUNNING and not self.collection_paused and self.cancels_at is None

    @property
    def owes(self) -> bool:
        """Whether a bill may still be paid, even of one that has ended."""
        return any(invoice.status in {"open", "uncollectible"} for invoice in self.invoices)

    @property
    def payable_invoice(self) -> InvoiceFacts | None:
        """Return the bill to confirm, else the oldest to pay, on its page at Stripe; None where there is none."""
        open_ = (one for one in self.invoices if one.status == "open" and one.page_url and not one.processing)
        owed = (one for one in open_ if one.owed.minor_units > 0)
        return min(owed, key=lambda one: not one.needs_confirmation, default=None)

    @property
    def paid_invoices(self) -> Iterator[InvoiceFacts]:
        """Yield the bills that were paid with money."""
        return (invoice for invoice in self.invoices if invoice.status == "paid" and invoice.paid.minor_units > 0)


@dataclass(frozen=True, slots=True)
class ChargePreview:
    """What will be charged, as Stripe computes it: discounts and tax are in it, and the credit that pays for it.

    `credit_left` is what the customer has left of their credit afterwards.
    """

    amount: Money
    at: datetime
    discount: Money
    tax: Money
    credit_used: Money
    credit_left: Money


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What Stripe said, when it was asked, that a subscription will be charged next; None: nothing."""

    asked_at: datetime
    charge: ChargePreview | None


@dataclass(frozen=True, slots=True)
class SwitchPreview:
    """What a switch of plan costs, `at_once` or with the next bill, and what of the old plan is credited.

    `next_at`: when the new plan is charged next.
    """

    charge: ChargePreview
    at_once: bool
    credited: Money
    next_at: datetime


class SoldLine(NamedTuple):
    """A line of a Checkout session: what of, how many, and what they cost before discounts, in minor units."""

    price_id: str
    quantity: int | None
    subtotal: int


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """A Checkout session, and what became of its payment: `subtotal` as it was asked for, `price` as it was to be paid.

    `purchase_id` is our mark; `typed_reference` anybody can have typed. `payment_pending`: a delayed way of paying was
    chosen, and has neither paid nor failed yet. `lines`: what was sold; none where that was not kept.
    """

    id: str
    purchase_id: str | None
    typed_reference: str | None
    customer_id: str | None
    status: str
    payment_status: str
    payment_pending: bool
    payment_intent_id: str | None
    subtotal: Money
    price: Money
    tax: TaxFacts
    lines: tuple[SoldLine, ...]
    paid_at: datetime
    money_back: MoneyBack


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer; of a deleted one nothing else is known. `currency`: the one it is bound to."""

    customer_id: str
    deleted: bool
    currency: str = ""


TargetFacts: TypeAlias = SubscriptionFacts | CheckoutFacts | CustomerFacts
