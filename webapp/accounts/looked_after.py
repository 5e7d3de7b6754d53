"""What the people of the house do to accounts that are not their own: disabled, enabled, signed out everywhere."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.accounts.permissions import PERMISSIONS, Permission
from webapp.accounts.reclaiming import end_access
from webapp.accounts.registration import disable_reader
from webapp.kit.errors import ConflictError, ForbiddenError
from webapp.kit.translatable import _


def refuse_beyond(actor: Reader, reader: Reader) -> None:
    """Raise ForbiddenError where somebody wants to end or take over an account of the house without leave to.

    Whoever looks after readers does so for readers; the accounts of editors, publishers and owners are for who
    manages people. Nobody does it to their own, which the pages of their account are for.
    """
    if reader.id == actor.id or (reader.staff and Permission.MANAGE_PEOPLE not in PERMISSIONS[actor.role]):
        raise ForbiddenError


def may_look_after(actor: Reader, reader: Reader) -> bool:
    """Return whether somebody may disable, close or merge an account, as `refuse_beyond` has it."""
    try:
        refuse_beyond(actor, reader)
    except ForbiddenError:
        return False
    return True


def put_out_of_use(session: Session, reader: Reader, now: datetime) -> bool:
    """Disable an account and end what gets into it; return whether that is new.

    Raise ConflictError where nobody would run the house any more. What charges it is for `stop_charging` to end.
    """
    if reader.disabled_at is not None:
        return False
    disable_reader(session, reader, now)
    end_access(session, reader)
    return True


def put_into_use(reader: Reader) -> bool:
    """Enable an account that was disabled; return whether it was. Its password is as it was, its devices are gone.

    Raise ConflictError for one that is closing or closed: its person asked for that.
    """
    if reader.closing_at is not None:
        raise ConflictError(
            _("This account was closed by its reader, which cannot be undone."), _("They can sign up anew.")
        )
    was_disabled, reader.disabled_at = reader.disabled_at is not None, None
    return was_disabled
