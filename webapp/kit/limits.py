"""Limits on how often one address may try."""

from collections.abc import Callable

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from webapp.kit.clock import machine_now
from webapp.kit.current_settings import settings_in

PER_SOURCE = "60 per minute"
PER_ACCOUNT = "30 per 15 minutes"
_EMAIL_KEY = "paidspan.email_key"
limiter = Limiter(get_remote_address, strategy="moving-window", headers_enabled=False)


def typed_email() -> str:
    """Return the address that is being tried, so that guessing one account is limited from everywhere."""
    email_key: Callable[[str], str] = current_app.extensions[_EMAIL_KEY]
    return email_key(request.form.get("email", "")) or get_remote_address()


def seconds_to_wait() -> int:
    """Return after how many seconds this request, which came too early, may come again."""
    over = limiter.current_limit
    return max(1, over.reset_at - int(machine_now().timestamp())) if over else 0


def install_limits(app: Flask, email_key: Callable[[str], str]) -> None:
    """Count tries in memory, or in Redis when several workers or machines share the counting.

    `email_key` returns what all writings of an address share, empty for what is none.
    """
    app.extensions[_EMAIL_KEY] = email_key
    app.config["RATELIMIT_STORAGE_URI"] = settings_in(app).redis_url or "memory://"
    limiter.init_app(app)
