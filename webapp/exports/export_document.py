"""What all files of an edition are made from: its text as a tree, and what stands where a preview is cut."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote, urljoin, urlsplit

from webapp.documents.full_editions import Edition
from webapp.documents.models import PublicEdition
from webapp.kit.languages import gettext, ngettext, number, reading_time
from webapp.manuscript import Gate, direction_of, is_chinese
from webapp.manuscript.block_walk import cited_notes, mapped, with_runs
from webapp.manuscript.blocks import (
    Block,
    Blocks,
    CodeSpan,
    DocumentLink,
    Footnotes,
    GateBlock,
    Holder,
    Image,
    Inline,
    InlineGate,
    LineBreak,
    Link,
    NoteReference,
    Passage,
    Run,
    Text,
)
from webapp.manuscript.heading_anchors import TITLE_ANCHOR, anchors_of
from webapp.manuscript.inline_html import IMAGE_ADDRESS
from webapp.manuscript.inline_runs import merged

_COUNTRIES = {"zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class GateNotice:
    """What stands in a file where a gate stands on the page, and where one reads on."""

    sentence: str
    read_on: str
    address: str

    @property
    def run(self) -> Run:
        """The sentence, and its link on a line of its own."""
        return Text(self.sentence), LineBreak(), Link(self.address, (Text(self.read_on),))


@dataclass(frozen=True, slots=True)
class ExportDocument:
    """An edition to be written as a file; `notices` has one for each GateBlock in `blocks`, by its number.

    Links within it lead to "#title", or to "#h" and the number of a heading, from 0.
    Of a document with paid text `origin` says that this is no manuscript, for its markers are gone; else it is empty.
    `below_title` has its subtitle and its authors, as far as there are such.
    `images` has the bytes of each picture that is shown, by its name.
    """

    title: str
    language: str
    blocks: Blocks
    notices: dict[int, GateNotice]
    address: str
    publisher: str
    changed_at: datetime
    origin: str = ""
    authors: tuple[str, ...] = ()
    collection: str = ""
    below_title: tuple[str, ...] = ()
    images: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def creators(self) -> tuple[str, ...]:
        """Who wrote it: the house, where nobody is named."""
        return self.authors or (self.publisher,)

    @property
    def title_run(self) -> Run:
        """The title, with the notes that only it can have cited: a title is kept without its marks."""
        notes = [note for block in self.blocks if isinstance(block, Footnotes) for note in block.notes]
        body = [block for block in self.blocks if not isinstance(block, Footnotes)]
        reached, uncited = _reached(cited_notes(body), notes), []
        for place in range(1, len(notes) + 1):
            if place not in reached:
                uncited.append(NoteReference(place))
                reached |= _reached([place], notes)
        return Text(self.title), *uncited

    @property
    def chinese(self) -> bool:
        """Whether it is set the Chinese way."""
        return is_chinese(self.language)

    @property
    def direction(self) -> str:
        """Whether its language is written from right to left ("rtl") or from left to right ("ltr")."""
        return direction_of(self.language)

    @property
    def tag(self) -> str:
        """The tag of its language (BCP 47), with a country where readers of files want one."""
        return _COUNTRIES.get(self.language, self.language)

    def with_notices(self, told: Callable[[GateNotice], Block]) -> Blocks:
        """Return the blocks with each gate told in the writer's own way."""
        return mapped(
            self.blocks, lambda block: told(self.notices[block.number]) if isinstance(block, GateBlock) else block
        )


def _reached(cited: Iterable[int], notes: list[Blocks]) -> set[int]:
    """Return the numbers of the notes that are cited, and of those that they cite in turn."""
    reached: set[int] = set()
    waiting = [*cited]
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting += cited_notes(notes[place - 1])
    return reached


