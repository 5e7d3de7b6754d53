"""The keys of authenticator apps, which are sealed, and are sealed anew when the installation's key was changed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.second_factor import SecondFactor
from webapp.kit.secret_box import SecretBox


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many were sealed anew, how many were so already, and how many open with no key that is set."""

    anew: int = 0
    before: int = 0
    unopened: int = 0


def factor_box(secret_keys: tuple[str, ...]) -> SecretBox:
    """Return what seals the keys of authenticator apps."""
    return SecretBox(secret_keys, "totp")


def reseal_factors(session: Session, box: SecretBox) -> Resealed:
    """Seal with the present key what was sealed with a former one; again, and nothing is left to do."""
    anew = before = unopened = 0
    for factor in session.scalars(select(SecondFactor).with_for_update()):
        if not box.is_outdated(factor.sealed_secret):
            before += 1
        elif (secret := box.open(factor.sealed_secret)) is None:
            unopened += 1
        else:
            factor.sealed_secret = box.seal(secret)
            anew += 1
    return Resealed(anew, before, unopened)
