"""A revision that is not the latest can be published, checked as it stands."""

from tests.factories.shelf import PAID, REPORT
from webapp.documents.models import PublicEdition, State
from webapp.documents.publishing import get_document_by_slug, is_up_to_date, publish, publish_revision
from webapp.kit import clock

FIRST = REPORT
SECOND = REPORT.replace("出库略有增长", "出库大有增长")


def put_both(shelf):
    slug = shelf.put(FIRST, publish=False).slug
    assert shelf.put(SECOND, publish=False).revisions == 2
    return slug


def test_a_former_revision_is_published_while_a_later_one_waits(database, shelf):
    slug = put_both(shelf)

    def rule(session):
        document = get_document_by_slug(session, slug)
        assert publish_revision(session, document, 1, clock.now())
        assert not publish_revision(session, document, 1, clock.now())
        assert is_up_to_date(session, document, 1)
        assert not is_up_to_date(session, document)

    database.write(rule)
    with database.reading() as session:
        document = get_document_by_slug(session, slug)
        edition = session.get_one(PublicEdition, document.id)
        assert (document.state, edition.revision, document.revisions) == (State.PUBLISHED, 1, 2)
        assert "出库略有增长" in edition.text
        assert PAID not in edition.text


def test_the_latest_is_published_after_a_former_one(database, shelf):
    slug = put_both(shelf)
    for number in (1, 2, 1):
        database.write(
            lambda session, number=number: publish_revision(
                session, get_document_by_slug(session, slug), number, clock.now()
            )
        )
    assert database.write(lambda session: publish(session, get_document_by_slug(session, slug), clock.now()))
    with database.reading() as session:
        edition = session.get_one(PublicEdition, get_document_by_slug(session, slug).id)
        assert (edition.revision, "出库大有增长" in edition.text) == (2, True)
