"""Stripe's test cards, and what a person can get wrong when typing one in (docs.stripe.com/testing)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.kit.translatable import _


class Behaviour(StrEnum):
    """What happens when a card is charged."""

    PAYS = "pays"
    DECLINES = "declines"
    LACKS_FUNDS = "lacks-funds"
    FAILS_ON_RENEWAL = "fails-on-renewal"
    ASKS = "asks"


@dataclass(frozen=True, slots=True)
class TestCard:
    """A number that Stripe's test mode knows; `meaning` is for the table under the form."""

    number: str
    brand: str
    behaviour: Behaviour
    meaning: str

    @property
    def spaced(self) -> str:
        """Return the number in groups of four, as it is printed on a card."""
        return " ".join(re.findall(".{1,4}", self.number))


TEST_CARDS = (
    TestCard("4242424242424242", "visa", Behaviour.PAYS, _("pays")),
    TestCard("5555555555554444", "mastercard", Behaviour.PAYS, _("pays")),
    TestCard("6200000000000005", "unionpay", Behaviour.PAYS, _("pays")),
    TestCard("4000000000000002", "visa", Behaviour.DECLINES, _("is declined")),
    TestCard("4000000000009995", "visa", Behaviour.LACKS_FUNDS, _("is declined: not enough money")),
    TestCard("4000000000000341", "visa", Behaviour.FAILS_ON_RENEWAL, _("pays now, fails at the next renewal")),
    TestCard("4000002760003184", "visa", Behaviour.ASKS, _("has every payment confirmed at the bank")),
)
_BY_NUMBER = {card.number: card for card in TEST_CARDS}
_BY_LAST4 = {card.number[-4:]: card for card in TEST_CARDS}

CARD_NUMBER, EXPIRY, CVC = "card_number", "expiry", "cvc"


@dataclass(frozen=True, slots=True)
class ValidCard:
    """A card as it was typed in and found good."""

    known: TestCard
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class TypedCard:
    """What stands in the three fields of the form."""

    number: str
    expiry: str
    cvc: str

    def read(self, now: datetime) -> ValidCard | dict[str, str]:
        """Return the card, or for each field that is wrong the sentence that says so."""
        number = re.sub(r"[\s-]", "", _folded(self.number))
        month, year = _month_and_year(_folded(self.expiry))
        problems = {
            CARD_NUMBER: _number_problem(number),
            EXPIRY: _expiry_problem(month, year, now),
            CVC: "" if re.fullmatch("[0-9]{3}", _folded(self.cvc)) else _("The security code has three digits."),
        }
        found = {field: sentence for field, sentence in problems.items() if sentence}
        return found or ValidCard(_BY_NUMBER[number], month, year)


def behaviour_of(last4: str) -> Behaviour:
    """Return what a card kept with a customer does when it is charged again."""
    return _BY_LAST4[last4].behaviour


def passes_luhn(number: str) -> bool:
    """Whether the last digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _folded(typed: str) -> str:
    """Return what was typed with full-width digits made plain ones."""
    return unicodedata.normalize("NFKC", typed).strip()


def _number_problem(number: str) -> str:
    if not re.fullmatch(r"[0-9]{12,19}", number) or not passes_luhn(number):
        return _("This is not a card number.")
    if number not in _BY_NUMBER:
        return _("This is not a test card. The sandbox never takes a real one.")
    return ""


def _month_and_year(expiry: str) -> tuple[int, int]:
    """Return month and year of “12/34”, “12 / 2034” or “1234”; (0, 0) for anything else."""
    # "12" and "34" in "12/34", in "12 / 2034" and in "1234"
    found = re.fullmatch(r"([0-9]{1,2})\s*[/.-]\s*(?:20)?([0-9]{2})|([0-9]{2})([0-9]{2})", expiry)
    if not found:
        return 0, 0
    month, year = (part for part in found.groups() if part)
    return int(month), 2000 + int(year)


def _expiry_problem(month: int, year: int, now: datetime) -> str:
    if month not in range(1, 13):
        return _("Write the expiry date like 12/34.")
    if (year, month) < (now.year, now.month):
        return _("This card has expired.")
    return ""
