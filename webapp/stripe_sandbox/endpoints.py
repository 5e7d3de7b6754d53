"""Every endpoint the sandbox has: method, path, what it takes, what answers it. What is not here is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, func

from webapp.stripe_sandbox.list_endpoint import Filter, ListEndpoint, created, equals, not_deleted, one_of, shows
from webapp.stripe_sandbox.params import ListParam, ParamReader, Params, boolean, choice, currency, moments, text
from webapp.stripe_sandbox.resources import (
    coupons,
    customers,
    disputes,
    portal_configurations,
    portal_sessions,
    products,
    promotion_codes,
    refunds,
    webhook_endpoints,
)
from webapp.stripe_sandbox.resources.checkout_session import sessions
from webapp.stripe_sandbox.resources.invoice import credit_notes, invoice_endpoints
from webapp.stripe_sandbox.resources.payment import payment_method_endpoints
from webapp.stripe_sandbox.resources.subscription import cancellation, creation, preview, resume, subscriptions, update
from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.unit_of_work import ApiCall, Handler, Json, UnitOfWork

_ID = re.compile(r"\{id\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; its path may hold `{id}`. Where there is something to expand it takes `expand` too."""

    method: str
    path: str
    takes: Params
    handler: Handler
    expands: bool = True

    @property
    def fields(self) -> Params:
        """Return all that a request may carry."""
        expand: dict[str, ParamReader] = {"expand": ListParam(text)} if self.expands else {}
        return Params({**self.takes.takes, **expand}, self.takes.needs)

    def object_id(self, path: str) -> str | None:
        """Return the id in a path that is this route's ("" where it has none); None when it is another's."""
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else "".join(found.groups())


@cache
def _pattern(path: str) -> re.Pattern[str]:
    # "sub_1" in "/v1/subscriptions/sub_1", for "/v1/subscriptions/{id}"
    return re.compile(_ID.sub("((?!search$)[^/]+)", path))  # …/search is another endpoint


NOTHING = Params({})
_GONE_WHEN_DELETED = {"coupon", "webhook_endpoint"}  # others are shown with `deleted`
_TEXT = {
    name: Filter(text, equals(name)) for name in ("customer", "payment_intent", "subscription", "invoice", "charge")
}
_CREATED = {"created": Filter(moments, created)}
_ACTIVE = {"active": Filter(boolean, shows("active"))}


def _with_type(pattern: str) -> ColumnElement[bool]:
    """Return the condition that an event is of a type, or of a group of types like `charge.*`."""
    condition: ColumnElement[bool] = objects.c.body["type"].as_string().op("GLOB")(pattern)
    return condition


def _with_code(code: str) -> ColumnElement[bool]:
    """Return the condition that a promotion code is this one, in whatever case."""
    condition: ColumnElement[bool] = func.lower(objects.c.body["code"].as_string()) == code.lower()
    return condition


