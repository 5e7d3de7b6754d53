"""The sandbox itself: one file, the SDK's way into it, and what only a sandbox can do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from webapp.kit import clock, randomness
from webapp.kit.money import Money
from webapp.stripe_sandbox import faults, scheduler
from webapp.stripe_sandbox.cached_setting import CachedSetting
from webapp.stripe_sandbox.cards import TypedCard
from webapp.stripe_sandbox.checkout_payment import (
    PaymentOutcome,
    Tender,
    Wallet,
    confirm_session,
    enter_code,
    pay_session,
)
from webapp.stripe_sandbox.dispatcher import ApiRequest, ApiResponse, Dispatcher
from webapp.stripe_sandbox.faults import Faults
from webapp.stripe_sandbox.purchase_lookup import payment_of_purchase
from webapp.stripe_sandbox.resources import disputes, refunds, taxes
from webapp.stripe_sandbox.resources.subscription import dunning, subscriptions
from webapp.stripe_sandbox.storage import (
    BASE_URL,
    WEBHOOK_SECRET,
    SandboxStore,
    recall,
    recall_or_make,
    remember,
    requeue_events,
)
from webapp.stripe_sandbox.transport import SandboxTransport
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

UPCOMING_CHOICES = (3, 7, 15, 30, 45)
_OFFSET, _FAULTS = "clock_offset", "faults"


@dataclass(frozen=True, slots=True)
class DashboardEntry:
    """A refund or dispute, as a line in Stripe's dashboard."""

    id: str
    price: Money
    status: str


