"""What is being worked on is planned as it is now; what its text says of its price is the document's at once."""

from datetime import UTC, datetime, timedelta

from tests.factories.shelf import REPORT
from webapp.accounts.models import Role
from webapp.billing.desk_publishing import schedule_with_price
from webapp.billing.plans import price_of
from webapp.documents.draft_publishing import PublishOrder
from webapp.documents.drafts import NewText, open_draft, save_draft
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.revision_history import list_revisions
from webapp.kit.money import Money

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
PRICED = f"---\nprice: 12\n---\n{REPORT}"


def test_a_draft_becomes_the_revision_that_is_planned(database, shelf, people):
    slug = shelf.put(REPORT, publish=False).slug
    mei = people.reader("mei@example.com", Role.EDITOR).id
    order = PublishOrder(mei, NOW, UTC)

    def plan(session):
        return schedule_with_price(session, get_document_by_slug(session, slug), order, NOW + timedelta(days=1))

    def save(text, version, **more):
        new = NewText(text, version, **more)
        database.write(lambda session: save_draft(session, get_document_by_slug(session, slug), new, mei, NOW))

    assert database.write(plan).revision == 1
    save(PRICED, 1)
    assert database.write(plan).revision == 2
    save(REPORT, 2, settled=frozenset({"price"}))
    with database.reading() as session:
        document = get_document_by_slug(session, slug)
        assert price_of(session, document.id) == Money(1200, "cny")
        assert open_draft(session, document).is_changed
        assert [(row.number, row.made_by) for row in list_revisions(session, document).rows] == [
            (2, "mei@example.com"),
            (1, ""),
        ]
    assert database.write(plan).revision == 3
    with database.reading() as session:
        document = get_document_by_slug(session, slug)
        assert price_of(session, document.id) is None
        assert not open_draft(session, document).is_changed
