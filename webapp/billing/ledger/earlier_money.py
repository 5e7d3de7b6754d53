"""Takes into the ledger what was there before it: by the worker, in parts, and again where Stripe could not be asked.

Owns its transactions: Stripe is asked in between.
"""

from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway import stripe_lists
from webapp.billing.gateway.facts import Refund, SubscriptionFacts
from webapp.billing.gateway.json_parser import UnreadableError
from webapp.billing.ledger.dated_standings import Look
from webapp.billing.ledger.entry_sums import forget_sums, move_days, sum_new_entries
from webapp.billing.ledger.ledger_check import find_differences
from webapp.billing.ledger.ledger_state import is_complete, ledger_state, open_ledger
from webapp.billing.ledger.ledger_writer import enter_receipts, enter_target
from webapp.billing.ledger.payments_writer import enter_refunds
from webapp.billing.ledger.standings_writer import end_standing
from webapp.billing.models import Receipt
from webapp.billing.stored_targets import read_facts
from webapp.billing.stripe_models import StripeObject
from webapp.billing.sync import sync
from webapp.kit import clock

_BATCH = 200


def keep_ledger(billing: BillingContext) -> None:
    """Bring the ledger up to date: its zone, what was there before it, and the sums of its days.

    Raise PaymentsUnavailableError where Stripe cannot be asked; what was done by then stays.
    """
    billing.database.write(lambda session: move_days(session, billing.mode, billing.zone.key))
    take_in_earlier(billing)
    while billing.database.write(lambda session: sum_new_entries(session, billing.mode)):
        pass


def mend_ledger(billing: BillingContext) -> None:
    """Do what `keep_ledger` does, and add up anew where sums are not what their rows come to."""
    with billing.database.reading() as session:
        is_wrong = any(find_differences(session, billing.mode))
    if is_wrong:
        billing.database.write(lambda session: forget_sums(session, billing.mode))
    keep_ledger(billing)


def take_in_earlier(billing: BillingContext) -> None:
    """Enter receipts, targets and refunds of before; raise PaymentsUnavailableError.

    Receipts come first, since what went back is entered with its payment. What a version before the ledger writes while
    it is still running is entered as well.
    """
    for step in (_enter_some_receipts, _enter_some_targets):
        while billing.database.write(partial(step, billing=billing)):
            pass
    with billing.database.reading() as session:
        complete = is_complete(session, billing.mode)
    if not complete:
        _ask_what_went_back(billing)


def _enter_some_receipts(session: Session, billing: BillingContext) -> bool:
    state = ledger_state(session, billing.mode)
    kept = select(Receipt).where(Receipt.mode == billing.mode, Receipt.number > state.receipts_up_to)
    receipts = session.scalars(kept.order_by(Receipt.number).limit(_BATCH)).all()
    if receipts:
        enter_receipts(open_ledger(session, billing.mode), receipts)
        state.receipts_up_to = receipts[-1].number
    return bool(receipts)


def _enter_some_targets(session: Session, billing: BillingContext) -> bool:
    """Enter targets as Stripe last described them; what that leaves open is asked for anew."""
    left = select(StripeObject).where(StripeObject.mode == billing.mode, ~StripeObject.in_ledger)
    rows = session.scalars(left.limit(_BATCH)).all()
    for row in rows:
        row.in_ledger = True
        _enter(session, billing, row)
    return bool(rows)


def _enter(session: Session, billing: BillingContext, row: StripeObject) -> None:
    ledger = open_ledger(session, billing.mode)
    try:
        facts = read_facts(row)
    except UnreadableError:
        facts = None  # which the publisher's alerts tell of
    if facts is None:
        return
    enter_target(ledger, row, facts, Look(row.fetched_at or clock.now(), None))
    if row.disowned_at is not None:
        end_standing(ledger, row.id, row.disowned_at)
    elif isinstance(facts, SubscriptionFacts) and any(one.has_no_terms for one in facts.discounts):
        row.wanted += 1  # the retry queue asks for it, and then Stripe says what its coupon takes off


def _enter_some_refunds(session: Session, billing: BillingContext, refunds: list[Refund]) -> None:
    enter_refunds(open_ledger(session, billing.mode), {}, refunds)


def _ask_what_went_back(billing: BillingContext) -> None:
    """Enter all refunds and disputes of the account that are about payments here, on the day they were made."""
    refunds = list(stripe_lists.list_refunds(billing.gateway))
    disputed = sorted(stripe_lists.list_disputed_payments(billing.gateway, None))
    for begin in range(0, len(refunds), _BATCH):
        some = refunds[begin : begin + _BATCH]
        billing.database.write(partial(_enter_some_refunds, billing=billing, refunds=some))
    for payment_intent in disputed:
        sync(billing, "payment_intent", payment_intent)

    def finish(session: Session) -> None:
        ledger_state(session, billing.mode).complete_at = clock.now()

    billing.database.write(finish)
