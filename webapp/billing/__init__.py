"""Payments: plans, checkout, Stripe's events, and the grants that follow from Stripe's present truth."""
