"""The pictures of both sides of documents, and what is said of them: their names, which are addresses, and words."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import unescape

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.full_editions import FullImage
from webapp.documents.image_records import PublicImage
from webapp.documents.models import PublicEdition

FullHtml = Callable[[set[int]], dict[int, str]]  # from documents to the HTML of those that are not public as a whole
# As manuscript/inline_html.py writes them: the name, the words instead, and those that show when one points at it.
_IMAGE = re.compile('<img src="/media/([^"]*)" alt="([^"]*)"(?: title="([^"]*)")?')


@dataclass(frozen=True, slots=True)
class EditionImages:
    """The names of the pictures that all may see and of those for payers alone, and the words of both sides."""

    public: tuple[str, ...]
    paid: tuple[str, ...]
    public_words: str
    full_words: str


NO_EDITION_IMAGES = EditionImages((), (), "", "")


def read_images(session: Session, ids: list[int], full: FullHtml) -> dict[int, EditionImages]:
    """Return what editions show, by document, of those that show pictures; `full` is asked for theirs alone."""
    illustrated = set(session.scalars(select(FullImage.document_id).where(FullImage.document_id.in_(ids))))
    if not illustrated:
        return {}
    columns = (PublicEdition.document_id, PublicEdition.html)
    public = {row[0]: row[1] for row in session.execute(select(*columns).where(columns[0].in_(illustrated)))}
    whole, everywhere = full(illustrated), set(session.scalars(select(PublicImage.hash)))
    return {id_: _of_both(html, whole.get(id_, html), everywhere) for id_, html in public.items()}


def _of_both(public: str, full: str, everywhere: set[str]) -> EditionImages:
    shown, all_ = (_IMAGE.findall(html) for html in (public, full))
    paid = dict.fromkeys(name for name, *_ in all_ if name.partition(".")[0] not in everywhere)
    names = dict.fromkeys(name for name, *_ in shown)
    return EditionImages(tuple(names), tuple(paid), _words(shown), _words(all_))


def _words(found: Iterable[tuple[str, ...]]) -> str:
    return unescape("\n".join(word for image in found for word in image if word))
