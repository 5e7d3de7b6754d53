"""What the sandbox's pages show, read out of the books."""

from dataclasses import dataclass
from datetime import UTC, datetime

from webapp.billing.sandbox.books import Books
from webapp.billing.sandbox.paying import owes, success_url
from webapp.billing.sandbox.resources import subscriptions
from webapp.billing.sandbox.store import Json
from webapp.kit.money import Money


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is bought; `interval` ("month", …) where it is charged again."""

    name: str
    quantity: int
    amount: Money
    interval: str | None
    interval_count: int


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """A Checkout session as its page shows it; `due` is what is charged now."""

    status: str
    lines: list[Line]
    due: Money
    methods: list[str]
    needs_method: bool
    trial_days: int
    success_url: str
    cancel_url: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscription as the portal shows it."""

    id: str
    line: Line
    status: str
    runs: bool
    period_ends_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class PortalView:
    """The portal of one customer."""

    email: str | None
    subscriptions: list[SubscriptionView]
    return_url: str | None


def show_checkout(books: Books, session_id: str) -> CheckoutView:
    """Answers a session's page; raises RefusedError when there is none."""
    session = books.get("checkout.session", session_id)
    trial = books.memo(session_id).get("subscription_data", {}).get("trial_period_days", 0)
    items = books.owned(session_id, "item")
    return CheckoutView(
        status=session["status"],
        lines=[_line(item["description"], item["price"], item["quantity"]) for item in items],
        due=Money(0 if trial else session["amount_total"], session["currency"]),
        methods=session["payment_method_types"],
        needs_method=owes(books, session),
        trial_days=trial,
        success_url=success_url(session),
        cancel_url=session["cancel_url"],
    )


def show_portal(books: Books, session_id: str) -> PortalView:
    """Answers a portal's page; raises RefusedError when there is none."""
    session = books.get("billing_portal.session", session_id)
    customer = books.get("customer", session["customer"])
    held = books.with_customer("subscription", session["customer"])
    return PortalView(
        email=customer.get("email"),
        subscriptions=[_subscription(books, subscription) for subscription in held],
        return_url=session["return_url"],
    )


def _subscription(books: Books, subscription: Json) -> SubscriptionView:
    item = subscription["items"]["data"][0]
    product = books.get("product", item["price"]["product"])
    ends_at = subscription["ended_at"] or subscription["cancel_at"]
    return SubscriptionView(
        id=subscription["id"],
        line=_line(product["name"], item["price"], item["quantity"]),
        status=subscription["status"],
        runs=subscriptions.runs(subscription),
        period_ends_at=_moment(item["current_period_end"]),
        ends_at=_moment(ends_at) if ends_at else None,
    )


def _line(name: str, price: Json, quantity: int) -> Line:
    recurring = price["recurring"] or {}
    return Line(
        name=name,
        quantity=quantity,
        amount=Money(price["unit_amount"] * quantity, price["currency"]),
        interval=recurring.get("interval"),
        interval_count=recurring.get("interval_count", 1),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
