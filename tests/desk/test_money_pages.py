"""The pages of money: figures with their rows, pictures without scripts, each currency by itself."""

import re
from datetime import timedelta

import pytest

from tests.factories.booked import book, stand
from tests.factories.html import parse
from webapp.accounts.models import Role
from webapp.kit import clock

ENGLISH, CHINESE = {"Accept-Language": "en"}, {"Accept-Language": "zh-CN"}
YEAR = "span=custom&from=2027-01-01&to=2027-12-31"


@pytest.fixture
def desk(people):
    return people.signed_in("house@example.com", Role.PUBLISHER)


@pytest.fixture
def booked(people, database):
    reader = people.reader("o'b&b@example.com").id
    with database.writing() as session:
        book(session, reader, "payment", "2027-02-10", 2500, tax=100)
        book(session, reader, "new", "2027-02-10", 2500, cohort="2027-02")
        book(session, reader, "refund", "2027-03-10", -300)
        book(session, reader, "payment", "2027-03-10", 900, currency="usd", plan="")
        stand(session, reader, "2027-02-10", None, 2500)


def told(desk, address, headers=ENGLISH):
    answer = desk.get(address, headers=headers)
    assert answer.status_code == 200
    return parse(answer), answer


def figures_of(page):
    return {one.css_first("dt").text(): one.css("dd")[0].text() for one in page.css(".desk-figures > div")}


def test_an_empty_library_says_what_comes(desk):
    page, _answer = told(desk, "/desk/money")
    assert "Nothing has been paid yet" in page.css_first(".desk-empty").text()
    assert page.css_first("svg.chart") is None


def test_figures_are_told_with_pictures_that_have_neither_script_nor_style(desk, booked):
    page, answer = told(desk, f"/desk/money?{YEAR}")
    figures = figures_of(page)
    assert (figures["Net"], figures["Payments received"], figures["At the end"]) == ("CN¥22", "CN¥25", "CN¥25")
    pictures = page.css("svg.chart")
    assert [one.attributes["aria-label"] for one in pictures] == ["Revenue", "Recurring revenue"]
    for one in pictures:
        assert one.css("script, style, defs, [style], [onclick]") == []
        assert one.css("path, rect") != []
    assert re.search(r"<svg[^>]*>.*?(javascript|http)", answer.text, re.DOTALL) is None


@pytest.mark.parametrize("headers", [ENGLISH, CHINESE])
def test_each_currency_has_a_page_of_its_own(desk, booked, headers):
    page, _answer = told(desk, f"/desk/money?{YEAR}", headers)
    tabs = {one.text(): one.attributes["href"] for one in page.css(".tabs a")}
    assert list(tabs) == ["CNY", "USD"]
    page, _answer = told(desk, tabs["USD"], headers)
    assert next(iter(figures_of(page).values())).endswith("$9")


def test_each_amount_leads_to_rows_that_come_to_it(desk, booked):
    page, _answer = told(desk, f"/desk/money?{YEAR}")
    links = {one.attributes["href"]: one.text() for one in page.css(".desk-table a")}
    assert len(links) > 5
    for address, amount in links.items():
        rows, _answer = told(desk, address)
        assert figures_of(rows)["Sum"] == amount, address
        assert rows.css(".desk-table tbody tr") != []


def test_rows_can_be_taken_along_and_name_their_reader(desk, booked):
    answer = desk.get(f"/desk/money/entries?figure=payment&{YEAR}&format=csv", headers=ENGLISH)
    head, row = answer.text.splitlines()
    assert head.removeprefix("\ufeff") == "When,Kind,Reader,Plan,Amount,Tax in it,Currency,At Stripe,Dated by"
    assert row.split(",")[2:7] == ["o'b&b@example.com", "Month", "25.00", "1.00", "CNY"]
    answer = desk.get(f"/desk/money/recurring?{YEAR}&format=csv", headers=ENGLISH)
    assert answer.text.splitlines()[1].endswith(",Month,Paying,25.00,CNY,sub_2")


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ("", "month"),
        ("span=30", "30"),
        ("span=year", "year"),
        ("span=custom&from=2027-03-31&to=2027-03-01", ("2027-03-01", "2027-03-31")),
        ("span=custom&from=yesterday&to=2027-03-01", "problem"),
        ("span=custom&from=1990-03-31&to=2027-03-01", "problem"),
        ("span=nothing&figure=nothing&kind=nothing&currency=xxx", "month"),
    ],
)
def test_days_are_chosen_and_odd_ones_are_told(desk, booked, asked, days):
    page, _answer = told(desk, f"/desk/money?{asked}")
    first, last = (page.css_first(f"#{name}").attributes["value"] for name in ("from", "to"))
    assert (page.css_first("[role=alert]") is not None) == (days == "problem")
    if isinstance(days, tuple):
        assert (first, last) == days
    else:
        begin = {"30": clock.now() - timedelta(days=31), "year": clock.now() - timedelta(days=367)}.get(
            days, clock.now() - timedelta(days=32)
        )
        assert f"{begin:%Y-%m-%d}" < first <= last
    told(desk, f"/desk/money/entries?{asked}")
    told(desk, f"/desk/money/recurring?{asked}")


def test_long_spans_are_told_by_month(desk, booked):
    page, _answer = told(desk, f"/desk/money?{YEAR}")
    assert "2027-02" in [one.text() for one in page.css(".desk-more td:first-child")]
    page, _answer = told(desk, "/desk/money?span=custom&from=2027-02-01&to=2027-02-28")
    assert "2027-02-10" in [one.text() for one in page.css(".desk-more td:first-child")]


def test_until_all_of_before_is_taken_in_the_page_says_so(desk, booked, database):
    page, _answer = told(desk, f"/desk/money?{YEAR}")
    assert "still being taken in" in page.css_first(".good").text()
