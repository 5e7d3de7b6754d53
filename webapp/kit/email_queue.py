"""Mail: a row written with the change it tells of, sent afterwards, kept until it was.

A message is a folder under templates/email/ with subject.txt, body.txt and body.html. Without a mail server what would
be sent is written into a folder, where it can be read, and its row stays as it is, for the sandbox's page of mails.
Where there is one, a row forgets the token it held as soon as the mail went, and one to `forget` is then deleted.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import idna
from sqlalchemy import JSON, Index, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.kit.database import Database
from webapp.kit.money import Money
from webapp.kit.table_base import Base

_MAX_ATTEMPTS = 12
_TIMEOUT_SECONDS = 20
_BATCH = 100
_SECRET = "token"  # noqa: S105 - the name of what is forgotten
_FORGET = "forget"
log = logging.getLogger(__name__)


class QueuedEmail(Base):
    """One mail to one address; its key says what it is about, so that nothing is written twice."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_waiting", "sent_at", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    message: Mapped[str] = mapped_column(String(60))
    recipient: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(10))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, slots=True)
class Email:
    """What shall be written: which message, to whom, in which language (empty: the house's), about what.

    `content` holds texts, numbers, moments and Money, and as `token` what opens something. A letter to nobody
    (`recipient` is empty) is kept as others are and dropped when its turn comes, so that writing it costs the same.
    """

    key: str
    message: str
    recipient: str
    locale: str
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """A mail as it is read."""

    subject: str
    text: str
    html: str


Render = Callable[[Email], RenderedEmail]


class Carrier(Protocol):
    """Takes mails away."""

    def carry(self, mail: EmailMessage) -> None:
        """Send a mail; raise OSError or SMTPException when that fails."""


def enqueue_email(session: Session, letter: Email, now: datetime) -> None:
    """Keep a letter to be sent after this transaction; one whose key is known was written already."""
    if session.scalar(select(QueuedEmail.id).where(QueuedEmail.key == letter.key)) is not None:
        return
    content = {name: _packed(value) for name, value in letter.content.items()}
    to = {"recipient": letter.recipient, "locale": letter.locale}
    session.add(
        QueuedEmail(key=letter.key, message=letter.message, **to, content=content, created_at=now, next_try_at=now)
    )


def send_queued_emails(database: Database, render: Render, carrier: Carrier, sender: str, now: datetime) -> int:
    """Send what waits; return how many went. One that fails is tried again later, and does not hold the others."""
    with database.reading() as session:
        due = select(QueuedEmail).where(
            QueuedEmail.sent_at.is_(None), QueuedEmail.next_try_at <= now, QueuedEmail.attempts < _MAX_ATTEMPTS
        )
        waiting = session.scalars(due.order_by(QueuedEmail.id).limit(_BATCH)).all()
    return sum(_send(database, mail, render, carrier, sender, now) for mail in waiting)


@dataclass(frozen=True, slots=True)
class EmailBacklog:
    """How many mails wait, since when, how many others were given up, and what was last said of one that failed."""

    waiting: int
    oldest: datetime | None
    given_up: int
    last_error: str


def email_backlog(session: Session) -> EmailBacklog:
    """Return what waits to be sent to somebody; every page, command and metric that tells of it asks here."""
    unsent = select(QueuedEmail).where(QueuedEmail.sent_at.is_(None), QueuedEmail.recipient != "")
    tried, given_up = QueuedEmail.attempts < _MAX_ATTEMPTS, QueuedEmail.attempts >= _MAX_ATTEMPTS
    told = unsent.where(tried).with_only_columns(func.count(), func.min(QueuedEmail.created_at))
    waiting, oldest = session.execute(told).one()
    failed = unsent.where(QueuedEmail.last_error != "").order_by(QueuedEmail.next_try_at.desc()).limit(1)
    return EmailBacklog(
        waiting,
        oldest,
        session.scalar(unsent.where(given_up).with_only_columns(func.count())) or 0,
        session.scalar(failed.with_only_columns(QueuedEmail.last_error)) or "",
    )


def list_emails(session: Session, most: int) -> list[QueuedEmail]:
    """Return the latest letters to somebody, whether they were sent or not, the newest first."""
    written = select(QueuedEmail).where(QueuedEmail.recipient != "")
    return list(session.scalars(written.order_by(QueuedEmail.id.desc()).limit(most)))


def list_emails_to(session: Session, recipients: Collection[str], since: datetime) -> list[QueuedEmail]:
    """Return the letters to these addresses since a moment, the oldest first."""
    written = select(QueuedEmail).where(QueuedEmail.recipient.in_(recipients), QueuedEmail.created_at >= since)
    return list(session.scalars(written.order_by(QueuedEmail.id)))


