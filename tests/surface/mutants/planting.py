"""What a planted leak is made of: something right of the house, replaced for one test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.full_editions import FullEdition, read_full
from webapp.documents.models import Document
from webapp.documents.unlock import Ground, Unlock
from webapp.kit.http import read_session


@dataclass(frozen=True)
class Leak:
    """A leak: what plants it, and the endpoints at which it must be seen; `written` when documents are published."""

    plant: Callable[[pytest.MonkeyPatch], None]
    shows_at: tuple[str, ...]
    written: bool


LEAKS: dict[str, Leak] = {}


def leak(*shows_at: str, written: bool = False) -> Callable[[Callable[[pytest.MonkeyPatch], None]], None]:
    """Keep what plants a leak, under its name."""

    def keep(plant: Callable[[pytest.MonkeyPatch], None]) -> None:
        LEAKS[plant.__name__.replace("_", " ")] = Leak(plant, shows_at, written)

    return keep


def replaced(patch: pytest.MonkeyPatch, where: object, name: str, made: Callable[[Any], Any]) -> None:
    """Put what `made` makes of the right thing in its place."""
    patch.setattr(where, name, made(getattr(where, name)))


def unlock(document_id: int) -> Unlock:
    """Open what nobody opened."""
    return Unlock(document_id, Ground.SYSTEM)


def full_of(document_id: int, session: Session | None = None) -> FullEdition:
    """Return the full edition of a published document, whoever asks."""
    return read_full(session or read_session(), unlock(document_id))


def full_here() -> FullEdition | None:
    """Return the full edition of the document that this request is about."""
    slug = (request.view_args or {}).get("slug")
    return read_session().scalar(
        select(FullEdition).join(Document, Document.id == FullEdition.document_id).where(Document.slug == slug)
    )


def pairs_of(text: str) -> set[str]:
    """Return the pairs of neighbouring characters."""
    return {text[at : at + 2] for at in range(len(text) - 1)}
