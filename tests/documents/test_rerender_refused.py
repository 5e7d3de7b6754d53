"""What the renderer of today refuses stays as it was: said once, tried once, and in nobody's way."""

import pytest
from sqlalchemy import select, text, update

from tests.factories.old_editions import make_old, stored_rows
from tests.factories.shelf import PAID
from webapp.accounts.models import Role
from webapp.documents import rerender
from webapp.documents.full_editions import Revision
from webapp.documents.models import PublicEdition
from webapp.documents.rerender import has_outdated_editions, rerender_all, rerender_document
from webapp.kit.email_queue import QueuedEmail
from webapp.manuscript import RENDERER_VERSION

OPEN = "公开的{}\n人人可读的第{}份。\n"


@pytest.fixture
def document(shelf):
    return shelf.put()


@pytest.fixture
def refused(database, shelf, people):
    """Bring three documents, of which the second is one that the renderer refuses today."""
    people.reader("publisher@example.com", Role.PUBLISHER)
    people.reader("editor@example.com", Role.EDITOR)
    for number in range(3):
        shelf.put(OPEN.format(number, number), f"{number}.txt")
    with database.writing() as session:
        slip = update(Revision).where(Revision.document_id == 2)
        session.execute(slip.values(source=f"题目\n##paidbegn##{PAID}##paidend##\n"))
    make_old(database, html="<p>old</p>")
    return 2


def test_what_the_renderer_refuses_stays_byte_for_byte_and_the_others_go_on(database, refused, caplog):
    before = stored_rows(database)
    assert list(rerender_all(database)) == [2]
    after = stored_rows(database)
    changed = [new.get("document_id") for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [1, 3] * 2
    assert "document 2, revision 1, stays as it is: 2:1: near-marker: " in caplog.text


def test_any_other_error_is_a_refusal_too_and_the_log_repeats_nothing_of_it(database, document, monkeypatch, caplog):
    def stumbles(_checked):
        raise KeyError(PAID)

    make_old(database)
    before = stored_rows(database)
    monkeypatch.setattr(rerender, "render_full", stumbles)
    list(rerender_all(database))
    assert stored_rows(database) == before
    assert "stays as it is: KeyError" in caplog.text
    assert PAID not in caplog.text


def test_the_publisher_is_told_once_and_nothing_is_tried_again(database, refused, monkeypatch):
    list(rerender_all(database))
    monkeypatch.setattr(rerender, "check", None)  # nobody calls it
    assert not has_outdated_editions(database)
    assert list(rerender_all(database)) == []
    rerender_document(database, refused)
    with database.reading() as session:
        (mail,) = session.scalars(select(QueuedEmail))
    assert (mail.recipient, mail.message, mail.content) == (
        "publisher@example.com",
        "edition_kept",
        {"slug": "公开的1"},
    )


def test_a_later_renderer_tries_again_and_tells_again(database, refused):
    list(rerender_all(database))
    with database.writing_plainly() as connection:  # as it looks to the next version
        connection.execute(update(Revision.__table__).values(refused_by=RENDERER_VERSION - 1))
        older = f"UPDATE mails SET key = replace(key, ':{RENDERER_VERSION}:', ':{RENDERER_VERSION - 1}:')"
        connection.execute(text(older))
    assert list(rerender_all(database)) == [0]
    with database.reading() as session:
        assert len(session.scalars(select(QueuedEmail)).all()) == 2


def test_publishing_it_anew_ends_that(database, shelf, refused):
    list(rerender_all(database))
    shelf.put(OPEN.format(1, "二"), "1.txt")
    assert {row["renderer_version"] for row in stored_rows(database, PublicEdition.__table__)} == {RENDERER_VERSION}
