"""A mail server that refuses, hangs or breaks off while a house is served: mails wait, and all else goes on."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, update

from tests.factories.house import SECRET
from tests.faults.mail_server import BREAKS_OFF, FORGETS_TO_SAY, HANGS, REFUSES, TAKES, mail_server
from tests.front.serving import wait_until
from tests.operations.rolling_upgrade import sign_in
from webapp.kit import clock
from webapp.kit.email_queue import Email, QueuedEmail, email_backlog, enqueue_email

LETTERS = 2
SAID = {REFUSES: "451", HANGS: "timed out", BREAKS_OFF: "Connection unexpectedly closed"}


@pytest.fixture
def mails(loaded):
    with mail_server() as server:
        loaded.settings |= {"PAIDSPAN_MAIL_URL": server.url, "PAIDSPAN_MAIL_FROM": "post@reports.cn"}
        yield server


def write_letters(loaded):
    def write(session):
        for number in range(LETTERS):
            letter = Email(
                f"letter {number}", "account_closed", f"reader{number}@example.com", "en", {"closed_at": clock.now()}
            )
            enqueue_email(session, letter, clock.now())

    loaded.house.database.write(write)


def backlog(loaded):
    with loaded.house.database.reading() as session:
        return email_backlog(session)


def tried_in_vain(loaded):
    with loaded.house.database.reading() as session:
        return session.scalar(select(func.count()).where(QueuedEmail.sent_at.is_(None), QueuedEmail.attempts > 0))


def change_waiting(loaded, **values):
    change = update(QueuedEmail).where(QueuedEmail.sent_at.is_(None)).values(**values)
    loaded.house.database.write(lambda session: session.execute(change))


def all_gone(loaded):
    """Have those that wait for their next try go now; return whether none waits any more."""
    change_waiting(loaded, next_try_at=clock.now())
    return backlog(loaded).waiting == 0


def command(loaded, *words):
    """Return what a command says to an operator, whatever its exit code."""
    environment = os.environ | loaded.settings | {"PAIDSPAN_SECRET_KEY": SECRET, "LANG": "C.UTF-8"}
    named = [sys.executable, "-m", "webapp", *words, "--instance", str(loaded.house.folder)]
    return subprocess.run(named, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("mood", [REFUSES, HANGS, BREAKS_OFF])
def test_mails_wait_for_their_server_and_then_go_once(loaded, mails, mood):
    mails.mood = mood
    with loaded.served() as site:
        write_letters(loaded)
        wait_until(lambda: mails.asked > 0)
        pages = ("/", quote(f"/d/{loaded.house.document.slug}"), "/account")
        assert [site.ask("GET", page, loaded.cookie).status for page in pages] == [200, 200, 200]
        assert site.ask("GET", "/account", sign_in(site)).status == 200  # by password, which writes, too
        # Where the server hangs each takes 20 seconds, and signing in has written more of them.
        wait_until(lambda: tried_in_vain(loaded) >= (LETTERS if mood == HANGS else backlog(loaded).waiting) >= LETTERS)
        assert site.answers("/readyz/worker")
        waiting = backlog(loaded)
        assert (waiting.waiting >= LETTERS, waiting.given_up, mails.taken) == (True, 0, [])
        assert SAID[mood] in waiting.last_error
        change_waiting(loaded, created_at=clock.machine_now() - timedelta(hours=1))
        status, doctor = command(loaded, "stripe", "status"), command(loaded, "doctor")
        mails.released.set()
        mails.mood = TAKES
        wait_until(lambda: all_gone(loaded))
    assert re.search(rf"mails waiting\W+{waiting.waiting}\b", status), status
    assert re.search(rf"{waiting.waiting} mails wait .*{SAID[mood]}", doctor), doctor
    assert set(Counter(mails.taken).values()) == {1}
    assert len(mails.taken) >= LETTERS


def test_a_mail_whose_receipt_was_not_heard_comes_twice_under_one_number(loaded, mails):
    """That it was taken is not known, and to lose it would be worse; Message-ID tells mail programs that it is one."""
    mails.mood = FORGETS_TO_SAY
    with loaded.served():
        write_letters(loaded)
        wait_until(lambda: tried_in_vain(loaded) == backlog(loaded).waiting >= LETTERS)
        mails.mood = TAKES
        wait_until(lambda: all_gone(loaded))
    assert set(Counter(mails.taken).values()) == {2}
