"""What follows from the language of a text (a BCP 47 tag): its direction, its spaces, how fast it is read."""

import re

# "zh", "Hant" and "TW" of "zh-Hant-TW"; what follows says nothing that is needed here
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_][A-Za-z0-9]+)*")
_LONGEST_TAG = 10
_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"))
_RIGHT_TO_LEFT_SCRIPTS = frozenset(("Arab", "Hebr", "Syrc", "Thaa", "Nkoo"))
_CHARACTERS_A_MINUTE = {"zh": 450, "ja": 500, "ko": 600, "th": 900, "lo": 900, "km": 900, "my": 900, "bo": 600}
_WORDS_A_MINUTE, _LETTERS_A_WORD = 200, 6  # with the space after it
_RTL = "\u0590-\u08ff\ufb1d-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_RTL_LETTER = re.compile(f"[{_RTL}]")
_STRONG = re.compile(r"[^\W\d_]")
_SIGNED_FIGURE = re.compile(r"[+\-−±]\s?\d[\d.,٫٬\s]*[%‰٪]?")
# The three words of: it's well-known now
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")


def canonical_language(tag: str) -> str | None:
    """Return a language's tag as it is usually written, in ten characters at most; None where it is no tag.

    Chinese in the letters of the mainland is "zh".
    """
    found = _TAG.fullmatch(tag.strip())
    if not found:
        return None
    language, script, region = found.groups(default="")
    parts = [language.lower(), script.title(), region.upper()]
    if (language.lower(), script.title() or "Hans") == ("zh", "Hans") and region.upper() in {"", "CN", "SG"}:
        return "zh"
    while len(shown := "-".join(filter(None, parts))) > _LONGEST_TAG:
        parts.pop()
    return shown


def primary_language(language: str) -> str:
    """Return the language of a tag without script and region: "zh" of "zh-Hant"."""
    return language.partition("-")[0].lower()


def is_chinese(language: str) -> bool:
    """Return whether a text is set the Chinese way."""
    return primary_language(language) == "zh"


def is_unspaced(language: str) -> bool:
    """Return whether a language has no spaces between its words."""
    return primary_language(language) in _CHARACTERS_A_MINUTE and primary_language(language) != "ko"


def direction_of(language: str) -> str:
    """Return "rtl" for a language that is written from right to left, else "ltr"."""
    script = next((part for part in language.split("-")[1:] if part.istitle() and part.isalpha()), "")
    is_rtl = script in _RIGHT_TO_LEFT_SCRIPTS if script else primary_language(language) in _RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"


def text_direction(text: str, otherwise: str) -> str:
    """Return the direction of the first letter of a text (UAX #9, rule P2), `otherwise` where it has none."""
    if otherwise == "ltr" and (text.isascii() or not _RTL_LETTER.search(text)):
        return "ltr"
    first = _STRONG.search(text)
    if not first:
        return otherwise
    return "rtl" if _RTL_LETTER.match(first[0]) else "ltr"


def is_signed_figure(text: str) -> bool:
    """Return whether a text is a figure with its sign and nothing else: +3.2%."""
    return bool(_SIGNED_FIGURE.fullmatch(text.strip()))


def minutes_of(characters: int, language: str) -> int:
    """Return how many minutes so much text takes to read, one at least."""
    return max(1, round(characters / _characters_a_minute(language)))


def reading_minutes(text: str, more_characters: int, language: str) -> int:
    """Return how many minutes a text takes to read, with so many more characters that are not given.

    Its words are counted where a language has spaces between them, else its characters.
    """
    rate = _CHARACTERS_A_MINUTE.get(primary_language(language))
    minutes = len("".join(text.split())) / rate if rate else sum(1 for _ in _WORD.finditer(text)) / _WORDS_A_MINUTE
    return max(1, round(minutes + more_characters / _characters_a_minute(language)))


def _characters_a_minute(language: str) -> int:
    return _CHARACTERS_A_MINUTE.get(primary_language(language), _WORDS_A_MINUTE * _LETTERS_A_WORD)
