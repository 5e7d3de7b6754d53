"""What becomes of a draft by itself: an hour later it is finalized and charged, or sent, to be paid by its due date.

Source: docs.stripe.com/billing/subscriptions/webhooks, /invoicing/integration/workflow-transitions.
"""

from sqlalchemy import func, select

from webapp.stripe_sandbox.params import ParamReader, choice, natural
from webapp.stripe_sandbox.resources.invoice import drafting, invoices
from webapp.stripe_sandbox.resources.invoice.drafting import AUTOMATICALLY, SEND
from webapp.stripe_sandbox.resources.subscription import dunning, payment_status
from webapp.stripe_sandbox.storage import objects, outbox
from webapp.stripe_sandbox.stripe_errors import RefusedError, missing
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

ADVANCE, OVERDUE = "advance_invoice", "invoice_overdue"
HOUR = 60 * 60
PATIENCE_WITH_ENDPOINT = 72 * HOUR
COLLECTION: dict[str, ParamReader] = {"collection_method": choice(AUTOMATICALLY, SEND), "days_until_due": natural}


def collection_of(customer: Json, present: Json, given: Json) -> Json:
    """Return how a subscription is collected after a request; raise RefusedError for what does not go together."""
    method = given.get("collection_method", present["collection_method"])
    days = given.get("days_until_due", present["days_until_due"])
    if method == AUTOMATICALLY:
        if "days_until_due" in given:
            raise RefusedError(f"You can only set `days_until_due` with `{SEND}`.", param="days_until_due")
        return {"collection_method": method, "days_until_due": None}
    if days is None:
        raise missing("days_until_due")
    if not customer.get("email"):
        raise RefusedError("Missing email. Invoices are sent to customers with an email address.", param="customer")
    return {"collection_method": method, "days_until_due": days}


def write_draft(uow: UnitOfWork, subscription: Json, bill: drafting.Bill) -> Json:
    """Keep a draft and write its end into the agenda, where it comes by itself."""
    draft = invoices.draft(uow, subscription, bill)
    if bill.finalizes_at is not None:
        uow.remind(bill.finalizes_at, ADVANCE, draft["id"])
    return draft


def finalize_invoice(uow: UnitOfWork, draft: Json) -> Json:
    """Finalize a draft, and send it where that is how it is collected."""
    invoice = invoices.finalize_draft(uow, draft)
    if invoice["status"] == "open" and invoice["collection_method"] == SEND and draft["auto_advance"]:
        send_invoice(uow, invoice)
    return invoice


def send_invoice(uow: UnitOfWork, invoice: Json) -> None:
    """Send an open invoice to its customer, who has until its due date."""
    uow.announce("invoice.sent", invoice)
    uow.remind(invoice["due_date"], OVERDUE, invoice["id"])


def advance_when_due(uow: UnitOfWork, invoice_id: str) -> None:
    """Finalize a draft whose hour is over and charge it, unless it is to be left alone since.

    It waits, for three days at most, where the webhook endpoint has refused the news of it.
    """
    invoice = uow.get("invoice", invoice_id)
    if not invoice["auto_advance"]:
        return
    if invoice["status"] == "draft":
        if uow.now < invoice["created"] + PATIENCE_WITH_ENDPOINT and _news_was_refused(uow, invoice):
            uow.remind(uow.now + HOUR, ADVANCE, invoice_id)
            return
        invoice = finalize_invoice(uow, invoice)
    charged = invoice["collection_method"] == AUTOMATICALLY
    if charged and invoice["status"] == "open" and not invoice["attempted"]:
        dunning.collect_renewal(uow, invoice)


def become_overdue(uow: UnitOfWork, invoice_id: str) -> None:
    """Tell of an invoice that was sent and is not paid by its due date; its subscription is behind."""
    invoice = uow.get("invoice", invoice_id)
    if invoice["status"] == "open":
        uow.announce("invoice.overdue", invoice)
        payment_status.fall_behind(uow, invoice)


def _news_was_refused(uow: UnitOfWork, invoice: Json) -> bool:
    """Whether an endpoint was told of a draft and has not yet answered with 2xx."""
    refused = (outbox.c.delivered.is_(None), outbox.c.attempts > 0)
    told = (("$.type", "invoice.created"), ("$.data.object.id", invoice["id"]))
    about = [func.json_extract(objects.c.body, path) == value for path, value in told]
    query = select(outbox.c.number).join(objects, objects.c.id == outbox.c.event_id).where(*refused, *about)
    return uow.connection.scalar(query.limit(1)) is not None
