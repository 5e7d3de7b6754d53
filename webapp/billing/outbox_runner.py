"""What waits in the outbox is asked of Stripe, each command under a key of its own."""

from itertools import takewhile

from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.customer_emails import read_customer_email
from webapp.billing.gateway.client import MissingAtStripeError, SpentKeyError, StripeRefusedError
from webapp.billing.gateway.json_parser import OUR_COMMENT
from webapp.billing.models import Revoked
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import CommandKind, StripeCommand
from webapp.billing.stripe_outbox import waiting_commands
from webapp.billing.sync import sync
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.kit.instance_identity import is_resting

SETTLED_ALREADY = {"charge_already_refunded"}


def run_commands(billing: BillingContext) -> int:
    """Ask Stripe for what was written down, each under its own key; return how many it did.

    Stops at the first sign that Stripe is not there; the rest waits. All of it does while this installation rests.
    """
    if is_resting(billing.database, billing.base_url):
        return 0
    with billing.database.reading() as session:
        commands = waiting_commands(session, billing.mode)
    return sum(1 for _ in takewhile(lambda command: _carry_out(billing, command), commands))


def _carry_out(billing: BillingContext, command: StripeCommand) -> bool:
    """Carry a command out and hear at once what became of it; return False where it must be tried again.

    What Stripe refuses for good the publisher is told. A failure that its key repeats calls for another key: both
    cancelling and giving back in full do nothing when they were done before.
    """
    error, final, attempt = "", True, command.attempt
    try:
        sync(billing, *_ask(billing, command))
    except StripeRefusedError as refusal:
        error, final, attempt = refusal.code or str(refusal), refusal.final, attempt + 1
    except MissingAtStripeError as problem:
        error = str(problem)
    except SpentKeyError as problem:
        error, final, attempt = str(problem), False, attempt + 1
    except PaymentsUnavailableError as problem:
        error, final = str(problem), False
    billing.database.write(lambda session: _note_end(session, command.id, error, attempt, final=final))
    return final


def _ask(billing: BillingContext, command: StripeCommand) -> tuple[str, str]:
    """Ask Stripe for what a command says; return what to sync then."""
    comment = OUR_COMMENT if command.reason == Revoked.REFUNDED else ""
    match command.kind:
        case CommandKind.REFUND:
            billing.gateway.refund(command.target_id, command.key)
            return "payment_intent", command.target_id
        case CommandKind.EXPIRE_SESSION:
            billing.gateway.expire_session(command.target_id)
            return "checkout.session", command.target_id
        case CommandKind.SET_EMAIL:
            with billing.database.reading() as session:
                email = read_customer_email(session, command.target_id)
            billing.gateway.set_customer_email(command.target_id, email, command.key)
            return "customer", command.target_id
        case CommandKind.CANCEL_AT if command.moment and command.moment > clock.now():
            billing.gateway.cancel_subscription_at(command.target_id, command.moment, command.key, comment)
        case _:
            billing.gateway.cancel_subscription(command.target_id, command.key, comment)
    return "subscription", command.target_id


def _note_end(session: Session, command_id: str, error: str, attempt: int, *, final: bool) -> None:
    kept = session.get_one(StripeCommand, command_id)
    kept.last_error, kept.attempt = error[:500], attempt
    kept.done_at = clock.now() if final else None
    if error and final and error not in SETTLED_ALREADY:
        alert_publisher(session, kept.mode, AlertCode.COMMAND_REFUSED, kept.target_id)
