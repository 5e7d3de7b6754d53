"""What a browser holds between a challenge and its answer, and what it sends as that."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from flask import session

from webapp.accounts.passkeys import PasskeyAnswer, make_challenge, passkey_refusal, use_challenge
from webapp.accounts.relying_party import RelyingParty, relying_party
from webapp.kit import clock, randomness
from webapp.kit.errors import ForbiddenError
from webapp.kit.http import write

_CHALLENGE, _HANDLE = "passkey_challenge", "passkey_handle"


@dataclass(frozen=True, slots=True)
class PasskeyRequest:
    """What is asked of a browser: a challenge, for this host."""

    challenge: bytes
    party: RelyingParty


def ask_for_passkey() -> PasskeyRequest:
    """Return a challenge that this browser alone can answer; raise ForbiddenError where there are no passkeys."""
    party = _party()
    challenge = write(lambda rows: make_challenge(rows, clock.now()))
    session[_CHALLENGE] = urlsafe_b64encode(challenge).decode()
    return PasskeyRequest(challenge, party)


def passkey_answer(credential: str) -> PasskeyAnswer:
    """Return what this browser answers to the challenge it was given, which is used up by it.

    Raise InvalidInputError where it was given none that holds still, ForbiddenError where there are no passkeys.
    """
    party, challenge, now = _party(), urlsafe_b64decode(session.pop(_CHALLENGE, "")), clock.now()
    if not write(lambda rows: use_challenge(rows, challenge, now)):
        raise passkey_refusal()
    return PasskeyAnswer(challenge, credential, party.host, party.origin, now)


def keep_handle(present: bytes | None) -> bytes:
    """Return the handle for a passkey that this browser is asked to make: the account's own, or else a new one."""
    handle = present or randomness.random_bytes(32)
    session[_HANDLE] = urlsafe_b64encode(handle).decode()
    return handle


def kept_handle() -> bytes:
    """Return the handle that this browser was given with its challenge."""
    return urlsafe_b64decode(session.pop(_HANDLE, ""))


def _party() -> RelyingParty:
    party = relying_party()
    if party is None:
        raise ForbiddenError
    return party
