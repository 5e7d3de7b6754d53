"""A link to a draft leads there until its day, until it is revoked, and while its maker works for the house."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import disable_reader
from webapp.documents.models import Document
from webapp.documents.publishing import erase, get_document_by_slug, withdraw
from webapp.documents.shared_drafts import (
    MOST_LINKS,
    DraftSide,
    EndedLinkError,
    NewLink,
    SharedDraft,
    list_shared_drafts,
    note_use,
    open_shared_draft,
    revoke_shared_draft,
    share_draft,
)
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError, WithdrawnError

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class Sharer:
    """An editor with one document."""

    def __init__(self, database, document, people):
        self.database, self.document = database, document
        self.reader_id = people.reader("mei@example.com", Role.EDITOR).id

    def __call__(self, rule, *given, **more):
        return self.database.write(
            lambda session: rule(session, get_document_by_slug(session, self.document.slug), *given, **more)
        )

    def share(self, side=DraftSide.VISITOR, days=7, name=""):
        return self(share_draft, NewLink(side, days, name), self.reader_id, NOW)

    def open(self, token, now=NOW):
        with self.database.reading() as session:
            link, document = open_shared_draft(session, token, now)
            return link.id, document.id


@pytest.fixture
def sharer(database, document, people):
    return Sharer(database, document, people)


def test_a_link_leads_to_its_document_until_its_day(sharer, database):
    made = sharer.share(DraftSide.SUBSCRIBER, 7, "  for   Ada ")
    assert sharer.open(made.token, NOW + 7 * DAY - timedelta(seconds=1)) == (made.row.id, sharer.document.id)
    with pytest.raises(EndedLinkError):
        sharer.open(made.token, NOW + 7 * DAY)
    with database.reading() as session:
        (link,) = list_shared_drafts(session, sharer.document.id)
        assert (link.name, link.side, link.created_by) == ("for Ada", DraftSide.SUBSCRIBER, sharer.reader_id)
        assert made.token not in str([getattr(link, column.key) for column in SharedDraft.__table__.columns])


@pytest.mark.parametrize("token", ["", "x", "\ud800", "0" * 48])
def test_what_was_never_a_link_leads_nowhere(sharer, token):
    sharer.share()
    with pytest.raises(NotFoundError):
        sharer.open(token)


def test_a_revoked_link_leads_nowhere_and_others_stay(sharer):
    first, second = sharer.share(), sharer.share()
    for link_id, document_id, is_revoked in (
        (first.row.id, sharer.document.id + 1, False),
        (first.row.id, sharer.document.id, True),
        (first.row.id, sharer.document.id, False),
        (99, sharer.document.id, False),
    ):
        did = sharer.database.write(
            lambda session, id_=document_id, link=link_id: revoke_shared_draft(session, id_, link, NOW)
        )
        assert did is is_revoked
    with pytest.raises(EndedLinkError):
        sharer.open(first.token)
    assert sharer.open(second.token)


def _disable(session, reader_id):
    disable_reader(session, session.get_one(Reader, reader_id), NOW)


def _demote(session, reader_id):
    session.get_one(Reader, reader_id).role = Role.READER


def _forget(session, reader_id):
    session.scalars(select(SharedDraft)).one().created_by = None


@pytest.mark.parametrize("leave", [_disable, _demote, _forget])
def test_it_ends_when_its_maker_leaves_the_house(sharer, leave):
    made = sharer.share()
    sharer.database.write(lambda session: leave(session, sharer.reader_id))
    with pytest.raises(EndedLinkError):
        sharer.open(made.token)


def test_a_withdrawn_document_is_not_handed_out_by_another_door(sharer):
    made = sharer.share()
    sharer(withdraw, NOW)
    with pytest.raises(WithdrawnError):
        sharer.open(made.token)
    with pytest.raises(ConflictError):
        sharer.share()


def test_of_a_deleted_document_there_is_no_link(sharer, database):
    made = sharer.share()
    sharer(erase, NOW, keep_row=True)
    with database.reading() as session:
        assert session.get(Document, sharer.document.id) is not None
        assert session.scalars(select(SharedDraft)).all() == []
    with pytest.raises(NotFoundError):
        sharer.open(made.token)


def test_what_cannot_be_a_link_says_why(sharer, monkeypatch):
    with pytest.raises(InvalidInputError):
        sharer.share(name="x" * 61)
    with pytest.raises(InvalidInputError):
        sharer.share(days=8)
    monkeypatch.setattr("webapp.documents.shared_drafts.MOST_LINKS", 2)
    sharer.share()
    second = sharer.share()
    with pytest.raises(ConflictError):
        sharer.share()
    sharer.database.write(lambda session: revoke_shared_draft(session, sharer.document.id, second.row.id, NOW))
    assert sharer.share()
    assert MOST_LINKS == 50


def test_when_it_was_last_used_is_kept(sharer, database):
    made = sharer.share()
    sharer.database.write(lambda session: note_use(session, made.row.id, NOW + DAY))
    with database.reading() as session:
        assert session.get_one(SharedDraft, made.row.id).last_used_at == NOW + DAY


def test_links_are_found_by_an_index(database):
    with database.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("asks SQLite how it looks")
        query = "SELECT * FROM shared_drafts WHERE document_id = 1 ORDER BY id DESC LIMIT 100"
        plan = " ".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))
        assert "INDEX ix_shared_drafts_document_id" in plan
