"""Limits on how often one address may try."""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from webapp.kit.current_settings import settings_in

limiter = Limiter(get_remote_address, strategy="moving-window", headers_enabled=False)


def typed_email() -> str:
    """Return the address that is being tried, so that guessing one account is limited from everywhere."""
    return request.form.get("email", "").strip().casefold()[:254] or get_remote_address()


def install_limits(app: Flask) -> None:
    """Count tries in memory, or in Redis when several workers or machines share the counting."""
    app.config["RATELIMIT_STORAGE_URI"] = settings_in(app).redis_url or "memory://"
    limiter.init_app(app)
