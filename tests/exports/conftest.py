"""Editions of texts as they are stored, and the files made of them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import undefer

from webapp.documents.full_editions import Edition, FullEdition
from webapp.documents.models import PublicEdition
from webapp.documents.publishing import get_document_by_slug
from webapp.exports.file_formats import FileFormat
from webapp.exports.render import render_file
from webapp.manuscript.block_json import read_blocks


@pytest.fixture
def editions(shelf, database) -> Callable[..., tuple[PublicEdition, FullEdition]]:
    """Return both editions of a manuscript, with their trees."""

    def published(text: str, name: str = "report.txt"):
        slug = shelf.put(text, name).slug
        with database.reading() as session:
            id_ = get_document_by_slug(session, slug).id
            return tuple(
                session.get_one(kind, id_, options=[undefer(kind.tree)]) for kind in (PublicEdition, FullEdition)
            )

    return published


@pytest.fixture
def made(app: Flask) -> Callable[[Edition, FileFormat], bytes]:
    """Return the file of an edition."""
    return lambda edition, kind: render_file(app, edition, read_blocks(edition.tree), "report", kind)


@pytest.fixture
def subscriber(people):
    people.grant(people.reader())
    return people.browser("reader@example.com")
