"""Which installation a database belongs to, and where it last ran, so that a copy of it does not act beside it.

A copy holds the same orders to Stripe and the same unsent mails. One that runs on another host or under another base
URL than was noted, or that was restored from a backup, therefore rests: it sends none of them until it is adopted.
"""

import os
import platform
import socket
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version as package_version
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.kit import clock, randomness
from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.table_base import Base
from webapp.kit.translatable import _

MACHINE_ID = Path("/etc/machine-id")
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
# What stands for the host where it tells nothing: containers are given another name and id at each start, or have those
# of their image, and a database server is shared by many hosts. There the base URL decides alone.
_ANY_HOST = "any"
_ONLY = 1


class InstanceIdentity(Base):
    """The only row about the installation itself; moments are the machine's own."""

    __tablename__ = "instance"

    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    instance_id: Mapped[str] = mapped_column(String(36))
    host: Mapped[str] = mapped_column(String(64))
    base_url: Mapped[str] = mapped_column(Text)
    restored_at: Mapped[datetime | None]
    backed_up_at: Mapped[datetime | None]
    version: Mapped[str | None] = mapped_column(String(32))  # of paidspan, that last opened it
    backed_up_to: Mapped[str | None] = mapped_column(Text)
    audited_at: Mapped[datetime | None]
    audit_found: Mapped[int | None]
    key_mark: Mapped[str | None] = mapped_column(String(32))  # of the secret key with which a server last started


class RestingError(ConflictError):
    """This would act beside the installation that this one is a copy of."""

    hint = _("Give this the settings that the server has; if it is now the one that runs: paidspan instance adopt")


def note_instance(session: Session, base_url: str) -> InstanceIdentity:
    """Return who this installation is, noted with the present host and base URL where it was not known yet.

    The version that runs is noted each time.
    """
    known = session.get(InstanceIdentity, _ONLY)
    if known is None:
        known = InstanceIdentity(key=_ONLY, instance_id=randomness.uuid(), host="", base_url=base_url)
        known.host = _present_host(session, known.instance_id)
        session.add(known)
    known.version = package_version("paidspan")
    return known


def introduce_instance(database: Database, base_url: str) -> None:
    """Note who this installation is and which version opened it, where that is not known yet."""
    with database.reading() as session:
        known = session.get(InstanceIdentity, _ONLY)
    if known is None or known.version != package_version("paidspan"):
        database.write(lambda session: note_instance(session, base_url))


def note_start(session: Session, base_url: str) -> None:
    """Note where a server starts: one that was only tried out on its host goes live there without being adopted."""
    known = note_instance(session, base_url)
    if find_rest_reason(session, base_url) is None:
        known.base_url = base_url


def note_restored(session: Session, base_url: str) -> None:
    """Note that this was restored from a backup, so that it rests wherever it runs."""
    note_instance(session, base_url).restored_at = clock.machine_now()


def last_backup(session: Session) -> datetime | None:
    """Return when a backup was last made; None where none was."""
    known = session.get(InstanceIdentity, _ONLY)
    return known.backed_up_at if known else None


def note_backup(session: Session, place: str) -> None:
    """Note that a backup was made just now, and where it was put."""
    known = find_instance(session)
    if known is not None:
        known.backed_up_at, known.backed_up_to = clock.machine_now(), place


def note_audit(session: Session, found: int) -> None:
    """Note that leaks were looked for just now, and how many were found."""
    known = find_instance(session)
    if known is not None:
        known.audited_at, known.audit_found = clock.machine_now(), found


def note_key(session: Session, mark: str) -> None:
    """Note with which secret key a server starts, by a mark that does not give it away."""
    known = find_instance(session)
    if known is not None:
        known.key_mark = mark


def find_instance(session: Session) -> InstanceIdentity | None:
    """Return what is noted of this installation, None before its first start."""
    return session.get(InstanceIdentity, _ONLY)


def adopt_instance(session: Session, base_url: str) -> None:
    """Have an installation act from now on where it runs now."""
    known = note_instance(session, base_url)
    known.host, known.base_url, known.restored_at = _present_host(session, known.instance_id), base_url, None


def find_rest_reason(session: Session, base_url: str) -> str | None:
    """Return why this installation rests, in a sentence; None where it acts, as one does that never started."""
    known = session.get(InstanceIdentity, _ONLY)
    if known is None:
        return None
    if known.restored_at is not None:
        when = f"{known.restored_at:%Y-%m-%d %H:%M} UTC"
        return _("This installation was restored from a backup at %(when)s.", when=when)
    if known.host != _present_host(session, known.instance_id):
        return _("This installation last ran on another host.")
    if not _is_local(known.base_url) and known.base_url != base_url:
        return _(
            "This installation last ran as %(former)s, and now as %(present)s.",
            former=known.base_url,
            present=base_url,
        )
    return None


def is_resting(database: Database, base_url: str) -> bool:
    """Whether this installation must not act, being a copy; asked each time, so that adopting it shows at once."""
    with database.reading() as session:
        return find_rest_reason(session, base_url) is not None


def refuse_while_resting(database: Database, base_url: str) -> None:
    """Raise RestingError where this installation must not act."""
    with database.reading() as session:
        reason = find_rest_reason(session, base_url)
    if reason is not None:
        raise RestingError(reason)


def _is_local(base_url: str) -> bool:
    """Whether an address leads to nothing but this machine, at whichever port: somebody tries things out."""
    host = urlsplit(base_url).hostname or ""
    with suppress(ValueError):
        address = ip_address(host)
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def _present_host(session: Session, instance_id: str) -> str:
    """Return what stays the same as long as the host does, told to nobody: hashed with the installation's id."""
    name = None if _is_in_container() or session.get_bind().dialect.name != "sqlite" else _machine_name()
    return sha256(f"{instance_id} {name}".encode()).hexdigest() if name else _ANY_HOST


def _is_in_container() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(mark.exists() for mark in CONTAINER_MARKS)


def _machine_name() -> str | None:
    """Return the machine's id, else its name without the domain, which changes with the network.

    A Linux without an id is a container of whichever kind, or so small that it is told by its base URL alone.
    """
    with suppress(OSError):
        machine_id = MACHINE_ID.read_text(encoding="ascii").strip()
        if machine_id:
            return machine_id
    return None if platform.system() == "Linux" else socket.gethostname().partition(".")[0].lower()
