"""Stripe's news: signed, kept once, acted upon whatever order it comes in."""

import hashlib
import hmac
import json
import time

import pytest
import stripe
from sqlalchemy import select

from tests.factories.shelf import PAID
from tests.factories.stored import count_rows
from webapp.billing.grants import rebuild_all_grants
from webapp.billing.models import Grant
from webapp.billing.stripe_models import StripeEvent, StripeObject
from webapp.billing.sync import sync
from webapp.billing.webhook_inbox import drain_inbox
from webapp.kit.errors import PaymentsUnavailableError

PATH = "/webhooks/stripe"


def signed(body: bytes, secret: str, at: float | None = None) -> str:
    moment = int(at if at is not None else time.time())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def event_about(object_type: str, object_id: str, event_id: str = "evt_1", *, livemode: bool = False) -> bytes:
    about = {"id": object_id, "object": object_type, "status": "a lie", "amount": 0}
    event = {
        "id": event_id,
        "object": "event",
        "type": f"{object_type}.updated",
        "livemode": livemode,
        "data": {"object": about},
    }
    return json.dumps(event).encode()


@pytest.fixture
def post(client, cashier):
    def send(body: bytes, signature: str | None = None):
        header = signed(body, cashier.billing.gateway.webhook_secret) if signature is None else signature
        return client.post(PATH, data=body, headers={"Stripe-Signature": header})

    return send


@pytest.fixture
def bought(cashier, people, shelf):
    """A document that was paid for, and nobody came back from Stripe's page."""
    document = shelf.put()
    reader = people.signed_in()
    return cashier.buy(reader, "year", document.slug), reader, document


def reads_all(reader, document):
    return PAID in reader.get(f"/d/{document.slug}").get_data(as_text=True)


def test_news_alone_opens_what_was_paid(post, bought):
    session_id, reader, document = bought
    assert post(event_about("checkout.session", session_id)).status_code == 204
    assert reads_all(reader, document)


def test_the_same_event_twice_is_kept_once_and_grants_once(post, bought, database):
    session_id, _reader, _document = bought
    body = event_about("checkout.session", session_id)
    assert [post(body).status_code for _ in range(3)] == [204] * 3
    assert (count_rows(database, StripeEvent), count_rows(database, Grant)) == (1, 1)


def test_every_event_of_a_purchase_in_any_order_comes_to_the_same(cashier, post, bought, database):
    _session_id, reader, document = bought
    events = cashier.billing.gateway.client.v1.events.list({"limit": 100}).data
    assert len(events) > 3
    for event in [*events, *reversed(events)]:
        body = json.dumps(event.to_dict(), default=str).encode()
        assert post(body).status_code == 204
    assert reads_all(reader, document)
    assert count_rows(database, Grant) == 1


def test_a_body_is_never_believed(post, bought, cashier):
    session_id, _reader, _document = bought
    body = json.loads(event_about("checkout.session", session_id))
    body["data"]["object"] |= {"payment_status": "paid", "client_reference_id": "somebody else's"}
    post(json.dumps(body).encode())
    (grant,) = cashier.grants()
    assert grant.source_id == cashier.purchases()[0].subscription_id


@pytest.mark.parametrize(
    ("signature", "why"),
    [("", "missing"), ("t=1,v1=00", "wrong"), ("nonsense", "no signature"), ("t=x,v1=y", "no time")],
)
def test_what_stripe_did_not_sign_is_refused(post, database, signature, why):
    answer = post(event_about("customer", "cus_1"), signature)
    assert answer.status_code == 400, why
    assert count_rows(database, StripeEvent) == 0


def test_an_old_signature_is_refused(post, cashier, database):
    body = event_about("customer", "cus_1")
    old = signed(body, cashier.billing.gateway.webhook_secret, time.time() - 301)
    assert post(body, old).status_code == 400
    assert count_rows(database, StripeEvent) == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[]", b'{"id": "evt"}', b"null", b'{"data": 1}'])
def test_a_signed_body_that_is_no_event_is_refused(client, cashier, database, body):
    secret = cashier.billing.gateway.webhook_secret
    answer = client.post(PATH, data=body, headers={"Stripe-Signature": signed(body, secret)})
    assert answer.status_code == 400
    assert count_rows(database, StripeEvent) == 0