class Sandbox:
    """Stripe on one machine: its state is a file that several processes share.

    Its time is `kit.clock`'s, which whoever opens a sandbox moves by `clock_offset`.
    """

    def __init__(self, path: Path, base_url: str) -> None:
        self.store = SandboxStore(path)
        self._switchboard = Dispatcher(self.store, base_url.rstrip("/"), _seconds)
        self._offset = CachedSetting(self.store, _OFFSET)
        self._faults = CachedSetting(self.store, _FAULTS)
        with self.store.writing() as connection:
            self.webhook_secret = recall_or_make(connection, WEBHOOK_SECRET, f"whsec_{randomness.token(24)}")
            remember(connection, BASE_URL, base_url.rstrip("/"))

    def client_transport(self) -> SandboxTransport:
        """Return the HTTP client to give to `stripe.StripeClient`."""
        return SandboxTransport(self.answer)

    def answer(self, request: ApiRequest) -> ApiResponse:
        """Answer a request to Stripe's API; raise NoAnswerError where a fault has the connection break."""
        self.settle()
        present = self.faults()
        if present is faults.NONE:
            return self._switchboard.answer(request)
        return faults.answer(present, request, self._switchboard.answer)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Open what the sandbox holds, to read in it."""
        self.settle()
        with self.store.reading() as connection:
            yield UnitOfWork(connection, _seconds())

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """Open what the sandbox holds, to write in it: returning commits, raising rolls back."""
        self.settle()
        with self.store.writing() as connection:
            yield UnitOfWork(connection, _seconds())

    def write(self, action: Callable[[UnitOfWork], Json]) -> Json:
        """Do something to what the sandbox holds, all of it or nothing, and return what came of it."""
        with self.writing() as uow:
            return action(uow)

    def pay(  # noqa: PLR0913 - the fields of the form
        self,
        session_id: str,
        method: str = "card",
        card_number: str = "",
        expiry: str = "",
        cvc: str = "",
        *,
        wallet: str = Wallet.NOW,
        promotion_code: str = "",
        company: str = "",
        tax_id: str = "",
    ) -> PaymentOutcome:
        """Pay a Checkout session; raise RefusedError when there is none."""
        tender = Tender(method, TypedCard(card_number, expiry, cvc), wallet, promotion_code, company, tax_id)
        with self.writing() as uow:
            return pay_session(uow, session_id, tender)

    def confirm(self, session_id: str, *, passes: bool = True) -> PaymentOutcome:
        """Answer for the bank that a payment was confirmed, or was not, where the card asks for that."""
        with self.writing() as uow:
            return confirm_session(uow, session_id, passes=passes)

    def enter_code(self, session_id: str, code: str) -> PaymentOutcome:
        """Reduce a Checkout session by a promotion code, or with "" takes the code off it again."""
        with self.writing() as uow:
            return enter_code(uow, session_id, code)

    def refund(self, payment_intent: str, amount: int | None = None, *, pending: bool = False) -> Json:
        """Give a payment back as if from Stripe's dashboard: all that is left of it, or `amount` minor units.

        A `pending` one is under way until `settle_refund` says what became of it.
        """
        given = {"payment_intent": payment_intent} | ({} if amount is None else {"amount": amount})
        with self.writing() as uow:
            return refunds.refund_payment(uow, given, pending=pending)

    def settle_refund(self, refund_id: str, status: str) -> Json:
        """Let a refund succeed, fail or be canceled; even one that had succeeded may fail."""
        with self.writing() as uow:
            return refunds.settle(uow, uow.get("refund", refund_id), status)

    def dispute(self, payment_intent: str, status: str = "needs_response", amount: int | None = None) -> Json:
        """Let the buyer's bank dispute a payment, and bring the dispute to a status on the usual way."""
        with self.writing() as uow:
            intent = uow.get("payment_intent", payment_intent, "payment_intent")
            charge = uow.get("charge", intent["latest_charge"] or "", "charge")
            return disputes.open_dispute(uow, charge, status, amount)

    def move_dispute(self, dispute_id: str, status: str) -> Json:
        """Let a dispute go on; raise RefusedError for a way that it never takes."""
        with self.writing() as uow:
            return disputes.move(uow, uow.get("dispute", dispute_id), status)

    def set_dunning_end(self, end: str) -> None:
        """Choose what becomes of subscriptions when the last retry of a charge has failed: cancel, unpaid, past_due.

        Source: dashboard.stripe.com/settings/billing/automatic; raises ValueError for another word.
        """
        with self.store.writing() as connection:
            remember(connection, dunning.DUNNING_END, dunning.DunningEnd(end).value)

    def set_upcoming_days(self, days: int) -> None:
        """Choose how many days before a renewal `invoice.upcoming` is told, from the next period on; 7 otherwise.

        Source: dashboard.stripe.com/settings/billing/automatic; raises ValueError for what Stripe does not offer.
        """
        if days not in UPCOMING_CHOICES:
            raise ValueError(f"Stripe offers {', '.join(map(str, UPCOMING_CHOICES))} days")
        with self.store.writing() as connection:
            remember(connection, subscriptions.UPCOMING_DAYS, str(days))

    def set_tax_rate(self, percent: Decimal) -> None:
        """Reckon tax at another rate from now on."""
        with self.writing() as uow:
            taxes.set_tax_rate(uow, percent)

    def clock_offset(self) -> timedelta:
        """Return how far the sandbox's time is ahead; what another process changed shows within a second."""
        return timedelta(seconds=float(self._offset.value() or 0))

    def advance(self, by: timedelta) -> None:
        """Move the sandbox's time forward and let happen what falls due; raise ValueError for backwards."""
        if by < timedelta():
            raise ValueError("the sandbox's time only goes forward")
        with self.store.writing() as connection:
            ahead = timedelta(seconds=float(recall(connection, _OFFSET) or 0)) + by
            remember(connection, _OFFSET, str(ahead.total_seconds()))
        self._offset.know(str(ahead.total_seconds()))
        self.settle()

    def faults(self) -> Faults:
        """Return the faults that are on; what another process switched shows within a second."""
        return Faults.read(self._faults.value())

    def set_faults(self, wanted: Faults) -> None:
        """Switch faults on and off, for all processes."""
        self._faults.put("" if wanted == faults.NONE else wanted.written())

    def replay(self, since_seconds: float | None = None) -> int:
        """Have events delivered anew, all of them or those of the last seconds; return how many."""
        with self.store.writing() as connection:
            return requeue_events(connection, None if since_seconds is None else _seconds() - since_seconds)

    def payment_of_purchase(self, purchase_id: str) -> str:
        """Return the latest payment intent that was paid for a purchase; raise RefusedError when there is none."""
        with self.reading() as uow:
            return payment_of_purchase(uow, purchase_id)

    def refund_purchase(self, purchase_id: str, amount: int | None, *, fails: bool) -> DashboardEntry:
        """Give the latest payment of a purchase back, as `refund` does; one that `fails` does so at once."""
        made = self.refund(self.payment_of_purchase(purchase_id), amount)
        return _entry(self.settle_refund(made["id"], "failed") if fails else made)

    def dispute_purchase(self, purchase_id: str, status: str) -> DashboardEntry:
        """Have the latest payment of a purchase disputed, or move its dispute on."""
        payment = self.payment_of_purchase(purchase_id)
        with self.reading() as uow:
            known = uow.owned(uow.get("payment_intent", payment)["latest_charge"], "dispute")
        return _entry(self.move_dispute(known[-1]["id"], status) if known else self.dispute(payment, status))

    def settle(self) -> None:
        """Let everything happen that has fallen due, in its order, each in a transaction of its own."""
        more = scheduler.is_due(self.store, _seconds())  # asked first in a reading, which waits for nobody
        while more:
            more = self._carry_out_first()

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()

    def _carry_out_first(self) -> bool:
        """Do the first of what is due; return whether there was any: another process may have been faster."""
        with self.store.writing() as connection:
            due = scheduler.first_due(connection, _seconds())
            if due is not None:
                scheduler.run_due(connection, due)
        return due is not None


def _entry(made: Json) -> DashboardEntry:
    return DashboardEntry(made["id"], Money(made["amount"], made["currency"]), made["status"])


def _seconds() -> int:
    return int(clock.now().timestamp())
