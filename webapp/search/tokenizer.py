"""What is found by what: the tokens of a text, and the phrases that a query asks for.

A dictionary cuts Chinese text into words, in the index as in a query. It may cut the same characters differently in
another sentence; therefore the index also holds every other pair of neighbouring characters: whatever is asked for is
found wherever it stands, by its words or by all of its pairs.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import add

from webapp.kit.helper_process import HelperProcess

_HAN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
# Letters and digits apart, so that GB/T9704 is GB/T 9704: "按照", "GB", "T" and "9704" in "按照GB/T9704".
_RUNS = re.compile(rf"([{_HAN}]+)|(\d+|[^\W\d_{_HAN}]+)")
_NOT_HAN = re.compile(rf"[^{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
# "年报" in '库存 "年报"', in "库存 “年报”" and in "库存 「年报」"
_QUOTED = re.compile('"([^"]*)"|“([^”]*)”|「([^」]*)」')
_SURROGATES = re.compile("[\ud800-\udfff]")

LONGEST_QUERY = 200  # characters
MOST_PHRASES = 12
_PAIR = 2
_SHORT_RUN = 2  # letters or digits before a single character that belong to it: A股, 5月

_DICTIONARY = "webapp.search.dictionary"
_dictionary = HelperProcess(_DICTIONARY)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text: its words in order, and what else it shall be found by, each a space apart."""

    words: str
    others: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand side by side, the last one perhaps a beginning only (`open_end`).

    `pairs`: the pairs of neighbouring characters in it, all of which will do as well. `shown` is how the phrase
    looks in a text.
    """

    tokens: tuple[str, ...]
    shown: tuple[str, ...]
    open_end: bool = False
    pairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """All phrases must be found. A single Chinese character (`in_titles_only`) is looked for in titles and tags."""

    text: str = ""
    phrases: tuple[Phrase, ...] = ()
    in_titles_only: bool = False

    def __bool__(self) -> bool:
        return bool(self.phrases)


def split_scripts(text: str) -> list[str]:
    """Return the runs of a text: of Chinese characters, or of another script, of which width and case are folded."""
    return [part for han, other in _RUNS.findall(text) for part in ((han,) if han else _folded(other))]


def is_han(run: str) -> bool:
    """Whether a run is of Chinese characters (or of other scripts that put no space between words)."""
    return bool(_IS_HAN.match(run))


def _folded(run: str) -> list[str]:
    """Return a run in which compatibility forms make no difference; what falls apart (½) is several."""
    plain = unicodedata.normalize("NFKC", run).casefold()
    return [plain] if plain.isalnum() else [han or other for han, other in _RUNS.findall(plain)]


def tokenize(text: str, cut: Callable[[str], str] | None = None) -> Tokens:
    """Return what a text is found by, each of its paragraphs cut into words so."""
    words = " ".join(filter(None, map(cut or cut_words, text.splitlines())))
    han = _NOT_HAN.sub(" ", text)
    others = set(map(add, han, han[1:])).difference(words.split())
    # In order, which costs less than an index that SQLite has to put in order.
    return Tokens(words, " ".join(sorted([pair for pair in others if " " not in pair])))


def cut_words(paragraph: str) -> str:
    """Return the words of a paragraph, each a space apart."""
    found = _RUNS.findall(paragraph)
    other_scripts = iter([_folded(other) for _han, other in found if other])
    # The dictionary is asked once for all runs: a call costs as much as the cutting of a sentence.
    cut = _cut("\n".join([han or "\t" for han, _other in found]))
    words = [part for word in cut if word != "\n" for part in (next(other_scripts) if word == "\t" else (word,))]
    return " ".join(words)


def load_dictionary() -> None:
    """Have the dictionary in this process, for many texts; without it a process beside this one is asked."""
    from webapp.search import dictionary  # noqa: F401, PLC0415 - it is 30 MB


def _cut(text: str) -> list[str]:
    loaded = sys.modules.get(_DICTIONARY)
    words: list[str] = _dictionary.ask("cut", text) if loaded is None else loaded.cut(text)
    return words


def tokenize_label(text: str) -> Tokens:
    """Return what a title or a tag is found by: what is short is found by each pair and by each character, too."""
    found = tokenize(text)
    chinese = [run for run in split_scripts(text) if is_han(run)]
    parts = {part for run in chinese for part in (*run, *map(add, run, run[1:]))}
    return Tokens(found.words, " ".join(sorted(parts | set(found.others.split()))))


def parse_query(text: str) -> Query:
    """Return what a query asks for: words, and phrases in quotation marks; anything can be typed."""
    asked = " ".join(_SURROGATES.sub("", text)[:LONGEST_QUERY].replace("\0", " ").split())
    phrases = list(_phrases(asked))
    longer = [phrase for phrase in phrases if not _is_single(phrase)]
    unique = tuple(dict.fromkeys(longer or phrases))[:MOST_PHRASES]
    return Query(asked, unique, in_titles_only=bool(unique) and not longer)


def _is_single(phrase: Phrase) -> bool:
    return len(phrase.tokens) == 1 and len(phrase.tokens[0]) == 1 and is_han(phrase.tokens[0])


def _phrases(asked: str) -> Iterator[Phrase]:
    end = 0
    for quoted in _QUOTED.finditer(asked):
        yield from _words(asked[end : quoted.start()])
        yield from _exactly(quoted[quoted.lastindex or 0])
        end = quoted.end()
    yield from _words(asked[end:])


def _exactly(text: str) -> Iterator[Phrase]:
    """Return the phrase that a quotation is: its words side by side.

    It may begin and end within a word of the text: a single character at its beginning tells little and is left out.
    """
    words = tokenize(text).words.split()
    if words:
        starts_within = len(words) > _PAIR and len(words[0]) == 1 and is_han(words[0])
        yield Phrase(
            tuple(words[starts_within:]), tuple(split_scripts(text)), open_end=is_han(words[-1]) and len(words) > 1
        )


def _words(text: str) -> Iterator[Phrase]:
    for chunk in text.split():
        before: tuple[str, ...] = ()
        for han, group in groupby(split_scripts(chunk), key=is_han):
            same = tuple(group)
            if han:
                yield from (phrase for run in same for phrase in _han_words(run, before))
                before = ()
            else:
                yield Phrase(same, same)
                before = same


def _han_words(run: str, before: tuple[str, ...]) -> Iterator[Phrase]:
    if len(run) == 1 and len(before) == 1 and len(before[0]) <= _SHORT_RUN:
        yield Phrase((*before, run), (*before, run), open_end=True)
        return
    for is_single, cut in groupby(_cut(run), key=lambda word: len(word) == 1):
        if is_single:
            # Single characters side by side are mostly a name that the dictionary does not know.
            signs = tuple(cut)
            name = "".join(signs)
            yield Phrase(signs, (name,), pairs=_pairs(name))
        else:
            yield from (Phrase((word,), (word,), pairs=_pairs(word) if len(word) > _PAIR else ()) for word in cut)


def _pairs(word: str) -> tuple[str, ...]:
    return tuple(map(add, word, word[1:]))
