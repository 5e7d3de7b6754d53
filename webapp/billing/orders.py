"""An order as pages and programs place it: a plan by its code, a document by its slug."""

from flask import url_for

from webapp.accounts.models import Reader
from webapp.billing.book import Titled
from webapp.billing.checkout import Buyer, Order, start_checkout
from webapp.billing.context import counter
from webapp.kit.errors import NotFoundError
from webapp.kit.http import end_read_session, read_session, safe_return
from webapp.kit.languages import locale
from webapp.kit.translatable import _


def place_order(reader: Reader, plan: str, slug: str, landing: str | None = None) -> str:
    """Return the address where a reader pays for a plan, or for the document by itself; errors as `start_checkout`."""
    document = get_ordered_document(slug)
    order = Order(
        plan=plan,
        document_id=document.id if document else None,
        document_title=document.title if document else "",
        landing=landing_url(landing, document),
    )
    end_read_session()
    return start_checkout(counter().till, Buyer(reader.id, reader.email, locale()), order)


def get_ordered_document(slug: str) -> Titled | None:
    """Return the published document of a slug, None where none is named; raise NotFoundError."""
    if not slug:
        return None
    found = counter().book(read_session(), slug=slug)
    if not found:
        raise NotFoundError(_("There is no such document."))
    return found[0]


def landing_url(wanted: str | None, document: Titled | None) -> str:
    """Return where the reader goes after paying: where they want to, else to the gate, else to their account."""
    default = f"/d/{document.slug}#gate-1" if document else url_for("billing.account_plan")
    return safe_return(wanted, default)
