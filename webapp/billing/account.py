"""What a reader holds and has paid, as the account page and the return from Stripe need it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.grants import grants_of
from webapp.billing.models import Grant, Purchase, PurchaseState
from webapp.kit import clock


@dataclass(frozen=True, slots=True)
class PlanAccount:
    """A reader's grants, newest first, and completed purchases, newest first."""

    grants: tuple[Grant, ...]
    purchases: tuple[Purchase, ...]
    now: datetime

    @property
    def running(self) -> list[Grant]:
        """What opens something now."""
        return [grant for grant in self.grants if is_running(grant, self.now)]

    @property
    def over(self) -> list[Grant]:
        """What opened something once, or does not yet or not any more."""
        return [grant for grant in self.grants if not is_running(grant, self.now)]

    @property
    def document_ids(self) -> set[int]:
        """The documents that are named by a grant or a purchase."""
        ids = [grant.document_id for grant in self.grants] + [purchase.document_id for purchase in self.purchases]
        return {document_id for document_id in ids if document_id is not None}

    def opened_by(self, purchase: Purchase) -> bool:
        """Whether a purchase has become a grant that is not taken back: what was paid for is there."""
        source_id = purchase.subscription_id if purchase.recurring else purchase.id
        return any(grant.source_id == source_id and not grant.revoked for grant in self.grants)


def is_running(grant: Grant, now: datetime) -> bool:
    """Whether a grant opens something at this moment."""
    return not grant.revoked and grant.starts_at <= now and (grant.ends_at is None or now < grant.ends_at)


def plan_account(session: Session, reader_id: int) -> PlanAccount:
    """Answers what a reader holds and has paid."""
    purchases = session.scalars(
        select(Purchase)
        .where(Purchase.reader_id == reader_id, Purchase.state == PurchaseState.COMPLETE)
        .order_by(Purchase.created_at.desc())
    )
    return PlanAccount(tuple(grants_of(session, reader_id)), tuple(purchases), clock.now())
