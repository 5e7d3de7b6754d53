"""The tables of what is sold, bought and held; grants are derived from what `stripe_models` keep of Stripe."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.kit.money import Money
from webapp.kit.table_base import Base, enum_column
from webapp.settings import Mode


class PlanKind(StrEnum):
    """What is sold."""

    MONTH = "month"
    YEAR = "year"
    PASS = "pass"  # noqa: S105 - no password: N days of everything for one payment
    DOCUMENT = "document"

    @property
    def recurring(self) -> bool:
        """Whether it renews by itself."""
        return self in {PlanKind.MONTH, PlanKind.YEAR}


class Plan(Base):
    """Something that opens everything for a time; its price lives in Stripe.

    A new price is a new row. The row it replaces stays, not `active` any more, for those who bought at that price.
    """

    __tablename__ = "plans"
    __shown__ = True
    __table_args__ = (
        Index(
            "ix_plans_on_sale",
            "mode",
            "code",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind))
    stripe_price_id: Mapped[str] = mapped_column(String(255), unique=True)
    stripe_product_id: Mapped[str | None] = mapped_column(String(255))  # None until Stripe was asked
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    days: Mapped[int | None]
    trial_days: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def price(self) -> Money:
        """What it costs, once or each time it renews."""
        return Money(self.amount, self.currency)


class DocumentPrice(Base):
    """What one document costs by itself; without a row it is not sold by itself."""

    __tablename__ = "document_prices"
    __shown__ = True

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))


class PurchaseState(StrEnum):
    """How far a checkout came."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Purchase(Base):
    """One checkout that was started. Its id is never used again: it is our mark at Stripe.

    `asked_amount` is what Stripe shall ask for; `amount` becomes what was paid, which a promotion code makes less.
    `warned`: the buyer was told that they pay twice for the same time. `attempt` counts the tries at a session, each
    with an idempotency key of its own, first used at `asked_at`.
    """

    __tablename__ = "purchases"
    __table_args__ = (
        Index(
            "ix_purchases_one_open_subscription",
            "reader_id",
            "mode",
            unique=True,
            sqlite_where=text("state = 'open' AND recurring"),
            postgresql_where=text("state = 'open' AND recurring"),
        ),
        Index("ix_purchases_reader_id_created_at", "reader_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind))
    recurring: Mapped[bool]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    title: Mapped[str] = mapped_column(Text, default="")
    days: Mapped[int | None]
    amount: Mapped[int]
    asked_amount: Mapped[int | None]  # None: of before it was kept
    currency: Mapped[str] = mapped_column(String(3))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    trial_days: Mapped[int] = mapped_column(default=0)
    warned: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    customer_id: Mapped[str | None] = mapped_column(String(255))
    session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    session_url: Mapped[str | None] = mapped_column(Text)
    session_expires_at: Mapped[datetime | None]
    payment_intent_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    subscription_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    state: Mapped[PurchaseState] = mapped_column(enum_column(PurchaseState))
    landing: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]

    @property
    def key(self) -> str:
        """The idempotency key of the present try at a session."""
        return f"{self.id}-{self.attempt}" if self.attempt else self.id

    @property
    def price(self) -> Money:
        """What was asked for at the time."""
        return Money(self.amount, self.currency)


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


CLOCK_SKEW = timedelta(minutes=5)  # as much as Stripe's signatures bear; beyond it doctor says so


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """What access depends on of a grant."""

    document_id: int | None
    source: GrantSource
    starts_at: datetime
    ends_at: datetime | None
    revoked: Revoked | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it opens something at this moment: not revoked, begun, and not over.

        It begins by Stripe's clock. Who has just paid reads, though ours should be a little behind.
        """
        has_begun = self.starts_at <= now + CLOCK_SKEW
        return not self.revoked and has_begun and (self.ends_at is None or now < self.ends_at)


class Grant(Base):
    """A right to read: everything, or one document. All but complimentary ones are derived and can be remade."""

    __tablename__ = "grants"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_grants_reader_id_document_id", "reader_id", "document_id"),
        Index("ix_grants_lapsing", "mode", "source", "ends_at"),
        CheckConstraint("source <> 'document' OR document_id IS NOT NULL", name="document_named"),
        CheckConstraint("(source = 'complimentary') = (mode IS NULL)", name="mode_of_derived"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    mode: Mapped[Mode | None] = mapped_column(enum_column(Mode))
    source: Mapped[GrantSource] = mapped_column(enum_column(GrantSource))
    source_id: Mapped[str] = mapped_column(String(255))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    revoked: Mapped[Revoked | None] = mapped_column(enum_column(Revoked))
    note: Mapped[str] = mapped_column(String(200), default="")

    @property
    def held(self) -> HeldGrant:
        """What access depends on of it."""
        return HeldGrant(self.document_id, self.source, self.starts_at, self.ends_at, self.revoked)

    def is_open(self, now: datetime) -> bool:
        """Whether it opens something at this moment."""
        return self.held.is_open(now)

    @classmethod
    def is_not_over(cls, now: datetime) -> ColumnElement[bool]:
        """Return the condition for those that are open or may yet be: neither revoked nor over."""
        return cls.revoked.is_(None) & (cls.ends_at.is_(None) | (cls.ends_at > now))


class Receipt(Base):
    """One payment that arrived: what was paid then, for what, and how much of it went back since.

    `tax` is the part of the amount that Stripe reckoned as tax; `company` and `tax_ids` whom it was made out to.
    """

    __tablename__ = "receipts"
    __table_args__ = (Index("ix_receipts_reader_id_paid_at", "reader_id", "paid_at"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(String(255), unique=True)  # Stripe's invoice, or Checkout session
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    purchase_id: Mapped[str | None] = mapped_column(ForeignKey("purchases.id"))  # None: not begun in our checkout
    payment_intent_id: Mapped[str | None] = mapped_column(String(255), index=True)
    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    title: Mapped[str] = mapped_column(Text)
    days: Mapped[int | None]
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    refunded: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    company: Mapped[str] = mapped_column(Text, default="")
    tax_ids: Mapped[str] = mapped_column(Text, default="")
    paid_at: Mapped[datetime]
    period_starts_at: Mapped[datetime | None]
    period_ends_at: Mapped[datetime | None]

    @property
    def paid(self) -> Money:
        """What was paid at the time."""
        return Money(self.amount, self.currency)

    @property
    def given_back(self) -> Money:
        """What was refunded since."""
        return Money(self.refunded, self.currency)

    @property
    def tax_paid(self) -> Money:
        """Which part of what was paid is tax."""
        return Money(self.tax, self.currency)
