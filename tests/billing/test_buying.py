"""From an order to access, on the sandbox, through the product's own pages."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import select

from tests.factories.cashier import DECLINED
from tests.factories.html import attributes, text
from tests.factories.people import token_in
from tests.factories.shelf import PAID
from webapp.accounts.models import Reader
from webapp.billing.models import GrantSource, PlanKind, PurchaseState
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.money import Money


def reads_all(client, document) -> bool:
    return PAID in client.get(f"/d/{document.slug}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("plan", "source", "payment"),
    [
        ("year", GrantSource.SUBSCRIPTION, {}),
        ("month", GrantSource.SUBSCRIPTION, {}),
        ("pass", GrantSource.PASS, {}),
        ("pass", GrantSource.PASS, {"method": "alipay"}),
        ("document", GrantSource.DOCUMENT, {"method": "wechat_pay"}),
    ],
)
def test_who_pays_reads_the_moment_the_return_page_opens(cashier, reader, document, plan, source, payment):
    session_id = cashier.order(reader, plan, document.slug)
    assert not reads_all(reader, document)
    paid = cashier.pay(reader, session_id, **payment)
    back = paid.headers["Location"].removeprefix("http://127.0.0.1:8000")
    assert back == f"/checkout/return?session_id={session_id}"
    assert not reads_all(reader, document), "nothing is believed before Stripe was asked"
    landed = reader.get(back)
    assert landed.status_code == 303
    assert landed.headers["Location"].endswith("#gate-1")
    assert reads_all(reader, document)
    assert [grant.source for grant in cashier.grants()] == [source]


def test_a_document_opens_itself_and_no_other(cashier, reader, document, shelf):
    other = shelf.put(name="other.txt")
    session_id = cashier.buy(reader, "document", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    assert reads_all(reader, document)
    assert not reads_all(reader, other)


def test_a_declined_card_opens_nothing_and_the_next_one_does(cashier, reader, document):
    session_id = cashier.order(reader, "document", document.slug)
    declined = cashier.pay(reader, session_id, **DECLINED)
    assert declined.status_code == 402
    reader.get(f"/checkout/return?session_id={session_id}")
    assert not reads_all(reader, document)
    assert cashier.grants() == []
    cashier.pay(reader, session_id)
    reader.get(f"/checkout/return?session_id={session_id}")
    assert reads_all(reader, document)


def test_coming_back_without_having_paid_says_so(cashier, reader, document):
    session_id = cashier.order(reader, "year", document.slug)
    page = reader.get(f"/checkout/return?session_id={session_id}", headers={"Accept-Language": "en"})
    assert "The payment is not finished yet" in page.get_data(as_text=True)


def test_a_double_click_finds_the_same_session(cashier, reader, document):
    first = cashier.order(reader, "year", document.slug)
    assert cashier.order(reader, "year", document.slug) == first
    assert len(cashier.purchases()) == 1


def test_choosing_another_subscription_closes_the_first_session(cashier, reader):
    first = cashier.order(reader, "year")
    second = cashier.order(reader, "month")
    assert first != second
    assert reader.get(f"/sandbox/checkout/{first}").status_code == 410
    assert [purchase.state for purchase in cashier.purchases()] == [PurchaseState.EXPIRED, PurchaseState.OPEN]


def test_who_subscribes_already_is_not_sold_a_second_one(cashier, reader):
    session_id = cashier.buy(reader, "year")
    reader.get(f"/checkout/return?session_id={session_id}")
    token = token_in(reader.get("/account"))
    answer = reader.post("/checkout", data={"plan": "month", "csrf_token": token})
    assert answer.status_code == 409


def test_one_customer_however_often_one_buys(cashier, reader, document, shelf):
    other = shelf.put(name="other.txt", price=Money(500, "cny"))
    for one in (document, other):
        cashier.buy(reader, "document", one.slug)
    customers = cashier.billing.gateway.client.v1.customers.list({"limit": 10}).data
    assert len(customers) == 1


def test_somebody_elses_session_is_not_there(cashier, people, document):
    buyer, other = people.signed_in("buyer@example.com"), people.signed_in("other@example.com")
    session_id = cashier.buy(buyer, "year", document.slug)
    assert other.get(f"/checkout/return?session_id={session_id}").status_code == 404
    assert not reads_all(other, document)


@pytest.mark.parametrize(("plan", "slug"), [("document", ""), ("century", ""), ("", ""), ("document", "unknown")])
def test_what_is_not_on_sale_cannot_be_ordered(cashier, reader, plan, slug):
    token = token_in(reader.get("/account"))
    answer = reader.post("/checkout", data={"plan": plan, "document": slug, "csrf_token": token})
    assert answer.status_code == 404
    assert cashier.purchases() == []


def test_a_document_without_a_price_is_not_sold_by_itself(cashier, reader, shelf):
    unpriced = shelf.put(name="unpriced.txt")
    token = token_in(reader.get("/account"))
    answer = reader.post("/checkout", data={"plan": "document", "document": unpriced.slug, "csrf_token": token})
    assert answer.status_code == 404


def test_what_was_paid_is_kept_with_its_currency(cashier, reader, document):
    cashier.buy(reader, "document", document.slug)
    (purchase,) = cashier.purchases()
    assert (purchase.kind, purchase.price) == (PlanKind.DOCUMENT, Money(990, "cny"))


def test_a_pass_ends_after_its_days(cashier, reader, document):
    session_id = cashier.buy(reader, "pass", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    cashier.sandbox.advance(timedelta(days=29, hours=23))
    assert reads_all(reader, document)
    cashier.sandbox.advance(timedelta(hours=2))
    assert not reads_all(reader, document)


def test_a_visitors_choice_leads_through_signing_up_to_the_order(cashier, client, document):
    answer = client.get("/checkout", query_string={"plan": "year", "document": document.slug})
    assert answer.headers["Location"].startswith("/signup?next=/checkout?plan%3Dyear")


def test_the_order_is_shown_before_it_is_paid(cashier, reader, document):
    page = reader.get(
        "/checkout", query_string={"plan": "document", "document": document.slug}, headers={"Accept-Language": "en"}
    ).get_data(as_text=True)
    assert "CN¥9.90" in page
    assert document.title in page


def test_the_account_says_what_is_open_and_what_was_paid(cashier, reader, document):
    session_id = cashier.buy(reader, "document", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    page = reader.get("/account/plan", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert document.title in page
    assert "for good" in page
    assert "CN¥9.90" in page


def test_the_portal_opens_only_for_who_has_paid_something(cashier, reader, document):
    token = token_in(reader.get("/account"))
    assert reader.post("/billing/portal", data={"csrf_token": token}).status_code == 409
    cashier.buy(reader, "year")
    answer = reader.post("/billing/portal", data={"csrf_token": token})
    assert "/sandbox/portal/" in answer.headers["Location"]


def test_the_time_of_a_purchase_is_the_sandboxs(cashier, reader, document):
    cashier.sandbox.advance(timedelta(days=40))
    cashier.buy(reader, "document", document.slug)
    (purchase,) = cashier.purchases()
    assert abs(purchase.created_at - clock.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("path", ["/checkout?plan=month&document={slug}", "/checkout?plan=document&document={slug}"])
def test_a_draft_is_not_there_for_a_buyer_either(cashier, reader, shelf, path):
    draft = shelf.put(name="draft.txt", publish=False, price=Money(990, "cny"))
    answer = reader.get(path.format(slug=draft.slug))
    assert answer.status_code == 404
    assert draft.title not in answer.get_data(as_text=True)


def test_a_withdrawn_document_is_not_sold(cashier, reader, document, database):
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    token = token_in(reader.get("/account"))
    form = {"plan": "document", "document": document.slug, "csrf_token": token}
    assert reader.post("/checkout", data=form).status_code == 404


def test_a_document_is_not_sold_twice_to_one_reader(cashier, reader, document):
    session_id = cashier.buy(reader, "document", document.slug)
    reader.get(f"/checkout/return?session_id={session_id}")
    token = token_in(reader.get("/account"))
    form = {"plan": "document", "document": document.slug, "csrf_token": token}
    assert reader.post("/checkout", data=form).status_code == 409


def test_the_reader_lands_in_the_document_where_the_last_click_was(cashier, reader, document, shelf):
    other = shelf.put(name="other.txt")
    first = cashier.order(reader, "month", document.slug)
    assert cashier.order(reader, "month", other.slug) == first
    purchase_id = cashier.purchases()[0].id
    assert (
        reader.get(f"/checkout/cancelled?purchase={purchase_id}")
        .headers["Location"]
        .endswith(f"{quote(other.slug)}#gate-1")
    )
    cashier.pay(reader, first)
    landed = reader.get(f"/checkout/return?session_id={first}").headers["Location"]
    assert landed.endswith(f"{quote(other.slug)}#gate-1")


def test_a_new_price_closes_the_session_with_the_old_one(cashier, reader, document, shelf):
    first = cashier.order(reader, "document", document.slug)
    shelf.put(price=Money(9900, "cny"))
    second = cashier.order(reader, "document", document.slug)
    assert second != first
    assert reader.get(f"/sandbox/checkout/{first}").status_code == 410
    assert [purchase.price.minor_units for purchase in cashier.purchases()] == [990, 9900]


def test_an_order_leads_whoever_bears_its_number_back_to_its_text_and_shows_nothing(cashier, people, document):
    buyer, other = people.signed_in("buyer@example.com"), people.signed_in("other@example.com")
    cashier.order(buyer, "month", document.slug)
    purchase_id = cashier.purchases()[0].id
    for client in (buyer, other, cashier.app.test_client()):
        led = client.get(f"/checkout/cancelled?purchase={purchase_id}").headers["Location"]
        assert led == f"/d/{quote(document.slug)}#gate-1"
    assert other.get("/checkout/cancelled?purchase=unknown").headers["Location"] == "/plans"


def test_a_subscriber_who_orders_a_pass_is_warned_and_gets_it_all_the_same(cashier, reader, document):
    reader.get(f"/checkout/return?session_id={cashier.buy(reader, 'year', document.slug)}")
    form = {"plan": "pass", "document": document.slug, "csrf_token": token_in(reader.get("/account"))}
    sent_back = reader.post("/checkout", data=form)
    assert sent_back.status_code == 303
    assert [purchase.kind for purchase in cashier.purchases()] == [PlanKind.YEAR]
    page = reader.get(sent_back.headers["Location"], headers={"Accept-Language": "en"})
    assert "Your subscription opens" in text(page, "main")
    (warned,) = attributes(page, "main input[name=warned]", "value")
    assert "/sandbox/checkout/" in reader.post("/checkout", data=form | {"warned": warned}).headers["Location"]


def test_an_account_that_is_disabled_orders_nothing_more(cashier, reader, document, database):
    form = {"plan": "pass", "document": document.slug, "csrf_token": token_in(reader.get("/account"))}

    def disable(session):
        session.scalars(select(Reader)).one().disabled_at = clock.now()

    database.write(disable)
    assert reader.post("/checkout", data=form).status_code == 403
    assert cashier.purchases() == []


def test_coming_back_from_a_session_that_nobody_ordered_says_that_there_is_no_such_payment(reader):
    page = reader.get("/checkout/return?session_id=cs_test_unknown", headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert "There is no such payment on your account" in text(page, "main")


@pytest.mark.parametrize(
    ("plan", "said"),
    [("century", "This plan is not on sale"), ("document", "This document is not sold by itself")],
)
def test_a_choice_that_is_not_on_sale_has_no_page_to_confirm_it(cashier, reader, shelf, plan, said):
    unpriced = shelf.put(name="unpriced.txt")
    page = reader.get(f"/checkout?plan={plan}&document={unpriced.slug}", headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert said in text(page, "main")
