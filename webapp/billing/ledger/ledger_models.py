"""The tables of the ledger: how each subscription stood since when, what that and each payment moved, and day sums."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.billing.models import PlanKind
from webapp.kit.money import Money
from webapp.kit.table_base import Base, enum_column
from webapp.settings import Mode


class PaymentStanding(StrEnum):
    """How a subscription stands, as far as its money goes."""

    WAITING = "waiting"  # for its first payment
    TRIAL = "trial"
    PAYING = "paying"
    FAILING = "failing"  # a bill is past due; it counts until Stripe gives up
    UNPAID = "unpaid"
    PAUSED = "paused"
    ENDED = "ended"
    UNKNOWN = "unknown"  # a status that this version does not know

    @property
    def recurs(self) -> bool:
        """Whether it counts for what recurs each month."""
        return self in {PaymentStanding.PAYING, PaymentStanding.FAILING}


class DatedBy(StrEnum):
    """Where a moment comes from: Stripe's objects say it, its event does, or it is when we looked."""

    OBJECT = "object"
    EVENT = "event"
    SEEN = "seen"


class SubscriptionStanding(Base):
    """How a subscription stood from one moment `until` another (None: now). A row is added for each change.

    `monthly` is what it brings each month: net of discounts, without tax, in minor units; 0 unless it recurs. Where
    `since` is only when we saw it, it came about after `not_before`, and the event that tells when may come yet.
    """

    __tablename__ = "subscription_standings"
    __table_args__ = (
        Index("ix_subscription_standings_subscription_id", "subscription_id", "until"),
        Index("ix_subscription_standings_reader_id", "reader_id", "currency"),
        Index(
            "ix_subscription_standings_now",
            *("mode", "currency", "standing", "kind", "plan", "monthly"),
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_subscription_standings_then", "mode", "currency", "since", "id", "until", "monthly"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    subscription_id: Mapped[str] = mapped_column(String(255))
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    dated_by: Mapped[DatedBy] = mapped_column(enum_column(DatedBy))
    standing: Mapped[PaymentStanding] = mapped_column(enum_column(PaymentStanding))
    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind))
    plan: Mapped[str] = mapped_column(String(40))  # its code; "" for a price that is no plan of ours
    currency: Mapped[str] = mapped_column(String(3))
    monthly: Mapped[int]

    @property
    def each_month(self) -> Money:
        """What it brings each month."""
        return Money(self.monthly, self.currency)


class MoneyFigure(StrEnum):
    """What an entry of the ledger adds up to."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    WON_BACK = "won-back"
    NEW = "new"
    RETURNED = "returned"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    LOST = "lost"
    SAVED = "saved"


REVENUE = (MoneyFigure.PAYMENT, MoneyFigure.REFUND, MoneyFigure.DISPUTE, MoneyFigure.WON_BACK)
MOVEMENTS = (MoneyFigure.NEW, MoneyFigure.RETURNED, MoneyFigure.EXPANSION, MoneyFigure.CONTRACTION, MoneyFigure.LOST)


class LedgerEntry(Base):
    """One payment, or what went back of it, or one change of what recurs: an amount with its sign, on its day.

    `day` is that of `at` in the publisher's zone. `source_id` names what it follows from at Stripe, once. `cohort` is
    the month of the reader's first recurring payment, "" where no movement. `summed`: its day's sum has it.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("figure", "source_id"),
        Index("ix_ledger_entries_listed", "mode", "currency", "figure", "at", "id"),
        Index("ix_ledger_entries_at", "mode", "currency", "at", "id"),
        Index("ix_ledger_entries_reader_id", "reader_id", "currency"),
        Index(
            "ix_ledger_entries_not_summed",
            "mode",
            "currency",
            sqlite_where=text("NOT summed"),
            postgresql_where=text("NOT summed"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    figure: Mapped[MoneyFigure] = mapped_column(enum_column(MoneyFigure))
    source_id: Mapped[str] = mapped_column(String(255))
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"))
    at: Mapped[datetime]
    day: Mapped[date]
    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind))
    plan: Mapped[str] = mapped_column(String(40))
    cohort: Mapped[str] = mapped_column(String(7), default="")
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int]
    tax: Mapped[int] = mapped_column(default=0)
    subject: Mapped[str] = mapped_column(String(255))  # Stripe's id of the bill, session or subscription it is about
    dated_by: Mapped[DatedBy] = mapped_column(enum_column(DatedBy))
    summed: Mapped[bool] = mapped_column(default=False)

    @property
    def value(self) -> Money:
        """Its amount with its sign."""
        return Money(self.amount, self.currency)


class LedgerSum(Base):
    """What the summed entries of one day that are alike come to."""

    __tablename__ = "ledger_sums"
    __table_args__ = (
        UniqueConstraint("mode", "currency", "figure", "day", "kind", "plan", "cohort", name="uq_ledger_sums_alike"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    currency: Mapped[str] = mapped_column(String(3))
    figure: Mapped[MoneyFigure] = mapped_column(enum_column(MoneyFigure))
    day: Mapped[date]
    kind: Mapped[PlanKind] = mapped_column(enum_column(PlanKind))
    plan: Mapped[str] = mapped_column(String(40))
    cohort: Mapped[str] = mapped_column(String(7))
    amount: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int]


class LedgerState(Base):
    """One row for each mode: in which zone the ledger's days are, and how much of what was there before it has."""

    __tablename__ = "ledger_states"

    mode: Mapped[Mode] = mapped_column(enum_column(Mode), primary_key=True)
    zone: Mapped[str] = mapped_column(String(64))
    receipts_up_to: Mapped[int] = mapped_column(default=0)  # the number of the last one of before that was taken in
    complete_at: Mapped[datetime | None]  # since when it has all that was there before
