"""Whether Stripe's events reach us: what Stripe has of our webhook endpoint, and what is wrong with that.

Access is right all the same, since every comparison finds what was never sent; it is late.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.setup_calls import EndpointFacts, list_endpoints
from webapp.billing.gateway.stripe_lists import find_newest_event
from webapp.billing.stripe_models import StripeEvent
from webapp.billing.stripe_setup import EVENTS, endpoint_url
from webapp.kit import clock
from webapp.kit.translatable import _
from webapp.settings import Mode

ON_THE_WAY = timedelta(minutes=10)  # Stripe sends within seconds, and tries again later


def last_delivery(session: Session, mode: Mode) -> datetime | None:
    """Return when Stripe last sent us an event by itself."""
    received = select(func.max(StripeEvent.received_at)).where(StripeEvent.mode == mode, StripeEvent.delivered)
    return session.scalar(received)


def check_endpoint(billing: BillingContext) -> list[str]:
    """Return what is wrong with our webhook endpoint, each in a sentence with its mend; raise PaymentsUnavailableError.

    The sandbox has its own way to us, and needs none.
    """
    if billing.mode is Mode.SANDBOX:
        return []
    problems = list(endpoint_problems(endpoint_url(billing), list_endpoints(billing.gateway)))
    if not billing.gateway.webhook_secret:
        problems.append(
            _("PAIDSPAN_STRIPE_WEBHOOK_SECRET is not set, so no event is taken. Set the endpoint's secret.")
        )
    return problems or list(_undelivered(billing))


def endpoint_problems(url: str, endpoints: Iterable[EndpointFacts]) -> Iterator[str]:
    """Yield what is wrong with the endpoints that an account has, where events shall come to an address."""
    present = list(endpoints)
    if not url.startswith("https://"):
        yield _("Stripe sends to https only, and %(url)s is not. Set PAIDSPAN_BASE_URL.", url=url)
        return
    ours = [endpoint for endpoint in present if endpoint.url == url]
    if not ours:
        yield _missing(url, present)
    elif not any(endpoint.enabled for endpoint in ours):
        yield _("Endpoint %(id)s is switched off at Stripe. Run paidspan stripe setup.", id=ours[0].id)
    elif all(endpoint.misses(EVENTS) for endpoint in ours if endpoint.enabled):
        missing = ", ".join(next(endpoint.misses(EVENTS) for endpoint in ours if endpoint.enabled))
        yield _("Stripe does not send %(events)s to us. Run paidspan stripe setup.", events=missing)


def _missing(url: str, present: list[EndpointFacts]) -> str:
    """Return that no endpoint has our address, and which one nearly has."""
    near = next((endpoint.url for endpoint in present if _is_near(endpoint.url, url)), None)
    if near is None:
        return _("Stripe has no endpoint for %(url)s. Run paidspan stripe setup.", url=url)
    return _(
        "Stripe sends to %(near)s, not to %(url)s (%(difference)s). Change the address in Stripe's dashboard, or set "
        "PAIDSPAN_BASE_URL.",
        near=near,
        url=url,
        difference=_difference(near, url),
    )


def _is_near(other: str, url: str) -> bool:
    """Return whether an endpoint was probably meant for us: our host, or our path at another."""
    theirs, ours = urlsplit(other), urlsplit(url)
    return theirs.hostname == ours.hostname or theirs.path.rstrip("/") == ours.path


def _difference(other: str, url: str) -> str:
    theirs, ours = urlsplit(other), urlsplit(url)
    if theirs.netloc != ours.netloc:
        return _("another host")
    if theirs.path != ours.path:
        return _("a slash at its end") if theirs.path == f"{ours.path}/" else _("another path")
    return _("http") if theirs.scheme != ours.scheme else _("something behind its path")


def _undelivered(billing: BillingContext) -> Iterator[str]:
    """Yield that something happened at Stripe a while ago, and nothing came since."""
    newest = find_newest_event(billing.gateway, EVENTS, clock.now() - ON_THE_WAY)
    with billing.database.reading() as session:
        last = last_delivery(session, billing.mode)
    if newest and (last is None or last < newest):
        yield _(
            "Something happened at Stripe at %(moment)s, and no event has come since. See the endpoint's failed "
            "deliveries in Stripe's dashboard: is %(url)s reachable, and is its secret the one that is set?",
            moment=f"{newest:%Y-%m-%d %H:%M} UTC",
            url=endpoint_url(billing),
        )
