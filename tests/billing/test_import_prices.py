"""What an import sells: at the price of its order, else at its authors', and a price where nothing is paid is told."""

import io

import pytest

from webapp.billing.import_prices import priced_order
from webapp.billing.plans import price_of
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.sources import find_sources
from webapp.kit.money import Money

PAID = "# Sold\n\nWords ##paidbegin##of payers##paidend##.\n"
TOLD = f"---\nprice: 12\ncurrency: eur\n---\n{PAID}"


@pytest.fixture
def bring(database, tmp_path):
    def run(text, price=None):
        (tmp_path / "sold.md").write_text(text)
        importer = Importer(database, priced_order(ImportOrder(), price))
        (outcome,) = importer.run(find_sources([str(tmp_path / "sold.md")], 1_000_000, io.BytesIO()))
        with database.reading() as session:
            return outcome, price_of(session, get_document_by_slug(session, "sold").id)

    return run


@pytest.mark.parametrize(
    ("text", "ordered", "sold_at"),
    [
        (PAID, None, None),
        (TOLD, None, Money(1200, "eur")),
        (PAID, Money(990, "cny"), Money(990, "cny")),
        (TOLD, Money(990, "cny"), Money(990, "cny")),
    ],
)
def test_the_order_says_the_price_and_else_the_author(bring, text, ordered, sold_at):
    assert bring(text, ordered)[1] == sold_at


@pytest.mark.parametrize(("ordered", "told"), [(Money(990, "cny"), ["price-without-span"]), (None, [])])
def test_a_price_where_nothing_is_paid_is_told(bring, ordered, told):
    outcome, _price = bring("# Sold\n\nWords for all.\n", ordered)
    assert [problem.code for problem in outcome.problems] == told


def test_a_document_that_is_sold_already_is_told_as_well(bring):
    bring("# Sold\n\nWords for all.\n", Money(990, "cny"))
    outcome, price = bring("# Sold\n\nOther words for all.\n")
    assert [problem.code for problem in outcome.problems] == ["price-without-span"]
    assert price == Money(990, "cny")
