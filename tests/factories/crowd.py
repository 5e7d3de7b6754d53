"""Many readers who have paid, made fast: through the rules themselves, without a browser or a password."""

from webapp.accounts.models import Reader, Role
from webapp.billing.checkout import start_checkout
from webapp.billing.context import BillingContext
from webapp.billing.order_terms import Buyer, Order
from webapp.kit import clock
from webapp.stripe_sandbox.sandbox import Sandbox

PLANS = ("year", "month", "pass")


def readers_who_paid(billing: BillingContext, sandbox: Sandbox, count: int) -> None:
    """Have so many readers order and pay, each another plan by turns; nobody comes back, and we hear of nothing."""
    with billing.database.writing() as session:
        crowd = [
            Reader(email=address, email_key=address, password_hash="", role=Role.READER, created_at=clock.now())
            for address in (f"crowd{number}@example.com" for number in range(count))
        ]
        session.add_all(crowd)
    for number, reader in enumerate(crowd):
        order = Order(PLANS[number % len(PLANS)], None, "", "/account/plan")
        address = start_checkout(billing, Buyer(reader.id, reader.email, "en"), order)
        sandbox.pay(address.rpartition("/")[2], "card", "4242424242424242", "12/34", "123")
