"""Whose token it is: who they are, what they hold, and orders for them."""

from typing import Any, cast

from flask import current_app

from webapp.accounts.access_tokens import AccessToken, Scope
from webapp.accounts.bearer_tokens import bearer
from webapp.api import schemas
from webapp.api.blueprint import Blueprint
from webapp.billing.account_overview import is_running
from webapp.billing.context import counter
from webapp.billing.grants import grants_of
from webapp.billing.orders import place_order
from webapp.kit import clock
from webapp.kit.http import no_store, reading
from webapp.kit.limits import limiter

account = Blueprint("api_account", "You: who you are, what you hold, and orders.")
account.after_request(no_store)


@account.route("/me")
@account.operation("getMe", scope=Scope.ACCOUNT, visitors=False)
@account.response(200, schemas.Me)
def me() -> dict[str, Any]:
    """Return who you are."""
    held = _held()
    reader = held.reader
    return {
        "email": reader.email,
        "role": reader.role,
        "created_at": reader.created_at,
        "email_confirmed": reader.email_confirmed_at is not None,
        "scopes": sorted(held.scopes),
    }


@account.route("/grants")
@account.operation("listGrants", scope=Scope.ACCOUNT, visitors=False)
@account.response(200, schemas.Grants)
def grants() -> dict[str, Any]:
    """List what you hold and held."""
    held = grants_of(reading(), _held().reader_id, current_app.config["MODE"])
    ids = [grant.document_id for grant in held if grant.document_id is not None]
    named = {one.id: one for one in counter().book(reading(), ids=ids)}
    now = clock.now()
    return {
        "grants": [
            {
                "source": grant.source,
                "document": named[grant.document_id].slug if grant.document_id else None,
                "title": named[grant.document_id].title if grant.document_id else None,
                "starts_at": grant.starts_at,
                "ends_at": grant.ends_at,
                "revoked": grant.revoked,
                "open": is_running(grant, now),
            }
            for grant in held
        ]
    }


@account.route("/checkout", methods=["POST"])
@account.operation("startCheckout", 400, 404, 409, 415, 422, 429, 503, scope=Scope.CHECKOUT, visitors=False)
@limiter.limit("60 per minute")
@account.arguments(schemas.OrderArguments)
@account.response(200, schemas.Checkout)
def checkout(asked: dict[str, Any]) -> dict[str, Any]:
    """Begin an order and return where you pay; the same order again is taken up where it was left."""
    return {"url": place_order(_held().reader, asked["plan"], asked.get("document", ""))}


def _held() -> AccessToken:
    return cast("AccessToken", bearer())  # the operations of this part let nobody in without
