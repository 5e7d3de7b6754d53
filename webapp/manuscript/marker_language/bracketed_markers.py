"""Words that seem to be meant as markers of a paid span and are none: [paidbegin], <!--paidend-->, ##付费开始##."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.manuscript.marker_language.character_folding import IGNORED, LOOSE

_LOOSELY = f"[{IGNORED}{LOOSE}]*+"
_PAID, _BEGIN, _END = (_LOOSELY.join(word) for word in ("paid", "begin", "end"))
_OTHERS = "|".join(_LOOSELY.join(word) for word in ("start", "open", "stop", "close"))
# paidbegin, Paid_End, paid begin and paidstart, as a sketch has them
_WORD = re.compile(rf"(?i){_PAID}(?:{_LOOSELY} ?{_LOOSELY}(?:{_BEGIN}|{_END})|{_LOOSELY}(?:{_OTHERS}))")
_ACTION = "开始|開始|结束|結束|起始|终止|終止|起点|终点|开头|结尾"
_SUBJECTS = ("付费", "付費", "收费", "收費", "会员", "會員", "订阅", "訂閱", "VIP", "vip")
# 付费开始, 会员内容结束, 开始付费 with an action; 付费, 以下付费, 付费段起 without one
_CHINESE = re.compile(
    rf"(?P<first>{_ACTION})?(?:以下|以上)?(?P<subject>{'|'.join(_SUBJECTS)})"
    r"(?:内容|內容|部分|正文|文字|段落|段|区域|區域|区|區|阅读|閱讀|专享|專享|专区|可见|可見|全文|章节)?"
    rf"(?:(?P<last>{_ACTION})|[起止始终終完])?"
)
_SOLD = _SUBJECTS[:4]
_QUOTED = re.compile("[“”‘’\"']")

_PAIRS = ("()", "[]", "{}", "<>", "（）", "【】", "［］", "｛｝", "＜＞", "〔〕", "〖〗", "〈〉", "⟨⟩", "«»")
_QUOTING_PAIRS = ("《》", "「」", "『』")  # which stand around words in prose, too
_OPENED = re.compile(r"<!--|\{\{|\{%|/\*")
# == of: ==paidbegin==; ** and __ are emphasis, and :// is an address
_DOUBLED = re.compile(r"([#＃$＄￥¥=＝@＠%％+＋!！^|｜&＆~～;；/／:：\-－—–])\1")
_SYMBOL = r"(?:[^\w\s，。、；？,.?]|_)"  # those of sentences are no part of a marker
_LEFT = re.compile(rf"(?P<run>{_SYMBOL}*)(?P<space>[ \t\u3000]{{0,3}})\Z")
_RIGHT = re.compile(rf"(?P<space>[ \t\u3000]{{0,3}})(?P<run>{_SYMBOL}*)")
_NO_WORD = re.compile(r"[\W_]*(?:\d{1,9}[.)、][\W_]*)?")
_HASHES = re.compile(r"[#＃$＄￥¥]+")
_WINDOW = 40  # so many characters on either side are looked at


@dataclass(frozen=True, slots=True)
class BareMarker:
    """Offsets of a bare marker with its signs and of its word; `escape` is that of a backslash before it, or -1."""

    start: int
    word_start: int
    word_stop: int
    stop: int
    escape: int


@dataclass(frozen=True, slots=True)
class _Sides:
    """The signs on either side of a word, and whether the line holds nothing else on that side."""

    left: str
    right: str
    begins_line: bool
    ends_line: bool
    touching: bool

    def is_within(self, pairs: tuple[str, ...]) -> bool:
        return any(pair[0] in self.left and pair[1] in self.right for pair in pairs)

    def is_doubled(self) -> bool:
        left, right = ("://" not in side and bool(_DOUBLED.search(side)) for side in (self.left, self.right))
        return (left and (right or self.ends_line)) or (right and self.begins_line)

    def is_alone(self) -> bool:
        return self.begins_line and self.ends_line

    def is_between_hashes(self) -> bool:
        left, right = _HASHES.fullmatch(self.left.lstrip("\\")), _HASHES.fullmatch(self.right)
        return self.touching and bool(left and right) and max(len(self.left), len(self.right)) > 1


def _line_around(source: str, start: int, stop: int) -> tuple[str, str, bool, bool]:
    """Return what stands left and right of a word in its line, as far as is looked at, and whether that is all."""
    first, last = max(0, start - _WINDOW), min(len(source), stop + _WINDOW)
    begins = max(source.rfind("\n", first, start), source.rfind("\r", first, start)) + 1
    ends = min((at for at in (source.find("\n", stop, last), source.find("\r", stop, last)) if at >= 0), default=last)
    has_begin, has_end = begins > 0 or first == 0, ends < last or last == len(source)
    return source[max(first, begins) : start], source[stop:ends], has_begin, has_end


def _sides(source: str, start: int, stop: int) -> tuple[_Sides, BareMarker]:
    before, after, has_begin, has_end = _line_around(source, start, stop)
    left, right = _LEFT.search(before), _RIGHT.match(after)
    assert left
    assert right
    sides = _Sides(
        left["run"],
        right["run"],
        bool(has_begin and _NO_WORD.fullmatch(before)),
        bool(has_end and _NO_WORD.fullmatch(after)),
        not left["space"] and not right["space"],
    )
    first = start - len(left[0])
    escape = first + left["run"].rfind("\\") if "\\" in left["run"] else -1
    return sides, BareMarker(first if left["run"] else start, start, stop, stop + len(right[0].rstrip()), escape)


def _is_latin_marker(sides: _Sides) -> bool:
    opened = bool(_OPENED.search(sides.left))
    return opened or sides.is_within((*_PAIRS, *_QUOTING_PAIRS)) or sides.is_doubled() or sides.is_alone()


def _is_chinese_marker(found: re.Match[str], sides: _Sides) -> bool:
    if not (found["first"] or found["last"]):
        return sides.is_between_hashes()
    around = sides.left + sides.right
    alone = sides.is_alone() and (found["subject"] in _SOLD or bool(_DOUBLED.search(around)))
    return sides.is_within(_PAIRS) or sides.is_doubled() or (alone and not _QUOTED.search(around))


def bare_markers(source: str, classes: str) -> Iterator[BareMarker]:
    """Yield the bare markers of a text with its sketch, Latin ones first; some may be markers or near ones as well."""
    for found in _WORD.finditer(classes):
        sides, bare = _sides(source, *found.span())
        if _is_latin_marker(sides):
            yield bare
    if not any(subject in source for subject in _SUBJECTS):
        return
    for found in _CHINESE.finditer(source):
        sides, bare = _sides(source, *found.span())
        if _is_chinese_marker(found, sides):
            yield bare
