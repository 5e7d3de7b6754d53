"""Money given back, all of it or a part (docs.stripe.com/api/refunds)."""

from webapp.billing.sandbox.accepts import Fields, choice, metadata, noted, positive, text
from webapp.billing.sandbox.books import Books, new_id
from webapp.billing.sandbox.call import Call
from webapp.billing.sandbox.refusals import RefusedError
from webapp.billing.sandbox.store import Json

FIELDS = Fields(
    {
        "amount": positive,
        "charge": text,
        "metadata": metadata,
        "payment_intent": text,
        "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
    }
)


def create(call: Call) -> Json:
    """Gives back what a charge or a payment intent collected."""
    return refund(call.books, call.params)


def refund(books: Books, given: Json) -> Json:
    """Gives back what the `charge` or `payment_intent` given collected, or the `amount` of it."""
    if ("charge" in given) == ("payment_intent" in given):
        raise RefusedError("One of the following params should be provided for this request: payment_intent or charge.")
    return _give_back(books, _charge(books, given), given)


def _give_back(books: Books, charge: Json, given: Json) -> Json:
    amount = given.get("amount")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"] or left == 0:
        raise _nothing_left(charge)
    if amount is not None and amount > left:
        raise RefusedError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    given_back = books.add(_refund(books, charge, amount or left, given), owner=charge["id"])
    books.announce("refund.created", given_back)
    refunded = charge["amount_refunded"] + given_back["amount"]
    books.change(charge, "charge.refunded", amount_refunded=refunded, refunded=refunded == charge["amount_captured"])
    return given_back


def _charge(books: Books, given: Json) -> Json:
    if "charge" in given:
        return books.get("charge", given["charge"], "charge")
    intent = books.get("payment_intent", given["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise RefusedError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return books.get("charge", intent["latest_charge"])


def _nothing_left(charge: Json) -> RefusedError:
    if not charge["paid"]:
        return RefusedError(f"Charge {charge['id']} was not paid and cannot be refunded.", param="charge")
    return RefusedError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")


def _refund(books: Books, charge: Json, amount: int, given: Json) -> Json:
    kind = charge["payment_method_details"]["type"]
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": books.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": kind, kind: card if kind == "card" else {}},
        "metadata": noted({}, given.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
