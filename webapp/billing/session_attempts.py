"""Asking Stripe for a customer and a session, so that a try that failed is repeated, or another begun.

Stripe keeps what it answered first under an idempotency key for 24 hours, failures of the 500 kind included: after an
answer that says no, the next try has another key; after none, or after a 5xx, which says nothing, the same; after a 5xx
that its key repeats, or a day later, what may have been made is looked for first.

Source: docs.stripe.com/api/idempotent_requests.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import MissingAtStripeError, OpenedSession, SpentKeyError, StripeRefusedError
from webapp.billing.models import Plan, Purchase
from webapp.billing.order_terms import Buyer
from webapp.kit import clock

KEY_KEPT = timedelta(hours=23)


def ask_for_session(billing: BillingContext, purchase: Purchase, plan: Plan | None, customer_id: str) -> OpenedSession:
    """Return the session of a purchase, opened now or in a try before; raise PaymentsUnavailableError."""
    now = clock.now()
    if purchase.asked_at is not None and now - purchase.asked_at > KEY_KEPT:
        return _look_first(billing, purchase, plan, customer_id)
    if purchase.asked_at is None:
        _note_try(billing, purchase, purchase.attempt)
    try:
        return _create_session(billing, purchase, plan, customer_id)
    except SpentKeyError:
        return _look_first(billing, purchase, plan, customer_id)
    except (StripeRefusedError, MissingAtStripeError):
        _note_try(billing, purchase, purchase.attempt + 1)
        raise


def _look_first(billing: BillingContext, purchase: Purchase, plan: Plan | None, customer_id: str) -> OpenedSession:
    """Return the session that an earlier try has opened unheard, else open one under the key of a new try."""
    found = billing.gateway.find_session(purchase.id, customer_id)
    if found is not None:
        return found
    _note_try(billing, purchase, purchase.attempt + 1)
    return _create_session(billing, purchase, plan, customer_id)


def _create_session(billing: BillingContext, purchase: Purchase, plan: Plan | None, customer_id: str) -> OpenedSession:
    return billing.gateway.create_session(purchase, plan, customer_id, billing.base_url, billing.checkout_options)


def ask_for_customer(billing: BillingContext, buyer: Buyer, purchase: Purchase) -> str:
    """Return a new customer for a reader; one that an earlier try has made unheard is left unused."""
    try:
        return billing.gateway.create_customer(buyer.reader_id, buyer.email, f"customer-{purchase.key}")
    except SpentKeyError:
        _note_try(billing, purchase, purchase.attempt + 1)
        return billing.gateway.create_customer(buyer.reader_id, buyer.email, f"customer-{purchase.key}")
    except StripeRefusedError:
        _note_try(billing, purchase, purchase.attempt + 1)
        raise


def _note_try(billing: BillingContext, purchase: Purchase, attempt: int) -> None:
    """Note which try is made, and when it began, before Stripe is asked."""
    purchase.attempt, purchase.asked_at = attempt, clock.now()

    def note(session: Session) -> None:
        kept = session.get_one(Purchase, purchase.id)
        kept.attempt, kept.asked_at = purchase.attempt, purchase.asked_at

    billing.database.write(note)
