"""Stripe's objects: their shapes at this API version, and what its endpoints do to them."""
