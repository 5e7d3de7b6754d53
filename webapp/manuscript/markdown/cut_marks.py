"""Marks of Markdown whose other half is behind a gate: the public half is closed as it was meant, or taken away.

What shows that a mark was cut is public: it has no other half, and a gate stands in its block on that side.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BACKTICKS = re.compile("`+")
_NEXT_BACKTICKS = re.compile(r"(?:[^\\`]|\\.)*+(?P<run>`+)", re.DOTALL)
_BRACKETS = re.compile(r"\\.|(?P<open>[!^]?\[\^?)|(?P<close>\])", re.DOTALL)
_ADDRESS = re.compile(r"\((?:[^()\\]|\\.|\([^()]*\))*\)|\[[^\[\]]*\]", re.DOTALL)
# ".png" of "(/a.png?b)"
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|avif|bmp|tiff?)\b", re.IGNORECASE)
_ROUND = re.compile("[()]")
# b.png "Title") of: ##paidbegin##![words](a##paidend##b.png "Title"); no "art)", and none of e.g. 3.2)
_INSIDE = r"(?:[^\s()<>\ufdd0-\ufdef]|\([^\s()<>\ufdd0-\ufdef]*\))"
_ADDRESS_REST = re.compile(
    rf"""\n?(?={_INSIDE}*?(?:/|[?&=%]|\.[A-Za-z])){_INSIDE}+>?(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'))?[ \t]*\)"""
)
# The end of a heading: {#named}
_NAME = re.compile(r"[ \t]*\{[^{}\n]*#[\w:.-]+[^{}\n]*\}[ \t]*$", re.MULTILINE)
_CLOSING_ROUND, _OPENING_ROUND = re.compile("[)）]"), re.compile("[(（]")


@dataclass(frozen=True, slots=True)
class Edit:
    """What comes in place of a stretch of a text."""

    start: int
    stop: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class GatedText:
    """The text of one block, and where its gates begin and end."""

    text: str
    starts: tuple[int, ...]
    stops: tuple[int, ...]

    def behind(self, place: int) -> int | None:
        """Return where the text before the next gate ends, spaces aside; None where no gate follows."""
        index = bisect_left(self.starts, place)
        return len(self.text[: self.starts[index]].rstrip()) if index < len(self.starts) else None

    def before(self, place: int) -> int | None:
        """Return where the text after the last gate begins, spaces aside; None where there is no gate before."""
        index = bisect_right(self.stops, place) - 1
        if index < 0:
            return None
        first = self.stops[index]
        return first + len(self.text[first:place]) - len(self.text[first:place].lstrip())

    def edited(self, edits: Iterable[Edit]) -> "GatedText":
        """Return the text with its edits made, none of which touches a gate; those at one place in their order."""
        pieces: list[str] = []
        places: list[tuple[int, int]] = []  # how much longer the text has become by an edit that ends there
        seen = longer = 0
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.stop)):
            if edit.start >= seen:
                pieces += [self.text[seen : edit.start], edit.text]
                longer += len(edit.text) - (edit.stop - edit.start)
                places.append((edit.stop, longer))
                seen = edit.stop
        ends = [0, *(stop for stop, _ in places)]
        shifts = [0, *(shift for _, shift in places)]

        def moved(gates: tuple[int, ...], find: int) -> tuple[int, ...]:
            return tuple(gate + shifts[bisect_right(ends, gate + find) - 1] for gate in gates)

        # What is put in right behind a gate does not move its end.
        return GatedText("".join((*pieces, self.text[seen:])), moved(self.starts, 0), moved(self.stops, -1))


def closed_mark(text: GatedText, start: int, stop: int, *, opens: bool, closes: bool) -> Edit | None:
    """Return what gives a mark its other half at a gate, or takes it away where there is nothing between them."""
    mark, behind, before = text.text[start:stop], text.behind(stop), text.before(start)
    if opens and behind is not None and (before is None or not closes or _is_opening(text.text, start, stop)):
        return Edit(behind, behind, mark) if behind > stop else Edit(start, stop)
    if closes and before is not None:
        return Edit(before, before, mark) if before < start else Edit(start, stop)
    return None


def _is_opening(text: str, start: int, stop: int) -> bool:
    """Return whether a mark that may be either half opens, as spaces around it tell."""
    return not text[stop : stop + 1].isspace() and (not start or text[start - 1].isspace())


def _code_runs(text: str) -> Iterator[tuple[int, int, int | None]]:
    r"""Yield where each run of backquotes that opens code begins and ends, and where its code does, None where nowhere.

    A backslash keeps a backquote from opening code, and in code it is text: `C:\\`.
    """
    by_length: dict[int, list[re.Match[str]]] = {}
    for run in _BACKTICKS.finditer(text):
        by_length.setdefault(len(run[0]), []).append(run)
    at = 0
    while found := _NEXT_BACKTICKS.match(text, at):
        start, stop = found.span("run")
        alike = by_length.get(stop - start, [])
        following = bisect_left(alike, stop, key=re.Match.start)
        end = alike[following].end() if following < len(alike) else None
        yield start, stop, end
        at = end or stop


