"""People who are invited to work in the house: a mailed link gives the account of an address a role.

The link alone opens no account: who has one signs in to it, or shows its password; who has none makes one by it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.email_addresses import EmailAddress, parse_email
from webapp.accounts.mailed_tokens import hash_token
from webapp.accounts.models import Reader, Role
from webapp.accounts.passwords import verify_password
from webapp.accounts.registration import confirm_email, register
from webapp.kit import randomness
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import (
    ConflictError,
    InvalidInputError,
    LinkOfAnotherError,
    UnusableLinkError,
    WrongPasswordError,
)
from webapp.kit.table_base import Base, enum_column
from webapp.kit.translatable import _

INVITED_FOR = timedelta(days=7)
_KEPT_FOR = timedelta(days=90)  # to be sent again; then the address is forgotten
_RANK = list(Role)


class Invitation(Base):
    """One address that may take up a role; the row goes when it does, or when the invitation is withdrawn."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(300), unique=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id", ondelete="SET NULL"), index=True)
    invited_at: Mapped[datetime]
    sent_at: Mapped[datetime]

    @property
    def expires_at(self) -> datetime:
        """Until when its link works."""
        return self.sent_at + INVITED_FOR


class UnusableInvitationError(UnusableLinkError):
    """A link of an invitation opens nothing: used, withdrawn, too old, or never made."""

    hint = _("An invitation can be used once, and for 7 days. Please ask who invited you to send it again.")


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who invites, and in which language the mail is written."""

    reader_id: int
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How a link is used: by who is signed in, or with the password of the account, which may be a new one."""

    signed_in: int | None
    password: str
    terms_version: str


def invite(session: Session, email: str, role: Role, inviter: Inviter, now: datetime) -> Invitation:
    """Mail an invitation; one that the address has already is replaced, and its link ends.

    Raise InvalidInputError for what is no address or no role of the house, ConflictError for somebody who has a role.
    """
    if role is Role.READER:
        raise InvalidInputError(_("Readers need no invitation."), _("They sign up by themselves."))
    address = parse_email(email)
    known = _account_of(session, address.key)
    if known is not None and known.disabled_at is not None:
        raise ConflictError(_("The account %(email)s is disabled.", email=known.email), _("Nothing was changed."))
    if known is not None and known.role is not Role.READER:
        raise ConflictError(
            _("%(email)s belongs to the house already.", email=known.email), _("Change the role in the list.")
        )
    invitation = session.scalar(select(Invitation).where(Invitation.email_key == address.key))
    if invitation is None:
        invitation = Invitation(email_key=address.key, invited_at=now)
        session.add(invitation)
    _send(session, invitation, address, role, inviter, now)
    return invitation


def send_invitation_again(session: Session, invitation_id: int, inviter: Inviter, now: datetime) -> Invitation | None:
    """Mail an invitation anew, for another 7 days; the former link ends. None where there is none any more."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is not None:
        address = EmailAddress(invitation.email, invitation.email_key)
        _send(session, invitation, address, invitation.role, inviter, now)
    return invitation


def withdraw_invitation(session: Session, invitation_id: int) -> Invitation | None:
    """Take an invitation back, so that its link opens nothing; return it, None where there is none any more."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is not None:
        session.delete(invitation)
        session.flush()
    return invitation


def list_invitations(session: Session) -> list[Invitation]:
    """Return the invitations that nobody has taken up, the latest first; those that are too old, too."""
    return list(session.scalars(select(Invitation).order_by(Invitation.sent_at.desc(), Invitation.id.desc())))


def find_invitation(session: Session, token: str, signed_in: int | None, now: datetime) -> tuple[Invitation, bool]:
    """Return what a link invites to, and whether its address has an account.

    Raise UnusableInvitationError, and LinkOfAnotherError where somebody else is signed in here.
    """
    found = session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token)))
    if found is None or found.expires_at <= now:
        raise UnusableInvitationError
    reader = _account_of(session, found.email_key)
    if reader is not None and reader.disabled_at is not None:
        raise UnusableInvitationError
    if signed_in not in {None, reader.id if reader else None}:
        raise LinkOfAnotherError
    return found, reader is not None


def accept_invitation(session: Session, token: str, given: Acceptance, now: datetime) -> tuple[Reader, bool]:
    """Give the invited address its role; return its account, and whether that is a new one.

    Raise as `find_invitation`, WrongPasswordError, and InvalidInputError for a new password that will not do.
    """
    invitation, has_account = find_invitation(session, token, given.signed_in, now)
    if has_account:
        reader = session.scalars(select(Reader).where(Reader.email_key == invitation.email_key)).one()
        if given.signed_in is None and not verify_password(reader.password_hash, given.password):
            raise WrongPasswordError(
                _("The password of this account is not right."),
                _("If it was not you who chose it, choose a new one below."),
            )
    else:
        reader = register(session, invitation.email, given.password, now=now)
        reader.terms_version, reader.terms_accepted_at = given.terms_version, now
    confirm_email(reader, now)
    before, reader.role = reader.role, max(reader.role, invitation.role, key=_RANK.index)
    told = Activity("joined", "person", reader.id, {"role": before}, {"role": reader.role})
    log_activity(session, reader.id, told, now)
    session.delete(invitation)
    session.flush()
    return reader, not has_account


def _account_of(session: Session, key: str) -> Reader | None:
    return session.scalar(select(Reader).where(Reader.email_key == key))


def _send(
    session: Session, invitation: Invitation, address: EmailAddress, role: Role, inviter: Inviter, now: datetime
) -> None:
    token = randomness.token()
    invitation.email, invitation.role, invitation.token_hash = address.written, role, hash_token(token)
    invitation.invited_by, invitation.sent_at = inviter.reader_id, now
    session.flush()
    session.execute(delete(Invitation).where(Invitation.sent_at < now - _KEPT_FOR))
    content = {"token": token, "role": str(role), "inviter": inviter.email, "expires_at": invitation.expires_at}
    mail = Email(f"invitation:{randomness.uuid()}", "invitation", address.written, inviter.locale, content)
    enqueue_email(session, mail, now)
