"""Publishing at the desk: what a text says of its price holds from the moment it is published."""

from sqlalchemy.orm import Session

from webapp.billing.plans import remove_price, set_price
from webapp.documents.draft_publishing import PublishOrder, publish_draft
from webapp.documents.models import Document


def publish_with_price(session: Session, document: Document, order: PublishOrder) -> bool:
    """Publish what is being worked on, sold for what its text says; return whether anything changed.

    A price that the text does not name stays as it is, unless somebody took it out of its field.
    """
    done = publish_draft(session, document, order)
    if done.price is not None:
        set_price(session, document.id, done.price)
    elif done.is_priced:
        remove_price(session, document.id)
    return done.is_published or done.is_priced
