"""What the house's people may do to accounts that are not their own, and what they note about readers."""

import pytest

from webapp.accounts.looked_after import may_look_after, put_into_use, put_out_of_use, refuse_beyond
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import get_reader
from webapp.accounts.staff_notes import LONGEST_NOTE, add_staff_note, delete_staff_note, list_staff_notes
from webapp.kit import clock
from webapp.kit.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

HOUSE = {role: f"{role}@example.com" for role in Role}


@pytest.fixture
def house(people):
    return {role: people.reader(HOUSE[role], role) for role in Role}


@pytest.mark.parametrize("actor", [Role.EDITOR, Role.PUBLISHER, Role.OWNER])
@pytest.mark.parametrize("subject", list(Role))
def test_an_account_of_the_house_is_for_who_manages_people_and_nobodys_own(house, actor, subject):
    allowed = actor is not subject and (subject is Role.READER or actor is Role.OWNER)
    assert may_look_after(house[actor], house[subject]) == allowed
    if not allowed:
        with pytest.raises(ForbiddenError):
            refuse_beyond(house[actor], house[subject])


def test_disabled_and_enabled_once(house, database):
    def tried(act):
        return database.write(lambda session: act(session, get_reader(session, HOUSE[Role.READER])))

    assert tried(lambda session, reader: (put_out_of_use(session, reader, clock.now()), reader.disabled_at))[1]
    assert tried(lambda session, reader: put_out_of_use(session, reader, clock.now())) is False
    tried(lambda _session, reader: put_into_use(reader))
    assert tried(lambda _session, reader: reader.disabled_at) is None
    assert tried(lambda _session, reader: put_into_use(reader)) is False


def test_what_its_reader_closed_stays_closed(house):
    reader = Reader(closing_at=clock.now(), disabled_at=clock.now())
    with pytest.raises(ConflictError, match="closed by its reader"):
        put_into_use(reader)


def test_the_last_owner_is_not_locked_out(house, database):
    with pytest.raises(ConflictError, match="only account that runs"):
        database.write(lambda session: put_out_of_use(session, get_reader(session, HOUSE[Role.OWNER]), clock.now()))


def test_notes_are_kept_with_their_author_and_go_with_their_number(house, database):
    reader, owner = house[Role.READER].id, house[Role.OWNER].id
    with database.writing() as session:
        by_hand = add_staff_note(session, reader, None, " One. ", clock.now())
        add_staff_note(session, reader, owner, "Two.", clock.now())
        assert [(note.text, who) for note, who in list_staff_notes(session, reader)] == [
            ("Two.", HOUSE[Role.OWNER]),
            ("One.", ""),
        ]
        for text in ("", " ", "x" * (LONGEST_NOTE + 1)):
            with pytest.raises(InvalidInputError):
                add_staff_note(session, reader, owner, text, clock.now())
        for of, number in ((owner, by_hand.id), (reader, 99)):
            with pytest.raises(NotFoundError):
                delete_staff_note(session, of, number)
        delete_staff_note(session, reader, by_hand.id)
        session.flush()
        assert [note.text for note, _who in list_staff_notes(session, reader)] == ["Two."]