def test_a_mebibyte_is_taken_and_one_byte_more_is_not(post):
    body = event_about("unknown.thing", "x")
    whole = body + b" " * (2**20 - len(body))
    assert post(whole).status_code == 204
    assert post(whole + b" ").status_code == 413


def test_the_other_mode_is_refused(post, database):
    assert post(event_about("customer", "cus_1", livemode=True)).status_code == 400
    assert count_rows(database, StripeEvent) == 0


def test_what_is_not_ours_is_taken_and_forgotten(post, database, cashier):
    assert post(event_about("payout", "po_1")).status_code == 204
    foreign = cashier.billing.gateway.client.v1.customers.create({"email": "foreign@example.com"})
    assert post(event_about("customer", foreign.id, "evt_2")).status_code == 204
    assert count_rows(database, Grant) == 0


def test_while_stripe_is_away_the_event_waits_and_is_dealt_with_later(post, bought, cashier, database, monkeypatch):
    session_id, reader, document = bought

    def away(*_args, **_more):
        raise stripe.APIConnectionError("no answer")

    transport = cashier.billing.gateway.client._requestor._client
    with monkeypatch.context() as without_stripe:
        without_stripe.setattr(type(transport), "request", away)
        assert post(event_about("checkout.session", session_id)).status_code == 503
        assert not reads_all(reader, document)
    with database.reading() as session:
        event = session.scalars(select(StripeEvent)).one()
    assert event.processed_at is None
    assert event.last_error
    assert drain_inbox(cashier.billing) != []
    assert reads_all(reader, document)


def test_a_ticket_whose_fetch_failed_stays_wanted(bought, cashier, database, monkeypatch):
    from webapp.billing import sync as syncing

    session_id, reader, document = bought
    sync(cashier.billing, "checkout.session", session_id)
    with database.reading() as session:
        before = session.scalars(select(StripeObject)).one()

    def away(*_args, **_more):
        raise PaymentsUnavailableError

    with monkeypatch.context() as without_stripe:
        without_stripe.setattr(syncing, "fetch_snapshot", away)
        with pytest.raises(PaymentsUnavailableError):
            sync(cashier.billing, "subscription", before.id)
    with database.reading() as session:
        assert session.get_one(StripeObject, before.id).wanted == before.wanted + 1
    drain_inbox(cashier.billing)
    with database.reading() as session:
        row = session.get_one(StripeObject, before.id)
    assert row.wanted == row.applied
    assert reads_all(reader, document)


def test_an_answer_that_comes_late_does_not_overwrite_a_newer_one(bought, cashier, database):
    from webapp.billing import sync as syncing
    from webapp.billing.gateway.json_parser import parse_facts
    from webapp.billing.gateway.snapshots import Snapshot, fetch_snapshot
    from webapp.billing.gateway.targets import SyncTarget

    session_id, _reader, _document = bought
    sync(cashier.billing, "checkout.session", session_id)
    with database.reading() as session:
        row = session.scalars(select(StripeObject)).one()
    target = SyncTarget(row.type, row.id)
    late = database.write(lambda session: syncing._take_ticket(session, cashier.billing.mode, target))
    stale = fetch_snapshot(cashier.billing.gateway, target).raw
    stale["subscription"]["status"] = "canceled"
    sync(cashier.billing, "subscription", row.id)
    with database.writing() as session:
        syncing._apply(session, cashier.billing, target, late, Snapshot(parse_facts(target.type, stale), stale))
    (grant,) = cashier.grants()
    assert grant.revoked is None


def test_rebuilding_changes_nothing_when_all_is_well_and_mends_what_is_not(bought, cashier, database):
    session_id, _reader, _document = bought
    sync(cashier.billing, "checkout.session", session_id)
    with database.writing() as session:
        assert rebuild_all_grants(session, cashier.billing.mode, cashier.billing.grace) == []
    with database.writing() as session:
        session.delete(session.scalars(select(Grant)).one())
    with database.writing() as session:
        assert [change.did for change in rebuild_all_grants(session, cashier.billing.mode, cashier.billing.grace)] == [
            "added"
        ]


def test_without_a_secret_the_endpoint_is_not_there(client, app, cashier, monkeypatch):
    monkeypatch.setattr(cashier.billing.gateway, "webhook_secret", "")
    assert client.post(PATH, data=b"{}").status_code == 404
