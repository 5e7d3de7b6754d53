"""When a document is to be published and withdrawn by itself: planned, changed, cancelled, and what became of it."""

from datetime import timedelta

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.billing.desk_publishing import schedule_with_price
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.documents.author_dates import author_dates
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.draft_publishing import PublishOrder
from webapp.documents.drafts import open_draft
from webapp.documents.paid_share import OpensDocumentError
from webapp.documents.schedule import (
    ScheduleOrder,
    cancel_scheduled,
    list_scheduled,
    problem_sentence,
    schedule_withdrawal,
)
from webapp.documents.scheduled_acts import ScheduledAct, ScheduleKind, ScheduleState
from webapp.kit import clock
from webapp.kit.errors import PaidspanError
from webapp.kit.http import read_session
from webapp.kit.languages import zone
from webapp.kit.limits import limited
from webapp.kit.local_times import RepeatedTimeError, WhichTime, local_time_of, moment_of, next_change
from webapp.manuscript import read_front_matter

LATE = timedelta(minutes=2)  # by more than this an act is told to have been late

schedule_pages = desk_blueprint("desk_schedule", __name__)


@schedule_pages.get("/documents/<int:document_id>/schedule")
@requires(Permission.EDIT)
def show_schedule(document_id: int) -> Response:
    """Show what is planned, what became of earlier plans, and the forms for new ones."""
    return _page(document_id)


@schedule_pages.post("/documents/<int:document_id>/schedule")
@limited()
@requires(Permission.EDIT)
def plan(document_id: int) -> Response:
    """Plan what was asked for, in place of what was planned before."""
    reader, now, form = signed_in_reader(), clock.now(), request.form
    kind = form.get("kind", ScheduleKind.PUBLISH, type=ScheduleKind)
    try:
        due_at = moment_of(form.get("at", ""), zone(), form.get("which", type=WhichTime))

        def rule(session: Session) -> ScheduledAct:
            document = get_desk_document(session, document_id)
            if kind is ScheduleKind.WITHDRAW:
                return schedule_withdrawal(session, document, ScheduleOrder(due_at, now, reader.id))
            told = {"version": form.get("version", type=int), "may_open": form.get("confirmed") == "opens-document"}
            return schedule_with_price(session, document, PublishOrder(reader.id, now, zone(), **told), due_at)  # type: ignore[arg-type]  # as the form has them

        change(rule, lambda act: _planned(document_id, act))
    except PaidspanError as error:
        return _page(document_id, error)
    return redirect(url_for("desk_schedule.show_schedule", document_id=document_id, done=kind.value), 303)


@schedule_pages.post("/documents/<int:document_id>/schedule/<int:act_id>/cancel")
@limited()
@requires(Permission.EDIT)
def cancel_plan(document_id: int, act_id: int) -> Response:
    """Have something that was planned not happen."""
    now = clock.now()
    change(
        lambda session: cancel_scheduled(session, document_id, act_id, now),
        lambda did: Activity("cancelled a plan", "document", document_id) if did else None,
    )
    return redirect(url_for("desk_schedule.show_schedule", document_id=document_id, done="cancelled"), 303)


def _planned(document_id: int, act: ScheduledAct) -> Activity:
    after = {"due_at": act.due_at.isoformat(), "revision": act.revision}
    done = "planned to withdraw" if act.kind is ScheduleKind.WITHDRAW else "planned to publish"
    return Activity(done, "document", document_id, after=after)


def _page(document_id: int, error: PaidspanError | None = None) -> Response:
    session, now = read_session(), clock.now()
    document = get_desk_document(session, document_id)
    acts, copy = list_scheduled(session, document_id), open_draft(session, document)
    told_date = author_dates(read_front_matter(copy.text)[0], zone()).published_at
    waiting = [act for act in acts if act.state is ScheduleState.WAITING]
    page = render_template(
        "desk/schedule.html",
        document=document,
        copy=copy,
        waiting=waiting,
        settled=[act for act in acts if act.state is not ScheduleState.WAITING],
        why={act.id: problem_sentence(act) for act in acts if act.problem is not None},
        late=lambda act: act.settled_at is not None and act.settled_at - act.due_at > LATE,
        planned={kind.value: "" for kind in ScheduleKind}
        | {act.kind.value: local_time_of(act.due_at, zone()) for act in waiting},
        author_date=local_time_of(told_date, zone()) if told_date and told_date > now else "",
        earliest=local_time_of(now + timedelta(minutes=1), zone()),
        zone=zone().key,
        next_change=next_change(now, zone()),
        sent={name: request.form.get(name, "") for name in ("kind", "at")},
        error=error,
        asks_which=isinstance(error, RepeatedTimeError),
        asks_open=isinstance(error, OpensDocumentError),
        done=request.args.get("done", ""),
    )
    return make_response(page, error.status if error else 200)
