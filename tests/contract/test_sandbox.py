"""The sandbox against the SDK's own types: every call, every object, every event, every parameter it takes."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from tests.contract.sdk import Endpoint, Kind, find_endpoint, resource
from tests.contract.shapes import object_problems
from tests.stripe_sandbox.shop import DECLINED, FAILS_LATER, WECHAT, Shop
from webapp.stripe_sandbox.endpoints import ROUTES, Route
from webapp.stripe_sandbox.expansion import EXPANDABLE, INCLUDABLE
from webapp.stripe_sandbox.params import Choice, Clearable, ListParam, Params
from webapp.stripe_sandbox.resources.disputes import DISPUTE_MOVES
from webapp.stripe_sandbox.storage import objects

# Fields that Stripe shows only when they are asked for with `expand`.
ASKED_FOR = {
    "charge": {"refunds"},
    "checkout.session": {"line_items"},
    "coupon": {"applies_to", "currency_options"},
    "customer": {"cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"},
    "invoice": {"confirmation_secret", "payments", "threshold_reason"},
    "price": {"currency_options", "tiers"},
}
# Fields that Stripe shows only where they apply, and that nothing in the sandbox makes apply, or not everywhere.
DOES_NOT_APPLY = {
    "charge": {"authorization_code", "level3", "presentment_details", "transfer"},
    "checkout.session": {
        "branding_settings",
        "excluded_payment_method_types",
        "name_collection",
        "optional_items",
        "presentment_details",
        "redirect_on_completion",
        "return_url",
        "tax_id_collection",
    },
    "coupon": {"deleted"},
    "customer": {"business_name", "deleted", "individual_name"},
    "discount": {"deleted"},
    "dispute": {"payment_method_details"},
    "event": {"account", "context"},
    "invoice": {"amount_paid_off_stripe", "deleted", "status_details"},
    "payment_intent": {"hooks", "payment_details", "presentment_details"},
    "billing_portal.session": {"after_expiration"},
    "price": {"deleted"},
    "product": {"deleted"},
    "refund": {
        "description",
        "failure_balance_transaction",
        "failure_reason",
        "instructions_email",
        "next_action",
        "pending_reason",
        "presentment_details",
    },
    "webhook_endpoint": {"deleted", "secret"},
    "subscription": {"presentment_details", "status_details"},
}


def live_a_life(shop: Shop) -> None:
    """Call everything the sandbox has: all that a publisher and readers do in a year."""
    v1 = shop.stripe
    subscribed = shop.buy(
        shop.subscription_session(metadata={"a": "b"}, subscription_data={"metadata": {"a": "b"}}, locale="zh")
    )
    trial = shop.buy(shop.subscription_session("year", subscription_data={"trial_period_days": 7}))
    single = shop.document_session(payment_method_options=WECHAT, payment_intent_data={"metadata": {"a": "b"}})
    shop.pay(single, DECLINED)
    shop.sandbox.pay(single.id, "wechat_pay")
    paid = shop.look(single)
    shop.sandbox.pay(shop.pass_session().id, "alipay")
    charge = v1.charges.list({"payment_intent": paid.payment_intent}).data[0]
    refund = v1.refunds.create({"payment_intent": paid.payment_intent, "amount": 100, "metadata": {"a": "b"}})
    v1.refunds.create({"charge": charge.id, "reason": "duplicate"})
    v1.checkout.sessions.expire(shop.pass_session().id)
    v1.subscriptions.update(subscribed.subscription, {"cancel_at_period_end": True, "metadata": {"c": "d"}})
    v1.subscriptions.update(subscribed.subscription, {"cancel_at": ""})
    v1.subscriptions.update(subscribed.subscription, {"cancel_at": "max_period_end"})
    v1.subscriptions.cancel(trial.subscription, {"cancellation_details": {"feedback": "other"}})
    v1.billing_portal.sessions.create(
        {"customer": paid.customer, "return_url": "http://127.0.0.1:8000/", "locale": "zh"}
    )
    _keep_house(shop)
    _sell_cheaper(shop)
    _get_into_trouble(shop)
    _set_up(shop)
    _live_on(shop)
    _go_through_bad_times(shop)
    _wait_and_rest(shop)
    _send_invoices(shop)
    _look_at_everything(shop, refund.id, charge.id, paid)
    shop.sandbox.advance(timedelta(days=60))
    v1.customers.delete(paid.customer)
    v1.customers.retrieve(paid.customer)


def _keep_house(shop: Shop) -> None:
    v1 = shop.stripe
    product = v1.products.create(
        {"name": "A plan", "description": "x", "url": "http://127.0.0.1:8000/", "metadata": {}}
    )
    price = shop.price(product=product.id, product_data=None, lookup_key="a", nickname="x")
    v1.products.update(product.id, {"default_price": price.id, "description": "", "metadata": {"a": "b"}})
    v1.prices.update(price.id, {"active": False, "lookup_key": "b", "transfer_lookup_key": True})
    customer = v1.customers.create({"email": "a@example.com", "preferred_locales": ["zh", "en"], "phone": "1"})
    v1.customers.update(customer.id, {"name": "x", "metadata": {"a": "b"}, "description": "x"})
    for wrong in (lambda: v1.prices.retrieve("price_x"), lambda: v1.checkout.sessions.expire("cs_x")):
        with pytest.raises(stripe.InvalidRequestError):
            wrong()


def _sell_cheaper(shop: Shop) -> None:
    v1 = shop.stripe
    given = v1.coupons.create({"percent_off": 12.5, "duration": "repeating", "duration_in_months": 2, "name": "x"})
    whole = v1.coupons.create({"amount_off": 9900, "currency": "cny", "max_redemptions": 9, "metadata": {"a": "b"}})
    v1.coupons.update(given.id, {"name": "y", "metadata": {"a": "b"}})
    promotion = {"promotion": {"type": "coupon", "coupon": whole.id}, "metadata": {"a": "b"}}
    code = v1.promotion_codes.create({**promotion, "code": "SPRING", "max_redemptions": 5})
    v1.promotion_codes.update(code.id, {"metadata": {"c": "d"}})
    shop.buy(shop.subscription_session(discounts=[{"coupon": given.id}]))
    free = shop.pass_session(allow_promotion_codes=True)
    shop.pay(free, DECLINED)
    shop.sandbox.pay(free.id, promotion_code="SPRING")
    v1.checkout.sessions.line_items.list(free.id)
    v1.subscriptions.list({"expand": ["data.discounts.source.coupon", "data.latest_invoice.discounts"]})
    abroad = shop.price(interval=None, currency_options={"usd": {"unit_amount": 400}})
    v1.prices.update(abroad.id, {"currency_options": {"eur": {"unit_amount": 380}}})
    v1.prices.retrieve(abroad.id, {"expand": ["currency_options"]})
    shop.buy(shop._session("payment", {"price": abroad.id, "quantity": 1}, {"currency": "usd"}))
    for service in (v1.coupons, v1.promotion_codes):
        listed = service.list({"limit": 100}).data
        service.retrieve(listed[0].id)
    v1.coupons.delete(v1.coupons.create({"percent_off": 1}).id)


def _get_into_trouble(shop: Shop) -> None:
    v1 = shop.stripe
    for wallet in ("later", "fails_later", "refused"):
        shop.sandbox.pay(shop.pass_session().id, "alipay", wallet=wallet)
    for status in DISPUTE_MOVES:
        dispute = shop.sandbox.dispute(shop.buy(shop.pass_session()).payment_intent, status)
        v1.disputes.retrieve(dispute["id"], {"expand": ["charge", "payment_intent"]})
    refund = shop.sandbox.refund(shop.buy(shop.pass_session()).payment_intent, 1000, pending=True)
    v1.refunds.update(refund["id"], {"metadata": {"a": "b"}})
    v1.refunds.cancel(refund["id"])
    for status in ("succeeded", "failed"):
        shop.sandbox.settle_refund(shop.sandbox.refund(refund["payment_intent"], 500, pending=True)["id"], status)
    shop.sandbox.refund(refund["payment_intent"], pending=True)
    by_wallet = shop.pass_session()
    shop.sandbox.pay(by_wallet.id, "alipay")
    v1.disputes.retrieve(shop.sandbox.dispute(shop.look(by_wallet).payment_intent)["id"])
    dispute = shop.sandbox.dispute(refund["payment_intent"])["id"]
    v1.disputes.update(dispute, {"evidence": {"customer_name": "A"}, "submit": False, "metadata": {"a": "b"}})
    v1.disputes.close(dispute)


def _set_up(shop: Shop) -> None:
    v1 = shop.stripe
    endpoint = v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:8000/", "enabled_events": ["charge.refunded"], "api_version": stripe.api_version}
    )
    v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    assert v1.webhook_endpoints.list().data
    v1.webhook_endpoints.retrieve(endpoint.id)
    v1.webhook_endpoints.delete(v1.webhook_endpoints.create({"url": endpoint.url, "enabled_events": ["*"]}).id)
    configuration = v1.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    v1.billing_portal.configurations.update(configuration.id, {"active": False})
    assert v1.billing_portal.configurations.list().data
    v1.billing_portal.configurations.retrieve(configuration.id)


def _live_on(shop: Shop) -> None:
    """Another plan for more and for less, a pause of each kind, and what the time in between makes of them."""
    v1 = shop.stripe
    held = shop.subscribe()
    item = held["items"].data[0].id
    for price in (shop.price(5000), shop.price(900), shop.price(20000, "year"), shop.price(100)):
        wanted = {"items": [{"id": item, "price": price.id, "quantity": 2}], "proration_behavior": "always_invoice"}
        v1.invoices.create_preview({"subscription": held.id, "subscription_details": wanted, "expand": ["customer"]})
        confirm = {"subscription": held.id, "items": [{"id": item, "price": price.id}]}
        after = {"type": "redirect", "redirect": {"return_url": "http://127.0.0.1:8000/"}}
        flow = {
            "type": "subscription_update_confirm",
            "subscription_update_confirm": confirm,
            "after_completion": after,
        }
        v1.billing_portal.sessions.create({"customer": held.customer, "flow_data": flow})
        v1.subscriptions.update(held.id, {**wanted, "payment_behavior": "allow_incomplete"})
        shop.sandbox.advance(timedelta(days=20))
    for behavior in ("void", "mark_uncollectible", "keep_as_draft"):
        resumes_at = shop.now() + 40 * 86400
        pause = {"pause_collection": {"behavior": behavior, "resumes_at": resumes_at}}
        v1.subscriptions.update(held.id, pause | {"expand": ["latest_invoice"]})
        shop.sandbox.advance(timedelta(days=35))
    v1.subscriptions.update(held.id, {"pause_collection": ""})
    v1.customers.delete(held.customer)


def _go_through_bad_times(shop: Shop) -> None:
    """Charge that fail, until each of the ends; invoices and cards taken in hand."""
    v1 = shop.stripe
    for end in ("cancel", "unpaid", "past_due"):
        shop.sandbox.set_dunning_end(end)
        held = shop.subscribe(number=FAILS_LATER)
        shop.sandbox.advance(timedelta(days=50))
        invoice = shop.invoices(held)[-2]
        with pytest.raises(stripe.CardError):
            v1.invoices.pay(invoice.id)
        card = shop.card_of(held.customer)
        v1.customers.update(held.customer, {"invoice_settings": {"default_payment_method": card.id}})
        if end == "cancel":
            v1.invoices.pay(invoice.id, {"payment_method": card.id})
        else:
            (v1.invoices.mark_uncollectible if end == "unpaid" else v1.invoices.void_invoice)(invoice.id)
        v1.payment_methods.list({"customer": held.customer, "type": "card"})
        v1.payment_methods.detach(card.id)
    with pytest.raises(stripe.CardError):
        v1.payment_methods.attach(shop.card(DECLINED).id, {"customer": shop.customer().id})


def _wait_and_rest(shop: Shop) -> None:
    """Subscriptions that wait for their first payment, and trials that end without a card."""
    v1 = shop.stripe
    customer = shop.customer().id
    given = {"customer": customer, "items": [{"price": shop.price().id, "quantity": 1}], "metadata": {"a": "b"}}
    waiting = v1.subscriptions.create({**given, "payment_behavior": "default_incomplete", "expand": ["latest_invoice"]})
    shop.sandbox.advance(timedelta(days=1))
    assert shop.subscription(waiting).status == "incomplete_expired"
    failing = {"default_payment_method": shop.card_of(customer, FAILS_LATER).id}
    for behaviour in ("error_if_incomplete", "allow_incomplete"):
        with pytest.raises(stripe.CardError):
            v1.invoices.pay(v1.subscriptions.create({**given, **failing, "payment_behavior": behaviour}).latest_invoice)
    for then in ("pause", "cancel", "create_invoice"):
        settings = {"end_behavior": {"missing_payment_method": then}}
        trial = {"trial_period_days": 2, "trial_settings": settings, "cancel_at_period_end": False}
        held = v1.subscriptions.create({**given, **trial})
        v1.subscriptions.update(held.id, {"trial_end": shop.now() + 3 * 86400, "trial_settings": settings})
        shop.sandbox.advance(timedelta(days=3))
        draft = shop.newest_invoice(held)
        if then == "pause":
            v1.subscriptions.resume(held.id, {"billing_cycle_anchor": {"type": "now"}})
        elif then == "create_invoice":
            v1.invoices.finalize_invoice(draft.id, {"auto_advance": True})
    waived = shop.subscription_session(
        payment_method_collection="if_required",
        subscription_data={"trial_period_days": 7, "trial_settings": settings},
    )
    shop.sandbox.pay(waived.id)
    v1.subscriptions.update(shop.look(waived).subscription, {"trial_end": "now"})


def _send_invoices(shop: Shop) -> None:
    v1 = shop.stripe
    given = {"customer": shop.customer().id, "items": [{"price": shop.price().id}]}
    held = v1.subscriptions.create({**given, "collection_method": "send_invoice", "days_until_due": 7})
    v1.invoices.send_invoice(held.latest_invoice)
    v1.invoices.line_items.list(held.latest_invoice)
    shop.sandbox.advance(timedelta(days=8))
    v1.invoices.pay(held.latest_invoice, {"paid_out_of_band": True, "expand": ["payments"]})
    note = {"invoice": held.latest_invoice, "amount": 300, "credit_amount": 200, "out_of_band_amount": 100}
    v1.credit_notes.create(note | {"reason": "order_change", "memo": "x", "metadata": {"a": "b"}})
    charged = shop.newest_invoice(shop.subscribe()).id
    v1.credit_notes.create({"invoice": charged, "amount": 300, "refund_amount": 300, "expand": ["refunds.refund"]})
    assert v1.credit_notes.retrieve(v1.credit_notes.list({"invoice": charged}).data[0].id).invoice == charged


def _look_at_everything(shop: Shop, refund: str, charge: str, paid: stripe.checkout.Session) -> None:
    v1 = shop.stripe
    lists = (v1.customers, v1.products, v1.prices, v1.checkout.sessions, v1.payment_intents, v1.charges)
    for service in (*lists, v1.subscriptions, v1.invoices, v1.invoice_payments, v1.refunds, v1.events):
        page = service.list({"limit": 100, "created": {"gte": 1}})
        assert page.data
        assert service.retrieve(page.data[0].id).id == page.data[0].id
    assert v1.disputes.list({"charge": charge}).data == []
    with pytest.raises(stripe.InvalidRequestError):
        v1.disputes.retrieve("dp_x")
    expanded = {"expand": ["data.customer", "data.latest_charge.refunds", "data.payment_method"]}
    assert v1.payment_intents.list(expanded).data
    v1.payment_methods.retrieve(v1.payment_intents.retrieve(paid.payment_intent).payment_method)
    v1.checkout.sessions.line_items.list(paid.id)
    v1.subscriptions.list({"status": "all", "expand": ["data.latest_invoice.payments", "data.default_payment_method"]})
    v1.refunds.retrieve(refund, {"expand": ["charge", "payment_intent"]})


def everything(shop: Shop) -> list[dict[str, Any]]:
    with shop.sandbox.store.reading() as connection:
        return list(connection.scalars(select(objects.c.body)))


def test_every_endpoint_is_called_and_every_request_and_answer_is_stripes(lived):
    assert {endpoint_of(route) for route in ROUTES} - lived.called == set()


def endpoint_of(route: Route) -> tuple[str, str]:
    endpoint = found(route)
    return endpoint.method, endpoint.path


def found(route: Route) -> Endpoint:
    endpoint = find_endpoint(route.method, route.path.replace("{id}", "x_1"))
    assert endpoint is not None, f"the SDK has no {route.method} {route.path}"
    return endpoint


def test_everything_kept_and_every_snapshot_in_an_event_is_stripes(lived):
    wrong = {body["id"]: problems for body in lived.kept if (problems := object_problems(body))}
    assert wrong == {}


def test_nothing_is_left_out_but_what_stripe_leaves_out_too(lived):
    left_out: dict[str, set[str]] = {}
    for body in lived.kept:
        if not body.get("deleted") and body["object"] != "payment_method":  # of those, one key per way of paying
            kind = body["object"]
            left_out.setdefault(kind, set()).update(resource(kind).fields.keys() - body.keys())
    expected = {kind: ASKED_FOR.get(kind, set()) | DOES_NOT_APPLY.get(kind, set()) for kind in left_out}
    assert left_out == expected


def test_every_event_is_one_that_stripe_has(lived):
    words = resource("event").fields["type"].words
    assert {body["type"] for body in lived.kept if body["object"] == "event"} - set(words) == set()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_no_endpoint_takes_what_stripe_does_not(route):
    assert list(unknown_to_stripe(route.fields, found(route).params, "")) == []


def unknown_to_stripe(reader: Any, kind: Kind, where: str):
    """Yield what a reader of ours lets through and the SDK's type does not know."""
    match reader:
        case Clearable(inner):
            yield from unknown_to_stripe(inner, kind, where)
        case ListParam(item):
            lists = [choice.entry for choice in flat(kind) if choice.entry]
            yield from unknown_to_stripe(item, lists[0], f"{where}[]") if lists else [f"{where} is no list"]
        case Choice(words):
            known = {word for choice in flat(kind) for word in choice.words if word}
            yield from (f"{where}: {word}" for word in words if known and word not in known)
        case Params(takes, _):
            fields = {
                name: field for choice in flat(kind) if choice.has_fields for name, field in choice.fields.items()
            }
            for name, inner in takes.items():
                if name not in fields:
                    yield f"{where}.{name}"
                else:
                    yield from unknown_to_stripe(inner, fields[name], f"{where}.{name}")


def flat(kind: Kind) -> tuple[Kind, ...]:
    return kind.choices or (kind,)


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in EXPANDABLE.items() for path in paths])
def test_what_the_sandbox_expands_stripe_expands_too(kind, path):
    choices = [resource(kind)]
    for step in path.split("."):
        holder = next(choice for choice in choices if choice.has_fields)
        fields = flat(holder.fields[step])
        choices = [inner for field in fields for inner in (flat(field.entry) if field.entry else [field])]
    names = [choice.annotation.OBJECT_NAME for choice in choices if choice.has_fields]
    assert any(choice.annotation is str for choice in choices), "without expanding it is an id"
    assert EXPANDABLE[kind][path] in names


@pytest.mark.parametrize(("kind", "name"), list(INCLUDABLE))
def test_what_is_included_on_request_is_left_out_at_stripe_otherwise(kind, name):
    field = resource(kind).fields[name]
    assert field.is_optional or any(choice.origin is stripe.ListObject for choice in flat(field))
    assert name in ASKED_FOR[kind]
