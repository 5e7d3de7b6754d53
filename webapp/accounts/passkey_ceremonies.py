"""The ceremonies of passkeys: what a browser is asked, and what it answers (Web Authentication, level 3, section 7).

Here alone the library `webauthn` is known, which brings much along: this is loaded when a passkey is used.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager
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
from webapp.accounts.passkeys import (
    CHALLENGE_FOR,
    MOST_PASSKEYS,
    PASSKEY_NAME_LENGTH,
    Passkey,
    PasskeyAnswer,
    list_passkeys,
    passkey_refusal,
)
from webapp.accounts.second_factor import FactorChange, tell_change
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.translatable import _

_BAD_ANSWER = (WebAuthnException, ValueError, KeyError, TypeError)  # what the library makes of what it cannot read


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
