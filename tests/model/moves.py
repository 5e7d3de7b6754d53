"""What can happen at Stripe: readers buy, the publisher rules and edits, banks answer. Each is a rule."""

from contextlib import suppress

import stripe
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.model import edits, lives
from tests.model.edits import BY_HAND, INVOICE_MARKS, LINKED, SUBSCRIPTION_EDITS
from tests.model.figures import FIGURES
from tests.model.lives import CARDS, PUBLISHERS, WALLETS, Stock
from tests.model.news import Mailbag
from tests.model.turns import together
from tests.model.world import CODES, READERS, World
from webapp.billing.context import BillingContext
from webapp.kit.errors import ConflictError, PaymentsUnavailableError
from webapp.stripe_sandbox.resources.disputes import DISPUTE_MOVES
from webapp.stripe_sandbox.stripe_errors import RefusedError

PICK = st.integers(0, 7)
READER = st.integers(0, READERS - 1)
THINGS = st.sampled_from(["month", "year", "pass", "0", "1"])
RARE = ["delete", "delete", "expire", "foreign", "foreign with our mark", "foreign with our mark", "foreign news"]
PAYING = st.sampled_from(["good", *CARDS, *WALLETS])
CODE = st.sampled_from(["", "", *CODES])
TURNS = st.lists(st.integers(0, 1), max_size=12)

# What Stripe, or we, may say no to: then nothing has happened, which is a life too.
REFUSALS = (RefusedError, stripe.StripeError, ConflictError)


def having(*kinds: str):
    """Let a rule be chosen only while there is something of one of these kinds at Stripe."""
    return precondition(lambda machine: any(machine.stock[kind] for kind in kinds))


def chosen(among: list[str], pick: int) -> str:
    """Return one of several, the newest first."""
    return among[-1 - pick % len(among)]


