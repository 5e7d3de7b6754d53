"""What one of several processes does to an installation that the others act on at the same moment."""

import random
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection

import stripe

from tests.model import lives
from tests.model.moves import REFUSALS
from tests.model.shared_world import Place, SharedWorld, world_at
from webapp.billing.outbox_runner import run_commands
from webapp.billing.publisher_refunds import find_receipt, give_back, plan_refund
from webapp.billing.reconcile import recheck_before_lapse, reconcile_all, reconcile_events
from webapp.billing.sync import sync
from webapp.billing.webhook_inbox import drain_inbox, receive_event
from webapp.kit import randomness
from webapp.kit.errors import NotFoundError, PaymentsUnavailableError
from webapp.kit.parent_process import end_with_parent

Act = tuple[str, tuple]
WORKS = {
    work.__name__: work for work in (drain_inbox, run_commands, recheck_before_lapse, reconcile_events, reconcile_all)
}


def hear(world: SharedWorld, body: str) -> None:
    """Take an event as the webhook does, signed as it really is."""
    gateway = world.billing.gateway
    signature = stripe.WebhookSignature.generate_signature_header(body, gateway.webhook_secret)
    receive_event(world.billing, gateway.read_notice(body.encode(), signature))


def ask_about_reader(world: SharedWorld, number: int) -> None:
    """Ask Stripe about everything of a reader."""
    for kind, id_ in lives.targets_of(world, world.buyers[number].reader_id):
        sync(world.billing, kind, id_)


def buy(world: SharedWorld, number: int, what: str, how: str) -> None:
    """Order, pay and come back."""
    session_id = lives.order(world, number, what, warned=True)
    lives.pay(world, session_id, how)
    lives.come_back(world, session_id)


def refund_by_command(world: SharedWorld, payment: str) -> None:
    """Give a payment back, as `paidspan stripe refund` does."""
    give_back(world.billing, plan_refund(world.billing, find_receipt(world.billing, payment), None))


def refund_at_stripe(world: SharedWorld, payment: str, share: int) -> None:
    """Give a payment back in Stripe's dashboard."""
    lives.give_back(world, payment, share, pending=False)


def work(world: SharedWorld, name: str) -> None:
    """Do what the worker does now and then."""
    WORKS[name](world.billing)


ACTS: dict[str, Callable] = {
    "hear": hear,
    "ask": ask_about_reader,
    "buy": buy,
    "order": lives.order,
    "pay": lives.pay,
    "come back": lives.come_back,
    "tend": lives.tend,
    "rule": lives.rule,
    "refund by command": refund_by_command,
    "refund at stripe": refund_at_stripe,
    "work": work,
}


def act(world: SharedWorld, acts: list[Act]) -> list[str]:
    """Do some things one after the other; return what went wrong in a way that nobody may meet."""
    wrong = []
    for name, given in acts:
        try:
            with suppress(PaymentsUnavailableError, NotFoundError, *REFUSALS):
                ACTS[name](world, *given)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            wrong.append(f"{name} {str(given)[:80]}: {traceback.format_exc()}")
    return wrong


def stand_by(place: Place, seeded: int, conductor: Connection) -> None:
    """Be one of the processes: do what is sent, all of it at the moment that comes with it, and answer."""
    end_with_parent()
    with world_at(place) as world:
        randomness.set_random_source(random.Random(f"process {seeded}").randbytes)
        conductor.send([])
        while True:
            try:
                told = conductor.recv()
            except EOFError:
                sys.exit()
            if told is None:
                world.sandbox.close()
                while world._open:
                    world._open.pop().close()
                conductor.send([])
                continue
            moment, acts = told
            assert isinstance(moment, datetime)
            world.now = moment
            conductor.send(act(world, acts))
