"""What needs somebody of the house, and what a new installation lacks: sentences that lead to where it is mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.billing.plans import plans_on_sale
from webapp.billing.publisher_alerts import SENTENCES, AlertCode, latest_alerts
from webapp.billing.reconcile import sum_drift
from webapp.documents.open_work import count_open_work, has_published
from webapp.kit.email_queue import email_backlog
from webapp.kit.heartbeat import WorkerState, find_heartbeat, worker_state
from webapp.kit.instance_identity import find_rest_reason, last_backup
from webapp.kit.languages import gettext, ngettext
from webapp.kit.translatable import _
from webapp.settings import Settings

_MONTH, _RECENTLY, _LATE = timedelta(days=30), timedelta(days=14), timedelta(minutes=15)
_BACKUP_AGE = timedelta(days=7)
_MUCH_DRIFT = 50
_MOST_ALERTS = 5


@dataclass(frozen=True, slots=True)
class DeskNeed:
    """Something that somebody should do: what is so, and where it is mended."""

    sentence: str
    address: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A step of a new installation."""

    sentence: str
    done: bool
    address: str = ""


def list_needs(session: Session, settings: Settings, allowed: frozenset[Permission], now: datetime) -> list[DeskNeed]:
    """Return what needs somebody who has these permissions."""
    needs: list[DeskNeed] = []
    if Permission.EDIT in allowed:
        needs += _documents(session, now)
    if Permission.MANAGE_SALES in allowed:
        needs += _sales(session, settings, now)
    if Permission.MANAGE_SETTINGS in allowed:
        needs += _house(session, settings, now)
    return needs


def list_first_steps(session: Session, settings: Settings, allowed: frozenset[Permission]) -> list[FirstStep]:
    """Return the steps of a new installation; none where all were taken, or who asks can take none of them."""
    if Permission.MANAGE_SETTINGS not in allowed:
        return []
    here, stripe = url_for("desk_settings.show_settings"), url_for("desk_settings.stripe_walk")
    documents = url_for("desk_documents.list_desk_documents")
    default = Settings.model_fields["site_name"].default
    steps = [
        FirstStep(_("Give the house its name."), settings.site_name != default, here),
        FirstStep(_("Publish the first document."), has_published(session), documents),
        FirstStep(_("Have Stripe take payments."), _sells(session, settings), stripe),
        FirstStep(_("Set a mail server, and send yourself a test mail."), bool(settings.mail_url), f"{here}#mail"),
        FirstStep(_("Make the first backup: paidspan backup"), last_backup(session) is not None),
    ]
    return [] if all(step.done for step in steps) else steps


def _sells(session: Session, settings: Settings) -> bool:
    return not settings.sandbox and bool(settings.stripe_webhook_secret) and bool(plans_on_sale(session, settings.mode))


def _documents(session: Session, now: datetime) -> Iterator[DeskNeed]:
    work = count_open_work(session, now)
    everything = url_for("desk_documents.list_desk_documents")
    if work.with_findings:
        sentence = ngettext(
            "Something was found in %(num)s draft.", "Something was found in %(num)s drafts.", work.with_findings
        )
        yield DeskNeed(sentence, url_for("desk_documents.list_desk_documents", view="findings"))
    if work.conflicts:
        sentence = ngettext(
            "%(num)s text was kept beside another that somebody saved at the same time.",
            "%(num)s texts were kept beside others that somebody saved at the same time.",
            work.conflicts,
        )
        yield DeskNeed(sentence, everything)
    if work.failed_schedules:
        sentence = ngettext(
            "%(num)s scheduled publication did not happen.",
            "%(num)s scheduled publications did not happen.",
            work.failed_schedules,
        )
        yield DeskNeed(sentence, everything)


def _sales(session: Session, settings: Settings, now: datetime) -> Iterator[DeskNeed]:
    for alert in latest_alerts(session, settings.mode, _MOST_ALERTS):
        if now - alert.created_at < _RECENTLY:
            told = gettext(SENTENCES[AlertCode(alert.code)], about=alert.about)
            yield DeskNeed(told, url_for("desk_settings.stripe_walk"))
    drift = sum_drift(session, settings.mode, now - _MONTH)
    if drift > _MUCH_DRIFT:
        sentence = gettext("Comparing with Stripe changed %(count)s grants in 30 days.", count=drift)
        yield DeskNeed(sentence, url_for("desk_settings.stripe_walk"))


def _house(session: Session, settings: Settings, now: datetime) -> Iterator[DeskNeed]:
    backlog, mail = email_backlog(session), url_for("desk_settings.show_settings") + "#mail"
    if backlog.given_up:
        sentence = ngettext("%(num)s mail could not be sent.", "%(num)s mails could not be sent.", backlog.given_up)
        yield DeskNeed(sentence, mail, backlog.last_error)
    elif backlog.oldest is not None and now - backlog.oldest > _LATE:
        yield DeskNeed(
            ngettext("%(num)s mail waits.", "%(num)s mails wait.", backlog.waiting), mail, backlog.last_error
        )
    backup = last_backup(session)
    if backup is not None and now - backup > _BACKUP_AGE:
        sentence = ngettext(
            "The last backup is %(num)s day old.", "The last backup is %(num)s days old.", (now - backup).days
        )
        yield DeskNeed(sentence)
    if worker_state(find_heartbeat(session)) is not WorkerState.WORKS:
        yield DeskNeed(gettext("The background worker does not run: no mail goes out, and nothing is published later."))
    reason = find_rest_reason(session, settings.base_url)
    if reason is not None:
        yield DeskNeed(gettext(reason))
