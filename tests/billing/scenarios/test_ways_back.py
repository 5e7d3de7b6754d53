"""Whoever buys at a gate comes back to that gate (scenario 59), and nobody is led into a conflict."""

from urllib.parse import quote

import pytest

from tests.billing.scenarios.scene import ENGLISH, READER, SERVER, Scene
from tests.factories.cashier import CARD, DECLINED
from tests.factories.html import attributes, text
from tests.factories.people import PASSWORD, token_in
from tests.factories.shelf import PAID

FIVE_GATES = "五处付费的报告\n本报告有五处付费内容。\n" + "".join(
    f"第{number}节先说公开的部分，##paidbegin##{PAID}，这是第{number}处##paidend##，再说公开的部分。\n"
    for number in "一二三四五"
)
BLOCKS = "五段付费的报告\n本报告有五段付费内容。\n" + "".join(
    f"第{number}节公开。\n##paidbegin##\n{PAID}，这是第{number}段。\n##paidend##\n" for number in "一二三四五"
)


@pytest.fixture(params=["chip", "card"])
def fourth_gate(request, app, people, cashier, shelf):
    """Return a scene, and the page of a report as it is when its fourth gate was chosen: inline, or a block's."""
    chip = request.param == "chip"
    document = shelf.put(FIVE_GATES if chip else BLOCKS, "five.txt")
    scene = Scene(app, people, cashier, document)
    page = f"/d/{document.slug}"
    links = attributes(scene.app.test_client().get(page), "#gate-4" if chip else "#gate-4 a", "href")
    assert links == ["?gate=4#offers"]
    return scene, f"{page}?gate=4"


def pressed(client, page: str, plan: str = "month"):
    """Choose a plan at the offers and press “unlock”; return the answer."""
    shown = client.get(page, headers=ENGLISH)
    (action,) = attributes(shown, "#offers form", "action")
    fields = zip(
        attributes(shown, "#offers input[type=hidden]", "name"),
        attributes(shown, "#offers input[type=hidden]", "value"),
        strict=True,
    )
    form = {"plan": plan, **dict(fields)}
    posts = attributes(shown, "#offers form", "method") == ["post"]
    return client.post(action, data=form) if posts else client.get(action, query_string=form)


def followed(client, answer):
    """Follow redirects up to a page that is ours to fill in, or to an address with an anchor; return where that is."""
    while answer.status_code == 303:
        where = answer.headers["Location"].removeprefix(SERVER)
        if "#" in where or where.startswith("/sandbox/"):
            return where
        answer = client.get(where)
    return answer.request.full_path


def entered(client, form_page: str, email: str, link: str = ""):
    """Sign in or up on the page one was led to, over a link on it where one is named; return the answer."""
    page = client.get(form_page)
    if link:
        (form_page,) = [href for href in attributes(page, "main a", "href") if href.startswith(link)]
        page = client.get(form_page)
    (action,) = (each for each in attributes(page, "main form", "action") if "passkey" not in each)
    (back,) = set(attributes(page, "main input[name=next]", "value"))
    return client.post(action, data={"email": email, "password": PASSWORD, "next": back, "csrf_token": token_in(page)})


def ordered(client, confirm_page: str) -> str:
    """Confirm an order on its page and return the page at Stripe."""
    page = client.get(confirm_page)
    names, values = (attributes(page, "main form input", what) for what in ("name", "value"))
    answer = client.post("/checkout", data=dict(zip(names, values, strict=True)))
    return answer.headers["Location"].removeprefix(SERVER)


def paid(client, stripe_page: str, card: dict = CARD):
    return client.post(stripe_page, data={**card, "csrf_token": token_in(client.get(stripe_page))})


def is_gate_four(scene, where: str) -> bool:
    return where == f"/d/{quote(scene.document.slug)}#gate-4"


