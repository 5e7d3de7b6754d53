"""Passwords: Argon2id with the parameters OWASP's password storage cheat sheet gives."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
SHORTEST, LONGEST = 8, 256

# The hash of a password nobody knows: what an unknown address is checked against, so that it costs the same work.
DECOY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$DnXGGO0ejrTCyxgKW1UZ+g$a/GLErTjqeWTG8HzbL2RO8PKCD3VqSNiJm0eS1UwLNE"


def hash_password(password: str) -> str:
    """Return the hash to keep; raise InvalidInputError when the password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInputError(
            _("A password needs at least 8 characters."), _("Choose a longer one; a short sentence is best.")
        )
    return HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; None stands for an unknown account and takes as long as a known one."""
    try:
        return HASHER.verify(stored or DECOY_HASH, password[: LONGEST + 1]) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)