def export_document_of(
    edition: Edition, tree: Blocks, address: str, publisher: str, images: Mapping[str, bytes] | None = None
) -> ExportDocument:
    """Return an edition and its tree as writers take it; to be called while its own language is spoken.

    Links lead to the site from wherever the file is carried.
    """
    gates = edition.gates if isinstance(edition, PublicEdition) else ()
    inside = {f"#{quote(anchor)}": f"#h{number}" for number, anchor in enumerate(anchors_of(tree))}
    blocks = with_runs(tree, lambda run: merged(_told(run, _Places(address, inside, gates))))
    notices = {gate.number: _notice(gate, address) for gate in gates if not gate.inline}
    if gates and not notices:
        noted = len(blocks) - bool(blocks and isinstance(blocks[-1], Footnotes))
        blocks = (*blocks[:noted], GateBlock(len(gates) + 1), *blocks[noted:])
        notices = {len(gates) + 1: _closing_notice(address)}
    is_open = isinstance(edition, PublicEdition) and not gates
    origin = "" if is_open else gettext("This is a download without the markers of what is paid, not the manuscript.")
    return ExportDocument(
        edition.title,
        edition.language,
        blocks,
        notices,
        address,
        publisher,
        edition.changed_at,
        origin,
        tuple(edition.authors),
        edition.collection,
        tuple(filter(None, (edition.subtitle, edition.byline))),
        images or {},
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Where links lead: the document's address, what stands within it, and what its gates say."""

    address: str
    inside: dict[str, str]
    gates: tuple[Gate, ...]

    def whole_address(self, href: str) -> str | None:
        """Return where a link leads from anywhere, None where that is no address."""
        if href == f"#{TITLE_ANCHOR}":
            return href
        return self.inside.get(href) or _whole_address(self.address, href)


def _told(run: Run, places: _Places, *, linked: bool = False) -> list[Inline]:
    """Return a run with what a file cannot hold replaced: gates, anchors, and addresses that are parts of one."""
    out: list[Inline] = []
    for node in run:
        match node:
            case InlineGate(place):
                out += _chip(places.gates[place - 1], places.address, linked=linked)
            case DocumentLink(slug, anchor, _, children):
                href = f"./{quote(slug)}" + (f"#{quote(anchor)}" if anchor else "")
                out += _told((Link(href, children),), places, linked=linked)
            case Passage(_, children):
                out += _told(children, places, linked=linked)
            case Link(href, children):
                inside = merged(_told(children, places, linked=True))
                whole = places.whole_address(href)
                out += [Link(whole, inside)] if whole and not linked else inside
            case Image() if node.name:
                out.append(replace(node, source=urljoin(places.address, f"{IMAGE_ADDRESS}{node.name}")))
            case CodeSpan(children):
                out.append(CodeSpan(merged(_told(children, places, linked=True))))
            case node if isinstance(node, Holder):
                out.append(replace(node, children=merged(_told(node.children, places, linked=linked))))
            case _:
                out.append(node)
    return out


def _whole_address(here: str, href: str) -> str | None:
    """Return where a link leads from anywhere, None where that is no address."""
    try:
        whole = urljoin(here, href)
        parts = urlsplit(whole)
    except ValueError:
        return None
    return whole if parts.netloc or parts.scheme == "mailto" else None


def _chip(gate: Gate, address: str, *, linked: bool) -> Run:
    shown = ngettext("[%(num)s paid character]", "[%(num)s paid characters]", gate.characters)
    return (Text(shown),) if linked else (Link(f"{address}#gate-{gate.number}", (Text(shown),)),)


def _notice(gate: Gate, address: str) -> GateNotice:
    parts = [
        ngettext("%(shown)s character", "%(shown)s characters", gate.characters, shown=number(gate.characters)),
        reading_time(gate.minutes),
    ]
    if gate.headings:
        parts.append(ngettext("%(num)s heading", "%(num)s headings", gate.headings))
    if gate.images:
        parts.append(ngettext("%(num)s image", "%(num)s images", gate.images))
    sentence = gettext("This part is for payers: %(what)s.", what=gettext(", ").join(parts))
    return GateNotice(sentence, gettext("Read the full text online"), f"{address}#gate-{gate.number}")


def _closing_notice(address: str) -> GateNotice:
    """Return what stands at the end of a preview that is cut within sentences alone."""
    sentence = gettext("Some passages above are for payers.")
    return GateNotice(sentence, gettext("Read the full text online"), address)