@pytest.mark.parametrize("way", ["sign up", "sign in"])
def test_59_a_visitor_who_gets_an_account_on_the_way_is_back_at_gate_four(fourth_gate, way):
    scene, page = fourth_gate
    visitor = scene.app.test_client()
    form_page = followed(visitor, pressed(visitor, page))
    assert form_page.startswith("/signup")
    known = way == "sign in"
    answer = entered(visitor, form_page, READER if known else "new@example.com", "/login" if known else "")
    stripe_page = ordered(visitor, followed(visitor, answer))
    declined = paid(visitor, stripe_page, DECLINED)
    assert declined.status_code == 402
    assert is_gate_four(scene, followed(visitor, paid(visitor, stripe_page)))
    assert scene.reads(visitor)


def test_59_who_cancels_is_back_at_gate_four_signed_in_or_not_any_more(fourth_gate):
    scene, page = fourth_gate
    stripe_page = followed(scene.reader, pressed(scene.reader, page))
    (back,) = [href for href in attributes(scene.reader.get(stripe_page), "a", "href") if "/checkout/cancelled" in href]
    for client in (scene.reader, scene.app.test_client()):
        assert is_gate_four(scene, followed(client, client.get(back.removeprefix(SERVER))))


def test_59_whose_login_expired_at_stripe_signs_in_and_is_back_at_gate_four(fourth_gate):
    scene, page = fourth_gate
    stripe_page = followed(scene.reader, pressed(scene.reader, page))
    lost = scene.app.test_client()
    form_page = followed(lost, paid(lost, stripe_page))
    assert form_page.startswith("/login")
    assert is_gate_four(scene, followed(lost, entered(lost, form_page, READER)))
    assert scene.reads(lost)


def test_59_who_signs_up_on_return_keeps_the_way_back_and_is_led_to_the_account_that_paid(fourth_gate):
    scene, page = fourth_gate
    stripe_page = followed(scene.reader, pressed(scene.reader, page))
    lost = scene.app.test_client()
    form_page = followed(lost, paid(lost, stripe_page))
    answer = entered(lost, form_page, "new@example.com", "/signup")
    elsewhere = lost.get(answer.headers["Location"], headers=ENGLISH)
    assert elsewhere.status_code == 404
    assert "This payment belongs to another account" in text(elsewhere, "main")
    (back,) = attributes(elsewhere, "main a.beside", "href")
    assert is_gate_four(scene, back)
    assert not scene.reads(lost)
    (again,) = set(attributes(elsewhere, "main input[name=next]", "value"))
    left = lost.post("/logout", data={"next": again, "csrf_token": token_in(elsewhere)})
    assert is_gate_four(scene, followed(lost, entered(lost, followed(lost, left), READER)))
    assert scene.reads(lost)


@pytest.mark.parametrize("plan", ["month", "pass"])
def test_a_subscriber_who_is_signed_out_and_presses_unlock_is_led_to_the_text(fourth_gate, plan):
    scene, page = fourth_gate
    scene.bought("year")
    visitor = scene.app.test_client()
    form_page = followed(visitor, pressed(visitor, page, plan))
    assert is_gate_four(scene, followed(visitor, entered(visitor, form_page, READER, "/login")))
    assert scene.reads(visitor)
    assert len(scene.cashier.purchases()) == 1


def test_a_subscriber_who_is_signed_out_and_chooses_a_plan_is_led_to_their_own(scene):
    scene.bought("year")
    for plan, where in (("year", "/account/plan?"), ("month", "/account/plan/switch?plan=month")):
        visitor = scene.app.test_client()
        (link,) = [
            href for href in attributes(visitor.get("/plans"), "main a", "href") if href.endswith(f"plan={plan}")
        ]
        form_page = followed(visitor, visitor.get(link))
        assert followed(visitor, entered(visitor, form_page, READER, "/login")) == where


def test_what_was_bought_is_not_ordered_again(scene):
    scene.bought("document")
    answer = scene.reader.get(f"/checkout?plan=document&document={scene.document.slug}")
    assert answer.headers["Location"].endswith("#gate-1")


@pytest.mark.parametrize("asked", ["0", "2", "-1", "x", "99999999999999999999", "1e3"])
def test_a_gate_that_is_not_there_leads_to_one_that_is(scene, asked):
    page = scene.app.test_client().get(f"/d/{scene.document.slug}?gate={asked}")
    landings = attributes(page, "#offers input[name=next]", "value")
    assert [landing.endswith("#gate-1") for landing in landings] == [True]
