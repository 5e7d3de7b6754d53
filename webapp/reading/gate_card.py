"""What stands at the cut: what is behind it, why it is closed for this reader, and what opens it."""

from dataclasses import dataclass

from flask_wtf import FlaskForm

from webapp.access.policy import Reason
from webapp.billing.payment_problems import DISPUTED, PAUSED, REFUNDED, UNPAID, PaymentProblem, Remedy
from webapp.billing.plans import Offer
from webapp.kit.translatable import _

NOTICES: dict[Reason, PaymentProblem | None] = {
    Reason.VISITOR: None,
    Reason.NOTHING_HELD: None,
    Reason.PASS_OVER: PaymentProblem(_("Your pass has expired."), _("Take another one, or subscribe.")),
    Reason.ENDED: PaymentProblem(_("Your access has ended."), _("Subscribe again to read on from here.")),
    Reason.UNPAID: UNPAID,
    Reason.PAUSED: PAUSED,
    Reason.REFUNDED: REFUNDED,
    Reason.DISPUTED: DISPUTED,
    Reason.NOT_YET: PaymentProblem(
        _("Your pass has not begun yet."), _("It opens by itself on the day shown in your account.")
    ),
    Reason.ACCOUNT_DISABLED: PaymentProblem(
        _("The publisher has closed this account."), _("Please write to the publisher."), Remedy.NONE
    ),
    Reason.EMAIL_NOT_CONFIRMED: PaymentProblem(
        _("Your e-mail address is not confirmed yet."), _("Your account page mails you the link for it."), Remedy.NONE
    ),
}


@dataclass(frozen=True, slots=True)
class GateCard:
    """All that the gate's template needs; `form` carries the token of a signed-in reader, None for a visitor."""

    reason: Reason
    offers: tuple[Offer, ...]
    chosen: str
    form: FlaskForm | None

    @property
    def notice(self) -> PaymentProblem | None:
        """Why the gate is closed for somebody who had access, or would have."""
        return NOTICES[self.reason]

    @property
    def sells(self) -> bool:
        """Whether buying opens it."""
        return bool(self.offers) and (self.notice is None or self.notice.remedy is Remedy.BUY)


def gate_card(reason: Reason, offers: list[Offer], wanted: str, form: FlaskForm | None) -> GateCard:
    """Return the gate with one offer chosen: the wanted one where it is on sale, else the first."""
    codes = [offer.code for offer in offers]
    chosen = wanted if wanted in codes else next(iter(codes), "")
    return GateCard(reason, tuple(offers), chosen, form)
