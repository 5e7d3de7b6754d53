"""Double orders: one reader pays for one thing twice, in whatever way and order, and news of it comes or does not."""

import random
from contextlib import suppress
from datetime import timedelta

from tests.model import lives
from tests.model.lives import CARDS, WALLETS, Stock
from tests.model.moves import REFUSALS
from tests.model.news import Mailbag
from tests.model.oracle import payment_of
from tests.model.truth import Json, Truth, read_truth
from tests.model.turns import together
from tests.model.world import World
from webapp.billing.reconcile import reconcile_all
from webapp.billing.webhook_inbox import drain_inbox
from webapp.kit.errors import PaymentsUnavailableError

READER = 0
PAIRS = [("0", "0"), ("month", "pass"), ("year", "pass"), ("pass", "month"), ("month", "year"), ("month", "month")]
DELAYS = [timedelta(seconds=1), timedelta(minutes=5), timedelta(hours=2), timedelta(days=1)]
METHODS = ["good", "asks", *WALLETS]
RENEWING = ("month", "year")


def order_twice(world: World, seeded: int) -> list[str]:
    """Have a reader order twice and let all come to rest; return in words what was charged twice."""
    chance = random.Random(seeded)
    world.begin_anew()
    post = Mailbag(world)
    post.begin()
    pair = chance.choice(PAIRS)
    for session_id in _ordered(world, pair, chance):
        _pay(world, post, session_id, chance)
    for what in pair:  # once more, if it is still not there
        if chance.random() < 0.5:
            with suppress(PaymentsUnavailableError, *REFUSALS):
                _pay(world, post, lives.order(world, READER, what), chance)
    world.pass_time(timedelta(days=2))
    reconcile_all(world.billing)
    drain_inbox(world.billing)
    return charged_twice(read_truth(world.ours, world.theirs, int(world.now.timestamp())))


def _ordered(world: World, pair: tuple[str, str], chance: random.Random) -> list[str]:
    """Order both at once in two tabs, or one after the other; return the sessions that are open."""
    works = [lambda what=what: lives.order(world, READER, what) for what in pair]
    turns = [chance.randrange(2) for _ in range(12)] if chance.random() < 0.5 else []
    with suppress(*REFUSALS):
        together(works, turns)
    return Stock.of(world)["checkout.session open"]


def _pay(world: World, post: Mailbag, session_id: str, chance: random.Random) -> None:
    renews = lives.body_of(world, session_id)["mode"] == "subscription"
    lives.pay(world, session_id, chance.choice([*CARDS] if renews else METHODS))
    world.pass_time(chance.choice(DELAYS))
    post.collect()
    while post.waiting and chance.random() < 0.5:
        post.take(chance.randrange(16))()
    if chance.random() < 0.5:
        lives.come_back(world, session_id)


def charged_twice(truth: Truth) -> list[str]:
    """Return what more than one payment stands for, or none: a document, the time of a subscription, two of them."""
    paid = [(purchase, session) for purchase, session in truth.our_payments() if _stands(truth, session)]
    documents = [session["id"] for purchase, session in paid if purchase.kind == "document"]
    bought = [session for purchase, session in truth.our_payments() if purchase.kind == "document"]
    renewing = [one for _reader, one in truth.our_subscriptions() if _is_paid(truth, one)]
    beside = [
        session["id"]
        for purchase, session in paid
        for one in renewing
        if purchase.kind == "pass" and not purchase.warned and one["start_date"] < _paid_at(truth, session)
    ]
    return [
        *([f"a document by {documents}"] if len(documents) > 1 else []),
        *(["a document, all given back"] if bought and not documents else []),
        *([f"two subscriptions {[one['id'] for one in renewing]}"] if len(renewing) > 1 else []),
        *(f"a pass beside a subscription, by {session}" for session in beside),
    ]


def _stands(truth: Truth, session: Json) -> bool:
    return truth.money_back(payment_of(truth, session)).whole_at is None


def _paid_at(truth: Truth, session: Json) -> int:
    return int(truth.by_id[truth.by_id[session["payment_intent"]]["latest_charge"]]["created"])


def _is_paid(truth: Truth, one: Json) -> bool:
    """Whether a subscription runs, or keeps money though it does not."""
    cash = {payment: paid for invoice in truth.invoices(one["id"]) for payment, paid in truth.cash(invoice).items()}
    return one["status"] != "canceled" or bool(cash and truth.money_back(cash).whole_at is None)
