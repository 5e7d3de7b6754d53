"""The ids of headings: our own, and those by which an author's links name them, as GitHub makes them."""

import re
from collections.abc import Iterable, Iterator
from unicodedata import category

from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.blocks import Blocks, Heading, Run, RunIn
from webapp.manuscript.inline_runs import run_text

TITLE_ANCHOR = "title"
# 、 and the space of: 一、总体 情况; the _ of: snake_case
_NOT_IN_SLUGS = re.compile(r"[^\w]+|_+")
_LONGEST_SLUG = 60


class AnchorMaker:
    """Makes our ids; it remembers how often each was wanted."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}

    def anchor(self, children: Run) -> str:
        """Return an id of its own for the next heading."""
        words = _NOT_IN_SLUGS.sub("-", run_text(children, gate=" ").lower()).strip("-")[:_LONGEST_SLUG].strip("-")
        slug = anchor = f"s-{words}" if words else "s"
        while anchor in self._uses:
            self._uses[slug] += 1
            anchor = f"{slug}-{self._uses[slug]}"
        self._uses[anchor] = 1
        return anchor


def headings_in(blocks: Blocks) -> Iterator[Heading | RunIn]:
    """Yield the headings of a text in order, those among them that begin a paragraph."""
    for block in walk(blocks):
        if isinstance(block, Heading):
            yield block
        for run in inline_runs(block):
            yield from (node for node in run if isinstance(node, RunIn))


def anchors_of(blocks: Blocks) -> list[str]:
    """Return our ids of the headings of a text, in order."""
    maker = AnchorMaker()
    return [maker.anchor(heading.children) for heading in headings_in(blocks)]


def github_id(text: str, uses: dict[str, int]) -> str:
    """Return the id that GitHub gives a heading, `uses` being those that it gave before."""
    kept = (sign for sign in text.strip().lower() if sign in " -" or category(sign)[0] in "LMN" or sign == "_")
    slug = found = "".join(kept).replace(" ", "-")
    while found in uses:
        uses[slug] += 1
        found = f"{slug}-{uses[slug]}"
    uses[found] = 0
    return found


def github_ids(texts: Iterable[str]) -> list[str]:
    """Return the ids that GitHub gives headings of these texts, in order."""
    uses: dict[str, int] = {}
    return [github_id(text, uses) for text in texts]


def _loosely(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


class AnchorNames:
    """Finds our id by what an author calls a heading: an id of their own, GitHub's, or nearly so."""

    def __init__(self, names: list[tuple[str, str, str]]) -> None:
        """Take for each heading our id, the name that its author gave it or "", and its text."""
        self._exact = {anchor: anchor for anchor, _, _ in names}
        for (anchor, _, _), id_ in zip(names, github_ids(text for _, _, text in names), strict=True):
            self._exact.setdefault(id_, anchor)
        self._exact |= {name: anchor for anchor, name, _ in reversed(names) if name}
        self._loose: dict[str, str] = {}
        for name, anchor in self._exact.items():
            if _loosely(name):
                self._loose.setdefault(_loosely(name), anchor)

    def find(self, name: str) -> str | None:
        """Return our id of the heading that is meant, None where there is none."""
        return self._exact.get(name) or self._loose.get(_loosely(name))
