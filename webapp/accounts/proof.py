"""Asking again: what could do much harm takes password or passkey anew, even of who is signed in.

Somebody may sit at a browser that its reader has left. Having signed in does not count, only having been asked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, redirect, request, url_for
from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.accounts.login import current_device, signed_in_reader
from webapp.accounts.models import Device, Reader
from webapp.accounts.second_factor import has_second_factor
from webapp.kit import clock
from webapp.kit.http import read_session

PROOF_FOR = timedelta(minutes=15)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def recently_proved(
    back: str, *, guarded_only: bool = False
) -> Callable[[Callable[_P, _R]], Callable[_P, _R | Response]]:
    """Have a view, declared with `@signed_in` or `@requires`, ask for password or passkey where it was not lately.

    `back` is the page that a form leads to after that, since it is not sent again; `guarded_only` leaves readers alone
    who have set up no second factor.
    """

    def declare(view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
            if (guarded_only and not _is_guarded(signed_in_reader())) or has_proved():
                return view(*args, **kwargs)
            here = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else url_for(back)
            return redirect(url_for("proof.ask_again", next=here), 303)  # type: ignore[return-value]

        return guarded

    return declare


def _is_guarded(reader: Reader) -> bool:
    return reader.staff or has_second_factor(read_session(), reader.id)


def has_proved() -> bool:
    """Whether this device has shown password or passkey in the last minutes."""
    device = current_device()
    return bool(device and device.proved_at and clock.now() - device.proved_at < PROOF_FOR)


def note_proof(session: Session, device_id: int, now: datetime) -> None:
    """Keep that a device has just shown password or passkey."""
    session.execute(update(Device).where(Device.id == device_id).values(proved_at=now))
