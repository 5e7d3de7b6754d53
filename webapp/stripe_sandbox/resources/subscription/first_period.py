"""How a subscription begins: its shape, its items and its first period (docs.stripe.com/api/subscriptions)."""

from dataclasses import dataclass

from webapp.stripe_sandbox.billing_periods import DAY, Cycle
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.resources.invoice.drafting import AUTOMATICALLY, SEND
from webapp.stripe_sandbox.resources.products import plan_of
from webapp.stripe_sandbox.resources.subscription import subscriptions, trials
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

# What Stripe shows of a subscription, and is empty at its beginning.
_WITHOUT = dict.fromkeys(
    (
        "application",
        "application_fee_percent",
        "billing_cycle_anchor_config",
        "billing_thresholds",
        "cancel_at",
        "canceled_at",
        "customer_account",
        "default_source",
        "description",
        "ended_at",
        "managed_payments",
        "next_pending_invoice_item_invoice",
        "on_behalf_of",
        "pause_collection",
        "pending_invoice_item_interval",
        "pending_setup_intent",
        "pending_update",
        "schedule",
        "test_clock",
        "transfer_data",
        "trial_end",
        "trial_start",
    )
)


@dataclass(frozen=True, slots=True)
class Start:
    """What a subscription begins with: prices with quantities, the way of paying it keeps, how a trial ends without.

    `anchor` where its first full period begins later; `unbilled` when the time until then costs nothing;
    `days_until_due` where its invoices are sent instead of charged; `taxed` where tax is reckoned on them.
    """

    customer: str
    prices: list[tuple[Json, int]]
    method: str | None
    metadata: dict[str, str]
    trial_days: int = 0
    discounts: tuple[str, ...] = ()
    trial_settings: Json | None = None
    anchor: int | None = None
    unbilled: bool = False
    days_until_due: int | None = None
    taxed: bool = False

    @property
    def status(self) -> str:
        """Return the status that it begins with."""
        if self.trial_days:
            return trials.TRIALING
        return "active" if self.unbilled or self.collection_method == SEND else "incomplete"

    @property
    def collection_method(self) -> str:
        """Return how its invoices are collected."""
        return AUTOMATICALLY if self.days_until_due is None else SEND


def begin(uow: UnitOfWork, start: Start) -> Json:
    """Keep a new subscription and tell of it: in its trial, else incomplete until its first invoice is paid."""
    subscription = uow.add(_begun(uow, start), event="customer.subscription.created")
    subscriptions.plan_renewal(uow, subscription)
    trials.plan_warning(uow, subscription)
    return subscription


def _begun(uow: UnitOfWork, start: Start) -> Json:
    subscription_id = new_id("sub")
    trial_end = uow.now + start.trial_days * DAY
    anchor = trial_end if start.trial_days else start.anchor or uow.now
    items = [new_item(uow, subscription_id, price, quantity, anchor) for price, quantity in start.prices]
    trial = {"trial_start": uow.now, "trial_end": trial_end} if start.trial_days else {}
    return {
        **_WITHOUT,
        **trial,
        **uow.common_fields("subscription", subscription_id),
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": start.taxed,
            "liability": {"type": "self"} if start.taxed else None,
        },
        "billing_cycle_anchor": anchor,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": dict.fromkeys(("comment", "feedback", "feedback_option", "reason")),
        "collection_method": start.collection_method,
        "currency": start.prices[0][0]["currency"],
        "customer": start.customer,
        "days_until_due": start.days_until_due,
        "default_payment_method": start.method,
        "default_tax_rates": [],
        "discounts": list(start.discounts),
        "invoice_settings": dict.fromkeys(("account_tax_ids", "custom_fields", "description", "footer"))
        | {"issuer": {"type": "self"}},
        "items": list_of(items, f"/v1/subscription_items?subscription={subscription_id}"),
        "latest_invoice": None if start.unbilled else new_id("in"),
        "metadata": start.metadata,
        "payment_settings": dict.fromkeys(("payment_method_options", "payment_method_types"))
        | {"save_default_payment_method": "off"},
        "start_date": uow.now,
        "status": start.status,
        "trial_settings": trials.shown_settings(start.trial_settings),
    }


def new_item(uow: UnitOfWork, subscription_id: str, price: Json, quantity: int, anchor: int) -> Json:
    """Return an item whose first period runs from now to the anchor, or one interval where that is now."""
    recurring = price["recurring"]
    cycle = Cycle(anchor, recurring["interval"], recurring["interval_count"])
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": uow.now,
        "current_period_end": anchor if anchor > uow.now else cycle.next_after(uow.now),
        "current_period_start": uow.now,
        "current_trial": None,
        "discounts": [],
        "metadata": {},
        "plan": plan_of(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription_id,
        "tax_rates": [],
    }
