"""Payments: plans, checkout, Stripe's news, and the grants that follow from Stripe's present truth."""
