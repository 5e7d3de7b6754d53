import pytest
from sqlalchemy import Select, bindparam, event, func, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import DetachedInstanceError

from webapp.accounts.models import Reader
from webapp.billing.models import Grant
from webapp.documents.catalogue import find_document
from webapp.documents.full_editions import FullEdition, read_full
from webapp.documents.models import Document, PublicEdition
from webapp.documents.unlock import Ground, Unlock
from webapp.kit.prepared_query import PreparedQuery

READERS = PreparedQuery(
    (Reader, Grant),
    lambda query: (
        query.add_columns(func.length(Reader.email))
        .join_from(Reader, Grant, Grant.reader_id == Reader.id, isouter=True)
        .where(Reader.email == bindparam("email"))
    ),
)


def columns(entity):
    return {one.key: getattr(entity, one.key) for one in inspect(type(entity)).column_attrs if not one.deferred}


def test_entities_are_as_the_orm_has_them(database, people):
    people.grant(people.reader("reader@example.com"))
    with database.reading() as session:
        reader, grant, length = READERS.first(session, email="reader@example.com")
        assert columns(reader) == columns(session.scalars(select(Reader)).one())
        assert columns(grant) == columns(session.scalars(select(Grant)).one())
    assert length == len("reader@example.com")


def test_editions_and_documents_are_as_the_orm_has_them(database, shelf):
    slug = shelf.put(tags=("水利", "年报")).slug
    with database.reading() as session:
        found = find_document(session, slug)
        full = read_full(session, Unlock(found.id, Ground.SYSTEM))
        for entity in (found, found.edition, full):
            assert columns(entity) == columns(session.scalars(select(type(entity))).one())
    assert (type(found), type(found.edition), type(full)) == (Document, PublicEdition, FullEdition)
    assert [row.tag for row in found.tags] == ["年报", "水利"]


def test_what_an_outer_join_does_not_find_is_none(database, people):
    people.reader()
    with database.reading() as session:
        assert READERS.first(session, email="reader@example.com")[1] is None
        assert READERS.first(session, email="nobody@example.com") is None


def test_what_was_not_loaded_is_not_there(database, people, shelf):
    document = shelf.put()
    with database.reading() as session:
        full = read_full(session, Unlock(document.id, Ground.SYSTEM))
        with pytest.raises(DetachedInstanceError):
            _ = full.tree


def test_it_sees_what_its_own_transaction_wrote(database, people):
    reader = people.reader("before@example.com")
    with database.writing() as session:
        session.get_one(Reader, reader.id).email = "after@example.com"
        assert READERS.first(session, email="after@example.com") is not None


@pytest.mark.sqlite("the words of its errors")
def test_an_error_of_the_driver_is_one_of_sqlalchemy(database):
    def spoilt(query: Select) -> Select:
        return query.add_columns(text("no_such_function(1)")).select_from(Reader)

    with database.reading() as session, pytest.raises(OperationalError, match="no such function"):
        PreparedQuery((), spoilt).rows(session)


def test_who_listens_to_what_is_asked_hears_it(database, people):
    people.reader("reader@example.com")
    with database.reading() as session:
        unheard = READERS.rows(session, email="reader@example.com")
    heard = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: heard.append(args[2]))
    with database.reading() as session:
        rows = READERS.rows(session, email="reader@example.com")
    assert [one for one in heard if "readers" in one]
    assert columns(rows[0][0]) == columns(unheard[0][0])
