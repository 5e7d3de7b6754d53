"""What the sandbox's pages show, read out of what it holds."""

from dataclasses import dataclass
from datetime import UTC, datetime

from webapp.kit.money import Money
from webapp.stripe_sandbox import portal_actions
from webapp.stripe_sandbox.checkout_payment import owes, success_url
from webapp.stripe_sandbox.resources.checkout_session import sessions
from webapp.stripe_sandbox.resources.checkout_session.line_items import SUBSCRIPTION
from webapp.stripe_sandbox.resources.invoice import charging, invoice_endpoints
from webapp.stripe_sandbox.resources.payment.payment_methods import CARD
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.stripe_errors import no_such
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

_SHOWN = ("open", "paid", "uncollectible")  # invoices that are receipts, or will be


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is bought; `interval` ("month", …) where it is charged again."""

    name: str
    quantity: int
    amount: Money
    interval: str | None
    interval_count: int


@dataclass(frozen=True, slots=True)
class DiscountView:
    """What is taken off; `duration` ("once", "repeating", "forever") is None where nothing is charged again."""

    name: str
    off: Money
    duration: str | None
    months: int | None
    removable: bool


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """A Checkout session as its page shows it; `due` is what is charged now, `tax` the part of it that is tax."""

    status: str
    lines: list[Line]
    reduction: DiscountView | None
    takes_codes: bool
    takes_tax_id: bool
    tax: Money
    due: Money
    methods: list[str]
    needs_method: bool
    trial_days: int
    success_url: str
    cancel_url: str | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """What a subscription can be switched to."""

    price_id: str
    line: Line


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscription as the portal shows it; `next_try_at` where a failed charge will be tried again."""

    id: str
    line: Line
    status: str
    runs: bool
    has_card: bool
    period_ends_at: datetime
    ends_at: datetime | None
    next_try_at: datetime | None
    collection_paused: bool
    collects_again_at: datetime | None
    plans: list[PlanView]


@dataclass(frozen=True, slots=True)
class InvoiceLink:
    """An invoice in a list of them; `amount` is what was or is to be paid."""

    id: str
    number: str
    day: datetime
    amount: Money
    status: str


@dataclass(frozen=True, slots=True)
class PortalView:
    """The portal of one customer; `card` its last four digits, where one was left."""

    email: str | None
    subscriptions: list[SubscriptionView]
    receipts: list[InvoiceLink]
    card: str | None
    return_url: str | None


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line of an invoice: what was sold, from when to when; a credit is negative."""

    name: str
    amount: Money
    begins_at: datetime
    ends_at: datetime
    proration: bool


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """An invoice as its page shows it; `credit` is what was there and was used, or was left over (negative).

    It `waits` where its payment is to be confirmed at the bank.
    """

    receipt: InvoiceLink
    email: str | None
    lines: list[ReceiptLine]
    total: Money
    credit: Money
    paid_at: datetime | None
    due_at: datetime | None
    payable: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class ConfirmationView:
    """The page of the bank: what is to be confirmed, and where to go back to."""

    amount: Money
    back: str


def view_confirmation(uow: UnitOfWork, session_id: str, back: str) -> ConfirmationView | None:
    """Return the page of the bank for a session, None where nothing is to be confirmed; raise RefusedError."""
    view = view_checkout(uow, session_id)
    asked = view.status == sessions.OPEN and uow.memo(session_id).get("asked")
    return ConfirmationView(view.due, back) if asked else None


def view_invoice_confirmation(uow: UnitOfWork, invoice_id: str, back: str) -> ConfirmationView | None:
    """Return the page of the bank for an invoice, None where nothing is to be confirmed; raise RefusedError."""
    view = view_receipt(uow, invoice_id)
    return ConfirmationView(view.receipt.amount, back) if view.waits else None


def view_checkout(uow: UnitOfWork, session_id: str) -> CheckoutView:
    """Return a session's page; raise RefusedError when there is none."""
    session = uow.get("checkout.session", session_id)
    trial = uow.memo(session_id).get("subscription_data", {}).get("trial_period_days", 0)
    items = uow.owned(session_id, "item")
    return CheckoutView(
        status=session["status"],
        lines=[view_line(item["description"], item["price"], item["quantity"]) for item in items],
        reduction=_reduction(uow, session),
        takes_codes=bool(session["allow_promotion_codes"]),
        takes_tax_id="tax_id_collection" in session,
        tax=Money(session["total_details"]["amount_tax"], session["currency"]),
        due=Money(0 if trial else session["amount_total"], session["currency"]),
        methods=session["payment_method_types"],
        needs_method=owes(uow, session),
        trial_days=trial,
        success_url=success_url(session),
        cancel_url=session["cancel_url"],
    )


