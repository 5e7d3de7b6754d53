"""Which lines of a plain text an editor wrapped, and how they are joined; all others stay as they are."""

import itertools
import re
from collections.abc import Iterable
from statistics import median_low

from webapp.manuscript.blocks import Inline, Run, SoftBreak, Text
from webapp.manuscript.inline_runs import merged
from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS
from webapp.manuscript.plain_text_lines.line_headings import begins_anew
from webapp.manuscript.plain_text_lines.spaced_headings import is_item
from webapp.manuscript.plain_text_lines.text_lines import GATE, Group, TextLine

LONGEST_WRAPPED_LINE = 120
_ENDS_CHINESE_LINE = tuple("。！？!?：:；;…”’」』）)》】—～.")
_INSIDE_CHINESE_SENTENCE = re.compile("[，。；：、！？“”]")
_NARROWEST_CHINESE, _WIDEST_CHINESE = 30, 160
_RAGGED = 6  # how far lines that hold as many characters as they can may differ, since marks stay with their words
_HANGING = 4  # marks at the end of a line may stand beyond it
_CHINESE = re.compile(f"[{CHINESE_CHARACTERS}]")
_SHORTEST_WIDTH = 45  # columns; who writes narrower lines means them
_SPARE = 6
_WRAPPED_SHARE = 0.6
_LEAST_CAPITALS, _FEWEST_VERSES = 0.9, 3
_WIDE_PROSE = 55
_ENDS_LINE = tuple('.!?,;:…)"”’—-')
# ­ and - at the end of a line in the middle of a word: exam-, ple
_HYPHEN = re.compile("(?<=[^\\W\\d_])[-\u2010]$")
_LAST_PART, _FIRST_PART = re.compile(r"[^\W\d_]+$"), re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 60


def chinese_width(groups: Iterable[Group]) -> int:
    """Return at which column a text was wrapped that has no spaces between words, 0 where it was not.

    A line that ends in the middle of a sentence was wrapped there; where most are nearly as long as one another, and
    few are longer, an editor did it.
    """
    groups = list(groups)
    ends = [line.width for group in groups for line in group[:-1] if _ends_in_sentence(line.text)]
    ends = [width for width in ends if _NARROWEST_CHINESE <= width <= _WIDEST_CHINESE]
    if not ends:
        return 0
    counts = [0] * (_WIDEST_CHINESE + _RAGGED + 1)
    for width in ends:
        for most in range(width, width + _RAGGED):
            counts[most] += 1
    best = max(range(len(counts)), key=lambda most: (counts[most], -most))
    longer = sum(line.width > best + _HANGING for group in groups for line in group)
    return best if 2 * counts[best] >= len(ends) and longer < counts[best] else 0


def _ends_in_sentence(text: str) -> bool:
    """Return whether a line is prose and ends in the middle of a sentence."""
    if text.endswith(_ENDS_CHINESE_LINE) or len(text) < _NARROWEST_CHINESE // 2:
        return False
    return bool(_INSIDE_CHINESE_SENTENCE.search(text))


def chinese_pieces(group: Group, width: int, *, is_first: bool) -> list[Group]:
    """Return the lines of a group in paragraphs, wrapped at a width (0: not at all)."""
    if not width:
        return [[line] for line in group]
    pieces = [[group[0]]]
    is_even = len({line.indent for line in group}) == 1
    for before, line in itertools.pairwise(group):
        is_title = is_first and before is group[0] and not _INSIDE_CHINESE_SENTENCE.search(before.text)
        is_new = begins_anew(line) or (line.indent > 1 and not is_even) or is_title
        is_full = GATE in before.text or width - _RAGGED < before.width <= width + _HANGING
        if is_full and not is_new and line.width <= width + _HANGING:
            pieces[-1].append(line)
        else:
            pieces.append([line])
    return pieces


def _first_word(text: str) -> int:
    return len(text.partition(" ")[0])


def _is_full(line: TextLine, after: TextLine, width: int) -> bool:
    """Return whether the first word of the next line would not have had room in a line."""
    return GATE in line.text or line.width + 1 + _first_word(after.text) > width


def _is_long(line: TextLine) -> bool:
    return len(line.text) > LONGEST_WRAPPED_LINE


def _width(group: Group) -> int:
    return max((line.width for line in group if not _is_long(line)), default=0)


