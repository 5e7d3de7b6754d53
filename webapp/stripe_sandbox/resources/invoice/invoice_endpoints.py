"""What is done to an invoice by hand: finalized, sent, paid, voided, given up (docs.stripe.com/api/invoices)."""

from webapp.stripe_sandbox.params import Params, boolean, text
from webapp.stripe_sandbox.resources.invoice import charging, closing, invoices
from webapp.stripe_sandbox.resources.invoice.drafting import SEND
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.resources.subscription import collecting, payment_status
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork

FINALIZATION = Params({"auto_advance": boolean})
PAYMENT = Params({"paid_out_of_band": boolean, "payment_method": text})
PAYABLE_STATUSES = ("open", closing.UNCOLLECTIBLE)


def finalize(call: ApiCall) -> Json:
    """Finalize a draft, to be collected by itself or not."""
    invoice = _in_state(call, "draft")
    advances = call.params.get("auto_advance", invoice["auto_advance"])
    return collecting.finalize_invoice(call.uow, invoice | {"auto_advance": advances})


def send(call: ApiCall) -> Json:
    """Send an invoice to its customer, once more where it was sent before."""
    if call.uow.get("invoice", call.object_id)["collection_method"] != SEND:
        raise RefusedError(f"You can only manually send an invoice if its collection method is '{SEND}'.")
    invoice = _in_state(call, "draft", "open")
    if invoice["status"] == "draft":
        return collecting.finalize_invoice(call.uow, invoice | {"auto_advance": True})
    collecting.send_invoice(call.uow, invoice)
    return invoice


def pay(call: ApiCall) -> Json:
    """Charge what is owed, or note that it was paid elsewhere; a decline is raised and written down all the same."""
    uow, invoice = call.uow, _in_state(call, "draft", *PAYABLE_STATUSES)
    if call.params.get("paid_out_of_band"):
        invoice = invoices.finalize_draft(uow, invoice) if invoice["status"] == "draft" else invoice
        return invoice if invoice["status"] == "paid" else closing.pay_outside(uow, invoice)
    method = _method(uow, invoice, call.params.get("payment_method"))
    if invoice["status"] == "draft":
        invoice = invoices.finalize_draft(uow, invoice)
    if invoice["status"] != "paid" and charging.by_hand(uow, invoice, method):
        raise charging.refusal(uow, invoice, keeps=True)
    return uow.get("invoice", invoice["id"])


def void(call: ApiCall) -> Json:
    """Take an invoice back."""
    return closing.void_invoice(call.uow, _in_state(call, *PAYABLE_STATUSES))


def mark_uncollectible(call: ApiCall) -> Json:
    """Give an invoice up."""
    return closing.write_off(call.uow, _in_state(call, "open"))


def _in_state(call: ApiCall, *statuses: str) -> Json:
    invoice = call.uow.get("invoice", call.object_id)
    if invoice["status"] not in statuses:
        raise RefusedError(f"This invoice is {invoice['status']}; it would have to be {' or '.join(statuses)}.")
    return invoice


def _method(uow: UnitOfWork, invoice: Json, asked: str | None) -> Json:
    if asked is not None:
        return payment_methods.of_customer(uow, asked, invoice["customer"], "payment_method")
    method = charging.way_of_paying(uow, payment_status.subscription_of(uow, invoice))
    if method is None:
        raise charging.nothing_to_charge()
    return method
