"""Two versions of one text beside each other, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class LinePair:
    """Lines of both versions that belong together: the same, or one of them other or missing (None)."""

    left: str | None
    right: str | None

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.left != self.right


def side_by_side(left: str, right: str) -> Iterator[LinePair]:
    """Yield the lines of two versions, those that are the same beside each other."""
    ours, theirs = left.split("\n"), right.split("\n")
    for _kind, start, end, begin, stop in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        for place in range(max(end - start, stop - begin)):
            yield LinePair(
                ours[start + place] if start + place < end else None,
                theirs[begin + place] if begin + place < stop else None,
            )
