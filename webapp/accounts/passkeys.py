"""Passkeys (Web Authentication, level 3): keys of devices that sign in without a password, and count as both factors.

Each is discoverable and asks its owner for a finger, a face or a PIN (user verification). What it signs is a challenge
that was made for one browser, works once and for five minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from webapp.accounts.models import Reader
from webapp.accounts.second_factor import FactorChange, drop_second_factor, tell_change
from webapp.kit import randomness
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.table_base import Base
from webapp.kit.translatable import _

CHALLENGE_FOR = timedelta(minutes=5)
MOST_PASSKEYS = 20
PASSKEY_NAME_LENGTH = 60
_CHALLENGE_BYTES = 32
_BAD_ANSWER = (WebAuthnException, ValueError, KeyError, TypeError)  # what the library makes of what it cannot read


class Passkey(Base):
    """One passkey of one account. All of an account share its `user_handle`, which says nothing of the account."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(PASSKEY_NAME_LENGTH))
    user_handle: Mapped[bytes] = mapped_column(LargeBinary(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    synced: Mapped[bool]  # it may be on several devices (backup eligibility), which its maker says once and for all
    backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    reader: Mapped[Reader] = relationship(lazy="raise")


class PasskeyChallenge(Base):
    """One challenge that was not answered yet."""

    __tablename__ = "passkey_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What a browser answers to a challenge of ours: as JSON, for which host, sent from which origin."""

    challenge: bytes
    credential: str
    host: str
    origin: str
    now: datetime


def make_challenge(session: Session, now: datetime) -> bytes:
    """Return a new challenge; those that have expired are deleted."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    challenge = randomness.random_bytes(_CHALLENGE_BYTES)
    session.add(PasskeyChallenge(challenge_hash=_hashed(challenge), expires_at=now + CHALLENGE_FOR))
    return challenge


def use_challenge(session: Session, challenge: bytes, now: datetime) -> bool:
    """Use a challenge up, in a transaction of its own: whatever comes of its answer, it works once."""
    fresh = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == _hashed(challenge), PasskeyChallenge.expires_at > now
    )
    return bool(session.execute(fresh.returning(PasskeyChallenge.challenge_hash)).all())


def options_to_register(
    reader: Reader, present: Sequence[Passkey], handle: bytes, challenge: bytes, *, host: str, site_name: str
) -> str:
    """Return what a browser is asked for a new passkey with, as JSON; no device that holds a `present` one."""
    options = generate_registration_options(
        rp_id=host,
        rp_name=site_name,
        user_id=handle,
        user_name=reader.email,
        challenge=challenge,
        timeout=int(CHALLENGE_FOR.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in present],
    )
    return options_to_json(options)


def options_to_sign_in(host: str, challenge: bytes) -> str:
    """Return what a browser is asked for any passkey of this host with, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=host,
            challenge=challenge,
            timeout=int(CHALLENGE_FOR.total_seconds() * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def add_passkey(session: Session, reader: Reader, name: str, user_handle: bytes, answer: PasskeyAnswer) -> None:
    """Keep a new passkey; raise InvalidInputError for an answer that is not right, ConflictError for one too many."""
    name = " ".join(name.split())
    if not name or len(name) > PASSKEY_NAME_LENGTH:
        raise InvalidInputError(_("A passkey needs a name of up to 60 characters."), _("Name the device it is on."))
    try:
        made = verify_registration_response(
            credential=answer.credential,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.host,
            expected_origin=answer.origin,
            require_user_verification=True,
        )
    except _BAD_ANSWER:
        raise passkey_refusal() from None
    if len(list_passkeys(session, reader.id)) >= MOST_PASSKEYS:
        raise ConflictError(_("You already have 20 passkeys."), _("Remove one that you no longer use."))
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        raise ConflictError(_("This passkey is known already."), _("Use it to sign in, or make another one."))
    session.add(
        Passkey(
            reader_id=reader.id,
            name=name,
            user_handle=user_handle,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            backed_up=made.credential_backed_up,
            created_at=answer.now,
        )
    )


def use_passkey(session: Session, answer: PasskeyAnswer, locale: str) -> Reader | None:
    """Return whose passkey has signed a challenge; None where it was one that may have been copied, of which is told.

    Raise InvalidInputError for an answer that is not right. The counter of a passkey that is on one device must grow;
    those on several count each for itself, or not at all (section 6.1.1).
    """
    try:
        credential = parse_authentication_credential_json(answer.credential)
    except _BAD_ANSWER:
        raise passkey_refusal() from None
    passkey = _find(session, credential)
    try:
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.host,
            expected_origin=answer.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared below
            require_user_verification=True,
        )
    except _BAD_ANSWER:
        raise passkey_refusal() from None
    if (used.credential_device_type is CredentialDeviceType.MULTI_DEVICE) is not passkey.synced:
        raise passkey_refusal()
    counts = used.new_sign_count or passkey.sign_count
    if counts and not passkey.synced and used.new_sign_count <= passkey.sign_count:
        tell_change(session, passkey.reader, FactorChange.PASSKEY_COPIED, locale, answer.now)
        return None
    passkey.sign_count, passkey.backed_up = used.new_sign_count, used.credential_backed_up
    passkey.last_used_at = answer.now
    return passkey.reader


def list_passkeys(session: Session, reader_id: int) -> list[Passkey]:
    """Return the passkeys of an account, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.reader_id == reader_id).order_by(Passkey.id)))


def remove_passkey(session: Session, reader_id: int, passkey_id: int) -> bool:
    """Forget a passkey of an account; return whether there was one."""
    gone = delete(Passkey).where(Passkey.id == passkey_id, Passkey.reader_id == reader_id)
    return bool(session.execute(gone.returning(Passkey.id)).all())


def drop_factors(session: Session, reader_id: int, since: datetime | None = None) -> bool:
    """Take second factor and passkeys of an account away, or only those set `since`; return whether there were any."""
    dropped = drop_second_factor(session, reader_id, since)
    gone = delete(Passkey).where(Passkey.reader_id == reader_id).returning(Passkey.id)
    passkeys = session.scalars(gone.where(Passkey.created_at >= since) if since else gone).all()
    return dropped or bool(passkeys)


def _find(session: Session, credential: AuthenticationCredential) -> Passkey:
    found = session.scalar(
        select(Passkey)
        .join(Passkey.reader)
        .options(contains_eager(Passkey.reader))
        .where(Passkey.credential_id == credential.raw_id, Reader.disabled_at.is_(None))
        .with_for_update(of=Passkey)
    )
    if found is None or credential.response.user_handle != found.user_handle:
        raise InvalidInputError(
            _("This passkey is of no account here."), _("Sign in in another way, then make a new one.")
        )
    return found


def passkey_refusal() -> InvalidInputError:
    """Return what is said of an answer that is not right; why it is not is nobody's business."""
    return InvalidInputError(_("The passkey could not be used."), _("Please try once more, or sign in in another way."))


def _hashed(challenge: bytes) -> str:
    return sha256(challenge).hexdigest()
