"""Roles: given, changed, taken back with all that works for the house, and never taken from the only owner."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.authenticator import set_up_second_factor
from webapp.accounts.api_tokens import AccessToken, Scope, list_tokens
from webapp.accounts.leaving import mark_closing
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import disable_reader, get_reader, refuse_losing_last
from webapp.accounts.roles import list_people, set_role
from webapp.kit import clock
from webapp.kit.errors import ConflictError

OWNER, OTHER = "owner@example.com", "other@example.com"


@pytest.fixture
def house(database, people):
    """Return what runs a rule on the account of an address."""
    people.reader(OWNER, Role.OWNER)
    people.reader(OTHER, Role.EDITOR)

    def run(email, rule):
        return database.write(lambda session: rule(session, get_reader(session, email)))

    return run


def role_of(people, reader_id):
    return people.kept(reader_id).role


def test_a_role_is_given_and_told_with_the_one_before(house, people):
    change = house(OTHER, lambda session, reader: set_role(session, reader, Role.PUBLISHER))
    assert (change.email, change.before, change.after) == (OTHER, Role.EDITOR, Role.PUBLISHER)
    assert role_of(people, change.reader_id) is Role.PUBLISHER


@pytest.mark.parametrize(
    "take",
    [
        lambda session, reader: set_role(session, reader, Role.PUBLISHER),
        lambda session, reader: set_role(session, reader, Role.READER),
        lambda session, reader: disable_reader(session, reader, clock.now()),
        lambda session, reader: mark_closing(session, reader, clock.now()),
    ],
)
def test_nobody_takes_the_only_owner_away(house, people, take):
    with pytest.raises(ConflictError, match="only account that runs"):
        house(OWNER, take)
    assert people.kept(1).role is Role.OWNER
    assert people.kept(1).disabled_at is None
    house(OTHER, lambda session, reader: set_role(session, reader, Role.OWNER))
    house(OWNER, take)
    with pytest.raises(ConflictError, match="only account that runs"):
        house(OTHER, take)


def test_a_disabled_owner_counts_for_nothing(house):
    house(OTHER, lambda session, reader: set_role(session, reader, Role.OWNER))
    house(OTHER, lambda session, reader: disable_reader(session, reader, clock.now()))
    with pytest.raises(ConflictError, match="only account that runs"):
        house(OWNER, refuse_losing_last)
    with pytest.raises(ConflictError, match="disabled"):
        house(OTHER, lambda session, reader: set_role(session, reader, Role.READER))


def test_tokens_that_work_for_the_house_end_with_the_role(house, people, database):
    other = people.kept(2)
    people.token(other, Scope.FEED)
    with database.writing() as session:
        held = session.get_one(Reader, 2)
        session.add(
            AccessToken(
                reader_id=held.id, name="Tool", scope_words=["desk"], token_hash="h" * 64, created_at=clock.now()
            )
        )
    house(OTHER, lambda session, reader: set_role(session, reader, Role.PUBLISHER))
    with database.reading() as session:
        assert [token.scope_words for token in list_tokens(session, 2)] == [["desk"], ["feed"]]
    house(OTHER, lambda session, reader: set_role(session, reader, Role.READER))
    with database.reading() as session:
        assert [token.scope_words for token in list_tokens(session, 2)] == [["feed"]]


def test_the_people_of_the_house_are_listed_with_what_guards_them(house, people, database):
    people.reader("reader@example.com")
    set_up_second_factor(people.browser(OTHER))
    house(OTHER, lambda session, reader: setattr(reader, "created_at", clock.now() - timedelta(days=3)))
    with database.reading() as session:
        found = list_people(session)
        kept = session.scalars(select(Reader).where(Reader.email == OTHER)).one()
    assert [(one.email, one.role, one.has_app, one.passkeys, one.disabled) for one in found] == [
        (OWNER, Role.OWNER, False, 0, False),
        (OTHER, Role.EDITOR, True, 0, False),
    ]
    assert found[1].since == kept.created_at
    assert found[0].seen_at is None
    assert found[1].seen_at is not None


def test_two_owners_do_not_take_each_other_away_at_once(house, database):
    """Each rule sees what the other has done, since writers wait for each other."""
    house(OTHER, lambda session, reader: set_role(session, reader, Role.OWNER))
    house(OWNER, lambda session, reader: set_role(session, reader, Role.READER))
    with pytest.raises(ConflictError):
        house(OTHER, lambda session, reader: set_role(session, reader, Role.READER))


def test_a_house_without_an_owner_keeps_its_only_publisher(people, database):
    people.reader("publisher@example.com", Role.PUBLISHER)
    with pytest.raises(ConflictError, match="only account that runs"):
        database.write(lambda session: set_role(session, get_reader(session, "publisher@example.com"), Role.EDITOR))
    database.write(lambda session: set_role(session, get_reader(session, "publisher@example.com"), Role.OWNER))
