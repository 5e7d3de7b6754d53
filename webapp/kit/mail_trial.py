"""One mail that is sent at once and kept nowhere, to see whether mails go out: what the server says of it is told."""

import smtplib

from webapp.kit import clock
from webapp.kit.email_queue import Carrier, Email, QueuedEmail, Render, write_message
from webapp.kit.randomness import uuid

MESSAGE = "test_mail"


def try_mail(recipient: str, locale: str, render: Render, carrier: Carrier, sender: str) -> str:
    """Send a mail to somebody; return what went wrong, "" where it went."""
    letter = Email(f"{MESSAGE}:{uuid()}", MESSAGE, recipient, locale, {})
    mail = QueuedEmail(key=letter.key, recipient=recipient, created_at=clock.now())
    try:
        carrier.carry(write_message(mail, render(letter), sender))
    except (OSError, smtplib.SMTPException) as error:
        return " ".join(str(error).split())[:300] or type(error).__name__
    return ""
