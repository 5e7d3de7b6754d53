"""Stripe on one machine, without a network and without a key; no money moves."""

from webapp.billing.sandbox.bank import Sandbox
from webapp.billing.sandbox.deliver import Deliverer
from webapp.billing.sandbox.faults import Faults
from webapp.billing.sandbox.pages import sandbox_pages
from webapp.billing.sandbox.paying import End, Outcome, Wallet
from webapp.billing.sandbox.refusals import RefusedError

__all__ = ["Deliverer", "End", "Faults", "Outcome", "RefusedError", "Sandbox", "Wallet", "sandbox_pages"]