def delete_emails_to(session: Session, recipients: Collection[str], since: datetime) -> None:
    """Delete all letters to these addresses since a moment, those that wait, too."""
    written = delete(QueuedEmail).where(QueuedEmail.recipient.in_(recipients), QueuedEmail.created_at >= since)
    session.execute(written)


def get_email(session: Session, mail_id: int) -> QueuedEmail | None:
    """Return one letter to somebody."""
    return session.scalar(select(QueuedEmail).where(QueuedEmail.id == mail_id, QueuedEmail.recipient != ""))


def _send(database: Database, mail: QueuedEmail, render: Render, carrier: Carrier, sender: str, now: datetime) -> bool:
    if not mail.recipient:
        database.write(lambda session: session.delete(session.get_one(QueuedEmail, mail.id)))
        return False
    error = ""
    try:
        carrier.carry(_message(mail, render(read_email(mail)), sender))
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with one mail must not hold the others
        error = str(problem)[:500] or type(problem).__name__
        log.warning("mail %s cannot be sent: %s", mail.id, error)
    forget = not isinstance(carrier, OutboxFolder)
    database.write(lambda session: _note_try(session, mail.id, error, now, forget=forget))
    return not error


def _note_try(session: Session, mail_id: int, error: str, now: datetime, *, forget: bool) -> None:
    kept = session.get_one(QueuedEmail, mail_id)
    kept.attempts += 1
    kept.last_error = error
    kept.sent_at = None if error else now
    kept.next_try_at = now + timedelta(minutes=2 ** min(kept.attempts, 10))
    if forget and kept.sent_at and kept.content.get(_FORGET):
        session.delete(kept)
    elif forget and kept.sent_at and _SECRET in kept.content:
        kept.content = kept.content | {_SECRET: ""}


def _message(mail: QueuedEmail, rendered: RenderedEmail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = " ".join(rendered.subject.split())
    message["From"] = sender
    message["To"] = _with_ascii_domain(mail.recipient)
    message["Date"] = format_datetime(mail.created_at)
    # The same mail sent twice, after a kill between sending and noting it, can be told for one by its id.
    message["Message-ID"] = f"<{sha256(mail.key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2].strip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message


def _with_ascii_domain(address: str) -> str:
    """Return an address that mail servers take which know nothing of SMTPUTF8, unless its local part needs that."""
    local, _at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def read_email(mail: QueuedEmail) -> Email:
    """Return the letter that a mail was kept for."""
    content = {name: _unpacked(value) for name, value in mail.content.items()}
    return Email(mail.key, mail.message, mail.recipient, mail.locale, content)


def _packed(value: object) -> object:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, Money):
        return {"money": [value.minor_units, value.currency]}
    return value


def _unpacked(value: Any) -> object:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict) and "moment" in value:
        return datetime.fromisoformat(value["moment"])
    if isinstance(value, dict) and "money" in value:
        return Money(*value["money"])
    return value


@dataclass(frozen=True, slots=True)
class OutboxFolder:
    """Writes mails into a folder instead of sending them."""

    folder: Path

    def carry(self, mail: EmailMessage) -> None:
        """Write a mail as a file that every mail program opens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(mail["Message-ID"]).strip("<>").partition("@")[0]
        (self.folder / f"{name}.eml").write_bytes(mail.as_bytes(policy=SMTP))


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Hands mails to an SMTP server: `smtp://user:password@host:587` (STARTTLS where offered), `smtps://…:465`."""

    url: str
    patience: float = _TIMEOUT_SECONDS

    def carry(self, mail: EmailMessage) -> None:
        """Send a mail over a connection of its own."""
        with self.connected() as server:
            server.send_message(mail)

    @contextmanager
    def connected(self) -> Iterator[smtplib.SMTP]:
        """Open a connection on which a mail could be sent; raise OSError or SMTPException."""
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        secure = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=self.patience, context=secure)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=self.patience)
        with server:
            server.ehlo_or_helo_if_needed()
            encrypted = parts.scheme == "smtps" or server.has_extn("starttls")
            if parts.scheme == "smtp" and encrypted:
                server.starttls(context=secure)
            if parts.username and not encrypted:
                raise smtplib.SMTPException("the mail server offers no TLS, and a password is not said in the clear")
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            yield server


def carrier_for(mail_url: str, outbox: Path) -> Carrier:
    """Return what takes mails away: the server of a setting, or a folder where there is none."""
    return SmtpServer(mail_url) if mail_url else OutboxFolder(outbox)
