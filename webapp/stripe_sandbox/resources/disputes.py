"""Disputes: a buyer's bank asks, or takes the money back (docs.stripe.com/api/disputes)."""

from collections.abc import Mapping

from webapp.stripe_sandbox.billing_periods import DAY
from webapp.stripe_sandbox.params import Clearable, Params, boolean, metadata, text
from webapp.stripe_sandbox.resources import refunds
from webapp.stripe_sandbox.resources.dispute_evidence import EMPTY, EVIDENCE_FIELDS, NO_EVIDENCE
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

BEGINNINGS = ("needs_response", "warning_needs_response", "prevented")
# Where each status can go. An inquiry (warning_*) may become a chargeback; a lost one may be appealed against.
DISPUTE_MOVES: Mapping[str, tuple[str, ...]] = {
    "warning_needs_response": ("warning_under_review", "warning_closed", "needs_response"),
    "warning_under_review": ("warning_closed", "needs_response"),
    "warning_closed": (),
    "needs_response": ("under_review", "won", "lost"),
    "under_review": ("won", "lost"),
    "won": ("lost",),  # the bank may overturn it
    "lost": ("won", "appeal_needs_response"),
    "appeal_needs_response": ("appeal_under_review", "lost"),
    "appeal_under_review": ("won", "lost"),
    "prevented": (),
}
# How a dispute usually comes to a status in which none begins.
_BEFORE = {
    "under_review": "needs_response",
    "won": "under_review",
    "lost": "under_review",
    "warning_under_review": "warning_needs_response",
    "warning_closed": "warning_under_review",
    "appeal_needs_response": "lost",
    "appeal_under_review": "appeal_needs_response",
}
# While it stands so, the money is with the buyer's bank.
TAKEN = frozenset(("needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review"))
CLOSED = frozenset(("won", "lost", "warning_closed", "prevented"))
_REVIEW = {
    "needs_response": "under_review",
    "warning_needs_response": "warning_under_review",
    "appeal_needs_response": "appeal_under_review",
}
FEE = 1500  # what Stripe asks for a dispute, in minor units
DAYS_TO_ANSWER = 7
CHANGES = Params(
    {"evidence": Params(dict.fromkeys(EVIDENCE_FIELDS, Clearable(text))), "metadata": metadata, "submit": boolean}
)


def open_dispute(uow: UnitOfWork, charge: Json, status: str, amount: int | None = None) -> Json:
    """Open a dispute about a paid charge, or an `amount` of it, and bring it to a status on the usual way."""
    if status not in DISPUTE_MOVES:
        raise RefusedError(f"Stripe knows no dispute that is {status}.", param="status")
    if status not in BEGINNINGS:
        return move(uow, open_dispute(uow, charge, _BEFORE[status], amount), status)
    _refuse_charge(uow, charge, amount)
    dispute = uow.add(_dispute(uow, charge, status, amount or charge["amount"]), owner=charge["id"])
    uow.save(charge, disputed=True)
    uow.announce("charge.dispute.created", dispute)
    return _settle(uow, dispute, taken_before=False)


def move(uow: UnitOfWork, dispute: Json, status: str, **changes: Json) -> Json:
    """Bring a dispute to another status; raise RefusedError where Stripe would never do so."""
    if status not in DISPUTE_MOVES[dispute["status"]]:
        ways = ", ".join(DISPUTE_MOVES[dispute["status"]]) or "nothing else"
        raise RefusedError(
            f"A dispute that is {dispute['status']} cannot become {status}, only {ways}.", param="status"
        )
    moved = uow.change(dispute, "charge.dispute.updated", status=status, **_bearing(dispute, status), **changes)
    return _settle(uow, moved, taken_before=dispute["status"] in TAKEN)


def update(call: ApiCall) -> Json:
    """Answer a dispute with evidence, which is sent to the bank unless `submit` is false, or change our notes."""
    dispute = call.uow.get("dispute", call.object_id)
    changes = call.changes_to(dispute)
    submits = changes.pop("submit", True) and "evidence" in changes
    if "evidence" in changes:
        _refuse_late(dispute)
        changes["evidence"] = dispute["evidence"] | changes["evidence"]
        changes["evidence_details"] = dispute["evidence_details"] | {"has_evidence": True}
    if not submits:
        return call.uow.change(dispute, "charge.dispute.updated", **changes)
    sent = {"submission_count": dispute["evidence_details"]["submission_count"] + 1, "submission_method": "manual"}
    changes["evidence_details"] |= sent
    return move(call.uow, dispute, _REVIEW[dispute["status"]], **changes)


