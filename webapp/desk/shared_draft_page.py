"""What the link to a draft shows: one side's `article`, and the files that this side has; nothing else."""

import re
from datetime import datetime
from hashlib import sha256

from cachetools import LRUCache
from flask import url_for
from sqlalchemy.orm import Session

from webapp.desk.draft_articles import draft_articles
from webapp.documents.draft_check import check_draft
from webapp.documents.draft_editions import draft_editions
from webapp.documents.draft_images import files_of_draft
from webapp.documents.drafts import open_draft
from webapp.documents.models import Document
from webapp.documents.shared_drafts import DraftSide, SharedDraft
from webapp.kit.languages import zone
from webapp.manuscript.inline_html import MEDIA_ADDRESS

_FILE = re.compile(rf'((?:src|href)="){re.escape(MEDIA_ADDRESS)}([0-9a-f]{{64}}\.[a-z0-9]+)(?=")')
# Which files a side of a text shows: names alone, by a digest of the text, which is so read once for many pictures.
_KNOWN: LRUCache[tuple[str, DraftSide], frozenset[str]] = LRUCache(256)


def shared_article(session: Session, link: SharedDraft, document: Document, token: str, now: datetime) -> str | None:
    """Return the `article` that a link shows, its files asked for by the same link; None where there is an error."""
    copy = open_draft(session, document)
    checked = check_draft(session, document, copy.text, copy.format)
    articles = draft_articles(session, document, copy, checked, now)
    if articles is None:
        return None
    shown = articles.subscriber if link.side is DraftSide.SUBSCRIBER else articles.visitor
    files = url_for("shared_drafts.shared_file", token=token, name="")
    # Its forms would buy or keep what is not there yet.
    return _FILE.sub(rf"\g<1>{files}\g<2>", shown).replace("<form ", "<form inert ")


def files_of_shared_draft(session: Session, link: SharedDraft, document: Document, now: datetime) -> frozenset[str]:
    """Return the names of the files that the side which a link shows has."""
    copy = open_draft(session, document)
    files = sorted((address, file.name) for address, file in files_of_draft(session, document).items())
    key = (sha256(f"{document.id} {copy.format} {files} {copy.text}".encode()).hexdigest(), link.side)
    names = _KNOWN.get(key)
    if names is None:
        checked = check_draft(session, document, copy.text, copy.format)
        editions = draft_editions(session, document, copy, checked, now, zone())
        shown = "" if editions is None else _side(link, editions.public.html, editions.full.html)
        names = _KNOWN[key] = frozenset(name for _attribute, name in _FILE.findall(shown))
    return names


def _side(link: SharedDraft, public: str, full: str) -> str:
    return full if link.side is DraftSide.SUBSCRIBER else public
