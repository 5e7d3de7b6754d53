"""Whose token it is: who they are, what they hold, and orders for them."""

from typing import Any, cast

from webapp.accounts.api_tokens import AccessToken, Scope
from webapp.accounts.bearer_auth import current_token_holder
from webapp.api import schemas
from webapp.api.blueprint import Blueprint
from webapp.billing.context import current_billing
from webapp.billing.grants import list_grants_of
from webapp.billing.order_terms import Buyer
from webapp.billing.orders import place_order
from webapp.documents.catalogue import get_documents
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.http import end_read_session, no_store, read_session
from webapp.kit.languages import locale
from webapp.kit.limits import limited
from webapp.kit.request_costs import asks_others

account_api = Blueprint("api_account", "You: who you are, what you hold, and orders.")
account_api.after_request(no_store)


@account_api.route("/me")
@account_api.operation("getMe", scope=Scope.ACCOUNT, visitors=False)
@account_api.response(200, schemas.MeSchema)
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


@account_api.route("/grants")
@account_api.operation("listGrants", scope=Scope.ACCOUNT, visitors=False)
@account_api.response(200, schemas.GrantsSchema)
def list_grants() -> dict[str, Any]:
    """List what you hold and held."""
    held = list_grants_of(read_session(), _held().reader_id, current_settings().mode)
    named = get_documents(read_session(), [grant.document_id for grant in held if grant.document_id is not None])
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
                "open": grant.is_open(now),
            }
            for grant in held
        ]
    }


@account_api.route("/checkout", methods=["POST"])
@account_api.operation("startCheckout", 400, 404, 409, 415, 422, 503, scope=Scope.CHECKOUT, visitors=False)
@limited()
@account_api.arguments(schemas.OrderArguments)
@account_api.response(200, schemas.CheckoutSchema)
@asks_others
def create_checkout(asked: dict[str, Any]) -> dict[str, Any]:
    """Begin an order and return where you pay; the same order again is taken up where it was left."""
    reader = _held().reader
    buyer = Buyer(reader.id, reader.email, locale())
    end_read_session()
    plan, slug = asked["plan"], asked.get("document", "")
    return {"url": place_order(current_billing(), buyer, plan, slug, warned=asked["warned"])}


def _held() -> AccessToken:
    return cast("AccessToken", current_token_holder())  # the operations of this part let nobody in without
