"""What the application holds, read as the oracle reads Stripe: with plain SQL, to be compared with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Connection

from tests.model.oracle import Held, Paid, bills_of, grants, receipts
from tests.model.truth import Truth
from tests.model.wrongs import wrongs

_GRANTS = "SELECT reader_id, source, source_id, document_id, starts_at, ends_at, revoked FROM grants"
_RECEIPTS = "SELECT reader_id, source_id, amount, refunded FROM receipts WHERE amount <> 0"
_WAITING = "SELECT count(*) FROM stripe_commands WHERE done_at IS NULL"
_UNREAD = "SELECT id, type, attempts, last_error FROM stripe_events WHERE processed_at IS NULL"
_RETRIES = "SELECT id, failures FROM stripe_objects WHERE wanted > applied"


@dataclass(frozen=True)
class Row:
    """One grant as it is held."""

    reader: int
    source: str
    source_id: str
    document: int | None
    starts: int
    ends: int | None
    revoked: str | None

    def agrees(self, held: Held, now: int) -> bool:
        """Return whether this is what ought to be held: open alike, or shut for one of the reasons there are.

        When exactly it ended counts for nothing once it has: bills of more than a year ago are not asked for any more.
        """
        named = (self.reader, self.source, self.source_id, self.document)
        if named != (held.reader, held.source, held.source_id, held.document):
            return False
        if self.revoked is None:
            over = self._is_over(self.ends, now) and self._is_over(held.ends, now)
            return not held.shut and self.starts == held.starts and (over or self.ends == held.ends)
        return self.revoked in held.shut or "unknown" in held.shut

    @staticmethod
    def _is_over(ends: int | None, now: int) -> bool:
        return ends is not None and ends <= now


def held_grants(application: Connection) -> list[Row]:
    return [
        Row(*named, _seconds(starts), _seconds(ends), revoked)
        for *named, starts, ends, revoked in application.execute(_GRANTS)
    ]


def differences(truth: Truth, application: Connection) -> list[str]:
    """Return in words how what is held differs from what is true; nothing when all is well."""
    (waiting,) = application.execute(_WAITING).fetchone()
    return [
        *differences_of_grants(truth, application),
        *_differences_of_receipts(truth, application),
        *wrongs(truth),
        *([f"{waiting} commands wait"] if waiting else []),
        *(f"unread {row}" for row in application.execute(_UNREAD)),
        *(f"behind {row}" for row in application.execute(_RETRIES)),
    ]


def differences_of_grants(truth: Truth, application: Connection, readers: Iterable[int] | None = None) -> list[str]:
    """Return how grants, all or those of some readers, differ from what is true just now."""
    asked = None if readers is None else set(readers)
    return _compared(
        [one for one in grants(truth) if asked is None or one.reader in asked],
        [one for one in held_grants(application) if asked is None or one.reader in asked],
        truth.now,
    )


def differences_of_source(truth: Truth, application: Connection, source_id: str) -> list[str]:
    """Return how what follows from one thing bought differs from what is true just now."""
    wanted = [one for one in grants(truth) if one.source_id == source_id]
    return _compared(wanted, [one for one in held_grants(application) if one.source_id == source_id], truth.now)


def _compared(wanted: list[Held], present: list[Row], now: int) -> list[str]:
    """Return what does not agree; what is held of nothing that is ours is shut."""
    by_source = {(one.source, one.source_id): one for one in present}
    expected = {(one.source, one.source_id): one for one in wanted}
    wrong = [
        f"wanted  {one}\npresent {by_source.get(key)}"
        for key, one in expected.items()
        if key not in by_source or not by_source[key].agrees(one, now)
    ]
    left = [one for key, one in by_source.items() if key not in expected and one.revoked is None]
    return wrong + [f"present {one}, which is not ours" for one in left]


def _differences_of_receipts(truth: Truth, application: Connection) -> list[str]:
    """Return how receipts differ; those of what is ours no longer may stay."""
    wanted, kept = receipts(truth), {Paid(*row) for row in application.execute(_RECEIPTS)}
    known = {one.source_id for one in wanted}
    ended = {row.source_id for row in held_grants(application) if row.revoked}
    extra = [one for one in kept - wanted if one.source_id in known or not _is_of(truth, one.source_id, ended)]
    return [f"wanted  {one}" for one in wanted - kept] + [f"present {one}" for one in extra]


def _is_of(truth: Truth, paid: str, ended: set[str]) -> bool:
    """Whether a payment is of something that ended."""
    return paid in {invoice["id"] for one in ended for invoice in truth.invoices(one)}


def opened_unpaid(truth: Truth, application: Connection) -> list[str]:
    """Return what opens something though nothing of it was ever paid, or agreed to be free, at Stripe.

    A subscription that was changed to something else was billed for ours before; that news of it may not have come yet.
    """
    bought = {one["id"] for _reader, one in truth.our_subscriptions()}
    bought |= {one["id"] for one in truth.of("subscription") if any(bill.periods for bill in bills_of(truth, one))}
    bought |= {purchase.id for purchase, _session in truth.our_payments()}
    return [f"unpaid {one}" for one in held_grants(application) if not one.revoked and one.source_id not in bought]


def _seconds(moment: str | None) -> int | None:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) if moment else None
