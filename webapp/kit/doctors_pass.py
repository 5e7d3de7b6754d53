"""What the doctor shows to a server of its own installation, and nobody else can make: the secret key signs it."""

from dataclasses import dataclass

from itsdangerous import BadSignature, TimestampSigner

PASS_HEADER = "X-Paidspan-Doctor"  # noqa: S105 - the name of a header
_SALT, _SAID = "paidspan doctor", b"how did this arrive"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RequestArrival:
    """How a request arrived behind proxies: how many senders X-Forwarded-For names, and the scheme that is believed."""

    forwarded_for: int
    scheme: str


def make_pass(secret: str) -> str:
    """Return a pass that holds for a minute."""
    return TimestampSigner(secret, salt=_SALT).sign(_SAID).decode()


def is_pass(secret: str, shown: str) -> bool:
    """Whether a pass was made with this secret, within the last minute."""
    try:
        return TimestampSigner(secret, salt=_SALT).unsign(shown, max_age=_SECONDS) == _SAID
    except BadSignature:
        return False
