"""What can be interrupted: each way that money takes through the house, how it goes on, and what it comes to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import delete, update

from tests.factories.house import House
from tests.faults.tally import Tally
from webapp.billing.models import Grant, Purchase, PurchaseState
from webapp.billing.reconcile import reconcile_all
from webapp.billing.webhook_inbox import drain_inbox
from webapp.operations.cli_access import rebuild_grants_command

Step = Callable[[], object]


@dataclass(frozen=True)
class Flow:
    """`prepare` answers what is interrupted and what sets it right; `end` is what there is then.

    `mends_itself`: the repair alone comes to the end, without all the other news.
    """

    prepare: Callable[[House], tuple[Step, Step]]
    end: Tally
    mends_itself: bool = True


def order_again(house: House, plan: str) -> None:
    """Click, pay and come back."""
    house.comes_back(house.buys(plan))


def buying(plan: str, house: House) -> tuple[Step, Step]:
    return partial(house.click, plan), partial(order_again, house, plan)


def changing_ones_mind(house: House) -> tuple[Step, Step]:
    """The session of one subscription is closed when another is chosen."""
    house.click("month")
    return buying("year", house)


def customer_gone(house: House) -> tuple[Step, Step]:
    """Stripe has the customer no more whose session is open: another one is made."""
    session_id = house.cashier.order(house.reader, "month", house.document.slug)
    stripe = house.billing.gateway.client.v1
    stripe.customers.delete(stripe.checkout.sessions.retrieve(session_id).customer)
    return buying("year", house)


def coming_back(plan: str, house: House) -> tuple[Step, Step]:
    step = partial(house.comes_back, house.buys(plan))
    return step, step


def news(plan: str, event_type: str, house: House) -> tuple[Step, Step]:
    """The first event of a type, in a house that heard nothing of the purchase."""
    house.buys(plan)
    event = next(event for event in house.newsboy.events() if event["type"] == event_type)
    step = partial(house.newsboy.post, event)
    return step, step


def refunded(house: House) -> tuple[Step, Step]:
    """A subscription that was paid back in full: it is to be cancelled too."""
    house.comes_back(house.buys("year"))
    house.cashier.sandbox.refund(payment_intents(house)[0])
    event = house.newsboy.events()[-1]
    step = partial(house.newsboy.post, event)
    return step, step


def rivals(house: House) -> tuple[Step, Step]:
    """Two subscriptions that were paid at once: the second is cancelled and paid back."""
    first = house.cashier.order(house.reader, "year", house.document.slug)
    with house.database.writing() as session:  # as if the first session had been given up a moment too early
        session.execute(update(Purchase).values(state=PurchaseState.EXPIRED))
    second = house.buys("month")
    house.cashier.pay(house.reader, first)
    house.comes_back(second)

    def step() -> None:
        house.comes_back(first)
        drain_inbox(house.billing)  # the worker's part, a second later

    return step, step


def hearing_nothing(house: House) -> tuple[Step, Step]:
    """Three things were paid and no news came."""
    begun = [house.cashier.order(house.reader, plan, house.document.slug) for plan in ("document", "pass", "year")]
    for session_id in begun:
        house.cashier.pay(house.reader, session_id)
    step = partial(reconcile_all, house.billing)
    return step, step


def rebuilding(house: House) -> tuple[Step, Step]:
    """The derived grants are lost and made anew, by the command that an operator types."""
    for plan in ("document", "year"):
        house.comes_back(house.buys(plan))
    with house.database.writing() as session:
        session.execute(delete(Grant))
    step = partial(rebuild_grants_command.main, ["--instance", str(house.folder)], standalone_mode=False)
    return step, step


def payment_intents(house: House) -> list[str]:
    page = house.billing.gateway.client.v1.payment_intents.list({"limit": 10})
    return [payment.id for payment in page.data]


ENDS = {"year": Tally(open_=1, running=1), "pass": Tally(open_=1), "document": Tally(open_=1)}
SUBSCRIBED = (
    "checkout.session.completed",
    "customer.created",
    "customer.subscription.created",
    "invoice.paid",
    "invoice_payment.paid",
    "payment_intent.succeeded",
    "charge.succeeded",
)
PAID_ONCE = ("checkout.session.completed", "payment_intent.succeeded", "charge.succeeded")

FLOWS = {
    **{f"buy: {plan}": Flow(partial(buying, plan), end) for plan, end in ENDS.items()},
    "buy: another plan": Flow(changing_ones_mind, Tally(open_=1, running=1, purchases=2, sessions=2)),
    "buy: customer gone": Flow(customer_gone, Tally(open_=1, running=1, purchases=2, sessions=2, customers=2)),
    **{f"come back: {plan}": Flow(partial(coming_back, plan), end) for plan, end in ENDS.items()},
    **{
        f"news: year, {one}": Flow(partial(news, "year", one), ENDS["year"], mends_itself=one != "customer.created")
        for one in SUBSCRIBED
    },
    **{f"news: document, {one}": Flow(partial(news, "document", one), ENDS["document"]) for one in PAID_ONCE},
    "command: refund": Flow(refunded, Tally(shut=1, ended=1, refunds=1, commands=1)),
    "command: rivals": Flow(
        rivals,
        Tally(
            open_=1, shut=1, purchases=2, sessions=2, bought=2, receipts=2, running=1, ended=1, refunds=1, commands=2
        ),
    ),
    "operator: reconcile": Flow(
        hearing_nothing, Tally(open_=3, purchases=3, bought=3, receipts=3, sessions=3, running=1)
    ),
    "operator: rebuild": Flow(rebuilding, Tally(open_=2, purchases=2, bought=2, receipts=2, sessions=2, running=1)),
}
