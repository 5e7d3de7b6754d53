"""Credit notes: an invoice made smaller, or given back after it was paid (docs.stripe.com/api/credit_notes)."""

from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.params import ListParam, Params, choice, metadata, metadata_fields, natural, positive, text
from webapp.stripe_sandbox.resources import customers, refunds
from webapp.stripe_sandbox.resources.invoice import closing, invoices
from webapp.stripe_sandbox.resources.subscription import payment_status
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

FIELDS = Params(
    {
        "amount": positive,
        "credit_amount": natural,
        "invoice": text,
        "memo": text,
        "metadata": metadata,
        "out_of_band_amount": natural,
        "reason": choice("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
        "refund_amount": natural,
        "refunds": ListParam(Params({"amount_refunded": positive, "refund": text}, frozenset({"refund"}))),
    },
    frozenset({"amount", "invoice"}),
)
_CREDITED = ("open", "paid", "uncollectible")


def create(call: ApiCall) -> Json:
    """Credit an invoice: what of it is not paid yet is owed no longer, the rest is given back as was asked for."""
    uow, given = call.uow, call.params
    invoice = uow.get("invoice", given["invoice"], "invoice")
    _refuse_too_much(invoice, given["amount"])
    before_payment = min(given["amount"], invoice["amount_remaining"])
    after_payment = given["amount"] - before_payment
    given_back = _linked_refunds(uow, given)
    _refuse_other_sum(given, given_back, after_payment)
    if given.get("refund_amount"):
        given_back.append(_refund(uow, invoice, given["refund_amount"]))
    if given.get("credit_amount"):
        customer = uow.living("customer", invoice["customer"])
        customers.set_balance(uow, customer["id"], customer["balance"] - given["credit_amount"])
    note = uow.add(
        _note(uow, invoice, given, before_payment) | {"refunds": given_back},
        owner=invoice["id"],
        event="credit_note.created",
    )
    _reduce(uow, invoice, before_payment, after_payment)
    return note


def _refuse_too_much(invoice: Json, amount: int) -> None:
    if invoice["status"] not in _CREDITED:
        raise RefusedError(
            f"This invoice is {invoice['status']}; credit notes are for finalized ones.", param="invoice"
        )
    credited = invoice["pre_payment_credit_notes_amount"] + invoice["post_payment_credit_notes_amount"]
    left = max(0, invoice["total"]) - credited
    if amount > left:
        raise RefusedError(
            f"Credit note amount ({amount}) is greater than what is left to credit ({left}).", param="amount"
        )


def _linked_refunds(uow: UnitOfWork, given: Json) -> list[Json]:
    """Return the refunds that were made before and are to be part of this note."""
    linked = []
    for number, asked in enumerate(given.get("refunds", [])):
        refund = uow.get("refund", asked["refund"], f"refunds[{number}][refund]")
        linked.append(_shown(refund, asked.get("amount_refunded", refund["amount"])))
    return linked


def _refuse_other_sum(given: Json, linked: list[Json], after_payment: int) -> None:
    named = sum(given.get(name, 0) for name in ("credit_amount", "out_of_band_amount", "refund_amount"))
    named += sum(refund["amount_refunded"] for refund in linked)
    if named != after_payment:
        raise RefusedError(
            f"The sum of refund amount, customer balance credit amount, and out of band amount ({named}) must equal "
            f"the post payment credit note amount ({after_payment}).",
            param="amount",
        )


def _refund(uow: UnitOfWork, invoice: Json, amount: int) -> Json:
    paid = [one for one in uow.owned(invoice["id"], "invoice_payment") if one["status"] == "paid"]
    through = [one["payment"]["payment_intent"] for one in paid if "payment_intent" in one["payment"]]
    if not through:
        raise RefusedError("There is no payment through Stripe to refund.", param="refund_amount")
    refund = refunds.refund_payment(uow, {"payment_intent": through[0], "amount": amount})
    return _shown(refund, amount)


def _shown(refund: Json, amount: int) -> Json:
    return {"amount_refunded": amount, "payment_record_refund": None, "refund": refund["id"], "type": "refund"}


def _reduce(uow: UnitOfWork, invoice: Json, before_payment: int, after_payment: int) -> None:
    """Count a note on its invoice; an invoice of which nothing remains is paid."""
    reduced = uow.change(
        invoice,
        "invoice.updated",
        amount_due=invoice["amount_due"] - before_payment,
        amount_remaining=invoice["amount_remaining"] - before_payment,
        post_payment_credit_notes_amount=invoice["post_payment_credit_notes_amount"] + after_payment,
        pre_payment_credit_notes_amount=invoice["pre_payment_credit_notes_amount"] + before_payment,
    )
    if not before_payment:
        return
    if reduced["amount_remaining"]:
        payment, intent = invoices.payment_of(uow, reduced)
        uow.save(payment, amount_requested=reduced["amount_remaining"])
        uow.save(intent, amount=reduced["amount_remaining"])
        return
    closing.call_off_payment(uow, reduced)
    payment_status.follow(uow, invoices.mark_paid(uow, reduced))


def _note(uow: UnitOfWork, invoice: Json, given: Json, before_payment: int) -> Json:
    note_id, amount = new_id("cn"), given["amount"]
    earlier = len(uow.owned(invoice["id"], "credit_note"))
    kinds = {0: "post_payment", amount: "pre_payment"}
    return {
        **dict.fromkeys(("customer_account", "customer_balance_transaction", "shipping_cost", "voided_at")),
        **dict.fromkeys(("amount", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"), amount),
        **{name: [] for name in ("discount_amounts", "pretax_credit_amounts", "total_taxes")},
        **uow.common_fields("credit_note", note_id),
        "amount_shipping": 0,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amount": 0,
        "effective_at": uow.now,
        "invoice": invoice["id"],
        "lines": list_of([_line(amount)], f"/v1/credit_notes/{note_id}/lines"),
        "memo": given.get("memo"),
        "metadata": metadata_fields({}, given.get("metadata")),
        "number": f"{invoice['number']}-CN-{earlier + 1:02}",
        "out_of_band_amount": given.get("out_of_band_amount"),
        "pdf": invoice["hosted_invoice_url"],
        "post_payment_amount": amount - before_payment,
        "pre_payment_amount": before_payment,
        "reason": given.get("reason"),
        "status": "issued",
        "type": kinds.get(before_payment, "mixed"),
    }


def _line(amount: int) -> Json:
    return {
        **{name: [] for name in ("discount_amounts", "pretax_credit_amounts", "tax_rates", "taxes")},
        "id": new_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": "Credit",
        "discount_amount": 0,
        "livemode": False,
        "metadata": {},
        "quantity": 1,
        "type": "custom_line_item",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
