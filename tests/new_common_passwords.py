"""Write webapp/accounts/common_passwords.bin anew: `PYTHONPATH=. python tests/new_common_passwords.py`.

The 100,000 most likely passwords that are long enough, by rules of ours over the frequency lists of the package zxcvbn:
what stands in a list by itself, and what stands there with an ending that people add. Only hashes are written, no text.
"""

from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from struct import pack as pack_int
from zlib import compress

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from webapp.accounts import common_passwords
from webapp.accounts.common_passwords import short_hash
from webapp.accounts.passwords import SHORTEST

MOST = 100_000
PATH = Path(common_passwords.__file__).with_suffix(".bin")
# How many times rarer a word of another list is as a password than what has its rank in the list of passwords.
_RARER = 4
_SITES = (
    "facebook linkedin myspace linkinpark google yahoo hotmail iphone runescape twitter instagram youtube tiktok qwer"
)
_PHRASES = (
    "love iloveyou ilove loveyou loveme iloveme lovely myself jesus jesusis god my baby girl boy sexy angel hot big"
)
_CHINESE = (
    "woaini wang zhang liu chen yang huang zhao zhou wu xu sun ma zhu hu lin guo he gao luo li wo ai asd abc qq zxc"
)
_NUMBERS = (
    "1 123 12 1234 12345 123456 2 7 3 0 01 11 22 13 23 21 5 4 8 9 6 69 99 00 88 77 321 1314 520 521 666 888 111 007"
)
_SIGNS = "! @ . a"
_ENDINGS = [
    *_NUMBERS.split(),
    *_SIGNS.split(),
    *map(str, range(2024, 1949, -1)),
    *(f"{number:02}" for number in range(100)),
]
_LEET = str.maketrans({"a": "@", "o": "0", "i": "1", "e": "3", "s": "$"})


def likely_passwords() -> list[str]:
    """Return the most likely passwords that are long enough, the likeliest first."""
    costs: dict[str, float] = {}
    for password, cost in _candidates():
        if len(password) >= SHORTEST and password.isascii():
            costs[password] = min(cost, costs.get(password, cost))
    return sorted(costs, key=lambda password: (costs[password], password))[:MOST]


def pack(passwords: list[str]) -> bytes:
    """Return the sorted hashes of passwords as the gaps between them, compressed."""
    hashes = sorted({short_hash(password) for password in passwords})
    return compress(b"".join(pack_int("<I", later - earlier) for earlier, later in pairwise([0, *hashes])), 9)


def _candidates() -> Iterator[tuple[str, float]]:
    """Yield passwords with what they cost a guesser: the rank of a word, times the rank of what is done to it."""
    words = {
        word: rank * (1 if name == "passwords" else _RARER) for name in FREQUENCY_LISTS for word, rank in _ranked(name)
    }
    for own in (_CHINESE, _SITES, _PHRASES):
        words |= {word: 200 + number * 60 for number, word in enumerate(own.split())}
    for word, cost in words.items():
        yield word, cost
        yield word.translate(_LEET), cost * 30
        yield word + word, cost * 20
        yield word[::-1], cost * 60
    likely = sorted(words, key=lambda word: (words[word], word))[:12_000]
    for word, (place, ending) in product(likely, enumerate(_ENDINGS, start=3)):
        yield word + ending, words[word] * place
        yield ending + word, words[word] * place * 8
    for (first, word), (second, other) in product(enumerate(likely[:500], start=20), repeat=2):
        yield word + other, first * second * 4


def _ranked(name: str) -> Iterator[tuple[str, int]]:
    return ((word, rank) for rank, word in enumerate(FREQUENCY_LISTS[name], start=1))


if __name__ == "__main__":
    PATH.write_bytes(pack(likely_passwords()))
