"""Money given back, all of it or a part (docs.stripe.com/api/refunds)."""

from webapp.stripe_sandbox.params import Params, choice, metadata, metadata_fields, positive, text
from webapp.stripe_sandbox.stripe_errors import RefusedError, refuse_between_steps
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, differences, new_id

PENDING, SUCCEEDED, FAILED, CANCELED = "pending", "succeeded", "failed", "canceled"
# What can become of a refund; a bank may send back even what had arrived.
_MOVES = {PENDING: (SUCCEEDED, FAILED, CANCELED), SUCCEEDED: (FAILED,), FAILED: (), CANCELED: ()}
BANK_REFUSES, WE_TOOK_IT_BACK, DISPUTED = (
    "expired_or_canceled_card",
    "merchant_request",
    "charge_for_pending_refund_disputed",
)
CHANGES = Params({"metadata": metadata})
FIELDS = Params(
    {
        "amount": positive,
        "charge": text,
        "metadata": metadata,
        "payment_intent": text,
        "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
    }
)


def create(call: ApiCall) -> Json:
    """Give back what a charge or a payment intent collected."""
    return refund_payment(call.uow, call.params)


def update(call: ApiCall) -> Json:
    """Change our notes on a refund."""
    refund_ = call.uow.get("refund", call.object_id)
    changed = call.uow.change(refund_, "refund.updated", **call.changes_to(refund_))
    if changed != refund_:
        call.uow.announce("charge.refund.updated", changed, {"metadata": refund_["metadata"]})
    return changed


def cancel(call: ApiCall) -> Json:
    """Take back a refund that is still under way."""
    refund_ = call.uow.get("refund", call.object_id)
    if refund_["status"] != PENDING:
        raise RefusedError(f"Refund {refund_['id']} is {refund_['status']}; only a pending refund can be canceled.")
    return settle(call.uow, refund_, CANCELED)


def refund_payment(uow: UnitOfWork, given: Json, *, pending: bool = False) -> Json:
    """Give back what the `charge` or `payment_intent` given collected, or the `amount` of it; `pending`: not yet."""
    if ("charge" in given) == ("payment_intent" in given):
        raise RefusedError("One of the following params should be provided for this request: payment_intent or charge.")
    return _give_back(uow, _charge(uow, given), given, PENDING if pending else SUCCEEDED)


def settle(uow: UnitOfWork, refund_: Json, status: str, failure: str | None = None) -> Json:
    """Bring a refund to another status; a failed or canceled one is no longer counted as given back."""
    if status not in _MOVES[refund_["status"]]:
        raise RefusedError(f"A refund that is {refund_['status']} cannot become {status}.", param="status")
    settled = {key: value for key, value in refund_.items() if key != "pending_reason"} | {"status": status}
    if status in {FAILED, CANCELED}:
        settled |= _failure(status, failure)
        _count(uow, uow.get("charge", refund_["charge"]), -refund_["amount"])
    uow.save(settled)
    events = ("refund.updated", "charge.refund.updated", *(("refund.failed",) if status == FAILED else ()))
    for event in events:
        uow.announce(event, settled, {"status": refund_["status"]} if event != "refund.failed" else None)
    return settled


def fail_pending(uow: UnitOfWork, charge: Json) -> None:
    """Let what is under way to the buyer fail because the buyer's bank has taken the money itself."""
    for refund_ in uow.owned(charge["id"], "refund"):
        if refund_["status"] == PENDING:
            settle(uow, refund_, FAILED, DISPUTED)


def _failure(status: str, reason: str | None) -> Json:
    """Return why a refund did not arrive, and the balance transaction that brings its money back."""
    if status == CANCELED:
        return {"failure_reason": WE_TOOK_IT_BACK}
    return {"failure_balance_transaction": new_id("txn"), "failure_reason": reason or BANK_REFUSES}


def _count(uow: UnitOfWork, charge: Json, amount: int) -> Json:
    """Count an amount as given back, or with a negative one as not given back after all."""
    refunded = charge["amount_refunded"] + amount
    return uow.save(charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"])


def _give_back(uow: UnitOfWork, charge: Json, given: Json, status: str) -> Json:
    amount = given.get("amount")
    _refuse_disputed(uow, charge)
    refuse_between_steps(amount or 0, charge["currency"], "amount")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"] or left == 0:
        raise _nothing_left(charge)
    if amount is not None and amount > left:
        raise RefusedError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    given_back = uow.add(
        _refund(uow, charge, amount or left, given) | _standing(status), owner=charge["id"], event="refund.created"
    )
    counted = _count(uow, charge, given_back["amount"])
    uow.announce("charge.refunded", counted, differences(counted, charge))
    return given_back


def _standing(status: str) -> Json:
    return {"status": status} | ({"pending_reason": "processing"} if status == PENDING else {})


def _refuse_disputed(uow: UnitOfWork, charge: Json) -> None:
    disputes = uow.owned(charge["id"], "dispute") if charge["disputed"] else []
    if not all(dispute["is_charge_refundable"] for dispute in disputes):
        raise RefusedError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )


def _charge(uow: UnitOfWork, given: Json) -> Json:
    if "charge" in given:
        return uow.get("charge", given["charge"], "charge")
    intent = uow.get("payment_intent", given["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        raise RefusedError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return uow.get("charge", intent["latest_charge"])


def _nothing_left(charge: Json) -> RefusedError:
    if not charge["paid"]:
        return RefusedError(f"Charge {charge['id']} was not paid and cannot be refunded.", param="charge")
    return RefusedError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")


def _refund(uow: UnitOfWork, charge: Json, amount: int, given: Json) -> Json:
    kind = charge["payment_method_details"]["type"]
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": uow.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": kind, kind: card if kind == "card" else {}},
        "metadata": metadata_fields({}, given.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "transfer_reversal": None,
    }
