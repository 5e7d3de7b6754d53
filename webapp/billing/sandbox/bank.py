"""The sandbox itself: one file, the SDK's way into it, and what only a sandbox can do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

from webapp.billing.sandbox import agenda
from webapp.billing.sandbox.books import Books
from webapp.billing.sandbox.cards import TypedCard
from webapp.billing.sandbox.paying import Outcome, Tender, pay
from webapp.billing.sandbox.resources import dunning, refunds
from webapp.billing.sandbox.store import BASE_URL, Json, Store, recall, recall_or_make, remember
from webapp.billing.sandbox.switchboard import Answer, Request, Switchboard
from webapp.billing.sandbox.transport import SandboxTransport
from webapp.kit import chance, clock

_OFFSET, _SECRET = "clock_offset", "webhook_secret"
FRESH_SECONDS = 1.0


class Sandbox:
    """Stripe on one machine: its state is a file that several processes share.

    Its time is `kit.clock`'s, which whoever opens a sandbox moves by `clock_offset`.
    """

    def __init__(self, path: Path, base_url: str) -> None:
        self.store = Store(path)
        self._switchboard = Switchboard(self.store, base_url.rstrip("/"), _seconds)
        self._offset = timedelta()
        self._offset_read = -FRESH_SECONDS
        with self.store.writing() as connection:
            self.webhook_secret = recall_or_make(connection, _SECRET, f"whsec_{chance.token(24)}")
            remember(connection, BASE_URL, base_url.rstrip("/"))

    def client_transport(self) -> SandboxTransport:
        """Answers the HTTP client to give to `stripe.StripeClient`."""
        return SandboxTransport(self.answer)

    def answer(self, request: Request) -> Answer:
        """Answers a request to Stripe's API."""
        self.settle()
        return self._switchboard.answer(request)

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """Opens the books as they stand now, to read in them."""
        self.settle()
        with self.store.reading() as connection:
            yield Books(connection, _seconds())

    @contextmanager
    def writing(self) -> Iterator[Books]:
        """Opens the books as they stand now, to write in them: returning commits, raising rolls back."""
        self.settle()
        with self.store.writing() as connection:
            yield Books(connection, _seconds())

    def pay(
        self, session_id: str, method: str = "card", card_number: str = "", expiry: str = "", cvc: str = ""
    ) -> Outcome:
        """Pays a Checkout session; raises RefusedError when there is none."""
        with self.writing() as books:
            return pay(books, session_id, Tender(method, TypedCard(card_number, expiry, cvc)))

    def refund(self, payment_intent: str, amount: int | None = None) -> Json:
        """Gives a payment back as if from Stripe's dashboard: all that is left of it, or `amount` minor units."""
        given = {"payment_intent": payment_intent} | ({} if amount is None else {"amount": amount})
        with self.writing() as books:
            return refunds.refund(books, given)

    def set_dunning_end(self, end: str) -> None:
        """Chooses what becomes of subscriptions when the last retry of a charge has failed: cancel, unpaid, past_due.

        Source: dashboard.stripe.com/settings/billing/automatic; raises ValueError for another word.
        """
        with self.store.writing() as connection:
            remember(connection, dunning.END, dunning.End(end).value)

    def clock_offset(self) -> timedelta:
        """Answers how far the sandbox's time is ahead; what another process changed shows within a second."""
        if monotonic() - self._offset_read >= FRESH_SECONDS:
            with self.store.reading() as connection:
                self._offset = timedelta(seconds=float(recall(connection, _OFFSET) or 0))
            self._offset_read = monotonic()
        return self._offset

    def advance(self, by: timedelta) -> None:
        """Moves the sandbox's time forward and lets happen what falls due; raises ValueError for backwards."""
        if by < timedelta():
            raise ValueError("the sandbox's time only goes forward")
        with self.store.writing() as connection:
            ahead = timedelta(seconds=float(recall(connection, _OFFSET) or 0)) + by
            remember(connection, _OFFSET, str(ahead.total_seconds()))
        self._offset, self._offset_read = ahead, monotonic()
        self.settle()

    def settle(self) -> None:
        """Lets everything happen that has fallen due, in its order, each in a transaction of its own."""
        more = self._something_is_due()  # asked first in a reading, which waits for nobody
        while more:
            more = self._carry_out_first()

    def close(self) -> None:
        """Lets go of the file."""
        self.store.close()

    def _something_is_due(self) -> bool:
        with self.store.reading() as connection:
            return agenda.first_due(connection, _seconds()) is not None

    def _carry_out_first(self) -> bool:
        """Does the first of what is due; answers whether there was any: another process may have been faster."""
        with self.store.writing() as connection:
            due = agenda.first_due(connection, _seconds())
            if due is not None:
                agenda.carry_out(connection, due)
        return due is not None


def _seconds() -> int:
    return int(clock.now().timestamp())
