"""Money as minor units with a currency; never a float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision, list_currencies

from webapp.kit.translatable import _

LARGEST = 99_999_999  # minor units; Stripe takes no more in one payment


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of an ISO 4217 currency, written in lower case as Stripe does."""

    minor_units: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Return the money that `amount` ("9.90") writes; raise ValueError with a sentence."""
        if currency.upper() not in list_currencies():
            raise ValueError(_("“%(typed)s” is no currency; write it like cny.", typed=currency))
        precision = get_currency_precision(currency.upper())
        try:
            scaled = Decimal(amount.strip()).scaleb(precision)
        except InvalidOperation:
            raise ValueError(_("“%(typed)s” is no amount; write it like 9.90.", typed=amount)) from None
        if scaled.is_finite() and scaled > LARGEST:
            raise ValueError(_("“%(typed)s” is more than can be paid at once.", typed=amount))
        if not scaled.is_finite() or scaled <= 0 or scaled != scaled.to_integral_value():
            raise ValueError(
                _(
                    "“%(typed)s” is no price in %(currency)s: it must be above zero, with %(digits)s decimals at most.",
                    typed=amount,
                    currency=currency,
                    digits=precision,
                )
            )
        return cls(int(scaled), currency.lower())

    def shown(self, locale: str) -> str:
        """Return the amount as readers of `locale` write it; whole amounts without decimals."""
        currency = self.currency.upper()
        amount = Decimal(self.minor_units).scaleb(-get_currency_precision(currency))
        whole = amount == amount.to_integral_value()
        return format_currency(
            amount,
            currency,
            format="¤#,##0" if whole else None,
            locale=locale.replace("-", "_"),
            currency_digits=not whole,
        )
