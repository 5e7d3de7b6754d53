"""What the pages of money call things."""

from webapp.billing.ledger.ledger_models import DatedBy, MoneyFigure, PaymentStanding
from webapp.billing.models import PlanKind
from webapp.kit.languages import gettext
from webapp.kit.translatable import _

FIGURES = {
    MoneyFigure.PAYMENT: _("Payments received"),
    MoneyFigure.REFUND: _("Refunds paid"),
    MoneyFigure.DISPUTE: _("Disputes"),
    MoneyFigure.WON_BACK: _("Disputes won"),
    MoneyFigure.NEW: _("New"),
    MoneyFigure.RETURNED: _("Returned"),
    MoneyFigure.EXPANSION: _("Pay more"),
    MoneyFigure.CONTRACTION: _("Pay less"),
    MoneyFigure.LOST: _("Lost"),
    MoneyFigure.SAVED: _("Saved after failing"),
}
GROUPS = {"revenue": _("Revenue"), "recurring": _("Movements of recurring revenue")}
STANDINGS = {
    PaymentStanding.WAITING: _("Waiting for the first payment"),
    PaymentStanding.TRIAL: _("On trial"),
    PaymentStanding.PAYING: _("Paying"),
    PaymentStanding.FAILING: _("Payment failing"),
    PaymentStanding.UNPAID: _("Unpaid"),
    PaymentStanding.PAUSED: _("Paused"),
    PaymentStanding.ENDED: _("Ended"),
    PaymentStanding.UNKNOWN: _("Unknown status"),
}
DATES = {
    DatedBy.OBJECT: _("Stripe’s date"),
    DatedBy.EVENT: _("date of Stripe’s event"),
    DatedBy.SEEN: _("when we saw it"),
}
_KINDS = {
    PlanKind.MONTH: _("Month"),
    PlanKind.YEAR: _("Year"),
    PlanKind.PASS: _("Pass"),
    PlanKind.DOCUMENT: _("Single documents"),
}


def plan_label(kind: PlanKind, plan: str) -> str:
    """Return what a plan is called: its kind, with its code where that says more."""
    name = gettext(_KINDS[kind])
    if not plan:
        return gettext("%(kind)s (another price)", kind=name)
    return name if plan == kind else f"{name} · {plan}"