def code_edits(text: GatedText) -> Iterable[Edit]:
    """Return what closes the code that a gate cuts; other backquotes in it are its text."""
    seen = 0
    edits: dict[tuple[int, int], Edit] = {}  # of two at one place the last: the other one's code has no public text
    for start, stop, end in _code_runs(text.text):
        edit = None if end or start < seen else closed_mark(text, start, stop, opens=True, closes=True)
        if edit:
            seen = edit.stop
            edit = _apart(text.text, edit)
            edits[edit.start, edit.stop] = edit
    return edits.values()


def _apart(text: str, edit: Edit) -> Edit:
    """Return an edit in place of the backquotes that it would run into: it pairs with them, or they with none."""
    first, last = edit.start, edit.stop
    while edit.text and text[first - 1 : first] == "`":
        first -= 1
    while edit.text and text[last : last + 1] == "`":
        last += 1
    return Edit(first, last, "" if last - first == len(edit.text) else edit.text)


def without_code(text: str) -> str:
    """Return a text of the same length without its code."""
    pieces, seen = [], 0
    for start, _, end in _code_runs(text):
        if end:
            pieces += [text[seen:start], "x" * (end - start)]
            seen = end
    return "".join((*pieces, text[seen:]))


def bracket_edits(text: GatedText) -> Iterator[Edit]:
    """Yield what takes away the halves of links and pictures whose other half, or whose address, is behind a gate.

    A picture is paid as soon as any part of it is, and then its words are, too.
    """
    bare = without_code(text.text)
    waiting: list[re.Match[str]] = []
    for found in _BRACKETS.finditer(bare):
        if found["open"]:
            waiting.append(found)
        elif found["close"]:
            address = _ADDRESS.match(bare, found.end())
            if not waiting:
                before, doubled = text.before(found.start()), bare.startswith("]]", found.start())
                if (address or doubled) and before is not None:
                    named = address[0] if address else bare[before : found.start()]
                    start = before if _PICTURE.search(named) else found.start()
                    yield Edit(start, address.end() if address else found.end() + 1)
                continue
            opening = waiting.pop()
            if not address:
                yield from _halves(text, bare, opening, found.end())
    for index, opening in enumerate(waiting):
        end = text.behind(opening.end())
        if end is not None and not _is_interval(bare[opening.end() : end]):
            is_label = "[^" in opening[0] and not re.search(r"\s", bare[opening.end() : end])
            is_doubled = index > 0 and waiting[index - 1].end() == opening.start()
            words = bare.find("|", opening.end(), end) + 1 if is_doubled else 0
            yield Edit(opening.start(), end if is_label or opening[0] == "![" else words or opening.end())


def address_edits(text: GatedText) -> Iterator[Edit]:
    """Yield what takes away the rest of an address directly behind a gate, in which its link or picture begins."""
    bare = without_code(text.text)
    depth, seen = 0, 0
    for stop in text.stops:
        for bracket in _ROUND.findall(bare[seen:stop]):
            depth = depth + 1 if bracket == "(" else max(0, depth - 1)
        seen = stop
        found = _ADDRESS_REST.match(bare, stop)
        if found and not depth and bare[stop - 1] == text.text[stop - 1]:
            yield Edit(*found.span())


def name_edits(text: GatedText) -> Iterator[Edit]:
    """Yield what takes away the names of headings whose number signs are behind a gate, in a line or right above it."""
    for found in _NAME.finditer(text.text):
        line = text.text.rfind("\n", 0, found.start()) + 1
        if bisect_left(text.stops, line - 1) < bisect_left(text.stops, found.start()):
            yield Edit(*found.span())


def _halves(text: GatedText, bare: str, opening: re.Match[str], stop: int) -> Iterator[Edit]:
    """Yield what takes away the words in brackets that end at a place, where their address is behind a gate."""
    behind, goes_on = text.behind(stop), bare.startswith("(", stop)
    if behind is None or not (goes_on or stop in text.starts):
        return
    if opening[0] == "![":
        is_embed = bare.startswith("[", opening.end()) and bare.endswith("]]", 0, stop) and not goes_on
        yield from () if is_embed else (Edit(opening.start(), behind),)
    elif goes_on:
        yield from (Edit(*opening.span()), Edit(stop - 1, behind))


def _is_interval(text: str) -> bool:
    """Return whether a round bracket closes what a square one opened: [0, 5)."""
    return len(_CLOSING_ROUND.findall(text)) > len(_OPENING_ROUND.findall(text))