def _reduction(uow: UnitOfWork, session: Json) -> DiscountView | None:
    discounts = uow.owned(session["id"], "discount") if session["discounts"] else []
    for discount in discounts:
        coupon = uow.memo(discount["id"])["coupon"]
        code = uow.get("promotion_code", discount["promotion_code"]) if discount["promotion_code"] else None
        return DiscountView(
            name=code["code"] if code else coupon["name"] or coupon["id"],
            off=Money(-session["total_details"]["amount_discount"], session["currency"]),
            duration=coupon["duration"] if session["mode"] == SUBSCRIPTION else None,
            months=coupon["duration_in_months"],
            removable=bool(session["allow_promotion_codes"]),
        )
    return None


def view_portal(uow: UnitOfWork, session_id: str) -> PortalView:
    """Return a portal's page; raise RefusedError when there is none."""
    session = uow.get("billing_portal.session", session_id)
    customer = uow.get("customer", session["customer"])
    held = uow.with_customer("subscription", session["customer"])
    return PortalView(
        email=customer.get("email"),
        subscriptions=[_subscription(uow, subscription) for subscription in held],
        receipts=[_receipt(one) for one in uow.with_customer("invoice", customer["id"]) if one["status"] in _SHOWN],
        card=_last_digits(uow, [customer, *held]),
        return_url=session["return_url"],
    )


def view_receipt(uow: UnitOfWork, invoice_id: str) -> ReceiptView:
    """Return an invoice's page; raise RefusedError when there is none, or it is a draft still."""
    invoice = uow.get("invoice", invoice_id)
    if invoice["number"] is None:
        raise no_such("invoice", invoice_id)
    customer = uow.get("customer", invoice["customer"])
    paid_at = invoice["status_transitions"]["paid_at"]
    return ReceiptView(
        receipt=_receipt(invoice),
        email=invoice["customer_email"],
        lines=[_receipt_line(uow, line) for line in invoice["lines"]["data"]],
        total=Money(invoice["total"], invoice["currency"]),
        credit=Money(invoice["starting_balance"] - invoice["ending_balance"], invoice["currency"]),
        paid_at=_moment(paid_at) if paid_at else None,
        due_at=_maybe(invoice["due_date"]),
        payable=invoice["status"] in invoice_endpoints.PAYABLE_STATUSES and not customer.get("deleted"),
        waits=portal_actions.waiting_intent(uow, invoice) is not None,
    )


def _subscription(uow: UnitOfWork, subscription: Json) -> SubscriptionView:
    item = subscription["items"]["data"][0]
    product = uow.get("product", item["price"]["product"])
    paused = subscription["pause_collection"]
    newest = next(iter(uow.invoices_of(subscription["id"], "open", limit=1)), None)
    runs = subscriptions.is_running(subscription)
    return SubscriptionView(
        id=subscription["id"],
        line=view_line(product["name"], item["price"], item["quantity"]),
        status=subscription["status"],
        runs=runs,
        has_card=runs and charging.way_of_paying(uow, subscription) is not None,
        period_ends_at=_moment(item["current_period_end"]),
        ends_at=_maybe(subscription["ended_at"] or subscription["cancel_at"]),
        next_try_at=_maybe(newest["next_payment_attempt"] if newest else None),
        collection_paused=paused is not None,
        collects_again_at=_maybe(paused["resumes_at"] if paused else None),
        plans=[_plan(uow, price) for price in portal_actions.other_plans(uow, subscription)],
    )


def _plan(uow: UnitOfWork, price: Json) -> PlanView:
    return PlanView(price["id"], view_line(uow.get("product", price["product"])["name"], price, 1))


def _receipt(invoice: Json) -> InvoiceLink:
    day = invoice["status_transitions"]["finalized_at"] or invoice["created"]
    amount = Money(invoice["amount_due"], invoice["currency"])
    return InvoiceLink(invoice["id"], invoice["number"], _moment(day), amount, invoice["status"])


def _receipt_line(uow: UnitOfWork, line: Json) -> ReceiptLine:
    return ReceiptLine(
        name=uow.get("product", line["pricing"]["price_details"]["product"])["name"],
        amount=Money(line["amount"], line["currency"]),
        begins_at=_moment(line["period"]["start"]),
        ends_at=_moment(line["period"]["end"]),
        proration=bool((line["parent"]["subscription_item_details"] or {}).get("proration")),
    )


def _last_digits(uow: UnitOfWork, holders: list[Json]) -> str | None:
    """Return the last four digits of the card that a customer, else one of its subscriptions, is charged to."""
    named = [(one.get("invoice_settings") or {}).get("default_payment_method") for one in holders[:1]]
    named += [one["default_payment_method"] for one in holders[1:] if subscriptions.is_running(one)]
    method = next(filter(None, named), None)
    return str(uow.get("payment_method", method)[CARD]["last4"]) if method else None


def view_line(name: str, price: Json, quantity: int) -> Line:
    """Return one thing at its price."""
    recurring = price["recurring"] or {}
    return Line(
        name=name,
        quantity=quantity,
        amount=Money(price["unit_amount"] * quantity, price["currency"]),
        interval=recurring.get("interval"),
        interval_count=recurring.get("interval_count", 1),
    )


def _maybe(seconds: int | None) -> datetime | None:
    return _moment(seconds) if seconds else None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
