"""Payments (docs.stripe.com/api/payment_intents): what pays, at once or later."""
