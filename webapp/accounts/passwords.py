"""Passwords: what may be one, after NIST SP 800-63B, and Argon2id with the parameters OWASP gives for keeping them.

Length counts and nothing else: spaces, any letters of any script, no rule of what must be in it (docs/decisions/0070).
"""

import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from webapp.accounts.common_passwords import is_common
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
SHORTEST, LONGEST = 8, 256
_BETWEEN = re.compile(r"[\W_]+")

# The hash of a password nobody knows: what an unknown address is checked against, so that it costs the same work.
DECOY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$DnXGGO0ejrTCyxgKW1UZ+g$a/GLErTjqeWTG8HzbL2RO8PKCD3VqSNiJm0eS1UwLNE"


def check_new_password(password: str, email: str) -> None:
    """Raise InvalidInputError, which says what to do, for a password that the account of an address shall not have."""
    length = len(_normal(password))
    if length < SHORTEST:
        raise InvalidInputError(
            _("A password needs at least 8 characters."), _("Choose a longer one; a short sentence is best.")
        )
    if len(password) > LONGEST:
        raise InvalidInputError(_("A password has 256 characters at most."), _("Choose a shorter one."))
    if _is_from_address(password, email):
        raise InvalidInputError(
            _("This password is made from your e-mail address, which others know."),
            _("Choose one that nobody can guess; a short sentence is best."),
        )
    if is_common(_normal(password).lower()):
        raise InvalidInputError(
            _("Many people have this password, so it is tried first by whoever breaks into accounts."),
            _("Choose one that nobody can guess; a short sentence is best."),
        )


def hash_password(password: str) -> str:
    """Return the hash to keep of a password; full-width letters and the like are what they stand for."""
    return HASHER.hash(_bytes(_normal(password)))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; None stands for an unknown account and takes as long as a known one.

    Older hashes were made of passwords as they were typed, so what NFKC changes is tried both ways.
    """
    typed = password[: LONGEST + 1]
    ways = dict.fromkeys((_normal(typed), typed))
    return any(_fits(stored or DECOY_HASH, way) for way in ways) and stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def _fits(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, _bytes(password))
    except (VerifyMismatchError, InvalidHashError):
        return False


def _is_from_address(password: str, email: str) -> bool:
    """Whether a password is an address, its name or its domain, in any writing and with any digits around it."""
    local, _at, domain = email.rpartition("@")
    parts = {_bare(part) for part in (email, local, domain)} - {""}
    return _bare(password) in parts


def _bare(text: str) -> str:
    """Return the letters of a text, small; its digits where it has nothing else."""
    joined = _BETWEEN.sub("", _normal(text).lower())
    return joined.strip("0123456789") or joined


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")
