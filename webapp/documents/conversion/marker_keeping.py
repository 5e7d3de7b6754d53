"""Blocks as Markdown in which the markers stand as the reader of the file saw them, and none that was not there."""

import re
from collections.abc import Iterable, Iterator, Sequence

from webapp.documents.conversion.conversion_losses import ConversionError
from webapp.documents.conversion.marked_runs import MarkedLeaf, marked_leaves, nested
from webapp.kit.translatable import _
from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import flat, inline_runs, walk, with_runs
from webapp.manuscript.markdown_writer import markdown_of
from webapp.manuscript.marker_language.markers import MarkerKind, MarkerStretch, marker_stretches

_PICTURE = "\ufffc"
# Noncharacters, as no text holds them: \ufdd0\U000f0001\ufdd1 is the second stretch that was put aside.
_ASIDE = re.compile("\ufdd0([\U000f0000-\U0010fffd])\ufdd1")
_FRONT = ("---", "+++", "{")
_FIRST, _MOST = 0xF0000, 0x1FFFD


def shown_text(leaf: b.InlineLeaf) -> str:
    """Return what stands for a leaf where markers are looked for."""
    match leaf:
        case b.Text(text):
            return text
        case b.LineBreak():
            return "\n"
        case _:
            return _PICTURE


def text_of(blocks: b.Blocks) -> str:
    """Return the text in which markers are looked for: that of all runs, a line break between them."""
    runs = (run for block in walk(blocks) for run in inline_runs(block))
    return "\n".join("".join(shown_text(leaf) for leaf in flat(run)) for run in runs)


class _Aside:
    """Puts stretches of runs aside, one run after the other, so that the writer of Markdown leaves them alone."""

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self.kept: list[str] = []
        self._stretches = stretches
        self._next = 0
        self._offset = 0

    def run(self, run: b.Run) -> b.Run:
        """Return the next run of the text."""
        end = self._offset + sum(len(shown_text(leaf)) for leaf in flat(run))
        if self._next < len(self._stretches) and self._stretches[self._next][0] < end:
            run = nested([piece for leaf in marked_leaves(run) for piece in self._pieces(leaf)])
        self._offset = end + 1
        return run

    def _pieces(self, marked: MarkedLeaf) -> Iterator[MarkedLeaf]:
        marks, leaf = marked
        text = shown_text(leaf)
        begin, self._offset = self._offset, self._offset + len(text)
        place = 0
        while self._next < len(self._stretches):
            start, stop = (each - begin for each in self._stretches[self._next])
            if start >= len(text):
                break
            if start > place:
                yield marks, _part(leaf, place, start)
            first, last = max(start, place), min(stop, len(text))
            if first < last:
                yield (), self._put_aside(text[first:last])
            place = max(place, last)
            if stop > len(text):
                break
            self._next += 1
        if place < len(text):
            yield marks, _part(leaf, place, len(text))

    def _put_aside(self, text: str) -> b.Text:
        self.kept.append(text)
        if len(self.kept) > _MOST:
            raise ConversionError(
                "too-many-markers", _("The file holds more markers than can be dealt with; divide it.")
            )
        return b.Text(f"\ufdd0{chr(_FIRST + len(self.kept) - 1)}\ufdd1")


def _part(leaf: b.InlineLeaf, start: int, stop: int) -> b.InlineLeaf:
    return b.Text(leaf.text[start:stop]) if isinstance(leaf, b.Text) else leaf


def write_with_markers(blocks: b.Blocks) -> str:
    """Return blocks as Markdown whose markers are those of their text; raise ConversionError where that fails."""
    found = marker_stretches(text_of(blocks))
    aside = _Aside(_joined((each.start, each.stop) for each in found))
    markdown = markdown_of(with_runs(blocks, aside.run))
    written = _ASIDE.sub(lambda place: aside.kept[ord(place[1]) - _FIRST], markdown)
    made = marker_stretches(written)
    if _kinds(made) != _kinds(found) or len(made) < len(found):
        raise marker_changed()
    # What begins like front matter is none.
    return "\n" * written.startswith(_FRONT) + written + "\n"


def _kinds(stretches: Iterable[MarkerStretch]) -> list[MarkerKind | str]:
    """Return the kinds of markers, but for bare words: whether one stands alone in its line can differ."""
    return [each.kind for each in stretches if each.kind != "bare"]


def marker_changed() -> ConversionError:
    """Return the refusal of a file whose markers would not be what they were."""
    sentence = _("A marker would be read otherwise in Markdown; write it without formatting in and around it.")
    return ConversionError("marker-changed", sentence)


def _joined(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches in order with those that overlap made one."""
    out: list[tuple[int, int]] = []
    for start, stop in sorted(stretches):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(stop, out[-1][1]))
        else:
            out.append((start, stop))
    return out
