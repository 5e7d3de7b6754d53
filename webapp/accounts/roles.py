"""The people of the house and their roles: given, changed, taken back, and never taken from the only owner."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts.api_tokens import revoke_staff_tokens
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.passkeys import Passkey
from webapp.accounts.registration import refuse_losing_last
from webapp.accounts.second_factor import SecondFactor
from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _

_RANK = list(Role)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the house, as the owner is shown them."""

    id: int
    email: str
    role: Role
    since: datetime
    seen_at: datetime | None
    has_app: bool
    passkeys: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What somebody may do now, and might before."""

    reader_id: int
    email: str
    before: Role
    after: Role


def list_people(session: Session) -> list[Person]:
    """Return all who have a role in the house, the owners first."""
    seen = select(func.max(Device.last_seen_at)).where(Device.reader_id == Reader.id).scalar_subquery()
    keys = select(func.count(Passkey.id)).where(Passkey.reader_id == Reader.id).scalar_subquery()
    found = (
        select(Reader, seen, SecondFactor.reader_id, keys)
        .outerjoin(SecondFactor, SecondFactor.reader_id == Reader.id)
        .where(Reader.role.in_([role for role in Role if role is not Role.READER]))
    )
    people = [
        Person(
            reader.id,
            reader.email,
            reader.role,
            reader.created_at,
            seen_at,
            factor is not None,
            passkeys,
            reader.disabled_at is not None,
        )
        for reader, seen_at, factor, passkeys in session.execute(found)
    ]
    return sorted(people, key=lambda person: (-_RANK.index(person.role), person.email))


def set_role(session: Session, reader: Reader, role: Role) -> RoleChange:
    """Give an account a role, or take it back by making it a reader's; raise ConflictError.

    What its browsers may do is asked at each request, so it ends with this transaction; tokens that work for the house
    are deleted, so that none comes back with the role.
    """
    if reader.disabled_at is not None:
        raise ConflictError(_("The account %(email)s is disabled.", email=reader.email), _("Nothing was changed."))
    before = reader.role
    if _RANK.index(role) < _RANK.index(before):
        refuse_losing_last(session, reader)
    reader.role = role
    if role is Role.READER:
        revoke_staff_tokens(session, reader.id)
    session.flush()
    return RoleChange(reader.id, reader.email, before, role)
