"""Both sides of a text that is being worked on, as readers will get them: the very pages, of editions kept nowhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.billing.plans import offers_with_price, price_of
from webapp.documents.draft_editions import draft_editions
from webapp.documents.drafts import WorkingCopy
from webapp.documents.editor_fields import CURRENCY
from webapp.documents.models import Document
from webapp.documents.preparation import price_of_front
from webapp.kit.current_settings import current_settings
from webapp.kit.languages import zone
from webapp.kit.money import Money
from webapp.manuscript import Checked, FrontMatter
from webapp.reading.document_page import subscriber_article, visitor_article


@dataclass(frozen=True, slots=True)
class DraftArticles:
    """The `article` of both sides."""

    visitor: str
    subscriber: str


def draft_articles(
    session: Session, document: Document, copy: WorkingCopy, checked: Checked, moment: datetime
) -> DraftArticles | None:
    """Return what a visitor and a subscriber would get, None where the text could not be published."""
    editions = draft_editions(session, document, copy, checked, moment, zone())
    if editions is None:
        return None
    price = _price_named(checked.front)
    if price is None and "price" not in copy.settled:
        price = price_of(session, document.id)
    offers = offers_with_price(session, current_settings().mode, price)
    return DraftArticles(
        visitor_article(editions.document, offers), subscriber_article(editions.document, editions.full)
    )


def _price_named(front: FrontMatter) -> Money | None:
    """Return the price that a text names; one that is none is a finding, and none here."""
    try:
        return price_of_front(front, CURRENCY)
    except ValueError:
        return None
