"""Plans and promotion codes at the desk: each button does what the rule does, and what is refused is a sentence."""

import pytest
from sqlalchemy import select

from tests.factories.html import parse
from tests.factories.people import token_in
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.billing.models import Plan
from webapp.kit.money import Money
from webapp.stripe_sandbox.faults import Faults

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def desk(people, cashier):
    return people.signed_in("publisher@example.com", Role.PUBLISHER)


@pytest.fixture
def press(desk):
    """Send a form of the desk."""

    def send(path, **form):
        token = token_in(desk.get("/desk/plans/new"))
        return desk.post(path, data={"csrf_token": token, **form}, headers=ENGLISH)

    return send


@pytest.fixture
def plan(database):
    def find(code):
        with database.reading() as session:
            return session.scalars(select(Plan).where(Plan.code == code, Plan.active)).one()

    return find


@pytest.fixture
def logged(database):
    def read():
        with database.reading() as session:
            return [(one.action, one.subject_kind, one.subject_id) for one in session.scalars(select(LoggedActivity))]

    return read


def said(answer):
    found = parse(answer).css_first(".trouble, .good")
    return found.text(strip=True) if found else ""


def test_a_plan_is_made_and_its_price_changed_as_was_said_before(desk, press, plan, client, logged, shelf):
    week = {"kind": "pass", "days": "7", "amount": "9", "currency": "cny", "name": "一周 <b>", "featured": "y"}
    assert press("/desk/plans/new", **week).headers["Location"] == "/desk/plans?done=made"
    shelf.put()
    path = f"/desk/plans/{plan('pass-7').id}/price"
    before = press(path, amount="12.50", currency="CNY").get_data(as_text=True)
    assert "CN¥12.50" in before
    assert "Who has bought it has paid" in before
    assert plan("pass-7").amount == 900
    assert press(path, amount="12.50", currency="CNY", sure="1").headers["Location"] == "/desk/plans?done=priced"
    gate = parse(client.get("/d/" + client.get("/").get_data(as_text=True).split('href="/d/')[1].split('"')[0]))
    (chosen,) = gate.css(".offer:has(input[checked])")
    assert "一周 <b>" in chosen.text()
    assert "12.50" in chosen.text()
    assert logged() == [("made", "plan", "pass-7"), ("priced", "plan", "pass-7")]


def test_a_plan_is_worded_moved_retired_and_offered_again(desk, press, plan, client, logged):
    year = plan("year")
    press(f"/desk/plans/{year.id}", name="年刊", description="全部报告", trial_days="7")
    press(f"/desk/plans/{year.id}/move", to="down")
    page = parse(client.get("/plans"))
    assert [one.text(strip=True) for one in page.css(".plan h2")][1] == "年刊"
    press(f"/desk/plans/{year.id}/retire")
    assert "年刊" not in client.get("/plans").get_data(as_text=True)
    press(f"/desk/plans/{year.id}/offer")
    assert "年刊" in client.get("/plans").get_data(as_text=True)
    assert [action for action, _kind, _id in logged()] == ["worded", "moved", "took off sale", "put on sale"]


def test_who_holds_what_is_counted(desk, cashier, people, database):
    from webapp.billing.reconcile import reconcile_all

    reader = people.signed_in()
    cashier.buy(reader, "year")
    reconcile_all(cashier.billing)
    rows = parse(desk.get("/desk/plans", headers=ENGLISH)).css("#on-sale ~ .desk-table tbody tr")
    assert [row.css("td")[4].text() for row in rows] == ["1", "0", "0"]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"amount": "9,90"}, "is no amount"),
        ({"amount": "1e2"}, "is no amount"),
        ({"amount": "-1"}, "must be above zero"),
        ({"amount": "9.901"}, "go by steps"),
        ({"amount": "9.5", "currency": "jpy"}, "go by steps"),
        ({"currency": "zzz"}, "is no currency"),
        ({"days": "30"}, "on sale already"),
        ({"days": ""}, "A pass lasts from"),
        ({"kind": "year", "days": ""}, "on sale already"),
        ({"kind": "document"}, "Something is missing"),
        ({"name": "x" * 81}, "Something is missing or too long"),
    ],
)
def test_what_cannot_be_sold_is_refused_with_a_sentence(press, form, sentence):
    answer = press("/desk/plans/new", **{"kind": "pass", "days": "7", "amount": "9", "currency": "cny", **form})
    assert sentence in said(answer), answer.get_data(as_text=True)
    assert 400 <= answer.status_code < 500