class Moves(RuleBasedStateMachine):
    """The part of a history that Stripe sees."""

    world: World
    billing: BillingContext
    post: Mailbag
    stock: Stock

    # Readers

    @rule(reader=READER, what=THINGS)
    def order(self, reader, what):
        with suppress(*REFUSALS):
            lives.order(self.world, reader, what)

    @rule(reader=READER, what=THINGS, how=PAYING, code=CODE, warned=st.booleans())
    def buy(self, reader, what, how, code, warned):
        with suppress(*REFUSALS):
            lives.pay(self.world, lives.order(self.world, reader, what, warned=warned), how, code)

    @rule(reader=READER, what=st.sampled_from(["0", "pass"]), first=st.sampled_from(WALLETS), then=PAYING)
    def buy_twice(self, reader, what, first, then):
        """Pay in a way that takes its time, and grow impatient."""
        for how in (first, then):
            with suppress(*REFUSALS):
                lives.pay(self.world, lives.order(self.world, reader, what), how)

    @having("checkout.session open")
    @rule(pick=PICK, how=PAYING, code=CODE)
    def pay(self, pick, how, code):
        with suppress(*REFUSALS):
            lives.pay(self.world, chosen(self.stock["checkout.session open"], pick), how, code)

    @rule(reader=READER, whats=st.tuples(THINGS, THINGS), turns=TURNS)
    def order_in_two_tabs(self, reader, whats, turns):
        FIGURES["two at once"] += 1
        works = [lambda what=what: lives.order(self.world, reader, what) for what in whats]
        with suppress(*REFUSALS):
            together(works, turns)

    @rule(reader=READER, crossings=st.integers(1, 6))
    def subscribe_in_two_tabs(self, reader, crossings):
        """Let one tab stop somewhere, the other overtake it, and pay in both."""
        FIGURES["two at once"] += 1
        works = [lambda what=what: lives.order(self.world, reader, what) for what in ("year", "month")]
        with suppress(*REFUSALS):
            together(works, [0] * crossings + [1] * 40)
        for session_id in Stock.of(self.world)["checkout.session open"]:
            lives.pay(self.world, session_id, "good")

    @having("checkout.session")
    @rule(pick=PICK)
    def come_back(self, pick):
        lives.come_back(self.world, chosen(self.stock["checkout.session"], pick))

    @precondition(lambda self: self.stock.running)
    @rule(pick=PICK, action=st.sampled_from(["cancel", "cancel", "go on", "switch", "good", "declined"]))
    def tend(self, pick, action):
        with suppress(*REFUSALS):
            lives.tend(self.world, chosen(self.stock.running, pick), action)

    @rule(reader=READER, what=THINGS, fault=st.sampled_from(["down", "error_after_commit", "fails_after_commit"]))
    def order_while_stripe_fails(self, reader, what, fault):
        """Order and be told of an error, which Stripe keeps under the key; try again a minute later, and pay."""
        FIGURES["troubles"] += 1
        with suppress(PaymentsUnavailableError, *REFUSALS), self.world.failing(fault):
            lives.order(self.world, reader, what)
        with suppress(*REFUSALS):
            lives.pay(self.world, lives.order(self.world, reader, what), "good")

    # The publisher, and banks

    @precondition(lambda self: self.stock.running)
    @rule(pick=PICK, action=st.sampled_from(PUBLISHERS))
    def by_the_publisher(self, pick, action):
        with suppress(*REFUSALS):
            lives.rule(self.world, chosen(self.stock.running, pick), action)

    @having("subscription")
    @rule(pick=PICK, edit=st.sampled_from([*SUBSCRIPTION_EDITS]))
    def edit_subscription(self, pick, edit):
        FIGURES["edits"] += 1
        with suppress(*REFUSALS):
            SUBSCRIPTION_EDITS[edit](self.world, chosen(self.stock["subscription"], pick))

    @having("invoice")
    @rule(pick=PICK, mark=st.sampled_from(INVOICE_MARKS))
    def mark_invoice(self, pick, mark):
        FIGURES["edits"] += 1
        with suppress(*REFUSALS):
            edits.mark_invoice(self.world, chosen(self.stock["invoice"], pick), mark)

    @having("customer")
    @rule(pick=PICK, how=st.sampled_from([*BY_HAND]))
    def subscribe_by_hand(self, pick, how):
        FIGURES["edits"] += 1
        with suppress(*REFUSALS):
            edits.subscribe_by_hand(self.world, chosen(self.stock["customer"], pick), how)

    @rule(sold=st.sampled_from(LINKED))
    def pay_link_with_a_typed_reference(self, sold):
        FIGURES["edits"] += 1
        with suppress(*REFUSALS):
            edits.pay_link(self.world, sold, lives.mark_of(self.world) or "nobody")

    @rule(currency=st.sampled_from(["usd", "cny"]))
    def sell_in_another_currency(self, currency):
        self.world.sell_in(currency)

    @having("payment_intent succeeded")
    @rule(pick=PICK, share=st.sampled_from([1, 1, 2]), pending=st.sampled_from([False, False, True]))
    def refund(self, pick, share, pending):
        with suppress(*REFUSALS):
            payment = chosen(self.stock["payment_intent succeeded"], pick)
            lives.give_back(self.world, payment, share, pending=pending)

    @having("refund pending", "refund succeeded")
    @rule(pick=PICK, status=st.sampled_from(["succeeded", "failed", "canceled"]))
    def settle_refund(self, pick, status):
        with suppress(*REFUSALS):
            self.world.sandbox.settle_refund(chosen(self.stock["refund"], pick), status)

    @having("payment_intent succeeded")
    @rule(pick=PICK, status=st.sampled_from(sorted(DISPUTE_MOVES)))
    def dispute(self, pick, status):
        with suppress(*REFUSALS):
            self.world.sandbox.dispute(chosen(self.stock["payment_intent succeeded"], pick), status)

    @having("dispute")
    @rule(pick=PICK, status=st.sampled_from(sorted(DISPUTE_MOVES)))
    def move_dispute(self, pick, status):
        with suppress(*REFUSALS):
            self.world.sandbox.move_dispute(chosen(self.stock["dispute"], pick), status)

    @having("invoice open", "invoice uncollectible")
    @rule(pick=PICK, how=st.sampled_from(["good", "declined", "asks", "void_invoice", "mark_uncollectible"]))
    def settle_invoice(self, pick, how):
        owed = self.stock["invoice open"] + self.stock["invoice uncollectible"]
        with suppress(*REFUSALS):
            lives.settle_invoice(self.world, chosen(owed, pick), how)

    @having("customer")
    @rule(pick=PICK, what=st.sampled_from(RARE))
    def something_rare(self, pick, what):
        with suppress(*REFUSALS):
            self._do_something_rare(pick, what)

    def _do_something_rare(self, pick, what):
        customer, open_sessions = chosen(self.stock["customer"], pick), self.stock["checkout.session open"]
        match what:
            case "delete":
                self.world.stripe.customers.delete(customer)
            case "expire" if open_sessions:
                self.world.stripe.checkout.sessions.expire(chosen(open_sessions, pick))
            case "foreign":
                lives.sell_something_else(self.world, customer, None)
            case "foreign with our mark":
                lives.sell_something_else(self.world, customer, lives.mark_of(self.world))
            case "foreign news":
                self.post.put_in(lives.foreign_news(pick))

    @having("subscription")
    @rule(reader=READER)
    def disable(self, reader):
        self.world.disable(reader)
