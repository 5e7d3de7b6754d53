"""The latest published documents of a tag, kept in this process for as long as nothing that pages show has changed.

Each document's page names its relatives by them; to find them among 100,000 documents takes longer than all else of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, bindparam
from sqlalchemy.orm import Session

from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.kit.content_version import Version, current_version
from webapp.kit.prepared_query import PreparedQuery
from webapp.manuscript import short_title

_LOOKED_AT = 50  # per tag, the latest; a tag of everything would tell nothing
_MOST_TAGS = 200  # that are kept, some 5 MB


@dataclass(frozen=True, slots=True)
class Relative:
    """A published document as another one mentions it."""

    slug: str
    title: str
    language: str
    published_at: datetime

    @property
    def listed_title(self) -> str:
        """Its title, cut where it is long."""
        return short_title(self.title, self.language)


def _of_tag(query: Select[Any]) -> Select[Any]:
    return (
        query.add_columns(Document.id, Document.slug, Document.title, PublicEdition.language, Document.published_at)
        .join_from(DocumentTag, Document, Document.id == DocumentTag.document_id)
        .join(PublicEdition, PublicEdition.document_id == Document.id)
        .where(DocumentTag.tag == bindparam("tag"))
        .where(Document.state == State.PUBLISHED, Document.published_at.is_not(None))
        .order_by(DocumentTag.document_id.desc())
        .limit(_LOOKED_AT)
    )


_OF_TAG = PreparedQuery((), _of_tag)
_Lists = dict[str, dict[int, Relative]]
_kept: WeakKeyDictionary[Engine | Connection, tuple[Version, _Lists]] = WeakKeyDictionary()


def latest_of_tag(session: Session) -> Callable[[str], dict[int, Relative]]:
    """Return what tells the latest published documents of a tag by id, as this session sees them."""
    version, where = current_version(session), session.get_bind()
    kept_version, lists = _kept.get(where, (None, {}))
    if kept_version != version or len(lists) >= _MOST_TAGS:
        lists = {}
        _kept[where] = version, lists

    def latest(tag: str) -> dict[int, Relative]:
        if tag not in lists:
            lists[tag] = {id_: Relative(*told) for id_, *told in _OF_TAG.rows(session, tag=tag)}
        return lists[tag]

    return latest