def close(call: ApiCall) -> Json:
    """Accept a dispute as lost."""
    dispute = call.uow.get("dispute", call.object_id)
    _refuse_late(dispute)
    if dispute["status"].startswith("warning_"):
        raise RefusedError("An inquiry cannot be closed; refund the charge or answer it.")
    return move(call.uow, dispute, "lost")


def _settle(uow: UnitOfWork, dispute: Json, *, taken_before: bool) -> Json:
    """Move the money where a dispute's status puts it, and tell when the dispute is over."""
    taken = dispute["status"] in TAKEN
    if dispute["status"] in CLOSED:
        uow.announce("charge.dispute.closed", dispute)
    if taken == taken_before:
        return dispute
    entry = _entry(uow, dispute, taken=taken)
    dispute = uow.transition(
        dispute,
        f"charge.dispute.funds_{'withdrawn' if taken else 'reinstated'}",
        balance_transactions=[*dispute["balance_transactions"], entry],
    )
    if taken:
        refunds.fail_pending(uow, uow.get("charge", dispute["charge"]))
    return dispute


def _bearing(dispute: Json, status: str) -> Json:
    """Return what a status says about the charge and the case."""
    bearing: Json = {"is_charge_refundable": status not in TAKEN}
    details = dispute.get("payment_method_details")
    if details is None:
        return bearing
    return bearing | {"payment_method_details": details | {"card": details["card"] | {"case_type": _case(status)}}}


def _case(status: str) -> str:
    return {"warning": "inquiry", "prevented": "resolution"}.get(status.partition("_")[0], "chargeback")


def _refuse_charge(uow: UnitOfWork, charge: Json, amount: int | None) -> None:
    if not charge["paid"]:
        raise RefusedError(f"Charge {charge['id']} was not paid and cannot be disputed.", param="charge")
    if amount is not None and not 0 < amount <= charge["amount"]:
        raise RefusedError(f"Only up to {charge['amount']} of charge {charge['id']} can be disputed.", param="amount")
    if any(dispute["status"] not in CLOSED for dispute in uow.owned(charge["id"], "dispute")):
        raise RefusedError(f"Charge {charge['id']} is disputed already.", param="charge")


def _refuse_late(dispute: Json) -> None:
    if dispute["status"] not in _REVIEW:
        raise RefusedError(f"This dispute is {dispute['status']}; there is nothing to answer any more.")


def _dispute(uow: UnitOfWork, charge: Json, status: str, amount: int) -> Json:
    method = charge["payment_method_details"]
    card = method.get("card")
    about = {"brand": card["brand"], "network": card["network"], "network_reason_code": "10.4"} if card else {}
    details = {"payment_method_details": {"type": "card", "card": about}} if card else {}
    due_by = None if status == "prevented" else uow.now + DAYS_TO_ANSWER * DAY
    dispute = {
        **details,
        **uow.common_fields("dispute", new_id("dp")),
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": EMPTY,
        "evidence_details": NO_EVIDENCE | {"due_by": due_by},
        "intended_submission_method": None,
        "metadata": {},
        "network_reason_code": about.get("network_reason_code"),
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": status,
    }
    return dispute | _bearing(dispute, status)


def _entry(uow: UnitOfWork, dispute: Json, *, taken: bool) -> Json:
    """Return the balance transaction that takes a dispute's money, with a fee, or brings it back."""
    fee = FEE if taken else 0
    amount = -dispute["amount"] if taken else dispute["amount"]
    asked = {"amount": fee, "application": None, "currency": dispute["currency"], "description": "Dispute fee"}
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": uow.now,
        "balance_type": "payments",
        "created": uow.now,
        "currency": dispute["currency"],
        "description": f"Chargeback {'withdrawal' if taken else 'reversal'} for {dispute['charge']}",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [asked | {"type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if taken else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }
