"""The tables of accounts: who there is, and on which devices they are signed in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.kit.table_base import Base, enum_column
from webapp.settings import Mode


class Role(StrEnum):
    """What an account is for."""

    READER = "reader"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    OWNER = "owner"


PUBLISHERS = frozenset({Role.PUBLISHER, Role.OWNER})  # who runs the library, and hears of what goes wrong


class Membership(StrEnum):
    """What a reader holds, in one word: the first of these that is true."""

    FAILING = "failing"
    PAID = "paid"
    TRIAL = "trial"
    REPORT = "report"
    COMPLIMENTARY = "complimentary"
    ENDED = "ended"
    NOTHING = "nothing"


def _bytewise(length: int) -> String:
    """Return the type of a text that is found by its beginning, for which an index must be in the order of bytes."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _listed(name: str, *columns: str) -> Index:
    """Return an index by which accounts are listed, the newest first, but for those that were erased."""
    present = text("erased_at IS NULL")
    return Index(name, *columns, "created_at", "id", sqlite_where=present, postgresql_where=present)


class Reader(Base):
    """A person with an account, editors and publishers included.

    `name` is how the house calls them, if it knows. `membership` tells lists what they hold, in `membership_mode`;
    `billing/memberships.py` keeps it, and looks again at `membership_changes_at`. Nothing opens because of it.
    """

    __tablename__ = "readers"
    __table_args__ = (
        _listed("ix_readers_listed"),
        _listed("ix_readers_listed_by_membership", "membership"),
        _listed("ix_readers_listed_by_role", "role"),
        Index("ix_readers_membership_changes_at", "membership_changes_at"),
        Index("ix_readers_membership_mode", "membership_mode"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # as first typed: what is shown and written to
    email_key: Mapped[str] = mapped_column(_bytewise(300), unique=True)  # what all its writings share, to be found by
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_column(Role), index=True)
    created_at: Mapped[datetime]
    email_confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    closing_at: Mapped[datetime | None]  # closed by its reader, and disabled since: nobody gets in any more
    erased_at: Mapped[datetime | None]  # nothing of the person is left, and bookkeeping refers to the row
    must_change_password: Mapped[bool] = mapped_column(default=False)
    terms_version: Mapped[str] = mapped_column(
        String(40), default=""
    )  # which terms and privacy were accepted, and when
    terms_accepted_at: Mapped[datetime | None]
    look: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    name_key: Mapped[str] = mapped_column(_bytewise(400), default="", server_default="", index=True)
    membership: Mapped[Membership] = mapped_column(
        enum_column(Membership), default=Membership.NOTHING, server_default=Membership.NOTHING.value
    )
    membership_mode: Mapped[Mode | None] = mapped_column(enum_column(Mode))
    membership_changes_at: Mapped[datetime | None]

    @property
    def has_address(self) -> bool:
        """Whether this account is found by an address; migration 0018 gave a key with a space where it cannot be."""
        return " " not in self.email_key

    @property
    def staff(self) -> bool:
        """Whether this account belongs to the house and reads everything."""
        return self.role is not Role.READER


class Device(Base):
    """One signed-in browser; without its row the cookie opens nothing."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]  # written once a day: which day is all that is told
    proved_at: Mapped[datetime | None]  # when its reader last showed password or passkey again, for what asks for that
    superseded_at: Mapped[datetime | None]  # signed out since its reader has too many others; kept to say so there
    reader: Mapped[Reader] = relationship(lazy="raise")


class StaffNote(Base):
    """What the house's own people write about a reader, who finds it in the download of their data."""

    __tablename__ = "staff_notes"
    __table_args__ = (Index("ix_staff_notes_reader_id_created_at", "reader_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    author_id: Mapped[int | None]  # whose account may be gone by then; None: written at the command line
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
