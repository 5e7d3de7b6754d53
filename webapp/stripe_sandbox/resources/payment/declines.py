"""Why a bank or a wallet says no (docs.stripe.com/declines/codes)."""

from dataclasses import dataclass

from webapp.kit.translatable import _
from webapp.stripe_sandbox.cards import Behaviour
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.unit_of_work import Json


@dataclass(frozen=True, slots=True)
class Decline:
    """Why the bank says no."""

    code: str
    decline_code: str
    message: str
    seller_message: str


WALLET_REFUSES = Decline(
    "payment_method_provider_decline",
    "generic_decline",
    _("The wallet refused the payment."),
    "The payment method's provider did not return any further details with this decline.",
)
DECLINES = {
    Behaviour.DECLINES: Decline(
        "card_declined",
        "generic_decline",
        _("Your card was declined."),
        "The bank did not return any further details with this decline.",
    ),
    Behaviour.LACKS_FUNDS: Decline(
        "card_declined",
        "insufficient_funds",
        _("Your card has insufficient funds."),
        "The bank returned the decline code `insufficient_funds`.",
    ),
}
NOT_CONFIRMED = Decline(
    "payment_intent_authentication_failure",
    "generic_decline",
    _("The bank did not confirm the payment."),
    "The customer did not authenticate the payment.",
)
_ABSENT = Decline(
    "authentication_required",
    "authentication_required",
    _("The bank wants this payment confirmed."),
    "The bank returned the decline code `authentication_required`.",
)
# When a kept card is charged without its owner.
_LATER_DECLINES = DECLINES | {
    Behaviour.FAILS_ON_RENEWAL: DECLINES[Behaviour.DECLINES],
    Behaviour.ASKS: _ABSENT,
}


def decline_of(method: Json) -> Decline | None:
    """Return why the bank declines to charge a way of paying that was kept; None when it pays."""
    return _LATER_DECLINES.get(payment_methods.behaviour(method))
