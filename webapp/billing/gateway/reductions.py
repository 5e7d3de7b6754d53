"""What lessens a payment, in types: discounts, and what a buyer's bank takes back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Money that a buyer's bank took for a dispute, or brought back (an amount below zero), and when it did."""

    id: str
    payment_intent_id: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """What is taken off a subscription's bills until `ends_at`: a `percent`, or an `amount` of minor units.

    Neither is known where Stripe names its coupon alone. `once`: off a single bill.
    """

    id: str
    percent: Decimal | None
    amount: int | None
    once: bool
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def has_no_terms(self) -> bool:
        """Whether it is not known what it takes off."""
        return self.percent is None and self.amount is None
