"""An answer counts as Stripe's only where it is of what was asked for."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import stripe

from webapp.billing.gateway.checked_answers import CheckedAnswers, is_from_stripe

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


@contextmanager
def answers(status, body):
    """Serve an address where every question is answered so."""

    class Line(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_given):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask_for_balance(address):
    client = stripe.StripeClient(
        "sk_test_of_nobody", http_client=CheckedAnswers(timeout=5), base_addresses={"api": address}
    )
    return client.v1.balance.retrieve()


def test_over_the_network_what_is_not_stripes_is_no_answer():
    with answers(200, {"object": "balance", "livemode": False}) as address:
        assert ask_for_balance(address).livemode is False
    with answers(200, {"status": "please sign in"}) as address, pytest.raises(stripe.APIConnectionError):
        ask_for_balance(address)
    with answers(400, {"status": "please sign in"}) as address, pytest.raises(stripe.StripeError) as refused:
        ask_for_balance(address)
    assert not isinstance(refused.value, stripe.APIConnectionError), "a refusal is Stripe's own to judge"
