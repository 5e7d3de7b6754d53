"""Invitations: mailed, sent again, withdrawn, too old; taken up by the address that was invited and nobody else."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.mailed_links import NEW_PASSWORD, list_mails
from tests.factories.people import PASSWORD, is_signed_in, token_in
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.invitations import (
    INVITED_FOR,
    Inviter,
    UnusableInvitationError,
    find_invitation,
    invite,
    list_invitations,
    send_invitation_again,
    withdraw_invitation,
)
from webapp.accounts.models import Role
from webapp.accounts.registration import disable_reader, find_reader
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError

OWNER, NEW, READER = "owner@example.com", "New@example.org", "reader@example.com"


class Door:
    """One installation with an owner, and what happens at the page that its invitations lead to."""

    def __init__(self, app, database, people):
        self.app, self.database, self.people = app, database, people
        self.inviter = Inviter(people.reader(OWNER, Role.OWNER).id, OWNER, "en")

    def invite(self, email=NEW, role=Role.EDITOR):
        """Return the token of a new invitation."""
        self.database.write(lambda session: invite(session, email, role, self.inviter, clock.now()))
        return self.latest_token()

    def latest_token(self):
        mail = next(rendered for kept, rendered in list_mails(self.app, self.database) if kept.message == "invitation")
        return re.search("/invitation/([0-9a-f]{64})", mail.text)[1]

    def do(self, rule, *given):
        return self.database.write(lambda session: rule(session, *given))

    def pending(self):
        with self.database.reading() as session:
            return list_invitations(session)

    def accept(self, token, client=None, **form):
        client = client or self.app.test_client()
        csrf = token_in(client.get("/account" if is_signed_in(client) else "/login"))
        headers = {"Accept-Language": "en"}
        return client.post(f"/invitation/{token}", data={**form, "csrf_token": csrf}, headers=headers)

    def role(self, email):
        with self.database.reading() as session:
            reader = find_reader(session, email)
        return reader and reader.role


@pytest.fixture
def door(app, database, people):
    return Door(app, database, people)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER, Role.OWNER])
def test_the_mail_says_who_invites_to_what_and_until_when(door, role):
    token = door.invite(role=role)
    kept, mail = list_mails(door.app, door.database)[0]
    assert kept.recipient == NEW
    for text in (mail.text, mail.html):
        assert OWNER in text
        assert f"as an {role}" in text or f"as a {role}" in text
        assert f"/invitation/{token}" in text
        assert "until" in text
    page = door.app.test_client().get(f"/invitation/{token}", headers={"Accept-Language": "en"})
    assert f"as an {role}" in page.text or f"as a {role}" in page.text
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_who_has_no_account_makes_one_and_is_signed_in(door, app):
    token, client = door.invite(), app.test_client()
    assert door.role(NEW) is None
    answer = door.accept(token, client, password="short")
    assert "password" in answer.text
    assert (answer.status_code, door.role(NEW)) == (400, None)
    assert door.accept(token, client, password=NEW_PASSWORD).status_code == 303
    assert door.role(NEW) is Role.EDITOR
    assert is_signed_in(client)
    with door.database.reading() as session:
        reader = find_reader(session, NEW)
        told = session.scalars(select(LoggedActivity)).all()
    assert reader.email_confirmed_at is not None
    assert reader.terms_version.startswith("en ")
    assert [(row.reader_id, row.action, row.before, row.after) for row in told] == [
        (reader.id, "joined", {"role": "reader"}, {"role": "editor"})
    ]
    assert door.pending() == []
    assert door.accept(token).status_code == 410


def test_who_has_an_account_shows_its_password_and_signs_in_by_themselves(door, people, app):
    people.reader(READER)
    token, client = door.invite(READER), app.test_client()
    refused = door.accept(token, client, present="not the password")
    assert "not right" in refused.text
    assert (refused.status_code, door.role(READER)) == (400, Role.READER)
    answer = door.accept(token, client, present=PASSWORD)
    assert answer.headers["Location"].startswith("/login?next=")
    assert door.role(READER) is Role.EDITOR
    assert not is_signed_in(client)


def test_who_is_signed_in_presses_the_button(door, people):
    client = people.signed_in(READER)
    assert door.accept(door.invite(READER), client).status_code == 303
    assert door.role(READER) is Role.EDITOR


@pytest.mark.parametrize("invited", [NEW, READER])
def test_nobody_takes_up_the_invitation_of_another_address(door, people, invited):
    people.reader(READER)
    stranger = people.signed_in("stranger@example.com")
    token = door.invite(invited)
    assert stranger.get(f"/invitation/{token}").status_code == 403
    assert door.accept(token, stranger, password=NEW_PASSWORD, present=PASSWORD).status_code == 403
    assert door.role("stranger@example.com") is Role.READER
    assert door.role(invited) is not Role.EDITOR
    assert len(door.pending()) == 1


def test_a_role_that_is_higher_by_then_stays(door, people, database):
    client = people.signed_in(READER)
    token = door.invite(READER)
    with database.writing() as session:
        find_reader(session, READER).role = Role.PUBLISHER
    assert door.accept(token, client).status_code == 303
    assert door.role(READER) is Role.PUBLISHER


def test_sent_again_it_has_another_link_and_its_whole_time(door):
    first = door.invite()
    pending = door.pending()[0]
    later = clock.now() + timedelta(days=6)
    assert door.do(send_invitation_again, pending.id, door.inviter, later).id == pending.id
    second = door.latest_token()
    assert second != first
    with door.database.reading() as session:
        with pytest.raises(UnusableInvitationError):
            find_invitation(session, first, None, later)
        found, has_account = find_invitation(session, second, None, later + INVITED_FOR - timedelta(seconds=1))
        assert (found.email, has_account) == (NEW, False)
        with pytest.raises(UnusableInvitationError):
            find_invitation(session, second, None, later + INVITED_FOR)


def test_one_that_nobody_takes_up_for_long_is_forgotten(door):
    door.invite()
    later = clock.now() + timedelta(days=100)
    door.do(send_invitation_again, door.pending()[0].id, door.inviter, later)
    assert [one.email for one in door.pending()] == [NEW]
    door.do(invite, READER, Role.EDITOR, door.inviter, later + timedelta(days=100))
    assert [one.email for one in door.pending()] == [READER]


def test_who_is_invited_once_more_has_one_invitation(door):
    first = door.invite()
    second = door.invite("NEW@example.org", Role.PUBLISHER)
    assert [(one.email, one.role) for one in door.pending()] == [("NEW@example.org", Role.PUBLISHER)]
    assert door.accept(first, password=NEW_PASSWORD).status_code == 410
    assert door.accept(second, password=NEW_PASSWORD).status_code == 303
    assert door.role(NEW) is Role.PUBLISHER


def test_withdrawn_it_opens_nothing_and_says_what_to_do(door):
    token = door.invite()
    withdrawn = door.do(withdraw_invitation, door.pending()[0].id)
    assert withdrawn.email == NEW
    answer = door.accept(token, password=NEW_PASSWORD)
    assert answer.status_code == 410
    assert "ask who invited you" in answer.text
    assert door.role(NEW) is None
    assert door.do(withdraw_invitation, withdrawn.id) is None
    assert door.do(send_invitation_again, withdrawn.id, door.inviter, clock.now()) is None


def test_a_disabled_account_is_neither_invited_nor_let_in(door, people, database):
    people.reader(READER)
    token = door.invite(READER)
    with database.writing() as session:
        disable_reader(session, find_reader(session, READER), clock.now())
    assert door.accept(token, present=PASSWORD).status_code == 410
    with pytest.raises(ConflictError, match="disabled"):
        door.invite(READER)


def test_who_belongs_to_the_house_is_not_invited(door, people):
    people.reader("editor@example.com", Role.EDITOR)
    with pytest.raises(ConflictError, match="belongs to the house"):
        door.invite("editor@example.com", Role.OWNER)
    with pytest.raises(InvalidInputError, match="no invitation"):
        door.invite(NEW, Role.READER)
    with pytest.raises(InvalidInputError):
        door.invite("no address")
    assert door.pending() == []
