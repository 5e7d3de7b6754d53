"""Random lives of a few readers, told to the house in random order, and compared with the truth in the end."""

import sys
from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.model import lives
from tests.model.figures import FIGURES
from tests.model.ledger import differences, differences_of_grants, differences_of_source, opened_unpaid
from tests.model.lives import Stock
from tests.model.moves import PICK, READER, REFUSALS, THINGS, TURNS, Moves, chosen
from tests.model.news import Mailbag
from tests.model.truth import Truth, read_truth
from tests.model.turns import together, trouble_at
from tests.model.world import READERS
from webapp.billing.grants import rebuild_all_grants
from webapp.billing.outbox_runner import run_commands
from webapp.billing.reconcile import recheck_before_lapse, reconcile_all, reconcile_events
from webapp.billing.sync import sync
from webapp.billing.webhook_inbox import drain_inbox
from webapp.kit.errors import PaymentsUnavailableError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRSTS = ["month", "month", "year", "pass", "pass", "0"]
# Steps of time, and how far from the end of a period.
STEPS = st.sampled_from([timedelta(minutes=6), HOUR, 12 * HOUR, 2 * DAY, 8 * DAY, 31 * DAY, 62 * DAY])
AROUND = st.sampled_from([-HOUR, timedelta(seconds=-1), timedelta(), timedelta(seconds=1), 2 * HOUR, DAY, 9 * DAY])
MOMENT = timedelta(seconds=1)

GIVEN_BACK = ["part back", "all back", "dispute", "delete"]
ENDINGS = ["nothing", *GIVEN_BACK, "fall behind", "pause", "cancel", "pass", "two tabs"]

# Every night all is compared with Stripe. Here that is left out so that news is all there is, but not for ever: of
# more bills than a year has, the oldest are not asked for any more.
LONGEST_SILENCE = timedelta(days=240)


