"""Asking for a link: the same answer and the same work, whoever has an account."""

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.factories.mailed_links import READER, Link, Post, count_mails, counted_work, every_request
from webapp.accounts.models import Reader
from webapp.accounts.registration import disable_reader
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail, send_queued_emails
from webapp.kit.templating import email_renderer


@dataclass
class Asked:
    """An answer, and all the work that it took."""

    answer: TestResponse
    work: list[str]
    mails: int


def _asked(post: Post, link: Link, email: str, monkeypatch) -> Asked:
    client = post.app.test_client()
    client.get(link.asked_at)
    with counted_work(post.database, monkeypatch) as work:
        answer = post.ask(email, link, client)
    return Asked(answer, work.done, work.mails)


@every_request
@pytest.mark.parametrize("email", ["nobody@example.com", "disabled@example.com"])
def test_an_address_without_an_account_is_answered_as_one_with_it(post, link, email, monkeypatch):
    disabled = post.people.reader("disabled@example.com")
    with post.database.writing() as session:
        disable_reader(session, session.get_one(Reader, disabled.id), clock.now())
    known, unknown = (_asked(post, link, asked, monkeypatch) for asked in (READER, email))
    assert known.answer.status_code == 303
    assert (unknown.answer.status_code, unknown.answer.data) == (known.answer.status_code, known.answer.data)
    assert list(unknown.answer.headers) == list(known.answer.headers)
    assert unknown.work == known.work
    assert any("INSERT INTO mails" in one for one in known.work)
    assert (unknown.mails, known.mails) == (1, 1)
    assert {mail.recipient for mail, _rendered in post.mails()} == {READER}


@every_request
def test_a_decoy_is_dropped_by_whoever_sends_mails_and_opens_nothing(post, link):
    post.ask("nobody@example.com", link)
    with post.database.reading() as session:
        token = session.scalars(select(QueuedEmail.content)).one()["token"]
    assert post.use(link, token).status_code == 410
    sent = send_queued_emails(post.database, email_renderer(post.app), None, "h@example.com", clock.now())
    assert (sent, count_mails(post.database)) == (0, 0)


@every_request
def test_what_is_no_address_is_told_so(post, link):
    for email in ("", "no address"):
        answer = post.ask(email, link)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


@every_request
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_mail_speaks_the_language_of_who_asks_and_its_link_works(post, link, language):
    client = post.app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    post.ask(" READER@example.com ", link, client)
    ((mail, rendered),) = post.mails()
    assert (mail.recipient, mail.locale) == (READER, language)
    assert bool(re.search("[\u4e00-\u9fff]", rendered.subject)) == (language == "zh-CN")
    address = f"http://127.0.0.1:8000{link.path}/"
    tokens = {re.search(f"{address}([0-9a-f]{{64}})", part)[1] for part in (rendered.text, rendered.html)}
    assert post.use(link, tokens.pop()).status_code == 303
    assert not tokens
