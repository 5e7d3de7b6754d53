"""What a refund does, in sentences that are read before the button is pressed."""

from dataclasses import dataclass

from webapp.billing.access_told import Titles, tell_grants, tell_scope
from webapp.billing.models import Grant
from webapp.billing.publisher_refunds import RefundPlan
from webapp.billing.refund_preview import AccessChange
from webapp.kit import clock
from webapp.kit.languages import gettext, long_date, money


@dataclass(frozen=True, slots=True)
class ToldRefund:
    """What a refund does, a sentence each, and what its reader may read afterwards; nothing there: previews only."""

    effects: list[str]
    left: list[str]


def tell_refund(plan: RefundPlan, change: AccessChange, titles: Titles) -> ToldRefund:
    """Return what goes back to whom, what becomes of access, and what is left of it."""
    told = [
        gettext("%(amount)s go back to %(email)s, the way they were paid.", amount=money(plan.amount), email=plan.email)
    ]
    if plan.ends_at is not None:
        told.append(_tell_subscription(plan))
    else:
        told += [gettext("Closes at once: %(what)s.", what=tell_scope(one, titles)) for one in change.closed]
        told += [_tell_earlier(one) for one in change.shortened]
    if len(told) == 1:
        told.append(gettext("Access stays as it is."))
    return ToldRefund(told, tell_grants(change.after, titles))


def _tell_subscription(plan: RefundPlan) -> str:
    if plan.ends_at is None or plan.ends_at <= clock.now():
        return gettext("Reading everything ends at once. The subscription is cancelled and not charged again.")
    return gettext(
        "Everything stays open until %(day)s, which was paid for besides. Then the subscription ends, uncharged.",
        day=long_date(plan.ends_at),
    )


def _tell_earlier(grant: Grant) -> str:
    ends_at = long_date(grant.ends_at) if grant.ends_at else ""
    return gettext("A pass that waited for this one moves up, and ends on %(day)s.", day=ends_at)
