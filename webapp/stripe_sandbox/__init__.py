"""Stripe on one machine, without a network and without a key; no money moves."""
