"""Whatever is typed into the names of plans and documents, pages of sales and of reading show it as text."""

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.desk.xss_strings import FORMULAS, XSS_STRINGS, assert_harmless
from webapp.accounts.models import Role
from webapp.billing.models import Plan
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.reading_figures.counting import store_batch
from webapp.reading_figures.models import ReadingKind
from webapp.reading_figures.tally import ReadingKey

PAGES = ("/desk/plans", "/desk/plans/1", "/desk/plans/1/price", "/desk/plans/documents", "/desk/promotions/new")
FIGURES = ("/desk/reading", "/desk/reading/{id}")
PUBLIC = ("/plans", "/d/{slug}")


@pytest.fixture
def document(shelf, cashier, database):
    made = shelf.put(price=Money(990, "cny"))
    counted = Counter(
        {ReadingKey(made.id, ReadingKind.PREVIEW): 3, ReadingKey(made.id, ReadingKind.PREVIEW, 0, "a.example"): 1}
    )
    database.write(lambda session: store_batch(session, counted, clock.now(), ZoneInfo("Asia/Shanghai")))
    return made


def test_names_are_text(people, client, database, document):
    desk = people.signed_in("publisher@example.com", Role.PUBLISHER)
    joined = [" ".join(XSS_STRINGS[begin : begin + 10]) for begin in range(0, len(XSS_STRINGS), 10)]
    for text in joined:

        def call_it_so(session, text=text):
            for plan in session.scalars(select(Plan)):
                plan.name, plan.description = text, text
            session.get_one(Document, document.id).title = text

        database.write(call_it_so)
        for path in (*PAGES, *FIGURES):
            assert_harmless(desk.get(path.format(id=document.id)).get_data(as_text=True))
        for path in PUBLIC:
            assert_harmless(client.get(path.format(slug=document.slug)).get_data(as_text=True))


@pytest.mark.parametrize("address", ["/desk/plans/documents?format=csv", "/desk/reading?format=csv"])
def test_cells_of_files_are_no_formulas(people, database, document, address):
    desk = people.signed_in("publisher@example.com", Role.PUBLISHER)
    for formula in FORMULAS:
        database.write(lambda session, text=formula: setattr(session.get_one(Document, document.id), "title", text))
        row = desk.get(address).get_data(as_text=True).splitlines()[1]
        assert row.lstrip('"')[0] not in "=+-@\t\r", row