def test_what_stripe_says_no_to_is_told_where_it_was_asked(press, cashier, plan):
    cashier.sandbox.set_faults(Faults(down=1))
    path = f"/desk/plans/{plan('year').id}/price"
    answer = press(path, amount="12.50", currency="CNY", sure="1")
    assert "Stripe does not answer right now. Do the same once more" in said(answer).replace("now.Do", "now. Do")


def test_the_price_of_a_document_is_listed_and_taken_along(desk, shelf):
    document = shelf.put(price=Money(990, "jpy"))
    page = desk.get("/desk/plans/documents", headers=ENGLISH).get_data(as_text=True)
    assert document.title in page
    assert "¥990" in page
    assert "990" in desk.get("/desk/plans/documents?format=csv").get_data(as_text=True)


def test_a_code_is_made_once_shown_and_ended(desk, press, plan, logged):
    form = {
        "form_key": "the-form",
        "code": "SPRING",
        "off": "percent",
        "percent": "12.5",
        "duration": "repeating",
        "months": "3",
        "most": "100",
        "until": "2099-12-31",
        "first_time": "y",
        "products": plan("year").stripe_product_id,
    }
    for _ in range(2):
        assert press("/desk/promotions/new", **form).headers["Location"] == "/desk/promotions?done=made"
    (row,) = parse(desk.get("/desk/promotions", headers=ENGLISH)).css("tbody tr")
    told = " ".join(row.text().split())
    assert told.startswith("SPRING first payment only 12.5 % 3 months Yearly subscription 0 / 100")
    press("/desk/promotions/end", code="SPRING")
    assert "ended" in parse(desk.get("/desk/promotions", headers=ENGLISH)).css_first("tbody tr").text()
    assert press("/desk/promotions/end", code="SPRING").status_code == 404
    assert logged()[-1] == ("ended", "promotion", "SPRING")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"percent": "101"}, "is no percentage"),
        ({"off": "amount", "amount": "9.5", "currency": "jpy"}, "go by steps"),
        ({"duration": "repeating"}, "Say for how many months"),
        ({"code": "春"}, "Latin letters"),
        ({"until": "2020-01-01"}, "Stripe refuses"),
        ({"until": "x"}, "Something is missing"),
    ],
)
def test_what_is_no_code_is_refused_with_a_sentence(press, cashier, form, sentence):
    whole = {"code": "SPRING", "off": "percent", "percent": "10", "duration": "once", **form}
    assert sentence in said(press("/desk/promotions/new", **whole))
    assert cashier.billing.gateway.client.v1.promotion_codes.list().data == []


def test_a_code_that_is_taken_already_is_refused_where_it_was_typed(press):
    """What Stripe said was shown nowhere: TryGhost/Ghost#20156."""
    form = {"code": "SPRING", "off": "percent", "percent": "10", "duration": "once"}
    press("/desk/promotions/new", **form, form_key="one")
    answer = press("/desk/promotions/new", **form, form_key="another")
    assert "already exists" in said(answer)
    assert 'value="SPRING"' in answer.get_data(as_text=True)


def test_while_stripe_is_away_the_page_of_codes_says_so(desk, cashier):
    cashier.sandbox.set_faults(Faults(down=1))
    answer = desk.get("/desk/promotions", headers=ENGLISH)
    assert answer.status_code == 503
    assert "Stripe does not answer" in said(answer)
