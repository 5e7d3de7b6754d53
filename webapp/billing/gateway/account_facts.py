"""What Stripe says of the account itself, and what time it is there."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import stripe

from webapp.billing.gateway.client import Gateway


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account as Stripe has it, and when Stripe says that it answered (HTTP's Date, to the second)."""

    id: str
    country: str
    charges_enabled: bool
    answered_at: datetime | None


def read_account(gateway: Gateway) -> AccountFacts | None:
    """Return the account of our key, None where a restricted key may not see it; raise PaymentsUnavailableError."""
    with gateway.calling():
        try:
            found = gateway.client.v1.accounts.retrieve_current()
        except stripe.PermissionError:
            return None
    headers = {
        name.lower(): value for name, value in (found.last_response.headers if found.last_response else {}).items()
    }
    said = headers.get("date")
    answered_at = parsedate_to_datetime(said) if said else None
    return AccountFacts(found.id, str(found.country or ""), bool(found.charges_enabled), answered_at)