def _of(payment: Mapping[str, str]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = objects.c.payment_intent == payment["payment_intent"]
    return condition


_PAYMENT = Params({"payment_intent": text, "type": choice("payment_intent")}, frozenset({"payment_intent", "type"}))

LIST_ENDPOINTS = {
    "/v1/coupons": ListEndpoint("coupon", _CREATED, not_deleted),
    "/v1/promotion_codes": ListEndpoint(
        "promotion_code",
        {
            "code": Filter(text, _with_code),
            "coupon": Filter(text, equals("owner")),
            "customer": _TEXT["customer"],
            **_ACTIVE,
            **_CREATED,
        },
    ),
    "/v1/credit_notes": ListEndpoint(
        "credit_note", {"customer": _TEXT["customer"], "invoice": _TEXT["invoice"], **_CREATED}
    ),
    "/v1/customers": ListEndpoint("customer", {"email": Filter(text, shows("email")), **_CREATED}, not_deleted),
    "/v1/products": ListEndpoint(
        "product", {"ids": Filter(ListParam(text), one_of("id")), **_ACTIVE, **_CREATED}, not_deleted
    ),
    "/v1/prices": ListEndpoint(
        "price",
        {
            "currency": Filter(currency, shows("currency")),
            "lookup_keys": Filter(ListParam(text), one_of("lookup_key")),
            "product": Filter(text, shows("product")),
            "type": Filter(choice("one_time", "recurring"), shows("type")),
            **_ACTIVE,
            **_CREATED,
        },
    ),
    "/v1/checkout/sessions": ListEndpoint(
        "checkout.session",
        {
            "status": Filter(choice(sessions.OPEN, sessions.COMPLETE, sessions.EXPIRED), shows("status")),
            **{name: _TEXT[name] for name in ("customer", "payment_intent", "subscription")},
            **_CREATED,
        },
    ),
    "/v1/payment_methods": ListEndpoint(
        "payment_method",
        {"customer": _TEXT["customer"], "type": Filter(choice("alipay", "card", "wechat_pay"), shows("type"))},
    ),
    "/v1/payment_intents": ListEndpoint("payment_intent", {"customer": _TEXT["customer"], **_CREATED}),
    "/v1/charges": ListEndpoint(
        "charge", {"customer": _TEXT["customer"], "payment_intent": _TEXT["payment_intent"], **_CREATED}
    ),
    "/v1/subscriptions": ListEndpoint(
        "subscription",
        {
            "customer": _TEXT["customer"],
            "price": Filter(text, shows("items.data[0].price.id")),
            "status": subscriptions.STATUS_FILTER,
            **_CREATED,
        },
        subscriptions.running_unless_asked,
    ),
    "/v1/invoices": ListEndpoint(
        "invoice",
        {
            "customer": _TEXT["customer"],
            "status": Filter(choice("draft", "open", "paid", "uncollectible", "void"), shows("status")),
            "subscription": _TEXT["subscription"],
            **_CREATED,
        },
    ),
    "/v1/invoice_payments": ListEndpoint(
        "invoice_payment",
        {
            "invoice": _TEXT["invoice"],
            "payment": Filter(_PAYMENT, _of),
            "status": Filter(choice("canceled", "open", "paid"), shows("status")),
            **_CREATED,
        },
    ),
    "/v1/refunds": ListEndpoint(
        "refund", {"charge": _TEXT["charge"], "payment_intent": _TEXT["payment_intent"], **_CREATED}
    ),
    "/v1/disputes": ListEndpoint(
        "dispute", {"charge": _TEXT["charge"], "payment_intent": _TEXT["payment_intent"], **_CREATED}
    ),
    "/v1/webhook_endpoints": ListEndpoint("webhook_endpoint", {}, not_deleted),
    "/v1/billing_portal/configurations": ListEndpoint(
        "billing_portal.configuration", {"is_default": Filter(boolean, shows("is_default")), **_ACTIVE}
    ),
    "/v1/events": ListEndpoint(
        "event", {"type": Filter(text, _with_type), "types": Filter(ListParam(text), one_of("type")), **_CREATED}
    ),
}
LINE_ITEMS = ListEndpoint("item", {})


def _lists(listing: ListEndpoint) -> Handler:
    return lambda call: listing.page(call.uow, call.params, call.path)


def _retrieves(kind: str) -> Handler:
    find = UnitOfWork.living if kind in _GONE_WHEN_DELETED else UnitOfWork.get
    return lambda call: find(call.uow, kind, call.object_id)


def _list_line_items(call: ApiCall) -> Json:
    session = call.uow.get("checkout.session", call.object_id)
    return LINE_ITEMS.page(call.uow, call.params, call.path, owner=session["id"])


def _list_invoice_lines(call: ApiCall) -> Json:
    lines: Json = call.uow.get("invoice", call.object_id)["lines"]
    return lines


ROUTES = (
    *(Route("get", path, listing.fields(), _lists(listing)) for path, listing in LIST_ENDPOINTS.items()),
    *(Route("get", f"{path}/{{id}}", NOTHING, _retrieves(listing.kind)) for path, listing in LIST_ENDPOINTS.items()),
    Route("post", "/v1/customers", customers.FIELDS, customers.create),
    Route("post", "/v1/customers/{id}", customers.CHANGES, customers.update),
    Route("delete", "/v1/customers/{id}", NOTHING, customers.delete, expands=False),
    Route("post", "/v1/products", products.PRODUCT, products.create_product),
    Route("post", "/v1/products/{id}", products.PRODUCT_CHANGES, products.update_product),
    Route("post", "/v1/prices", products.PRICE, products.create_price),
    Route("post", "/v1/prices/{id}", products.PRICE_CHANGES, products.update_price),
    Route("post", "/v1/coupons", coupons.FIELDS, coupons.create),
    Route("post", "/v1/coupons/{id}", coupons.CHANGES, coupons.update),
    Route("delete", "/v1/coupons/{id}", NOTHING, coupons.delete, expands=False),
    Route("post", "/v1/promotion_codes", promotion_codes.FIELDS, promotion_codes.create),
    Route("post", "/v1/promotion_codes/{id}", promotion_codes.CHANGES, promotion_codes.update),
    Route("post", "/v1/credit_notes", credit_notes.FIELDS, credit_notes.create),
    Route("post", "/v1/checkout/sessions", sessions.FIELDS, sessions.create),
    Route("post", "/v1/checkout/sessions/{id}/expire", NOTHING, sessions.expire),
    Route("get", "/v1/checkout/sessions/{id}/line_items", LINE_ITEMS.fields(), _list_line_items),
    Route("post", "/v1/subscriptions", creation.FIELDS, creation.create),
    Route("post", "/v1/subscriptions/{id}", update.FIELDS, update.update),
    Route("post", "/v1/subscriptions/{id}/resume", resume.FIELDS, resume.resume),
    Route("delete", "/v1/subscriptions/{id}", cancellation.FIELDS, cancellation.cancel),
    Route("post", "/v1/invoices/create_preview", preview.PREVIEWED, preview.create_preview),
    Route("get", "/v1/invoices/{id}/lines", LINE_ITEMS.fields(), _list_invoice_lines),
    Route("post", "/v1/invoices/{id}/finalize", invoice_endpoints.FINALIZATION, invoice_endpoints.finalize),
    Route("post", "/v1/invoices/{id}/mark_uncollectible", NOTHING, invoice_endpoints.mark_uncollectible),
    Route("post", "/v1/invoices/{id}/pay", invoice_endpoints.PAYMENT, invoice_endpoints.pay),
    Route("post", "/v1/invoices/{id}/send", NOTHING, invoice_endpoints.send),
    Route("post", "/v1/invoices/{id}/void", NOTHING, invoice_endpoints.void),
    Route("post", "/v1/payment_methods", payment_method_endpoints.CREATION, payment_method_endpoints.create),
    Route(
        "post", "/v1/payment_methods/{id}/attach", payment_method_endpoints.ATTACHMENT, payment_method_endpoints.attach
    ),
    Route("post", "/v1/payment_methods/{id}/detach", NOTHING, payment_method_endpoints.detach),
    Route("post", "/v1/refunds", refunds.FIELDS, refunds.create),
    Route("post", "/v1/refunds/{id}", refunds.CHANGES, refunds.update),
    Route("post", "/v1/refunds/{id}/cancel", NOTHING, refunds.cancel),
    Route("post", "/v1/disputes/{id}", disputes.CHANGES, disputes.update),
    Route("post", "/v1/disputes/{id}/close", NOTHING, disputes.close),
    Route("post", "/v1/webhook_endpoints", webhook_endpoints.FIELDS, webhook_endpoints.create),
    Route("post", "/v1/webhook_endpoints/{id}", webhook_endpoints.CHANGES, webhook_endpoints.update),
    Route("delete", "/v1/webhook_endpoints/{id}", NOTHING, webhook_endpoints.delete, expands=False),
    Route("post", "/v1/billing_portal/configurations", portal_configurations.FIELDS, portal_configurations.create),
    Route(
        "post", "/v1/billing_portal/configurations/{id}", portal_configurations.CHANGES, portal_configurations.update
    ),
    Route("post", "/v1/billing_portal/sessions", portal_sessions.FIELDS, portal_sessions.create),
)


def find_route(method: str, path: str) -> tuple[Route, str] | None:
    """Return the route of a request and the id in its path."""
    for route in ROUTES:
        object_id = route.object_id(path) if route.method == method else None
        if object_id is not None:
            return route, object_id
    return None
