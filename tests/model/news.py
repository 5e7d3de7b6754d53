"""Stripe's post on its way to us: signed as it really is, and brought in whatever order, once, twice or never."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import stripe

from tests.model.figures import FIGURES
from tests.model.world import World
from webapp.billing.webhook_inbox import receive_event
from webapp.kit.errors import PaymentsUnavailableError

_NEW = """SELECT outbox.number, objects.body FROM outbox JOIN objects ON objects.id = outbox.event_id
          WHERE outbox.number > ? ORDER BY outbox.number"""


@dataclass
class Mailbag:
    """The events that Stripe has sent: those on their way, and those that came, which may come again."""

    world: World
    waiting: list[tuple[int, str]] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    _collected: int = 0
    _latest: int = 0

    def begin(self) -> None:
        """Leave out what was sent before the history began."""
        self.collect()
        self.waiting.clear()

    def collect(self) -> None:
        """Fetch what Stripe has sent since."""
        self.waiting += self.world.theirs.execute(_NEW, (self._collected,)).fetchall()
        if self.waiting:
            self._collected = max(self._collected, self.waiting[-1][0])

    def take(self, pick: int) -> Callable[[], None]:
        """Take one event out of the bag; return how to deliver it."""
        number, body = self.waiting.pop(pick % len(self.waiting))
        FIGURES["delivered"] += 1
        FIGURES["reordered"] += number < self._latest
        self._latest = max(self._latest, number)
        self.came.append(body)
        return lambda: self._post(body)

    def again(self, pick: int) -> Callable[[], None]:
        """Return how to deliver an event once more that came before."""
        FIGURES["delivered"] += 1
        FIGURES["duplicated"] += 1
        body = self.came[pick % len(self.came)]
        return lambda: self._post(body)

    def lose(self, pick: int) -> None:
        FIGURES["dropped"] += 1
        self.waiting.pop(pick % len(self.waiting))

    def put_in(self, event: dict) -> None:
        """Put in an event that Stripe sends about something which is not ours."""
        self.waiting.append((self._collected, json.dumps(event)))

    def _post(self, body: str) -> None:
        """Do what the webhook does; where it would answer 5xx, Stripe would send it again, and so the bag has it."""
        gateway = self.world.billing.gateway
        signature = stripe.WebhookSignature.generate_signature_header(body, gateway.webhook_secret)
        try:
            receive_event(self.world.billing, gateway.read_notice(body.encode(), signature))
        except PaymentsUnavailableError:
            self.waiting.insert(0, (0, body))