def _is_joinable(line: TextLine, after: TextLine) -> bool:
    return not (_is_long(line) or _is_long(after) or is_item(after.text))


def _pairs(group: Group) -> list[tuple[TextLine, TextLine]]:
    return [(one, two) for one, two in itertools.pairwise(group) if _is_joinable(one, two)]


def _is_capital(text: str) -> bool:
    first = next((letter for letter in text if letter.isalpha()), "")
    return first.isupper()


def _is_prose(group: Group, width: int) -> bool:
    """Return whether the lines of a group were wrapped at a width: nearly all are as full as they can be."""
    pairs = _pairs(group)
    full = [_is_full(one, two, width) for one, two in pairs]
    if len(full) > 1 and not full[0]:  # Dear Sir,
        full = full[1:]
    if not full or sum(full) < _WRAPPED_SHARE * len(full):
        return False
    capitals = sum(_is_capital(line.text) for line in group)
    is_verse = len(group) >= _FEWEST_VERSES and capitals >= _LEAST_CAPITALS * len(group)
    return not is_verse or (all(full) and width >= _WIDE_PROSE)


def spaced_width(groups: Iterable[Group]) -> int:
    """Return at which column most of a text with spaces between words was wrapped, 0 where it is not known."""
    widths = []
    for group in groups:
        width = _width(group)
        if len(group) > 2 and width >= _SHORTEST_WIDTH and _is_prose(group, width):  # noqa: PLR2004 - two prove nothing
            widths.append(width)
    return median_low(widths) if widths else 0


def spaced_pieces(group: Group, usual: int) -> list[Group]:
    """Return the lines of a group in paragraphs; `usual` is where the lines of the text are wrapped, 0 if unknown."""
    width = max(_width(group), min(usual, _width(group) + LONGEST_WRAPPED_LINE) - _SPARE if usual else 0)
    is_one_sentence = len(group) == 2 and _goes_on(*group)  # noqa: PLR2004 - it may be as short as it likes
    is_prose = width >= _SHORTEST_WIDTH and _is_prose(group, width)
    if is_prose and not usual and len(_pairs(group)) == 1 and _is_capital(group[-1].text):
        is_prose = False  # two lines that may as well be two
    if not is_prose and not is_one_sentence:
        return [[line] for line in group]
    pieces = [[group[0]]]
    for one, two in itertools.pairwise(group):
        if _is_joinable(one, two) and (is_one_sentence or _is_full(one, two, width)):
            pieces[-1].append(two)
        else:
            pieces.append([two])
    return pieces


def _goes_on(line: TextLine, after: TextLine) -> bool:
    return _is_joinable(line, after) and after.text[0].islower() and not line.text.endswith(_ENDS_LINE)


def joined_run(lines: Group, joint: str = " ", words: frozenset[str] = frozenset()) -> Run:
    """Return lines as one run; `words` are those of the text, by which a hyphen at a line's end is known for one."""
    nodes: list[Inline] = list(lines[0].run)
    for before, line in itertools.pairwise(lines):
        between, is_cut = _joint(before.text, line.text, words)
        if is_cut and isinstance(last := nodes[-1], Text):
            nodes[-1] = Text(last.text[:-1])
        nodes += (SoftBreak(between and joint), *line.run)
    return merged(nodes)


def _joint(before: str, after: str, words: frozenset[str]) -> tuple[str, bool]:
    """Return what joins two lines, and whether the hyphen at the end of the first is dropped."""
    if before.endswith("\u00ad"):
        return "", True
    if _CHINESE.match(before[-1]) or _CHINESE.match(after[0]) or before.endswith(("—", "--")):
        return "", False
    if _HYPHEN.search(before) and after[0].islower():
        head, tail = _LAST_PART.search(before[-_LONGEST_WORD:-1]), _FIRST_PART.match(after)
        whole = f"{head[0]}{tail[0]}".lower() if head and tail else ""
        return "", whole in words
    return " ", False


def words_of(groups: Iterable[Group]) -> frozenset[str]:
    """Return the words of a text whose lines end with hyphens; none where no line does."""
    groups = list(groups)
    if not any(_HYPHEN.search(line.text) for group in groups for line in group):
        return frozenset()
    inside = re.compile(r"[^\W\d_]++(?![-\u2010]$)")
    return frozenset(word.lower() for group in groups for line in group for word in inside.findall(line.text))
