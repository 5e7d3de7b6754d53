"""A device that is new to an account is told to its owner by mail, and no other."""

import pytest
from sqlalchemy import select

from tests.factories.devices import sign_in_as
from tests.factories.mailed_links import READER, sign_up
from tests.factories.people import token_in
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail, read_email
from webapp.kit.templating import email_renderer


def mails(app, database, message="new_device"):
    with database.reading() as session:
        kept = session.scalars(select(QueuedEmail).where(QueuedEmail.message == message)).all()
    return [(mail, email_renderer(app)(read_email(mail))) for mail in kept]


def test_a_new_device_is_told_by_mail(browser, app, database):
    browser()
    ((mail, rendered),) = mails(app, database)
    assert (mail.recipient, mail.locale) == (READER, "en")
    assert rendered.subject == "Signed in on a new device"
    for part in (rendered.text, rendered.html):
        assert "Firefox on Linux" in part
        assert "(UTC+08:00)" in part
        assert "http://127.0.0.1:8000/recover" in part
    assert "token" not in mail.content


def test_the_first_device_of_a_new_account_is_not_told(app, database):
    assert sign_up(app.test_client(), READER).status_code == 303
    assert mails(app, database) == []


def test_a_browser_that_is_signed_in_already_is_not_told_but_for_another_account(browser, people, app, database):
    client = browser()
    sign_in_as(client, READER)
    assert len(mails(app, database)) == 1
    people.reader("other@example.com")
    sign_in_as(client, "other@example.com")
    assert [mail.recipient for mail, _rendered in mails(app, database)] == [READER, "other@example.com"]


def test_a_browser_that_was_signed_in_before_is_not_told_and_its_cookie_is_no_device(browser, app, database):
    client = browser()
    client.post("/logout", data={"csrf_token": token_in(client.get("/account"))})
    sign_in_as(client, READER)
    assert len(mails(app, database)) == 1
    client.delete_cookie("known_device")
    client.post("/logout", data={"csrf_token": token_in(client.get("/account"))})
    sign_in_as(client, READER)
    assert len(mails(app, database)) == 2


@pytest.mark.parametrize(("purpose", "told"), [(Purpose.SIGN_IN, 1), (Purpose.RECOVER, 0)])
def test_a_mailed_link_is_a_sign_in_like_others_but_recovery_has_a_mail_of_its_own(
    people, app, database, purpose, told
):
    people.reader()
    with database.writing() as session:
        token = make_mailed_token(session, session.get_one(Reader, 1), purpose, clock.now())
    client = app.test_client()
    path = f"/login/link/{token}" if purpose is Purpose.SIGN_IN else f"/recover/{token}"
    form = {"csrf_token": token_in(client.get(path)), "password": "quite another password"}
    assert client.post(path, data=form).status_code == 303
    assert len(mails(app, database)) == told
