"""An order as pages and programs place it: a plan by its code, a document by its slug."""

from sqlalchemy.orm import Session

from webapp.billing.checkout import start_checkout
from webapp.billing.context import BillingContext
from webapp.billing.order_terms import Buyer, Order, refuse_unwarned
from webapp.documents.catalogue import find_published
from webapp.documents.models import Document
from webapp.kit.errors import NotFoundError
from webapp.kit.http import safe_return
from webapp.kit.translatable import _


def place_order(
    billing: BillingContext, buyer: Buyer, plan: str, slug: str, landing: str | None = None, *, warned: bool = False
) -> str:
    """Return the address where a reader pays for a plan, or for the document by itself.

    Raise AlreadyOpenError where they must be warned first, and as `start_checkout` does, which owns its transactions.
    """
    with billing.database.reading() as session:
        document = get_ordered_document(session, slug)
        id_, title = (document.id, document.title) if document else (None, "")
        order = Order(plan, id_, title, choose_landing(landing, document), warned)
        refuse_unwarned(session, billing.mode, buyer.reader_id, order)
    return start_checkout(billing, buyer, order)


def get_ordered_document(session: Session, slug: str) -> Document | None:
    """Return the published document of a slug, None where none is named; raise NotFoundError."""
    found = find_published(session, slug) if slug else None
    if slug and found is None:
        raise NotFoundError(_("There is no such document."))
    return found


def choose_landing(wanted: str | None, document: Document | None) -> str:
    """Return where the reader goes after paying: where they want to, else to the gate, else to their account."""
    return safe_return(wanted, f"/d/{document.slug}#gate-1" if document else "/account/plan")
