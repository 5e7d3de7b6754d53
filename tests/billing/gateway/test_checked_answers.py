"""An answer counts as Stripe's only where it is of what was asked for."""

import pytest

from webapp.billing.gateway.checked_answers import is_from_stripe

V1 = "https://api.stripe.com/v1"
SUBSCRIPTION = "sub_1RxAbCdEfGhIjKlMn"
SESSION = "cs_test_a1B2c3D4e5F6g7H8i9"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", f"/subscriptions/{SUBSCRIPTION}", f'{{"object": "subscription", "id": "{SUBSCRIPTION}"}}'),
        ("get", f"/checkout/sessions/{SESSION}?expand[0]=x", f'{{"object": "checkout.session", "id": "{SESSION}"}}'),
        ("get", "/invoice_payments?limit=1", '{"object": "list", "data": []}'),
        ("get", "/balance", '{"object": "balance"}'),
        ("post", "/invoices/create_preview", '{"object": "invoice", "id": null}'),
        ("delete", "/customers/cus_x", '{"object": "customer", "id": "cus_x", "deleted": true}'),
    ],
)
def test_what_stripe_answers_counts(method, path, body):
    assert is_from_stripe(method, V1 + path, body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", f"/subscriptions/{SUBSCRIPTION}", '{"object": "subscription", "id": "sub_another_one_than_asked"}'),
        ("get", f"/subscriptions/{SUBSCRIPTION}", '{"object": "list", "data": []}'),
        ("get", f"/subscriptions/{SUBSCRIPTION}", '{"status": "ok"}'),
        ("get", "/refunds?limit=100", '{"object": "list", "data": {}}'),
        ("post", "/customers", '{"object": "customer", "id": 7}'),
        ("post", "/customers", '{"object": "list", "data": []}'),
        ("post", "/customers", '{"object": "checkout.session", "id": null}'),
        ("post", "/customers", "[]"),
        ("post", "/customers", "null"),
        ("post", "/customers", "<html>Please sign in to the hotel's network"),
    ],
)
def test_what_another_answers_does_not(method, path, body):
    assert not is_from_stripe(method, V1 + path, body)
