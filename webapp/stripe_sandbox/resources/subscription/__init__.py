"""Subscriptions (docs.stripe.com/api/subscriptions): how they begin, renew, change and end."""
