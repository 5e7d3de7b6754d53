"""Where an account is signed in: listed, signed out, limited in number, and told of by mail where that is new."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from webapp.accounts.authentication import OpenedDevice
from webapp.accounts.models import Device, Reader
from webapp.accounts.user_agents import BrowserName, name_browser
from webapp.kit.email_queue import Email, enqueue_email

_NEW_DEVICE = "new_device"


@dataclass(frozen=True, slots=True)
class SignedInDevice:
    """A device as its reader is shown it."""

    id: int
    name: BrowserName
    signed_in_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody signs in: what was signed in there before, and what the house makes of it.

    `most` is how many devices a reader may have at once (0: any number); `announced` says whether the owner is told
    of a device that is new to them, which one that is `known` is not.
    """

    former: Device | None
    known: bool
    most: int
    announced: bool
    locale: str


def settle_device(session: Session, opened: OpenedDevice, arrival: Arrival, now: datetime) -> None:
    """End what a device that was just opened takes the place of, and tell its owner where it is new to them."""
    reader, former = opened.reader, arrival.former
    if former is not None:
        session.execute(delete(Device).where(Device.id == former.id))
    if arrival.most and not reader.staff:
        _supersede_oldest(session, reader, arrival.most, now)
    if arrival.announced and not arrival.known:
        _tell_owner(session, opened, arrival.locale, now)


def list_devices(session: Session, reader_id: int, now: datetime) -> list[SignedInDevice]:
    """Return where a reader is signed in, those seen last first."""
    held = select(Device).where(_signed_in(reader_id, now))
    rows = session.scalars(held.order_by(Device.last_seen_at.desc(), Device.id.desc()))
    return [SignedInDevice(row.id, name_browser(row.user_agent), row.created_at, row.last_seen_at) for row in rows]


def end_device(session: Session, reader_id: int, device_id: int) -> bool:
    """Sign a reader's device out; return whether there was one."""
    gone = delete(Device).where(Device.id == device_id, Device.reader_id == reader_id)
    return bool(session.execute(gone.returning(Device.id)).all())


def end_other_devices(session: Session, reader_id: int, here: int) -> None:
    """Sign a reader out everywhere but here."""
    session.execute(delete(Device).where(Device.reader_id == reader_id, Device.id != here))


def note_seen(session: Session, device_id: int, now: datetime) -> None:
    """Keep that a device was used; whoever asks does so once a day."""
    session.execute(update(Device).where(Device.id == device_id).values(last_seen_at=now))


def _supersede_oldest(session: Session, reader: Reader, most: int, now: datetime) -> None:
    """Sign out the devices that are too many, those that have been signed in longest; their rows stay, to tell why."""
    latest = select(Device).where(_signed_in(reader.id, now)).order_by(Device.id.desc())
    for device in session.scalars(latest.offset(most)):
        device.superseded_at = now


def _tell_owner(session: Session, opened: OpenedDevice, locale: str, now: datetime) -> None:
    name = name_browser(opened.user_agent)
    content = {"signed_in_at": now, "browser": name.browser, "system": name.system}
    about = f"{_NEW_DEVICE}:{opened.token_hash}"
    enqueue_email(session, Email(about, _NEW_DEVICE, opened.reader.email, locale, content), now)


def _signed_in(reader_id: int, now: datetime) -> ColumnElement[bool]:
    return (Device.reader_id == reader_id) & (Device.expires_at > now) & Device.superseded_at.is_(None)
