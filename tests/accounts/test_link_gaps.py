"""Links that strangers have mailed: a few an hour, each later than the one before, and the owner always has one."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import event, select

from tests.accounts.limited_house import NOBODY, OWNER
from webapp.accounts.mailed_links import mail_own_link, request_link
from webapp.accounts.mailed_tokens import VALID_FOR, MailedToken, Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail
from webapp.kit.errors import TooManyTriesError

BOTH = pytest.mark.parametrize("path", ["/recover", "/login/link"])


@pytest.fixture
def owner(limited_house, database):
    with database.reading() as session:
        return session.scalars(select(Reader)).one(), limited_house.time


def ask(database, email=OWNER, purpose=Purpose.SIGN_IN) -> int:
    """Ask for a link; return how many mails went to somebody for it."""
    with database.writing() as session:
        request_link(session, purpose, email, "en", clock.now())
        latest = session.scalars(select(QueuedEmail).order_by(QueuedEmail.id.desc())).first()
        return int(latest.recipient != "")


def test_who_is_asked_for_without_end_gets_a_few_mails_an_hour_and_always_has_a_link_that_works(owner, database):
    """vanilla/vanilla#10701, contao/contao#7502: a form that mails whoever is typed into it fills mailboxes."""
    _reader, time = owner
    mailed = []
    for minute in range(5 * 60):
        if ask(database):
            mailed.append(minute)
        with database.reading() as session:
            ends = session.scalars(select(MailedToken.expires_at).where(MailedToken.reader_id.is_not(None))).all()
        assert max(ends) - clock.now() >= timedelta(minutes=10), "time enough to find it and use it"
        time.shift(timedelta(minutes=1))
    gaps = [after - before for before, after in pairwise(mailed)]
    assert mailed[:5] == [0, 1, 6, 21, 41]
    assert gaps == sorted(gaps)
    assert set(gaps[3:]) == {20}


def test_what_is_held_back_costs_the_same_work(owner, database):
    def work(email: str) -> list[str]:
        done = []

        def note(_connection, _cursor, statement, *_more):
            done.append(statement)

        event.listen(database.write_engine, "before_cursor_execute", note)
        ask(database, email)
        event.remove(database.write_engine, "before_cursor_execute", note)
        return done

    mailed, held_back, nobody = work(OWNER), work(OWNER), work(NOBODY)
    assert mailed == held_back == nobody
    with database.reading() as session:
        assert len(session.scalars(select(QueuedEmail)).all()) == 3


def test_who_used_a_link_is_mailed_the_next_at_once(owner, database, limited_house):
    assert [ask(database), ask(database)] == [1, 0]
    with database.reading() as session:
        mail = session.scalars(select(QueuedEmail).where(QueuedEmail.recipient != "")).one()
    client = limited_house.browser()
    form = {"password": "another long one of mine"}  # the account is not confirmed yet
    assert limited_house.send(client, f"/login/link/{mail.content['token']}", **form).status_code == 303
    assert ask(database) == 1


def test_each_kind_of_link_has_gaps_of_its_own(owner, database):
    both = (Purpose.RECOVER, Purpose.SIGN_IN)
    assert [ask(database, purpose=purpose) for purpose in both] == [1, 1]
    assert [ask(database, purpose=purpose) for purpose in both] == [0, 0]


def test_a_link_of_another_account_holds_none_back(owner, database, people):
    people.reader("other@example.com")
    assert [ask(database), ask(database, "other@example.com")] == [1, 1]


def test_who_is_signed_in_is_told_when_the_next_can_be_mailed(owner, database):
    reader, time = owner
    with database.writing() as session:
        mail_own_link(session, Purpose.CONFIRM, session.get_one(Reader, reader.id), "en", clock.now())
    time.shift(timedelta(seconds=20))
    with pytest.raises(TooManyTriesError) as refused, database.writing() as session:
        mail_own_link(session, Purpose.CONFIRM, session.get_one(Reader, reader.id), "en", clock.now())
    assert refused.value.headers == {"Retry-After": "40"}
    time.shift(timedelta(seconds=40))
    with database.writing() as session:
        mail_own_link(session, Purpose.CONFIRM, session.get_one(Reader, reader.id), "en", clock.now())


@BOTH
def test_the_page_says_the_same_whether_a_mail_was_held_back_or_not(limited_house, path):
    clients = [limited_house.browser() for _ in range(3)]
    emails = (OWNER, OWNER, NOBODY)
    answers = [limited_house.send(client, path, email=email) for client, email in zip(clients, emails, strict=True)]
    assert len({(answer.status_code, answer.headers["Location"], answer.text) for answer in answers}) == 1
    pages = {client.get(answers[0].headers["Location"]).text for client in clients}
    assert len(pages) == 1
    assert "still works" in pages.pop()


def test_what_was_mailed_a_day_ago_is_forgotten(owner, database):
    reader, time = owner
    with database.writing() as session:
        for _ in range(9):
            make_mailed_token(session, reader, Purpose.SIGN_IN, clock.now())
    time.shift(timedelta(days=1))
    assert [ask(database), ask(database)] == [1, 0]
    time.shift(timedelta(minutes=1))
    assert ask(database) == 1
    assert timedelta(minutes=20) < VALID_FOR
