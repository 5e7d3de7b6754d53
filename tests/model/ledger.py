"""What the application holds, read as the oracle reads Stripe: with plain SQL, to be compared with it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from sqlite3 import Connection

from tests.model.oracle import Held, Paid, Truth, grants, live_though_refunded, readers_with_two, receipts

_GRANTS = "SELECT reader_id, source, source_id, document_id, starts_at, ends_at, revoked FROM grants"
_RECEIPTS = "SELECT reader_id, source_id, amount, refunded FROM receipts"
_WAITING = "SELECT count(*) FROM stripe_commands WHERE done_at IS NULL"


def held_grants(application: Connection) -> set[Held]:
    return {
        Held(*named, _seconds(starts), None if shut else _seconds(ends), shut)
        for *named, starts, ends, shut in application.execute(_GRANTS)
    }


def differences(truth: Truth, application: Connection) -> list[str]:
    """Return in words how what is held differs from what is true; nothing when all is well."""
    kept = {Paid(*row) for row in application.execute(_RECEIPTS)}
    (waiting,) = application.execute(_WAITING).fetchone()
    return [
        *_compared(grants(truth), held_grants(application)),
        *_compared(receipts(truth), kept),
        *(f"reader {reader} has two live subscriptions" for reader in readers_with_two(truth)),
        *(f"{subscription} was refunded, and runs on" for subscription in live_though_refunded(truth)),
        *([f"{waiting} commands wait"] if waiting else []),
    ]


def _compared(wanted: set, present: set) -> list[str]:
    missing = [f"wanted  {one}" for one in sorted(wanted - present, key=str)]
    return missing + [f"present {one}" for one in sorted(present - wanted, key=str)]


def differences_of_grants(truth: Truth, application: Connection, readers: Iterable[int]) -> list[str]:
    """Return how some readers' grants differ from what is true just now."""
    asked = set(readers)
    wanted = {one for one in grants(truth) if one.reader in asked}
    return _compared(wanted, {one for one in held_grants(application) if one.reader in asked})


def opened_unpaid(truth: Truth, application: Connection) -> list[str]:
    """Return what opens something though nothing of it was ever paid, or agreed to be free, at Stripe."""
    bought = {one["id"] for _purchase, one in truth.our_subscriptions()}
    bought |= {purchase.id for purchase, _session in truth.our_sessions()}
    return [f"unpaid {one}" for one in held_grants(application) if not one.shut and one.source_id not in bought]


def _seconds(moment: str | None) -> int | None:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) if moment else None


def differences_of_source(truth: Truth, application: Connection, source_id: str) -> list[str]:
    """Return how what follows from one thing bought differs from what is true just now."""
    wanted = {one for one in grants(truth) if one.source_id == source_id}
    return _compared(wanted, {one for one in held_grants(application) if one.source_id == source_id})
