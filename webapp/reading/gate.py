"""What stands at the cut: what is behind it, why it is closed for this reader, and what opens it."""

from dataclasses import dataclass

from flask_wtf import FlaskForm

from webapp.billing.plans import Offer
from webapp.kit.wording import _
from webapp.reading.access import Reason


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on what is, one on what to do; `remedy` names the button: buy, portal, or none."""

    what: str
    mend: str
    remedy: str = "buy"


NOTICES: dict[Reason, Notice | None] = {
    Reason.VISITOR: None,
    Reason.NOTHING_HELD: None,
    Reason.PASS_OVER: Notice(_("Your pass is over."), _("Take another one, or subscribe.")),
    Reason.ENDED: Notice(_("Your access has ended."), _("Subscribe again to read on from here.")),
    Reason.UNPAID: Notice(
        _("The last payment of your subscription did not go through."),
        _("Settle it with another card, and everything opens again."),
        "portal",
    ),
    Reason.PAUSED: Notice(_("Your subscription is paused."), _("Resume it on your account page to read on."), "portal"),
    Reason.REFUNDED: Notice(_("Your payment was refunded."), _("If you want to read on, choose an offer below.")),
    Reason.DISPUTED: Notice(
        _("Your bank is looking into the payment, so access rests until that is settled."),
        _("If this was a mistake, withdraw the dispute with your bank."),
        "none",
    ),
    Reason.NOT_YET: Notice(
        _("Your pass has not begun yet."), _("It opens by itself on the day shown in your account.")
    ),
    Reason.ACCOUNT_DISABLED: Notice(
        _("The publisher has closed this account."), _("Please write to the publisher."), "none"
    ),
    Reason.EMAIL_NOT_CONFIRMED: Notice(
        _("Your e-mail address is not confirmed yet."), _("Please ask the publisher to confirm it."), "none"
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
    def notice(self) -> Notice | None:
        """Why the gate is closed for somebody who had access, or would have."""
        return NOTICES[self.reason]

    @property
    def sells(self) -> bool:
        """Whether buying opens it."""
        return bool(self.offers) and (self.notice is None or self.notice.remedy == "buy")


def gate_card(reason: Reason, offers: list[Offer], wanted: str, form: FlaskForm | None) -> GateCard:
    """Answers the gate with one offer chosen: the wanted one where it is on sale, else the first."""
    codes = [offer.code for offer in offers]
    chosen = wanted if wanted in codes else next(iter(codes), "")
    return GateCard(reason, tuple(offers), chosen, form)
