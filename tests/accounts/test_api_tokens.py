"""A reader's tokens: shown once, kept as a hash, limited to their scopes and to their reader."""

import pytest
from sqlalchemy import text

from webapp.accounts.api_tokens import MOST_TOKENS, Scope, get_token, list_tokens, make_token, revoke_token
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError

DOCUMENTS = frozenset({Scope.DOCUMENTS})


@pytest.fixture
def reader(people):
    return people.reader()


def make(database, reader, name="Phone", scopes=DOCUMENTS):
    with database.writing() as session:
        return make_token(session, reader.id, name, scopes, clock.now())


def test_a_token_leads_to_its_reader_and_its_scopes(database, reader):
    made = make(database, reader, scopes=frozenset({Scope.FEED, Scope.ACCOUNT}))
    with database.reading() as session:
        found = get_token(session, made.secret)
    assert found.reader.id == reader.id
    assert found.scopes == {Scope.FEED, Scope.ACCOUNT}


def test_the_secret_is_nowhere_in_the_database(database, reader):
    made = make(database, reader)
    with database.reading() as session:
        rows = session.execute(text("SELECT * FROM access_tokens")).all()
    assert made.secret not in str(rows)
    assert made.secret.removeprefix("paidspan_") not in str(rows)


@pytest.mark.parametrize("secret", ["", "paidspan_", "paidspan_" + "0" * 40, "\ud800", "x" * 100_000])
def test_what_is_no_token_leads_nowhere(database, reader, secret):
    make(database, reader)
    with database.reading() as session:
        assert get_token(session, secret) is None


def test_a_revoked_token_leads_nowhere_and_nobody_else_can_revoke_it(database, reader, people):
    made = make(database, reader)
    other = people.reader("other@example.com")
    with database.writing() as session:
        assert not revoke_token(session, other.id, made.row.id)
        assert get_token(session, made.secret)
        assert revoke_token(session, reader.id, made.row.id)
        assert get_token(session, made.secret) is None
        assert not revoke_token(session, reader.id, made.row.id)


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 61])
def test_it_needs_a_name(database, reader, name):
    with pytest.raises(InvalidInputError):
        make(database, reader, name)


def test_it_needs_a_scope_and_there_is_a_most(database, reader):
    with pytest.raises(InvalidInputError):
        make(database, reader, scopes=frozenset())
    for number in range(MOST_TOKENS):
        make(database, reader, f"{number}")
    with pytest.raises(ConflictError):
        make(database, reader)
    with database.reading() as session:
        assert len(list_tokens(session, reader.id)) == MOST_TOKENS
