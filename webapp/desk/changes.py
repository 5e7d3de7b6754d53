"""The one way by which a page of the desk changes anything: what was done is logged in the same transaction."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.login import signed_in_reader
from webapp.kit import clock
from webapp.kit.http import write

_T = TypeVar("_T")


def change(rule: Callable[[Session], _T], activity: Activity | Callable[[_T], Activity | None]) -> _T:
    """Run a rule as `write` does and log the activity; return what the rule returned.

    Where it is only known afterwards what was done, `activity` is made of what the rule returned: None, where it found
    nothing to do, as at the second click.
    """
    reader_id, now = signed_in_reader().id, clock.now()

    def logged(session: Session) -> _T:
        done = rule(session)
        told = activity(done) if callable(activity) else activity
        if told is not None:
            log_activity(session, reader_id, told, now)
        return done

    return write(logged)


def note(activity: Activity) -> None:
    """Log what was done by a rule that owns its transactions, since Stripe is asked in between."""
    change(lambda _session: None, activity)


def noting(activity: Activity) -> Callable[[Session], None]:
    """Return what logs an activity in the transaction of a rule that owns its transactions and takes a note along."""
    reader_id, now = signed_in_reader().id, clock.now()
    return lambda session: log_activity(session, reader_id, activity, now)
