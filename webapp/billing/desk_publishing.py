"""Publishing at the desk, now or later: what a text says of its price holds from the moment it is a revision."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.billing.plans import remove_price, set_price
from webapp.documents.draft_publishing import PublishedDraft, PublishOrder, publish_draft, revise_draft
from webapp.documents.models import Document
from webapp.documents.schedule import ScheduleOrder, schedule_publication
from webapp.documents.scheduled_acts import ScheduledAct


def publish_with_price(session: Session, document: Document, order: PublishOrder) -> bool:
    """Publish what is being worked on, sold for what its text says; return whether anything changed.

    A price that the text does not name stays as it is, unless somebody took it out of its field.
    """
    return _price(session, document, publish_draft(session, document, order))


def schedule_with_price(session: Session, document: Document, order: PublishOrder, due_at: datetime) -> ScheduledAct:
    """Have what is being worked on published at a moment, as it is now; what its text says of its price holds at once.

    A document that is for sale already costs that from now on, for a price is the document's and not a revision's.
    """
    _price(session, document, revise_draft(session, document, order))
    planned = ScheduleOrder(due_at, order.moment, order.reader_id, may_open=order.may_open)
    return schedule_publication(session, document, planned)


def _price(session: Session, document: Document, done: PublishedDraft) -> bool:
    if done.price is not None:
        set_price(session, document.id, done.price)
    elif done.is_priced:
        remove_price(session, document.id)
    return done.is_published or done.is_priced
