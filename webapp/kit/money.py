"""Money as minor units with a currency; never a float."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol, list_currencies

from webapp.kit import stripe_amounts
from webapp.kit.translatable import _


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in Stripe's minor units (fen, cents) of an ISO 4217 currency, written in lower case as Stripe does.

    `parse` and `amount` are the one place where minor units and what people write become each other.
    """

    minor_units: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Return the money that `amount` ("9.90") writes; raise ValueError with a sentence."""
        code = currency.lower()
        if code.upper() not in list_currencies():
            raise ValueError(_("“%(typed)s” is no currency; write it like cny.", typed=currency))
        try:
            scaled = Decimal(amount.strip()).scaleb(stripe_amounts.decimals_of(code))
        except InvalidOperation:
            raise ValueError(_("“%(typed)s” is no amount; write it like 9.90.", typed=amount)) from None
        if scaled.is_finite() and scaled > stripe_amounts.largest_charge(code):
            raise ValueError(_("“%(typed)s” is more than can be paid at once.", typed=amount))
        if not scaled.is_finite() or scaled <= 0:
            raise ValueError(_("“%(typed)s” is no price: it must be above zero.", typed=amount))
        if scaled % stripe_amounts.step_of(code):
            raise ValueError(_not_in_steps(amount, scaled, code))
        return cls(int(scaled), code)

    @property
    def amount(self) -> Decimal:
        """Return the amount as people write it, in whole units with as many decimals as Stripe counts."""
        return Decimal(self.minor_units).scaleb(-stripe_amounts.decimals_of(self.currency))

    def shown(self, locale: str) -> str:
        """Return the amount as readers of `locale` write it; whole amounts without decimals."""
        amount, code, babel_locale = self.amount, self.currency.upper(), locale.replace("-", "_")
        gap = "\N{NO-BREAK SPACE}" if get_currency_symbol(code, babel_locale)[-1].isalpha() else ""
        decimals = _shown_decimals(amount, code)
        pattern = f"¤{gap}#,##0" + ("." + "0" * decimals if decimals else "")
        return format_currency(amount, code, format=pattern, locale=babel_locale, currency_digits=False)


def _shown_decimals(amount: Decimal, code: str) -> int:
    """Return how many decimals to show: none of a whole amount, else the usual ones, else all that there are."""
    if amount == amount.to_integral_value():
        return 0
    usual = get_currency_precision(code)
    fits = amount == round(amount, usual)
    return usual if fits else stripe_amounts.decimals_of(code.lower())


def _not_in_steps(typed: str, scaled: Decimal, code: str) -> str:
    step = stripe_amounts.step_of(code)
    above = int((scaled / step).to_integral_value(ROUND_CEILING)) * step
    return _(
        "“%(typed)s” cannot be charged: amounts in %(currency)s go by steps of %(step)s; write it like %(above)s.",
        typed=typed,
        currency=code,
        step=f"{Money(step, code).amount.normalize():f}",
        above=f"{Money(above, code).amount.normalize():f}",
    )
