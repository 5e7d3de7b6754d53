"""The tables of payments. What Stripe says is kept as it said it; grants are derived from that."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.kit.database import Base, words_of
from webapp.kit.money import Money


class Kind(StrEnum):
    """What is sold."""

    MONTH = "month"
    YEAR = "year"
    PASS = "pass"  # noqa: S105 - no password: N days of everything for one payment
    DOCUMENT = "document"

    @property
    def recurring(self) -> bool:
        """Whether it renews by itself."""
        return self in {Kind.MONTH, Kind.YEAR}


class Plan(Base):
    """Something that opens everything for a time; its price lives in Stripe."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[Kind] = mapped_column(words_of(Kind))
    stripe_price_id: Mapped[str] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    days: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def price(self) -> Money:
        """What it costs, once or each time it renews."""
        return Money(self.amount, self.currency)


class DocumentPrice(Base):
    """What one document costs by itself; without a row it is not sold by itself."""

    __tablename__ = "document_prices"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))


class StripeCustomer(Base):
    """Which customer a reader is at Stripe, in which mode; never found by e-mail."""

    __tablename__ = "stripe_customers"
    __table_args__ = (UniqueConstraint("reader_id", "livemode"),)

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    livemode: Mapped[bool]


class PurchaseState(StrEnum):
    """How far a checkout came."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Purchase(Base):
    """One checkout that was started. Its id is never used again: it is Stripe's idempotency key and our mark there."""

    __tablename__ = "purchases"
    __table_args__ = (
        Index(
            "ix_purchases_one_open_subscription",
            "reader_id",
            unique=True,
            sqlite_where=text("state = 'open' AND recurring"),
            postgresql_where=text("state = 'open' AND recurring"),
        ),
        Index("ix_purchases_reader_id_created_at", "reader_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    kind: Mapped[Kind] = mapped_column(words_of(Kind))
    recurring: Mapped[bool]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    livemode: Mapped[bool]
    session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    session_url: Mapped[str | None] = mapped_column(Text)
    session_expires_at: Mapped[datetime | None]
    payment_intent_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    subscription_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    state: Mapped[PurchaseState] = mapped_column(words_of(PurchaseState))
    landing: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    plan: Mapped[Plan | None] = relationship(lazy="raise")

    @property
    def price(self) -> Money:
        """What was asked for at the time."""
        return Money(self.amount, self.currency)


class StripeEvent(Base):
    """The inbox: one row for each event, marked when what it is about was synced."""

    __tablename__ = "stripe_events"
    __table_args__ = (Index("ix_stripe_events_waiting", "processed_at", "received_at"),)

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(120))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(255))
    livemode: Mapped[bool]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(500), default="")


class RootType(StrEnum):
    """The objects of Stripe that everything else hangs on."""

    SUBSCRIPTION = "subscription"
    CHECKOUT = "checkout.session"
    CUSTOMER = "customer"


class StripeObject(Base):
    """A root and what hangs on it, as last fetched; `wanted > applied` says that it must be fetched again."""

    __tablename__ = "stripe_objects"
    __table_args__ = (
        Index("ix_stripe_objects_behind", "id", sqlite_where=text("wanted > applied")),
        Index("ix_stripe_objects_reader_id", "reader_id"),
    )

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[RootType] = mapped_column(words_of(RootType))
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id"))
    bundle: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    wanted: Mapped[int] = mapped_column(default=0)
    applied: Mapped[int] = mapped_column(default=0)
    fetched_at: Mapped[datetime | None]


class CommandKind(StrEnum):
    """What we may ask Stripe to do because of what we found."""

    CANCEL_SUBSCRIPTION = "cancel-subscription"
    REFUND = "refund"


class StripeCommand(Base):
    """Something Stripe shall do: written with what found it, carried out after that was committed."""

    __tablename__ = "stripe_commands"
    __table_args__ = (
        UniqueConstraint("kind", "target_id"),
        Index("ix_stripe_commands_waiting", "done_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[CommandKind] = mapped_column(words_of(CommandKind))
    target_id: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(500), default="")


class GrantSource(StrEnum):
    """What a grant follows from."""

    SUBSCRIPTION = "subscription"
    PASS = "pass"  # noqa: S105 - no password
    DOCUMENT = "document"
    COMPLIMENTARY = "complimentary"


class Revoked(StrEnum):
    """Why a grant does not open anything, or not any more."""

    ENDED = "ended"
    UNPAID = "unpaid"
    PAUSED = "paused"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CUSTOMER_DELETED = "customer-deleted"
    UNKNOWN = "unknown"  # a status that this version does not know
    BY_PUBLISHER = "by-publisher"


class Grant(Base):
    """A right to read: everything, or one document. All but complimentary ones are derived and can be remade."""

    __tablename__ = "grants"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_grants_reader_id_document_id", "reader_id", "document_id"),
        CheckConstraint("source <> 'document' OR document_id IS NOT NULL", name="document_named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    source: Mapped[GrantSource] = mapped_column(words_of(GrantSource))
    source_id: Mapped[str] = mapped_column(String(255))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    revoked: Mapped[Revoked | None] = mapped_column(words_of(Revoked))
    note: Mapped[str] = mapped_column(String(200), default="")
