"""Whether Stripe knows us, its events reach us, and nothing between us waits."""

from collections.abc import Iterator
from datetime import timedelta

from webapp.billing.endpoint_health import check_endpoint
from webapp.billing.gateway.account_facts import read_account
from webapp.billing.gateway.client import StripeRefusedError
from webapp.billing.reconcile import last_reconciled, sum_drift
from webapp.billing.stripe_outbox import count_waiting_commands, waiting_commands
from webapp.billing.stripe_setup import endpoint_url
from webapp.billing.sync import count_behind
from webapp.billing.webhook_inbox import count_waiting_events
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.kit.translatable import _
from webapp.operations.doctor.diagnosis import Diagnosis, defect, describe_error, good, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.operations.doctor.web_request import ask_web
from webapp.operations.opened_installation import moment

_SKEW_NOTICED, _SKEW_FATAL = 60, 300  # seconds; of signatures Stripe's SDK believes those of the last 300
_MANY = 50
_LATE = timedelta(minutes=30)
_MONTH = timedelta(days=30)
_BAD_REQUEST = 400


def check_account(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the key works, and the account may take money."""
    if examined.known.sandbox:
        yield good(_("The sandbox answers, no money moves."))
        return
    try:
        account = read_account(examined.billing.gateway)
    except StripeRefusedError as error:
        sentence = _("Stripe refuses the key: %(said)s.", said=error.said.rstrip("."))
        yield defect(
            sentence, _("Set PAIDSPAN_STRIPE_SECRET_KEY to a key of Stripe's dashboard (Developers, API keys).")
        )
        return
    except PaymentsUnavailableError:
        yield _away()
        return
    if account is None:
        yield good(_("The key works; being restricted, it may not see the account."))
    elif not account.charges_enabled:
        sentence = _("Account %(id)s (%(country)s) may not take payments yet.", id=account.id, country=account.country)
        yield defect(sentence, _("Give what Stripe's dashboard asks for (Settings, Account)."))
    else:
        yield good(_("Account %(id)s (%(country)s) takes payments.", id=account.id, country=account.country))


def check_stripe_clock(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether our clock goes as Stripe's: webhooks are signed with the time, and old ones not believed."""
    if examined.known.sandbox:
        return
    try:
        account = read_account(examined.billing.gateway)
    except PaymentsUnavailableError:
        return  # which check_account says
    if account is None or account.answered_at is None:
        return
    skew = round(abs((clock.machine_now() - account.answered_at).total_seconds()))
    sentence = _("This machine's clock and Stripe's differ by %(seconds)s seconds.", seconds=skew)
    mend = _("Set the clock: timedatectl set-ntp true; Stripe's webhooks are refused where 300 seconds are between.")
    if skew > _SKEW_FATAL:
        yield defect(sentence, mend)
    elif skew > _SKEW_NOTICED:
        yield warning(sentence, mend)
    else:
        yield good(_("This machine's clock goes as Stripe's."))


def check_webhook(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether Stripe sends its events to us, as `paidspan stripe status` says."""
    if examined.known.sandbox:
        return
    try:
        problems = check_endpoint(examined.billing)
    except PaymentsUnavailableError:
        yield _away()
        return
    for problem in problems:
        yield warning(problem, "")
    if not problems:
        yield good(_("Stripe sends its events to %(url)s.", url=endpoint_url(examined.billing)))


def check_webhook_address(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether what is sent to the webhook's address comes to us: an unsigned event, which changes nothing."""
    if examined.known.sandbox:
        return
    url = endpoint_url(examined.billing)
    try:
        reply = ask_web(url, "POST", body=b"{}")
    except OSError as error:
        sentence = _("%(url)s cannot be reached from here: %(error)s.", url=url, error=describe_error(error))
        yield warning(sentence, _("Try it from elsewhere; a router may not lead back to its own address."))
        return
    if reply.status == _BAD_REQUEST:
        yield good(_("%(url)s leads to us.", url=url))
        return
    yield warning(
        _("%(url)s answers %(status)s to an event, where we would say 400.", url=url, status=reply.status),
        _("Let POST /webhooks/stripe through as it is: no redirect, no password, no challenge of a CDN."),
    )


def check_backlog(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether events, objects and orders wait."""
    mode = examined.known.mode
    with examined.opened.reading() as session:
        events, objects = count_waiting_events(session, mode), count_behind(session, mode)
        orders, oldest = count_waiting_commands(session, mode), waiting_commands(session, mode, most=1)
    is_late = any(clock.machine_now() - order.created_at > _LATE for order in oldest)
    told = {"events": events, "objects": objects, "orders": orders}
    sentence = _("%(events)s events, %(objects)s objects and %(orders)s orders to Stripe wait.", **told)
    if max(events, objects) > _MANY or is_late:
        yield warning(sentence, _("See stripe, worker and identity in this list; then: paidspan stripe sync."))
    else:
        yield good(sentence)


def check_drift(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether we compare with Stripe, and how much had to be mended by that."""
    mode = examined.known.mode
    with examined.opened.reading() as session:
        drift = sum_drift(session, mode, clock.machine_now() - _MONTH)
        last = last_reconciled(session, mode, whole=False)
    if last is None or last.finished_at is None:
        yield warning(_("Nothing was ever compared with Stripe."), _("The background worker does, every ten minutes."))
    elif clock.machine_now() - last.finished_at > _LATE:
        sentence = _("Stripe's events were last compared at %(moment)s.", moment=moment(last.finished_at))
        yield warning(sentence, _("The background worker does, every ten minutes."))
    elif drift > _MANY:
        sentence = _("Comparing with Stripe changed %(count)s grants in 30 days.", count=drift)
        yield warning(sentence, _("Events do not come: see webhook in this list."))
    else:
        yield good(_("Comparing with Stripe changed %(count)s grants in 30 days.", count=drift))


def _away() -> Diagnosis:
    sentence = _("Stripe does not answer.")
    return defect(sentence, _("Can this machine reach api.stripe.com (443)? Is it Stripe (status.stripe.com)?"))
