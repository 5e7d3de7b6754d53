"""What a text says of its price holds from the moment it is published at the desk."""

from datetime import UTC

import pytest

from tests.factories.shelf import REPORT
from webapp.accounts.models import Role
from webapp.billing.desk_publishing import publish_with_price
from webapp.billing.models import PlanKind
from webapp.billing.plans import offers_with_price, price_of
from webapp.documents.draft_publishing import PublishOrder
from webapp.documents.drafts import NewText, open_draft, save_draft
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.settings import Mode


@pytest.fixture
def publish(people, database, document):
    mei = people.reader("mei@example.com", Role.EDITOR)

    def run(text, *settled):
        def rule(session):
            kept = session.get_one(Document, document.id)
            new = NewText(text, open_draft(session, kept).version, settled=frozenset(settled))
            save_draft(session, kept, new, mei.id, clock.now())
            return publish_with_price(session, kept, PublishOrder(mei.id, clock.now(), UTC))

        done = database.write(rule)
        with database.reading() as session:
            return done, price_of(session, document.id)

    return run


def test_a_price_that_is_named_is_set_and_one_that_is_not_stays(publish):
    assert publish(REPORT + "尾声。\n") == (True, Money(990, "cny"))
    assert publish(f"---\nprice: 12\ncurrency: eur\n---\n{REPORT}") == (True, Money(1200, "eur"))
    assert publish(REPORT) == (True, Money(1200, "eur"))


def test_a_price_that_was_taken_out_of_its_field_is_none(publish):
    assert publish(REPORT + "尾声。\n", "price") == (True, None)
    assert publish(REPORT + "尾声。\n") == (False, None)


def test_what_a_price_would_be_offered_as(database):
    with database.reading() as session:
        assert offers_with_price(session, Mode.SANDBOX, None) == []
        (offer,) = offers_with_price(session, Mode.SANDBOX, Money(500, "eur"))
    assert (offer.kind, offer.price) == (PlanKind.DOCUMENT, Money(500, "eur"))
