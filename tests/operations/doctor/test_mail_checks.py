"""What the doctor says of mail: asked of servers that take it and of some that do not."""

import socket
from datetime import timedelta

import pytest

from tests.factories.certificates import make_certificate, serving_with
from tests.factories.smtp_server import smtp_server
from webapp.kit import clock
from webapp.kit.email_queue import Email, QueuedEmail, enqueue_email
from webapp.operations.doctor import mail_checks


@pytest.fixture
def tls(tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return serving_with(certificate)


def test_a_server_that_lets_us_in_is_good_and_is_sent_nothing(verdict, tls):
    with smtp_server(tls) as (port, heard):
        assert verdict("mail-server", mail_url=f"smtp://us:secret@localhost:{port}")[0] == "good"
    assert "AUTH" in heard
    assert not {"MAIL", "RCPT", "DATA"} & set(heard)


def test_a_wrong_password_is_broken_and_not_repeated(verdict, tls):
    with smtp_server(tls, lets_in=False) as (port, _heard):
        found, line = verdict("mail-server", mail_url=f"smtp://us:hunter2@localhost:{port}")
    assert (found, "refuses user or password" in line, "hunter2" in line) == ("broken", True, False)


def test_a_certificate_that_nobody_trusts_is_broken(verdict, tls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with smtp_server(tls) as (port, _heard):
        found, line = verdict("mail-server", mail_url=f"smtp://localhost:{port}")
    assert (found, "TLS is not to be trusted" in line) == ("broken", True)


def test_a_server_without_tls_is_warned_of_and_gets_no_password(verdict):
    with smtp_server() as (port, heard):
        assert verdict("mail-server", mail_url=f"smtp://127.0.0.1:{port}")[0] == "warning"
        assert verdict("mail-server", mail_url=f"smtp://us:secret@127.0.0.1:{port}")[0] == "broken"
    assert "AUTH" not in heard


def test_no_server_is_broken_and_one_that_says_nothing_too(verdict, monkeypatch):
    assert verdict("mail-server", mail_url="smtp://127.0.0.1:1")[0] == "broken"
    monkeypatch.setattr(mail_checks, "_PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert verdict("mail-server", mail_url=f"smtp://127.0.0.1:{port}")[0] == "broken"


def test_trying_it_out_needs_no_server(look):
    assert look("mail-server") == []


@pytest.mark.parametrize(
    ("address", "found"),
    [("Reports <post@reports.cn>", "good"), ("paidspan@localhost", "warning"), ("a@reports.example.com", "warning")],
)
def test_a_sender_that_cannot_be_is_warned_of(verdict, address, found):
    assert verdict("mail-sender", mail_url="smtp://127.0.0.1:1", mail_from=address)[0] == found


def test_mails_that_wait_or_were_given_up_are_warned_of(look, database):
    assert [found for found, _line in look("mails")] == ["good"]
    letter = Email("a", "recovery", "reader@example.com", "en", {})
    long_ago = clock.machine_now() - timedelta(hours=1)
    database.write(lambda session: enqueue_email(session, letter, long_ago))
    ((found, line),) = look("mails")
    assert (found, "1 mails wait" in line) == ("warning", True)

    def give_up(session):
        session.get_one(QueuedEmail, 1).attempts = 12
        session.get_one(QueuedEmail, 1).last_error = "550 no such user"

    database.write(give_up)
    ((found, line),) = look("mails")
    assert (found, "given up" in line, "550 no such user" in line) == ("warning", True, True)
