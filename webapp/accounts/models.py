"""The tables of accounts: who there is, and on which devices they are signed in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.kit.table_base import Base, enum_column


class Role(StrEnum):
    """What an account is for."""

    READER = "reader"
    EDITOR = "editor"
    PUBLISHER = "publisher"


class Reader(Base):
    """A person with an account, editors and publishers included."""

    __tablename__ = "readers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # as first typed: what is shown and written to
    email_key: Mapped[str] = mapped_column(String(300), unique=True)  # what all its writings share, to be found by
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_column(Role))
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

    @property
    def has_address(self) -> bool:
        """Whether this account is found by an address; migration 0018 gave a key with a space where it cannot be."""
        return " " not in self.email_key

    @property
    def staff(self) -> bool:
        """Whether this account belongs to the house and reads everything."""
        return self.role in {Role.EDITOR, Role.PUBLISHER}


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
