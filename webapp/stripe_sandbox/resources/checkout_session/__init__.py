"""Checkout sessions (docs.stripe.com/api/checkout/sessions): what they sell, what reduces it, how they end."""
