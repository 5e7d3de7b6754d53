"""Links between documents: which document an author means, and under which address it is read now.

It is looked up when a link is shown, so that it stays right whatever becomes of the other document's address; one that
leads to nothing published is its words. All is decided from what anybody may read.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape, unescape
from pathlib import PurePosixPath
from posixpath import dirname, normpath

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, PublicEdition, State
from webapp.documents.sources import SOURCE_SUFFIXES
from webapp.manuscript.block_walk import inline_runs, walk, with_runs
from webapp.manuscript.blocks import Blocks, DocumentLink, Holder, Inline, Run
from webapp.manuscript.heading_anchors import AnchorNames
from webapp.manuscript.inline_runs import merged

# <a data-document="b.md#costs">words</a>, as manuscript/inline_html.py writes it
_REFERENCE = re.compile(r'<a data-(document|page)="([^"]*)">(.*?)</a>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Published:
    """A document that a link may lead to."""

    id: int
    slug: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """Where a link leads: the slug of a document, and the id of a heading in it or ""."""

    slug: str
    anchor: str


def path_from(key: str, target: str) -> str:
    """Return the key of a source at a path from another source; it begins with ".." where it leads out of all."""
    return normpath(f"{dirname(key)}/{target}".lstrip("/"))


def possible_keys(path: str) -> tuple[str, ...]:
    """Return the keys that a path may mean: links leave out the ending of a file, or name its folder."""
    return path, *(f"{path}{end}{suffix}" for end in ("", "/README", "/index") for suffix in SOURCE_SUFFIXES)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


class _Shelf:
    """The published documents by their keys and names."""

    def __init__(self, session: Session, here: int) -> None:
        self._session = session
        self._own = session.scalar(select(Document.source_key).where(Document.id == here)) or ""
        columns = select(Document.id, Document.slug, Document.source_key, Document.title)
        rows = session.execute(columns.where(Document.state == State.PUBLISHED).order_by(Document.id))
        published = [_Published(id_, slug, key or "", title) for id_, slug, key, title in rows]
        self._names: dict[str, _Published] = {}
        self._keys = {one.key: one for one in published if one.key}
        # What stands in the same folder is meant before what stands elsewhere, a file before a title.
        nearest = sorted(published, key=lambda one: dirname(one.key) != dirname(self._own))
        for names in (self._file_names, self._titles):
            for one in nearest:
                for name in names(one):
                    self._names.setdefault(_folded(name), one)

    @staticmethod
    def _file_names(one: _Published) -> Iterator[str]:
        path = PurePosixPath(one.key)
        yield from (path.stem, path.name, str(path.with_suffix("")), one.key) if one.key else ()

    @staticmethod
    def _titles(one: _Published) -> Iterator[str]:
        yield one.title

    def find(self, link: DocumentLink) -> DocumentPlace | None:
        if link.by_name:
            found = self._names.get(_folded(link.target))
        else:
            keys = possible_keys(path_from(self._own, link.target))
            found = next((self._keys[key] for key in keys if key in self._keys), None)
        return DocumentPlace(found.slug, self._anchor(found, link.fragment)) if found else None

    def _anchor(self, found: _Published, fragment: str) -> str:
        edition = self._session.get(PublicEdition, found.id) if fragment else None
        names = [(entry.anchor, "", entry.text) for entry in edition.toc] if edition else []
        return AnchorNames(names).find(fragment) or ""


def linked_html(session: Session, html: str, document_id: int, address: Callable[[str], str]) -> str:
    """Return the HTML of an edition with its links to other documents, `address` giving that of a slug."""
    if "<a data-" not in html:
        return html
    shelf = _Shelf(session, document_id)

    def written(found: re.Match[str]) -> str:
        target, _, fragment = unescape(found[2]).partition("#")
        place = shelf.find(DocumentLink(target, fragment, found[1] == "page", ()))
        if place is None:
            return found[3]
        anchor = f"#{place.anchor}" if place.anchor else ""
        return f'<a href="{escape(address(place.slug) + anchor)}">{found[3]}</a>'

    return _REFERENCE.sub(written, html)


def linked_blocks(session: Session, blocks: Blocks, document_id: int) -> Blocks:
    """Return blocks whose links to other documents name them by slug and id; what leads nowhere is its words."""
    if not any(document_links(blocks)):
        return blocks
    shelf = _Shelf(session, document_id)
    return with_runs(blocks, lambda run: _linked(run, shelf))


def _linked(run: Run, shelf: _Shelf) -> Run:
    return merged(piece for node in run for piece in _pieces(node, shelf))


def _pieces(node: Inline, shelf: _Shelf) -> Run:
    if not isinstance(node, Holder):
        return (node,)
    children = _linked(node.children, shelf)
    if not isinstance(node, DocumentLink):
        return (replace(node, children=children),)
    place = shelf.find(node)
    return (DocumentLink(place.slug, place.anchor, False, children),) if place else children  # noqa: FBT003


def document_links(blocks: Blocks) -> Iterator[tuple[int, DocumentLink]]:
    """Yield the links to other documents, each with the line of its block."""
    for block in walk(blocks):
        for run in inline_runs(block):
            yield from ((block.line, link) for link in _links_in(run))


def _links_in(run: Iterable[Inline]) -> Iterator[DocumentLink]:
    for node in run:
        if isinstance(node, Holder):
            if isinstance(node, DocumentLink):
                yield node
            yield from _links_in(node.children)