class Lives(Moves):
    """One history. `world` is set by whoever runs it."""

    def __init__(self) -> None:
        super().__init__()
        self.world.begin_anew()
        self.billing = self.world.billing
        self.post = Mailbag(self.world)
        self.post.begin()
        self.stock = Stock.of(self.world)
        self.compared_at = self.world.now
        self.ending = "nothing"

    @initialize(
        dunning_ends=st.sampled_from(["cancel", "unpaid", "past_due"]),
        firsts=st.tuples(*[st.lists(st.sampled_from(FIRSTS), max_size=2)] * READERS),
        heard=st.lists(READER, max_size=READERS, unique=True),
        ending=st.sampled_from(ENDINGS),
    )
    def begin(self, dunning_ends, firsts, heard, ending):
        """Choose what becomes of who does not pay, and have each reader buy something, of which we hear or not.

        `ending` is the last that happens in this history, and nobody tells us of it.
        """
        self.ending = ending
        self.world.sandbox.set_dunning_end(dunning_ends)
        for reader, whats in enumerate(firsts):
            for what in whats:
                with suppress(*REFUSALS):
                    session_id = lives.order(self.world, reader, what)
                    lives.pay(self.world, session_id, "fails on renewal" if what == "month" else "good")
                    if reader in heard:
                        lives.come_back(self.world, session_id)

    @invariant()
    def look(self):
        """See what there is now, a moment later."""
        FIGURES["steps"] += 1
        self.wait(MOMENT)
        self.post.collect()
        self.stock = Stock.of(self.world)

    # Time

    @rule(by=STEPS)
    def pass_time(self, by):
        self.wait(by)

    @precondition(lambda self: self.stock.running)
    @rule(pick=PICK, around=AROUND)
    def pass_time_to_the_end_of_a_period(self, pick, around):
        (item, *_) = lives.body_of(self.world, chosen(self.stock.running, pick))["items"]["data"]
        self.wait(lives.until(self.world, item["current_period_end"] + around.total_seconds()))

    @precondition(lambda self: self.stock["subscription active"])
    @rule(pick=PICK, later=st.sampled_from([2 * HOUR, 4 * DAY, 9 * DAY, 17 * DAY]))
    def fall_behind(self, pick, later):
        """Leave a card that fails, and come to some time after the renewal."""
        subscription = chosen(self.stock["subscription active"], pick)
        with suppress(*REFUSALS):
            lives.tend(self.world, subscription, "fails on renewal")
        (item, *_) = lives.body_of(self.world, subscription)["items"]["data"]
        self.wait(lives.until(self.world, item["current_period_end"] + later.total_seconds()))

    # News

    @precondition(lambda self: self.post.waiting)
    @rule(picks=st.lists(st.integers(0, 15), min_size=1, max_size=4))
    def deliver(self, picks):
        for pick in picks[: len(self.post.waiting)]:
            self.post.take(pick)()

    @precondition(lambda self: self.post.came)
    @rule(pick=PICK)
    def deliver_again(self, pick):
        self.post.again(pick)()

    @precondition(lambda self: self.post.waiting)
    @rule(picks=st.lists(st.integers(0, 15), min_size=1, max_size=8))
    def lose(self, picks):
        for pick in picks[: len(self.post.waiting)]:
            self.post.lose(pick)

    @precondition(lambda self: len(self.post.waiting) > 1)
    @rule(picks=st.tuples(PICK, PICK), turns=TURNS)
    def deliver_two_at_once(self, picks, turns):
        FIGURES["two at once"] += 1
        together([self.post.take(pick) for pick in picks], turns)

    @precondition(lambda self: self.post.waiting and self.stock["checkout.session"])
    @rule(event=PICK, session=PICK, turns=TURNS)
    def deliver_while_a_reader_comes_back(self, event, session, turns):
        FIGURES["two at once"] += 1
        session_id = chosen(self.stock["checkout.session"], session)
        together([self.post.take(event), lambda: lives.come_back(self.world, session_id)], turns)

    @precondition(lambda self: self.post.waiting)
    @rule(pick=PICK, crossing=st.integers(0, 11), kills=st.booleans())
    def deliver_in_trouble(self, pick, crossing, kills):
        FIGURES["troubles"] += 1
        with trouble_at(crossing, kills=kills):
            self.post.take(pick)()

    @rule(reader=READER, what=THINGS, crossing=st.integers(0, 5), kills=st.booleans())
    def order_in_trouble(self, reader, what, crossing, kills):
        FIGURES["troubles"] += 1
        with suppress(PaymentsUnavailableError, *REFUSALS), trouble_at(crossing, kills=kills):
            lives.order(self.world, reader, what)

    @precondition(lambda self: self.stock.running)
    @rule(pick=PICK, crossings=st.integers(0, 8), change=st.sampled_from(["cancel", "void", "refund", "dispute"]))
    def be_overtaken_by_later_news(self, pick, crossings, change):
        """Let one worker stop somewhere, Stripe change, and another hear of that: the first is too late."""
        FIGURES["two at once"] += 1
        subscription = chosen(self.stock.running, pick)
        sync(self.billing, "customer", lives.body_of(self.world, subscription)["customer"])

        def hear() -> None:
            sync(self.billing, "subscription", subscription)

        def hear_of_a_change() -> None:
            with suppress(*REFUSALS):
                lives.change(self.world, subscription, change)
            hear()

        together([hear, hear_of_a_change], [0] * crossings + [1] * 40)
        self.compared(differences_of_source(self.truth(), self.world.ours, subscription))

    # The house

    @rule(work=st.sampled_from([drain_inbox, run_commands, recheck_before_lapse, reconcile_events, reconcile_all]))
    def work(self, work):
        work(self.billing)

    @rule(reader=READER)
    def hear_all_about_a_reader(self, reader):
        """Ask about every target of a reader; what it holds then is what is true."""
        truth = self.truth()
        for kind, id_ in lives.targets_of(self.world, self.world.buyers[reader].reader_id):
            sync(self.billing, kind, id_)
        self.compared(differences_of_grants(truth, self.world.ours, [self.world.buyers[reader].reader_id]))
        self.compared(opened_unpaid(truth, self.world.ours))

    def truth(self) -> Truth:
        return read_truth(self.world.ours, self.world.theirs, int(self.world.now.timestamp()))

    def wait(self, by):
        while self.world.now + by > self.compared_at + LONGEST_SILENCE:
            silence = self.compared_at + LONGEST_SILENCE - self.world.now
            self.world.pass_time(silence)
            by -= silence
            self.compare_with_stripe()
        self.world.pass_time(by)

    def compare_with_stripe(self):
        reconcile_all(self.billing)
        self.compared_at = self.world.now

    def teardown(self):
        if sys.exc_info()[0] is None:
            self.let_the_dust_settle()
        self.world.let_go()

    def end(self):
        """Have one thing more happen, to what was bought last."""
        running, payments = self.stock.running, self.stock["payment_intent succeeded"]
        match self.ending:
            case "part back" | "all back" if payments:
                self.refund(pick=0, share=2 if self.ending == "part back" else 1, pending=False)
            case "dispute" if payments:
                self.dispute(pick=0, status="needs_response")
            case "fall behind" if self.stock["subscription active"]:
                self.fall_behind(pick=0, later=2 * HOUR)
            case "pause" if running:
                self.by_the_publisher(pick=0, action="keep_as_draft")
            case "cancel" if running:
                self.by_the_publisher(pick=0, action="cancel in ten days")
            case "pass":
                self.buy(reader=0, what="pass", how="good", code="", warned=True)
            case "two tabs":
                self.subscribe_in_two_tabs(reader=0, crossings=2)
            case "delete" if self.stock["customer"]:
                self.something_rare(pick=0, what="delete")

    def let_the_dust_settle(self):
        """Let what is on its way arrive, compare once, and ask whether all is as it is at Stripe."""
        self.end()
        self.wait(timedelta(minutes=10))
        self.compare_with_stripe()
        drain_inbox(self.billing)
        self.compared(differences(self.truth(), self.world.ours))
        with self.world.database.writing() as session:
            rebuilt = rebuild_all_grants(session, self.billing.mode, self.billing.grace)
        self.compared([f"rebuilding {change}" for change in rebuilt])
        (syncs,) = self.world.ours.execute("SELECT coalesce(sum(wanted), 0) FROM stripe_objects").fetchone()
        FIGURES["syncs"] += syncs
        FIGURES["histories"] += 1

    @staticmethod
    def compared(found: list[str]) -> None:
        FIGURES["comparisons"] += 1
        FIGURES["differences"] += len(found)
        assert not found, "\n".join(found)
