"""The postman: sends the events in the outbox to the webhook endpoint, signed as Stripe signs them.

Pauses, the lease and signatures run in the machine's own time: the sandbox's jumps when it is moved, and a lease that
jumped with it would be two postmen's at once.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event
from urllib.parse import urlsplit

import stripe
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from webapp.kit import randomness
from webapp.stripe_sandbox.faults import NONE, Faults, strikes
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.storage import objects, outbox, recall, remember
from webapp.stripe_sandbox.unit_of_work import Json

_TIMEOUT_SECONDS = 5
LEASE_SECONDS = 30
_LOOK_SECONDS = 0.5
DELIVERY_BATCH = 100
LONGEST_PAUSE, LONGEST_REST = 3600.0, 30.0
MAX_DELIVERY_ATTEMPTS = 20
LOST = 299  # what the postman notes of an event that a fault has swallowed: done with, and answered by nobody

_LEASE, _REST = "postman_lease", "postman_rest"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way: its row in the outbox, how often it was tried before, and for when it was put off."""

    number: int
    attempts: int
    next_attempt: float
    event: Json


@dataclass(slots=True)
class WebhookDeliverer:
    """Delivers one sandbox's events to one address, the oldest first.

    An event that is refused waits by itself, longer each time, and lets the others pass, as at Stripe. An endpoint
    that does not answer at all rests as a whole, so that afterwards the order is still the order.
    """

    sandbox: Sandbox
    url: str
    is_resting: Callable[[], bool] = lambda: False
    _name: str = field(default_factory=randomness.token, init=False)
    _silences: int = field(default=0, init=False)

    def run(self, stop: Event) -> None:
        """Deliver until it is told to stop."""
        while not stop.is_set():
            try:
                self.sandbox.settle()
                sent = self.deliver_due()
            except SQLAlchemyError:
                _log.exception("the sandbox's file cannot be used just now")
                sent = 0
            if not sent:
                stop.wait(_LOOK_SECONDS)

    def deliver_due(self, limit: int = DELIVERY_BATCH) -> int:
        """Send what is due, at most `limit` events; return how many were accepted with 2xx.

        Return 0 while another process holds the lease, or while the endpoint or all of this installation rests.
        """
        if self.is_resting():
            return 0
        accepted = 0
        for _ in range(limit):
            letter = self._next()
            if letter is None:
                break
            present = self.sandbox.faults()
            if present is NONE:
                status = self._send(letter)
            elif self._held_up(letter, present):
                continue
            else:
                status = self._misdeliver(letter, present)
            if status is None:
                self._rest()
                break
            accepted += self._note(letter, status)
        return accepted

    def _held_up(self, letter: Delivery, present: Faults) -> bool:
        """Put off an event that was never tried, when events are to be late; return whether it did."""
        if not present.delay or letter.attempts or letter.next_attempt:
            return False
        with self.sandbox.store.writing() as connection:
            later = update(outbox).where(outbox.c.number == letter.number)
            connection.execute(later.values(next_attempt=time.time() + present.delay))
        return True

    def _misdeliver(self, letter: Delivery, present: Faults) -> int | None:
        """Send an event once, twice or not at all; return as `_send` does."""
        if strikes(present.drop):
            return LOST
        if strikes(present.duplicate):
            self._send(letter)
        return self._send(letter)

    def _next(self) -> Delivery | None:
        """Return the next event that is due, with the lease taken or prolonged for it."""
        now = time.time()
        newest = strikes(self.sandbox.faults().reorder)
        with self.sandbox.store.reading() as connection:
            if _due(connection, now) is None:
                return None  # nobody's turn: no need to write a lease
        with self.sandbox.store.writing() as connection:
            return _due(connection, now, newest=newest) if self._lease(connection, now) else None

    def _lease(self, connection: Connection, now: float) -> bool:
        """Take or prolong the lease; return whether it is ours."""
        holder, _, until = (recall(connection, _LEASE) or " 0").partition(" ")
        left = float(until) - now
        if holder != self._name and left > 0:
            return False
        if holder != self._name or left < LEASE_SECONDS / 2:
            remember(connection, _LEASE, f"{self._name} {now + LEASE_SECONDS}")
        return True

    def _send(self, letter: Delivery) -> int | None:
        """Return the endpoint's status; None when there was no answer."""
        body = json.dumps(letter.event, ensure_ascii=False, indent=2)
        signature = stripe.WebhookSignature.generate_signature_header(body, self.sandbox.webhook_secret)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        try:
            return post_event(self.url, body.encode(), headers)
        except (OSError, HTTPException) as error:
            _log.warning("the webhook endpoint does not answer: %s", error)
            return None

    def _note(self, letter: Delivery, status: int) -> bool:
        """Write down what became of an event; return whether it was accepted."""
        self._silences = 0
        accepted = status in range(200, 300)
        now = time.time()
        if accepted:
            changes = {"delivered": now}
        else:
            _log.warning("the webhook endpoint answered %s to %s", status, letter.event["type"])
            changes = {"next_attempt": now + _pause(letter.attempts, LONGEST_PAUSE)}
        with self.sandbox.store.writing() as connection:
            mine = outbox.c.number == letter.number
            connection.execute(update(outbox).where(mine).values(attempts=letter.attempts + 1, **changes))
            if accepted:
                delivered = letter.event | {"pending_webhooks": 0}
                connection.execute(update(objects).where(objects.c.id == letter.event["id"]).values(body=delivered))
        return accepted

    def _rest(self) -> None:
        """Leave a silent endpoint alone, longer each time."""
        pause = _pause(self._silences, LONGEST_REST)
        self._silences += 1
        with self.sandbox.store.writing() as connection:
            remember(connection, _REST, str(time.time() + pause))


def _due(connection: Connection, now: float, *, newest: bool = False) -> Delivery | None:
    """Return the oldest event whose time has come, or the newest, unless the endpoint rests."""
    if now < float(recall(connection, _REST) or 0):
        return None
    query = (
        select(outbox.c.number, outbox.c.attempts, outbox.c.next_attempt, objects.c.body)
        .join(objects, objects.c.id == outbox.c.event_id)
        .where(outbox.c.delivered.is_(None), outbox.c.next_attempt <= now, outbox.c.attempts < MAX_DELIVERY_ATTEMPTS)
    )
    order = outbox.c.number.desc() if newest else outbox.c.number
    row = connection.execute(query.order_by(order).limit(1)).first()
    return Delivery(*row) if row else None


def _pause(failures: int, longest: float) -> float:
    """Return how long to wait after so many failures before this one: 1, 2, 4, … seconds."""
    return min(2.0 ** min(failures, 16), longest)


def post_event(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post to an address and return the status; raise OSError or HTTPException when there is no answer."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()
