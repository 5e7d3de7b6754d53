"""Mails are rows first: sent once, tried again, none holding up the others."""

import smtplib
import socketserver
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from webapp.kit.email_queue import (
    Email,
    EmailBacklog,
    OutboxFolder,
    QueuedEmail,
    RenderedEmail,
    SmtpServer,
    carrier_for,
    email_backlog,
    enqueue_email,
    get_email,
    list_emails,
    send_queued_emails,
)
from webapp.kit.money import Money

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SENDER = "house@example.com"


def letter(key="a", recipient="reader@example.com", **content):
    return Email(key, "receipt", recipient, "en", content)


def render(given):
    return RenderedEmail(f"About {given.key}", "text", "<p>html</p>")


class Taken:
    """Takes mails, but those whose subject it does not like."""

    def __init__(self, refuses=()):
        self.mails, self.refuses = [], refuses

    def carry(self, mail):
        if mail["Subject"] in self.refuses:
            raise smtplib.SMTPException("mailbox full")
        self.mails.append(mail)


@pytest.fixture
def write(database):
    def write(*letters):
        with database.writing() as session:
            for one in letters:
                enqueue_email(session, one, NOW)

    return write


def send(database, carrier, at=NOW):
    return send_queued_emails(database, render, carrier, SENDER, at)


def test_a_letter_is_sent_once(database, write):
    write(letter(), letter())
    taken = Taken()
    assert [send(database, taken), send(database, taken)] == [1, 0]
    assert [mail["Subject"] for mail in taken.mails] == ["About a"]


def test_a_letter_is_gone_with_the_change_that_was_rolled_back(database):
    def write_and_stumble():
        with database.writing() as session:
            enqueue_email(session, letter(), NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_stumble()
    assert send(database, Taken()) == 0


def test_one_that_fails_is_tried_again_later_and_holds_up_nobody(database, write):
    write(letter("a"), letter("b"))
    refusing, taken = Taken({"About a"}), Taken()
    assert send(database, refusing) == 1
    with database.reading() as session:
        kept = session.scalars(select(QueuedEmail).where(QueuedEmail.key == "a")).one()
        assert (kept.last_error, kept.attempts, email_backlog(session).waiting) == ("mailbox full", 1, 1)
    assert send(database, taken, NOW + timedelta(seconds=30)) == 0
    assert send(database, taken, NOW + timedelta(minutes=3)) == 1


def test_what_waits_is_to_somebody_and_not_given_up(database, write):
    write(letter("waits"), letter("given up"), letter("to nobody", recipient=""))
    given_up = QueuedEmail.key == "given up"
    with database.writing() as session:
        session.execute(update(QueuedEmail).where(given_up).values(attempts=1000, last_error="mailbox full"))
    with database.reading() as session:
        assert email_backlog(session) == EmailBacklog(1, NOW, 1, "mailbox full")


def test_a_message_that_cannot_be_written_holds_up_nobody_either(database, write):
    write(letter("a"), letter("b"))
    taken = Taken()

    def clumsy(given):
        if given.key == "a":
            raise KeyError("paid")
        return render(given)

    assert send_queued_emails(database, clumsy, taken, SENDER, NOW) == 1


def test_moments_and_money_come_back_as_they_were(database, write):
    write(letter(paid=Money(990, "cny"), at=NOW, number=7, nothing=None))
    seen = []
    send_queued_emails(database, lambda given: seen.append(given) or render(given), Taken(), SENDER, NOW)
    assert seen[0].content == {"paid": Money(990, "cny"), "at": NOW, "number": 7, "nothing": None}


def test_a_subject_cannot_smuggle_in_a_header(database, write):
    write(letter())
    taken = Taken()
    smuggling = RenderedEmail("About\r\nBcc: everybody@example.com", "text", "html")
    send_queued_emails(database, lambda _given: smuggling, taken, SENDER, NOW)
    assert taken.mails[0]["Bcc"] is None
    assert taken.mails[0]["Subject"] == "About Bcc: everybody@example.com"


def kept_token(database):
    with database.reading() as session:
        return session.scalars(select(QueuedEmail.content)).one()["token"]


def test_a_token_is_forgotten_as_soon_as_its_mail_went(database, write):
    write(letter(token="opens something"))
    send(database, Taken({"About a"}))
    assert kept_token(database) == "opens something"
    send(database, Taken(), NOW + timedelta(minutes=3))
    assert kept_token(database) == ""


def test_without_a_server_the_token_stays_for_the_sandboxs_page_of_mails(database, write, tmp_path):
    write(letter(token="opens something"))
    send(database, carrier_for("", tmp_path / "outbox"))
    assert kept_token(database) == "opens something"


def test_a_letter_to_nobody_is_dropped_and_in_no_list(database, write):
    write(replace(letter("a"), recipient=""), letter("b"))
    with database.reading() as session:
        (listed,) = list_emails(session, 10)
        assert (listed.key, get_email(session, listed.id).key) == ("b", "b")
        assert get_email(session, listed.id - 1) is None
    taken = Taken()
    assert send(database, taken) == 1
    with database.reading() as session:
        assert session.scalars(select(QueuedEmail.key)).all() == ["b"]


@pytest.mark.parametrize(
    ("kept", "to"),
    [
        ("Wang@Example.com", "Wang@Example.com"),
        ("Wang@STRAẞE.de", "Wang@xn--strae-oqa.de"),
        ("wang@例子.中国", "wang@xn--fsqu00a.xn--fiqs8s"),
        ("王@例子.中国", "王@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_a_mail_goes_to_the_address_as_it_is_kept_its_domain_in_ascii(database, write, kept, to):
    write(letter(recipient=kept))
    taken = Taken()
    assert send(database, taken) == 1
    assert taken.mails[0]["To"] == to


def test_without_a_server_mails_are_files(database, write, tmp_path):
    write(letter())
    send(database, carrier_for("", tmp_path / "outbox"))
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.suffix == ".eml"
    assert b"Subject: About a" in path.read_bytes()
    assert isinstance(carrier_for("", tmp_path), OutboxFolder)
    assert isinstance(carrier_for("smtp://localhost", tmp_path), SmtpServer)


class _Postbox(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as one mail needs."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        data = False
        for line in self.rfile:
            if data:
                self.server.heard.append(line)
                data = line != b".\r\n"
                if not data:
                    self.wfile.write(b"250 taken\r\n")
                continue
            word = line[:4].upper()
            data = word == b"DATA"
            self.wfile.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 fine\r\n"))


def test_a_mail_server_is_spoken_to(database, write):
    write(letter())
    with socketserver.TCPServer(("127.0.0.1", 0), _Postbox) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert send(database, SmtpServer(f"smtp://127.0.0.1:{server.server_address[1]}")) == 1
        server.shutdown()
    heard = b"".join(server.heard)
    assert b"To: reader@example.com" in heard
    assert b"<p>html</p>" in heard


def test_a_server_that_is_not_there_is_an_error_that_waits(database, write):
    write(letter())
    assert send(database, SmtpServer("smtp://127.0.0.1:9")) == 0
    with database.reading() as session:
        assert email_backlog(session).waiting == 1


def test_a_password_is_not_said_in_the_clear(database, write):
    write(letter())
    with socketserver.TCPServer(("127.0.0.1", 0), _Postbox) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert send(database, SmtpServer(f"smtp://me:secret@127.0.0.1:{server.server_address[1]}")) == 0
        server.shutdown()
    with database.reading() as session:
        assert "TLS" in session.scalars(select(QueuedEmail)).one().last_error
