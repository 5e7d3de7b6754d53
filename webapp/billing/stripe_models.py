"""The tables of what Stripe said, as it said it, and of what we ask it to do because of that."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.billing.gateway.facts import TargetType
from webapp.kit.table_base import Base, enum_column
from webapp.settings import Mode


class StripeCustomer(Base):
    """Which customer a reader is at Stripe, in which mode and currency; never found by e-mail.

    Stripe binds a customer to the currency of its first subscription; `currency` is empty where nothing bound it yet.
    One that was deleted there is retired, and stays: what it bought is still its reader's.
    """

    __tablename__ = "stripe_customers"
    __table_args__ = (
        Index(
            "ix_stripe_customers_one_each",
            "reader_id",
            "mode",
            "currency",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    currency: Mapped[str] = mapped_column(String(3), default="")
    created_at: Mapped[datetime | None]  # None: before it was kept
    retired_at: Mapped[datetime | None]


class AdoptedProduct(Base):
    """A product at Stripe that was sold before there was this house, and that opens what our own plans do."""

    __tablename__ = "adopted_products"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))


class StripeEvent(Base):
    """The inbox: one row for each event, marked when what it is about was synced.

    `delivered`: it came to the webhook endpoint, and was not only found in Stripe's list.
    """

    __tablename__ = "stripe_events"
    __table_args__ = (Index("ix_stripe_events_waiting", "processed_at", "received_at"),)

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(120))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(255))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    received_at: Mapped[datetime]
    delivered: Mapped[bool] = mapped_column(default=True)
    processed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")


class StripeObject(Base):
    """A target and what hangs on it, as last fetched; `wanted > applied` says that it must be fetched again."""

    __tablename__ = "stripe_objects"
    __table_args__ = (
        Index(
            "ix_stripe_objects_behind",
            "mode",
            sqlite_where=text("wanted > applied"),
            postgresql_where=text("wanted > applied"),
        ),
        Index("ix_stripe_objects_reader_id", "reader_id"),
    )

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    type: Mapped[TargetType] = mapped_column(enum_column(TargetType))
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id"))
    bundle: Mapped[object | None] = mapped_column(JSON)  # `Snapshot.raw`, read by `parse_facts` alone
    wanted: Mapped[int] = mapped_column(default=0)
    applied: Mapped[int] = mapped_column(default=0)
    fetched_at: Mapped[datetime | None]
    unsettled: Mapped[bool] = mapped_column(default=False)  # it may still come to something else
    failures: Mapped[int] = mapped_column(default=0)  # of asking about it, one after the other
    disowned_at: Mapped[datetime | None]  # since when it is no longer ours, or cannot be read
    unreachable_since: Mapped[datetime | None]  # Stripe did not answer when its access was about to end
    upcoming: Mapped[object | None] = mapped_column(JSON)  # what Stripe will charge next, read by `parse_upcoming`


class CommandKind(StrEnum):
    """What we may ask Stripe to do because of what we found."""

    CANCEL_SUBSCRIPTION = "cancel-subscription"
    CANCEL_AT = "cancel-at"
    EXPIRE_SESSION = "expire-session"
    REFUND = "refund"
    SET_EMAIL = "set-email"


class StripeCommand(Base):
    """Something Stripe shall do: written with what found it, carried out after that was committed."""

    __tablename__ = "stripe_commands"
    __table_args__ = (
        UniqueConstraint("kind", "target_id"),
        Index("ix_stripe_commands_waiting", "done_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    kind: Mapped[CommandKind] = mapped_column(enum_column(CommandKind))
    target_id: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(200))
    moment: Mapped[datetime | None]  # of CANCEL_AT
    attempt: Mapped[int] = mapped_column(default=0)  # each has an idempotency key of its own
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")

    @property
    def key(self) -> str:
        """The idempotency key of the present try."""
        return f"{self.id}-{self.attempt}" if self.attempt else self.id


class Reconciliation(Base):
    """One comparison with Stripe: of its latest events, or of everything. `drift` counts grants that it had to mend."""

    __tablename__ = "reconciliations"
    __table_args__ = (Index("ix_reconciliations_finished", "mode", "whole", "finished_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    whole: Mapped[bool]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    targets: Mapped[int] = mapped_column("roots", default=0)
    drift: Mapped[int] = mapped_column(default=0)


class Alert(Base):
    """Something that the publisher must know and no rule can settle; told once for each thing it is about."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("code", "about"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    code: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
