"""What went wrong with a payment, in one sentence, and what the reader can do about it in another."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.billing.models import Revoked
from webapp.kit.translatable import _


class Remedy(StrEnum):
    """What helps: another purchase, Stripe's portal (card, resumption), its page of one bill, or nothing to do here."""

    BUY = "buy"
    PORTAL = "portal"
    BILL = "bill"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PaymentProblem:
    """A sentence on what is, one on what to do; `act` is what the button to Stripe's pages says."""

    what: str
    hint: str
    remedy: Remedy = Remedy.BUY
    act: str = ""


UNPAID = PaymentProblem(
    _("The last payment of your subscription did not go through."),
    _("Settle it with another card, and everything opens again."),
    Remedy.PORTAL,
    _("Settle it"),
)
OVERDUE = PaymentProblem(
    _("The renewal of your subscription could not be charged; you read on for a few days all the same."),
    _("Add another card before they are over, and nothing changes for you."),
    Remedy.PORTAL,
    _("Settle it"),
)
UNCONFIRMED = PaymentProblem(
    _("Your bank wants you to confirm the payment for your subscription."),
    _("It was not declined. Confirm it, and nothing changes for you."),
    Remedy.BILL,
    _("Confirm the payment"),
)
BILLED = PaymentProblem(
    _("A bill of your subscription is open."),
    _("Pay it by its day, and nothing changes for you."),
    Remedy.BILL,
    _("Pay the bill"),
)
PAUSED = PaymentProblem(
    _("Your subscription is paused."), _("Resume it, and everything opens again."), Remedy.PORTAL, _("Resume it")
)
REFUNDED = PaymentProblem(_("Your payment was refunded."), _("If you want to read on, choose an offer below."))
DISPUTED = PaymentProblem(
    _("Your bank is looking into the payment, so access is suspended until that is settled."),
    _("If this was a mistake, withdraw the dispute with your bank."),
    Remedy.NONE,
)
CUSTOMER_DELETED = PaymentProblem(
    _("Your payment account was deleted, and your access ended with it."),
    _("You can choose a plan again at any time."),
)

OF_REVOCATION = {
    Revoked.UNPAID: UNPAID,
    Revoked.UNKNOWN: UNPAID,
    Revoked.PAUSED: PAUSED,
    Revoked.REFUNDED: REFUNDED,
    Revoked.DISPUTED: DISPUTED,
    Revoked.CUSTOMER_DELETED: CUSTOMER_DELETED,
}
