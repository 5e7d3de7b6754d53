"""Money as minor units with a currency; never a float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision, list_currencies

LARGEST = 99_999_999  # minor units; Stripe takes no more in one payment


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of an ISO 4217 currency, written in lower case as Stripe does."""

    minor_units: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Answers the money that `amount` ("9.90") writes; raises ValueError with a sentence."""
        if currency.upper() not in list_currencies():
            raise ValueError(f"“{currency}” is no currency; write it like cny")
        precision = get_currency_precision(currency.upper())
        try:
            scaled = Decimal(amount.strip()).scaleb(precision)
        except InvalidOperation:
            raise ValueError(f"“{amount}” is no amount; write it like 9.90") from None
        if scaled.is_finite() and scaled > LARGEST:
            raise ValueError(f"“{amount}” is more than can be paid at once")
        if not scaled.is_finite() or scaled <= 0 or scaled != scaled.to_integral_value():
            raise ValueError(
                f"“{amount}” is no price in {currency}; it needs to be above zero, with {precision} decimals"
            )
        return cls(int(scaled), currency.lower())

    def shown(self, locale: str) -> str:
        """Answers the amount as readers of `locale` write it; whole amounts without decimals."""
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
