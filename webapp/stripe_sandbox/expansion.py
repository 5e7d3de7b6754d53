"""`expand[]`: ids in an answer replaced by the objects they name, along dotted paths (docs.stripe.com/expand)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.resources.products import currency_options
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

MAX_DEPTH = 4

# What may be expanded in which object: path inside the object -> kind of the object that its id names.
EXPANDABLE: Mapping[str, Mapping[str, str]] = {
    "charge": {"customer": "customer", "payment_intent": "payment_intent"},
    "checkout.session": {
        "customer": "customer",
        "discounts.coupon": "coupon",
        "discounts.promotion_code": "promotion_code",
        "invoice": "invoice",
        "payment_intent": "payment_intent",
        "subscription": "subscription",
    },
    "credit_note": {"customer": "customer", "invoice": "invoice", "refunds.refund": "refund"},
    "customer": {"invoice_settings.default_payment_method": "payment_method"},
    "discount": {"customer": "customer", "promotion_code": "promotion_code", "source.coupon": "coupon"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "invoice": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "discounts": "discount",
        "parent.subscription_details.subscription": "subscription",
    },
    "invoice_payment": {"invoice": "invoice", "payment.payment_intent": "payment_intent"},
    "payment_intent": {"customer": "customer", "latest_charge": "charge", "payment_method": "payment_method"},
    "payment_method": {"customer": "customer"},
    "plan": {"product": "product"},
    "price": {"product": "product"},
    "product": {"default_price": "price"},
    "promotion_code": {"customer": "customer", "promotion.coupon": "coupon"},
    "refund": {
        "charge": "charge",
        "customer": "customer",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
    },
    "subscription": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "discounts": "discount",
        "latest_invoice": "invoice",
    },
}


def _line_items(uow: UnitOfWork, session: Json) -> Json:
    items = uow.owned(session["id"], "item")
    return list_of(items, f"/v1/checkout/sessions/{session['id']}/line_items")


def _refunds(uow: UnitOfWork, charge: Json) -> Json:
    refunds = uow.owned(charge["id"], "refund")
    return list_of(refunds[::-1], f"/v1/charges/{charge['id']}/refunds")


def _payments(uow: UnitOfWork, invoice: Json) -> Json:
    return list_of(uow.owned(invoice["id"], "invoice_payment"), f"/v1/invoices/{invoice['id']}/payments")


def _subscriptions(uow: UnitOfWork, customer: Json) -> Json:
    running = [one for one in uow.with_customer("subscription", customer["id"]) if one["status"] != "canceled"]
    return list_of(running, f"/v1/customers/{customer['id']}/subscriptions")


# What an object shows only when asked.
INCLUDABLE: Mapping[tuple[str, str], Callable[[UnitOfWork, Json], Json]] = {
    ("checkout.session", "line_items"): _line_items,
    ("charge", "refunds"): _refunds,
    ("invoice", "payments"): _payments,
    ("customer", "subscriptions"): _subscriptions,
    ("price", "currency_options"): currency_options,
}


def expand(uow: UnitOfWork, answer: Json, paths: Iterable[str]) -> Json:
    """Return the answer with everything that was asked for put in; raise RefusedError for what cannot be."""
    for path in paths:
        answer = _Walk(uow, path).through(answer, tuple(path.split(".")), 0)
    return answer


@dataclass(frozen=True, slots=True)
class _Walk:
    """One path being followed; `level` counts the objects that were put in on the way."""

    uow: UnitOfWork
    path: str

    def through(self, node: Json, steps: tuple[str, ...], level: int) -> Json:
        """Return an object with the rest of the path expanded in it."""
        kind, key, rest = str(node.get("object")), steps[0], steps[1:]
        if kind == "list" and key == "data" and rest:
            return node | {"data": [self.through(item, rest, level) for item in node["data"]]}
        if (kind, key) in INCLUDABLE:
            listed = node.get(key) or INCLUDABLE[kind, key](self.uow, node)
            return node | {key: self._onwards(listed, rest, level + 1)}
        return self._into(node, kind, steps, level)

    def _into(self, node: Json, kind: str, steps: tuple[str, ...], level: int, inner: str = "") -> Json:
        """Return a part of an object with the rest expanded in it; `inner` is the way down to here, "parent."."""
        key, rest = steps[0], steps[1:]
        value, way = node.get(key), inner + key
        named = EXPANDABLE.get(kind, {}).get(way)
        if not named and not (rest and (isinstance(value, dict) or _leads_on(kind, way))):
            raise RefusedError(f"This property cannot be expanded ({self.path}).", param="expand")
        entries = value if isinstance(value, list) else [value]
        found = [self._entry(entry, kind, way, rest, level) for entry in entries]
        return node | {key: found if isinstance(value, list) else found[0]}

    def _entry(
        self, value: Json | str | None, kind: str, way: str, rest: tuple[str, ...], level: int
    ) -> Json | str | None:
        """Return one value at a key, put in where it is an id, with the rest expanded in it."""
        named = EXPANDABLE.get(kind, {}).get(way)
        if isinstance(value, dict) and rest and "object" not in value:
            return self._into(value, kind, rest, level, f"{way}.")
        if isinstance(value, str) and named:
            value = self.uow.get(named, value)
        return self._onwards(value, rest, level + (named is not None))

    def _onwards(self, value: Json | str | None, rest: tuple[str, ...], level: int) -> Json | str | None:
        if level > MAX_DEPTH:
            message = f"You cannot expand more than {MAX_DEPTH} levels of a property ({self.path})."
            raise RefusedError(message, param="expand")
        return self.through(value, rest, level) if rest and isinstance(value, dict) else value


def _leads_on(kind: str, way: str) -> bool:
    """Whether something further in could be expanded, were it not empty just now."""
    return any(path.startswith(f"{way}.") for path in EXPANDABLE.get(kind, {}))
