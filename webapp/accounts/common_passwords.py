"""Passwords that are tried first: the most common ones, and what a hand or a calendar makes.

`common_passwords.bin` holds no password, but four bytes of the hash of each, sorted, as the gaps between them;
tests/new_common_passwords.py makes it. One good password in 43,000 shares its four bytes with a common one.
"""

import re
import zlib
from array import array
from bisect import bisect_left
from datetime import date
from functools import cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from struct import iter_unpack

_FILE = Path(__file__).with_suffix(".bin")
# A piece of up to four characters, and nothing but it again and again: "abcabcab".
_REPEATED = re.compile(r"(.{1,4}?)\1+", re.DOTALL)
# "1988-05-12", "19880512"
_YEAR_FIRST = re.compile(r"(\d{4})[-./ ]?(\d\d)[-./ ]?(\d\d)")
# "12.05.1988", "05121988"
_YEAR_LAST = re.compile(r"(\d\d)[-./ ]?(\d\d)[-./ ]?(\d{4})")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")
_YEARS = range(1900, 2100)


def is_common(password: str) -> bool:
    """Whether a password, in small letters, is one of those that are tried first."""
    return _is_made_by_a_pattern(password) or _is_listed(password)


def short_hash(password: str) -> int:
    """Return the four bytes by which a common password is kept."""
    return int.from_bytes(sha256(password.encode(errors="surrogatepass")).digest()[:4])


def _is_listed(password: str) -> bool:
    kept, wanted = _kept(), short_hash(password)
    place = bisect_left(kept, wanted)
    return place < len(kept) and kept[place] == wanted


@cache
def _kept() -> "array[int]":
    """Return the hashes in order: 400 kB, read when the first password is chosen."""
    gaps = (gap for (gap,) in iter_unpack("<I", zlib.decompress(_FILE.read_bytes())))
    return array("I", accumulate(gaps))


def _is_made_by_a_pattern(password: str) -> bool:
    """Whether it is a piece again and again, a run of the alphabet or of the keys, or a date."""
    repeated = _REPEATED.match(password)
    piece = repeated[1] if repeated else ""
    if piece and (piece * len(password)).startswith(password):
        return True
    runs = (row * 2 for row in _ROWS)
    return any(password in run or password in run[::-1] for run in runs) or _is_date(password)


def _is_date(password: str) -> bool:
    first, last = _YEAR_FIRST.fullmatch(password), _YEAR_LAST.fullmatch(password)
    orders = [first.groups()] if first else []
    if last:
        one, other, year = last.groups()
        orders += [(year, one, other), (year, other, one)]
    return any(_is_day(*map(int, order)) for order in orders)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year in _YEARS
    except ValueError:
        return False
