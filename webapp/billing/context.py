"""What billing works with, over Stripe where there is a key, else over the sandbox; and where views find it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Flask, current_app

from webapp.billing.gateway.checkout_params import CheckoutOptions
from webapp.billing.gateway.client import Gateway, stripe_client
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.settings import Mode, Settings
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.views import sandbox_pages

_EXTENSION = "paidspan.billing"
_SANDBOX = "paidspan.sandbox"
SANDBOX_KEY = "sk_test_paidspan_sandbox"


@dataclass(frozen=True, slots=True)
class BillingContext:
    """What the rules about Stripe need: `grace` is how long a late payer still reads, `base_url` where we are."""

    database: Database
    gateway: Gateway
    grace: timedelta
    base_url: str
    mode: Mode
    checkout_options: CheckoutOptions


def install_billing(app: Flask, settings: Settings, database: Database) -> None:
    """Have the application sell, with the sandbox's pages where there is no key."""
    sandbox = open_sandbox(settings)
    if sandbox is not None:
        app.extensions[_SANDBOX] = sandbox
        app.register_blueprint(sandbox_pages(sandbox))
    clock.set_clock_offset(sandbox.clock_offset if sandbox else None)
    app.extensions[_EXTENSION] = open_billing(settings, database, sandbox)
    app.jinja_env.globals["sandbox"] = settings.sandbox


def sandbox_of(app: Flask) -> Sandbox | None:
    """Return the sandbox that an application sells on, if it does."""
    return cast("Sandbox | None", app.extensions.get(_SANDBOX))


def current_billing() -> BillingContext:
    """Return what this application sells with."""
    return cast("BillingContext", current_app.extensions[_EXTENSION])


def open_sandbox(settings: Settings) -> Sandbox | None:
    """Return the sandbox of an installation without a Stripe key."""
    return Sandbox(settings.instance / "sandbox.sqlite", settings.base_url) if settings.sandbox else None


def open_billing(settings: Settings, database: Database, sandbox: Sandbox | None) -> BillingContext:
    """Return what billing works with, over Stripe or over the sandbox: the same SDK either way."""
    client = stripe_client(settings.stripe_secret_key or SANDBOX_KEY, sandbox.client_transport() if sandbox else None)
    secret = sandbox.webhook_secret if sandbox else settings.stripe_webhook_secret
    gateway = Gateway(client, secret, settings.mode is Mode.LIVE, max(1, settings.threads - 1))
    options = CheckoutOptions(settings.automatic_tax, settings.tax_id_collection, settings.invoice_creation)
    grace = timedelta(days=settings.grace_days)
    return BillingContext(database, gateway, grace, settings.base_url, settings.mode, options)
