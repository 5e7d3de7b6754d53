"""How likely a text is in a language: what each of its characters costs (nats), the less the likelier.

Costs are such that texts of several readings of the same bytes can be compared: the sum is what counts.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from webapp.documents.common_characters import (
    ALPHABETS,
    CJK_MARKS,
    HANGUL,
    KANJI,
    LATIN,
    MARKS,
    NEVER_IN_WORDS,
    SIMPLIFIED,
    TRADITIONAL,
)

Cost = Callable[[str, str], float]  # of a character after the one before it

ASCII = 3.0
_USUAL, _USUAL_SHARE = 10.0, 0.8  # what costs less is to be expected, and that most do
_FIRST, _SECOND, _RARE, _FOREIGN, _IMPOSSIBLE = 9.7, 13.0, 17.0, 12.0, 20.0
_MARK, _CAPITAL, _AFTER_CAPITAL, _ALONE, _IN_A_WORD = 6.0, 2.5, 1.5, 2.0, 10.0
_GLUED = 3.0  # a small Latin letter and a character of East Asia, side by side
_OTHER_LANGUAGE = 12.0  # at most, for what A to Z tell


@dataclass(frozen=True, slots=True)
class Model:
    """A language: what its characters cost, the highest mean of a likely text, and the order of its A to Z."""

    cost: Cost
    most: float
    latin: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What a text costs in a language, and whether that is likely: by its characters that are not ASCII."""

    total: float
    is_likely: bool


def best_score(text: str) -> Score:
    """Return the score of a text in the language that it is likeliest in."""
    beside = Counter(pair for pair in pairwise(f" {text}") if max(pair) >= "\x80")
    ascii_cost = ASCII * sum(character < "\x80" for character in text)
    others = _language_costs(text)
    scores = (_score(beside, model, ascii_cost + others.get(model.latin, 0.0)) for model in models())
    return min(scores, key=lambda score: score.total)


def _score(beside: Counter[tuple[str, str]], model: Model, rest: float) -> Score:
    """Return the score of characters that are not ASCII, or stand after such a one; `rest` is what the others cost."""
    strange, usual, total = 0, 0, 0.0
    for (before, character), count in beside.items():
        price = model.cost(before, character)
        if character < "\x80":
            rest += (price - ASCII) * count
        else:
            strange += count
            usual += count if price < _USUAL else 0
            total += price * count
    return Score(rest + total, usual >= strange * _USUAL_SHARE and total <= strange * model.most)


def _language_costs(text: str) -> dict[str, float]:
    """Return how much less likely than the likeliest each language in Latin letters is by A to Z alone."""
    letters = Counter(character for character in text.lower() if "a" <= character <= "z")
    orders = [order for order, _beside in LATIN.values()]
    costs = [sum(order.index(letter) * 0.13 * count for letter, count in letters.items()) for order in orders]
    return {order: min(cost - min(costs), _OTHER_LANGUAGE) for order, cost in zip(orders, costs, strict=True)}


@cache
def models() -> tuple[Model, ...]:
    """Return a model of each language and alphabet that we know."""
    east_asian = (
        _east_asian(SIMPLIFIED, 6.6, "gb2312", range(0xB0, 0xD8)),
        _east_asian(TRADITIONAL, 6.6, "big5", range(0xA4, 0xC7)),
        _east_asian(KANJI, 7.0, "euc_jp", range(0xB0, 0xD0), japanese=True),
        _east_asian(HANGUL, 6.0, "euc_kr", range(0xB0, 0xC9)),
    )
    return (
        *(Model(cost, 8.9) for cost in east_asian),
        *(Model(_alphabet(order), 5.5) for order in ALPHABETS.values()),
        *(Model(_latin(beside), 7.5, order) for order, beside in LATIN.values()),
    )


def _east_asian(common: str, usual: float, charset: str, first: Iterable[int], *, japanese: bool = False) -> Cost:
    """Return the costs of a script: its common characters, those of the first level of its standard, then others."""
    known = dict.fromkeys(_characters(charset, range(0xA1, 0xFF)), _SECOND)
    known |= dict.fromkeys(_characters(charset, first), _FIRST)
    letters = {character: price for character, price in known.items() if character.isalpha()}
    letters |= dict.fromkeys(common, usual)
    letters |= dict.fromkeys(CJK_MARKS, 5.0)
    letters |= {chr(code): 8.0 for code in range(0xFF01, 0xFF5F)}  # wide letters and digits
    kana = {chr(code): 4.7 for code in range(0x3041, 0x3094)} | {chr(code): 6.0 for code in range(0x30A1, 0x30FD)}
    letters |= kana if japanese else dict.fromkeys(kana, _FOREIGN)
    for character in [one for one in letters if one < "\u2000" or "\u3100" <= one < "\u3130"]:
        letters[character] = _FOREIGN  # Greek, Cyrillic, accents and bopomofo, which these standards hold as well

    @cache
    def price(character: str) -> float:
        return letters[character] if character in letters else _unusual(character)

    def cost(before: str, character: str) -> float:
        glued = _GLUED if before.islower() or character.islower() else 0.0
        return (ASCII if character < "\x80" else price(character)) + glued

    return cost


def _characters(charset: str, leads: Iterable[int]) -> Iterator[str]:
    """Return what a charset of two bytes holds under these first bytes."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    pairs = (bytes((lead, trail)).decode(charset, "ignore") for lead in leads for trail in trails)
    return (character for character in pairs if len(character) == 1)


def _alphabet(order: str) -> Cost:
    """Return the costs of an alphabet by the order of its letters."""
    costs = {letter: 2.2 + 0.1 * rank + 0.15 * max(rank - 20, 0) for rank, letter in enumerate(order)}
    return _in_words(costs)


def _latin(beside: str) -> Cost:
    """Return the costs of a language by the letters it has beside A to Z, which stand among these."""
    return _in_words({letter: 4.2 + 0.15 * rank for rank, letter in enumerate(beside)}, among_ascii=True)


def _in_words(costs: dict[str, float], *, among_ascii: bool = False) -> Cost:
    """Return the costs of words made of these letters, among A to Z or never beside them."""

    def cost(before: str, character: str) -> float:
        if character < "\x80":
            mixed = character.isalpha() and before.lower() in costs and not among_ascii
            return ASCII + (_IN_A_WORD if mixed else 0)
        if character in MARKS:
            return _MARK + (_IN_A_WORD if character in NEVER_IN_WORDS and before.isalpha() else 0)
        lower = character if character in costs else character.lower()
        if lower not in costs:
            return _unusual(character)
        price = costs[lower]
        if character != lower:
            price += _after(before)
        elif among_ascii and not before.isalpha():
            price += _ALONE
        return price + (0 if among_ascii or not (before.isascii() and before.isalpha()) else _IN_A_WORD)

    return cost


def _after(before: str) -> float:
    """Return what a capital costs more than its small letter, after what stands before it."""
    if not before.isalpha():
        return _CAPITAL
    return _AFTER_CAPITAL if before.isupper() else _IN_A_WORD


@cache
def _unusual(character: str) -> float:
    """Return what a character costs that is none of the language's."""
    category = unicodedata.category(character)
    if category[0] == "C":
        return _IMPOSSIBLE
    return _RARE if category == "Lo" or "\uff61" <= character <= "\uff9f" else _FOREIGN
