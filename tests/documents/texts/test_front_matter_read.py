"""Case 11: YAML was shown as text, a draft was published, and date, tags, slug and price were not read."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from webapp.billing.plans import price_of
from webapp.documents.catalogue import find_document
from webapp.documents.models import Document, PublicEdition, State
from webapp.documents.publishing import publish
from webapp.kit import clock
from webapp.kit.money import Money

CASE = Path(__file__).with_name("11-front-matter.md").read_text()


def test_front_matter_is_obeyed_and_never_shown(database, shelf):
    (outcome,) = shelf.bring(CASE, "11-front-matter.md", publish=True)
    assert (outcome.slug, [problem.code for problem in outcome.problems]) == ("river-freight", ["draft"])
    assert (outcome.problems[0].line, outcome.problems[0].column) == (6, 1)
    with database.writing() as session:
        document = session.scalars(select(Document)).one()
        assert (document.state, price_of(session, document.id)) == (State.DRAFT, Money(990, "cny"))
        assert session.scalars(select(PublicEdition)).all() == []
        publish(session, document, clock.now())
    with database.reading() as session:
        document = find_document(session, "river-freight")
        assert document.published_at == datetime(2026, 3, 1, tzinfo=UTC)
        assert [row.tag for row in document.tags] == ["freight", "rivers"]
        assert (document.title, document.edition.title) == ("River freight in 2026",) * 2
        for text in (document.edition.html, document.edition.text, document.edition.summary):
            assert text.startswith(("<p>Open text.", "Open text."))
            assert "draft" not in text
