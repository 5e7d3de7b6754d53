"""Stripe on one machine, without a network and without a key; no money moves."""

from webapp.stripe_sandbox.bank import Sandbox
from webapp.stripe_sandbox.deliver import Deliverer
from webapp.stripe_sandbox.faults import Faults
from webapp.stripe_sandbox.pages import sandbox_pages
from webapp.stripe_sandbox.paying import End, Outcome, Wallet
from webapp.stripe_sandbox.refusals import RefusedError

__all__ = ["Deliverer", "End", "Faults", "Outcome", "RefusedError", "Sandbox", "Wallet", "sandbox_pages"]
