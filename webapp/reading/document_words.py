"""The words of a document's page: what is written into it, and is another in each document."""

from collections.abc import Collection, Hashable, Iterable

from markupsafe import Markup

from webapp.documents.full_editions import Edition
from webapp.documents.latest_of_tags import Relative
from webapp.documents.models import Document
from webapp.kit.form_letters import fill_rows
from webapp.kit.languages import date, ngettext, number, reading_time
from webapp.manuscript import reading_minutes
from webapp.reading.page_metadata import PageMetadata

_ROWS = "reading/_rows.html"


def document_words(
    found: Document, edition: Edition, about: PageMetadata | None, related: list[Relative]
) -> dict[str, str | None]:
    """Return the words of the page of an edition; None where there are none of a kind.

    `about` is what is told of the public edition, from which all but the text is taken; None where there is none.
    """
    total = found.edition.all_characters if found.edition else edition.characters
    minutes = reading_minutes(edition.text, total - edition.characters, edition.language)
    tags = [(row.tag,) for row in found.tags]
    assert found.published_at is not None
    return {
        "slug": found.slug,
        "title": edition.title,
        "subtitle": edition.subtitle or None,
        "byline": edition.byline if edition.authors else None,
        "collection": edition.collection or None,
        "published": found.published_at.isoformat(),
        "published_day": date(found.published_at),
        "length": ngettext("%(shown)s character", "%(shown)s characters", total, shown=number(total)),
        "duration": reading_time(minutes),
        "portion": str(round(edition.characters / max(total, 1), 3)),
        "toc_rows": _rows("toc_row", ("level", "text", "anchor"), edition.toc_rows, edition.language),
        "tag_links": _rows("tag_link", ("tag",), tags),
        "related_rows": Markup().join(map(_related_row, related)) if related else None,
        **(_told(about, tags) if about else {"address": None}),
    }


def _told(about: PageMetadata, tags: list[tuple[str]]) -> dict[str, str | None]:
    """Return what machines are told."""
    return {
        "public_title": about.title,
        "description": about.description,
        "address": about.address,
        "picture": about.picture,
        "changed": about.updated_at.isoformat(),
        "author_lines": _rows("author_line", ("name",), [(name,) for name in about.authors]),
        "tag_lines": _rows("tag_line", ("tag",), tags),
    }


def _related_row(one: Relative) -> Markup:
    row = (one.slug, one.listed_title, one.published_at.isoformat(), date(one.published_at))
    return fill_rows((_ROWS, "related_row"), ("slug", "title", "published", "day"), [row], one.language)


def _rows(macro: str, names: tuple[str, ...], rows: Collection[Iterable[object]], *kind: Hashable) -> Markup | None:
    return fill_rows((_ROWS, macro), names, rows, *kind) if rows else None
