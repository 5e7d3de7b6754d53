"""The one rule by which e-mail addresses are read and compared (docs/decisions/0068).

An address is kept as it was first typed, which is where mail goes. All its writings share one key, by which its account
is found, its tries are counted, and what a list says of it is matched.
"""

import re
import unicodedata
from dataclasses import dataclass

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

LONGEST_EMAIL = 254  # bytes: RFC 5321, section 4.5.3.1.3, less the angle brackets
# Controls, formats and surrogates, and what Unicode has programs ignore (Default_Ignorable_Code_Point) or leave blank.
_INVISIBLE = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as it is shown and written to, and the key that all its writings share."""

    written: str
    key: str


def parse_email(typed: str) -> EmailAddress:
    """Return the address that was typed; raise InvalidInputError when it is none.

    Full-width forms and the like are what they stand for (NFKC), so that mail to an address goes to the mailbox that
    the key is of.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - only who types an address needs it

    bare = typed.strip()
    if len(bare) > LONGEST_EMAIL:  # before any work is done on it
        raise _too_long()
    written = unicodedata.normalize("NFKC", bare).replace("。", ".")
    if _INVISIBLE.search(written):
        raise InvalidInputError(
            _("This e-mail address contains a character that cannot be seen."),
            _("Type it by hand instead of pasting it."),
        )
    if len(written.encode()) > LONGEST_EMAIL:
        raise _too_long()
    try:
        checked = validate_email(written, check_deliverability=False)
    except EmailNotValidError:
        raise InvalidInputError(_("This is not an e-mail address."), _("Write it like name@example.com.")) from None
    return EmailAddress(written, f"{_lower(checked.local_part)}@{checked.ascii_domain}")


def email_key(typed: str) -> str:
    """Return the key of the address that was typed; empty when it is none."""
    try:
        return parse_email(typed).key
    except InvalidInputError:
        return ""


def _lower(local: str) -> str:
    """Return a local part in small letters: each by itself, in no language, so that ß, ς and ı stay what they are."""
    return unicodedata.normalize("NFKC", "".join(character.lower() for character in local))


def _too_long() -> InvalidInputError:
    return InvalidInputError(_("This e-mail address is too long."), _("Use a shorter one."))
