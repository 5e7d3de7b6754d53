"""Which language a text is written in: by its script first, then by letters and small words that others do not have."""

import re
from collections import Counter

from webapp.manuscript.language.language_words import LETTERS, WORDS

# Texts are told by samples of so many characters from their beginning, middle and end.
_SAMPLE = 20_000
# Addresses of pages and of people: https://example.com/a, www.example.com, a@example.com
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LETTER = re.compile(r"[^\W\d_]+")
# Words with their vowel signs, which are no letters to `\w`: रिपोर्ट
_WORD = re.compile(r"[^\s\d.,;:!?।،؛؟()\[\]«»“”\"]+")
_EAST_ASIAN = _HAN, _KANA, _HANGUL = "Han", "Kana", "Hangul"
_RANGES = {
    _HAN: "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    _KANA: "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d",
    _HANGUL: "\u1100-\u11ff\u3131-\u318e\uac00-\ud7af",
    "Arabic": "\u0620-\u065f\u066e-\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdcf\ufe70-\ufefc",
    "Hebrew": "\u05d0-\u05f2",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Devanagari": "\u0900-\u097f",
    "Thai": "\u0e01-\u0e4e",
}
_OTHER_SCRIPTS = {
    "bn": "\u0980-\u09ff",
    "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f",
    "si": "\u0d80-\u0dff",
    "lo": "\u0e80-\u0eff",
    "bo": "\u0f00-\u0fff",
    "my": "\u1000-\u109f",
    "ka": "\u10a0-\u10ff\u1c90-\u1cbf",
    "am": "\u1200-\u137f",
    "km": "\u1780-\u17ff",
    "hy": "\u0530-\u058f",
}
_SCRIPTS = {name: re.compile(f"[{range_}]+") for name, range_ in (_RANGES | _OTHER_SCRIPTS).items()}
_COMMONEST = {"Arabic": "ar", "Hebrew": "he", "Cyrillic": "ru", "Greek": "el", "Devanagari": "hi", "Thai": "th"}
_UNKNOWN = "zh"
_CJK_SHARE = 0.2  # one such character says as much as some letters do
_SHARE = 0.4
_KANA_SHARE = 0.1
_FEWEST_WORDS = 2
_TRADITIONAL = frozenset(
    "這個們來時為國會說學對發沒過還經動現點實體關開問間長門見東車馬風電話書與萬義習樂歡處號當應從進選運邊產業務參報數據類"
)
_SIMPLIFIED = frozenset(
    "这个们来时为国会说学对发没过还经动现点实体关开问间长门见东车马风电话书与万义习乐欢处号当应从进选运边产业务参报数据类"
)
_TRADITIONAL_ONLY, _SIMPLIFIED_ONLY = _TRADITIONAL - _SIMPLIFIED, _SIMPLIFIED - _TRADITIONAL


def language_of(text: str) -> str:
    """Return the language of a text without its addresses; where it is not certain, the commonest of its script."""
    sample = _ADDRESS.sub(" ", _sampled(text))
    letters = sum(map(len, _LETTER.findall(sample)))
    han, kana, hangul = (_count(name, sample) for name in _EAST_ASIAN)
    if not letters or han + kana + hangul >= _CJK_SHARE * letters:
        return _east_asian(sample, han, kana, hangul)
    counts = {name: _count(name, sample) for name in _SCRIPTS if name not in _EAST_ASIAN}
    script, most = max(counts.items(), key=lambda each: each[1])
    if most < _SHARE * letters:
        return _likeliest("Latin", sample) or "en"
    return (_likeliest(script, sample) or _COMMONEST[script]) if script in _COMMONEST else script


def _count(script: str, text: str) -> int:
    return sum(map(len, _SCRIPTS[script].findall(text)))


def _sampled(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return "\n".join((text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))


def _east_asian(sample: str, han: int, kana: int, hangul: int) -> str:
    if hangul > han + kana:
        return "ko"
    if kana and kana >= _KANA_SHARE * (han + kana):
        return "ja"
    characters = Counter(sample)
    traditional = sum(characters[character] for character in _TRADITIONAL_ONLY)
    simplified = sum(characters[character] for character in _SIMPLIFIED_ONLY)
    return "zh-Hant" if traditional > simplified else _UNKNOWN


def _likeliest(script: str, sample: str) -> str | None:
    """Return the language that has the most small words and letters of its own in a text, None where few are."""
    found, characters = Counter(_WORD.findall(sample.lower())), Counter(sample.lower())
    scores = {
        language: sum(found[word] for word in words) + sum(characters[letter] for letter in LETTERS.get(language, ""))
        for language, words in WORDS.get(script, {}).items()
    }
    (best, most), (_next, second), *_rest = (*Counter(scores).most_common(2), ("", 0), ("", 0))
    return best if most > second and (most >= _FEWEST_WORDS or not second) else None
