"""What tells a form that a person has filled in from one that a program has, without asking anybody else for help.

A moment, signed by us, stands in the form since it was shown: who sends it at once has not typed. A field that people
do not see stays empty. Both are answered with the form again, for some people have programs fill in what they see.
"""

from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

_SALT = "paidspan.form-shown"


def sign_moment(keys: tuple[str, ...], now: datetime) -> str:
    """Return what a form says of when it was shown."""
    return _signer(keys).sign(now.isoformat()).decode()


def read_shown_at(keys: tuple[str, ...], signed: str) -> datetime | None:
    """Return when a form was shown; None where it was not we who said so."""
    try:
        return datetime.fromisoformat(_signer(keys).unsign(signed).decode())
    except (BadSignature, UnicodeEncodeError):
        return None


def _signer(keys: tuple[str, ...]) -> Signer:
    return Signer(keys[::-1], salt=_SALT)  # the last one signs


def check_filled_in_by_people(shown_at: datetime | None, unseen: str, least: timedelta, now: datetime) -> None:
    """Raise InvalidInputError for a form that came too soon after it was shown, or with the unseen field filled in."""
    if unseen:
        raise InvalidInputError(
            _("Something was written into a field that is not shown."),
            _("A program of yours may have done it. Please send the form again."),
        )
    if least and (shown_at is None or now - shown_at < least):
        raise InvalidInputError(
            _("This form came back sooner than people type."),
            _("What you wrote is fine. Please send it again."),
        )
