"""One reader: what they may read and why, what they paid, on which devices, what is noted; given, taken back, noted."""

from datetime import datetime
from urllib.parse import unquote

from flask import Response, redirect, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.access.current_standing import standing_by_rules
from webapp.accounts.activity_log import Activity, LoggedActivity
from webapp.accounts.devices import list_devices
from webapp.accounts.login import signed_in_reader
from webapp.accounts.looked_after import may_look_after
from webapp.accounts.models import Reader
from webapp.accounts.permissions import Permission, requires
from webapp.accounts.reader_names import set_reader_name
from webapp.accounts.staff_notes import add_staff_note, delete_staff_note, list_staff_notes
from webapp.billing.access_told import tell_access, tell_end, tell_scope, tell_source
from webapp.billing.account_overview import get_plan_overview
from webapp.billing.context import current_billing
from webapp.billing.grants import grant_until, revoke_gift
from webapp.billing.models import Grant, GrantSource
from webapp.billing.reader_customers import list_customers_of
from webapp.billing.reader_table import clean_reason, last_second_of, read_day
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.reader_activities import READER_ACTIVITIES
from webapp.desk.reader_forms import GiftForm, NameForm, NoteForm, ReasonForm
from webapp.desk.reader_found import reader_of_page, titles_of
from webapp.documents.catalogue import find_published
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaidspanError
from webapp.kit.http import read_session, show_form
from webapp.kit.languages import gettext, zone
from webapp.kit.limits import limited
from webapp.kit.translatable import _

reader_pages = desk_blueprint("desk_readers_one", __name__)
_LATEST = 20  # of what was done


@reader_pages.get("/readers/<int:number>")
@requires(Permission.MANAGE_READERS)
def show_reader(number: int) -> Response:
    """Show all that there is to know of a reader."""
    return _page(number, GiftForm(formdata=None))


@reader_pages.post("/readers/<int:number>/give")
@requires(Permission.MANAGE_READERS)
@limited()
def give_access(number: int) -> Response | AnyResponse:
    """Give everything, or one report, until the end of a day or for good."""
    form, now = GiftForm(), clock.now()
    reader_of_page(read_session(), number)
    if not form.validate():
        return _page(number, form)
    try:
        document_id, ends_at = _report(form.report.data or ""), _end(form.until.data or "", now)
        reason = clean_reason(form.reason.data or "")
    except PaidspanError as error:
        return _page(number, form, error)

    def rule(session: Session) -> Grant | None:
        held = select(Grant.id).where(
            *(Grant.reader_id == number, Grant.source == GrantSource.COMPLIMENTARY, Grant.is_not_over(now)),
            Grant.ends_at == ends_at if ends_at else Grant.ends_at.is_(None),
            Grant.document_id == document_id if document_id else Grant.document_id.is_(None),
        )
        if session.scalar(held.limit(1)) is not None:
            return None  # it was given already, as by the first of two clicks
        return grant_until(session, number, document_id, ends_at, reason, now)

    told = {"report": document_id, "until": ends_at.isoformat() if ends_at else None}
    change(rule, lambda done: Activity("gave access", "reader", number, after=told) if done else None)
    return _back(number, "given")


@reader_pages.post("/readers/<int:number>/take/<int:grant_id>")
@requires(Permission.MANAGE_READERS)
@limited()
def take_gift_back(number: int, grant_id: int) -> Response | AnyResponse:
    """Take back what was given by hand, and note why."""
    form, author, now = ReasonForm(), signed_in_reader().id, clock.now()
    reader_of_page(read_session(), number)
    if not form.validate():
        return _page(number, GiftForm(formdata=None), InvalidInputError(_("Say why it is taken back.")))
    reason = gettext("Taken back: %(reason)s", reason=form.reason.data or "")

    def rule(session: Session) -> Grant | None:
        taken = revoke_gift(session, number, grant_id, now)
        if taken is not None:
            add_staff_note(session, number, author, reason, now)
        return taken

    told = {"grant": grant_id}
    change(rule, lambda done: Activity("took access back", "reader", number, before=told) if done else None)
    return _back(number, "taken")


@reader_pages.post("/readers/<int:number>/name")
@requires(Permission.MANAGE_READERS)
@limited()
def name_reader(number: int) -> Response | AnyResponse:
    """Keep how a reader is called."""
    form = NameForm()
    reader_of_page(read_session(), number)
    if not form.validate():
        return _page(number, GiftForm(formdata=None), InvalidInputError(_("The name is too long.")))
    name = form.name.data or ""
    change(lambda session: set_reader_name(reader_of_page(session, number), name), Activity("named", "reader", number))
    return _back(number, "named")


@reader_pages.post("/readers/<int:number>/notes")
@requires(Permission.MANAGE_READERS)
@limited()
def add_note(number: int) -> Response | AnyResponse:
    """Keep a note for colleagues."""
    form, author, now = NoteForm(), signed_in_reader().id, clock.now()
    reader_of_page(read_session(), number)
    try:
        text = form.text.data or ""
        change(lambda session: add_staff_note(session, number, author, text, now), Activity("noted", "reader", number))
    except PaidspanError as error:
        return _page(number, GiftForm(formdata=None), error)
    return _back(number, "noted")


@reader_pages.post("/readers/<int:number>/notes/<int:note_id>/delete")
@requires(Permission.MANAGE_READERS)
@limited()
def delete_note(number: int, note_id: int) -> AnyResponse:
    """Take a note away."""
    reader_of_page(read_session(), number)
    change(lambda session: delete_staff_note(session, number, note_id), Activity("deleted a note", "reader", number))
    return _back(number, "unnoted")


def _back(number: int, done: str) -> AnyResponse:
    return redirect(url_for("desk_readers_one.show_reader", number=number, done=done), 303)


def _report(typed: str) -> int | None:
    """Return which report is meant by its link, or the end of it; None for everything."""
    slug = unquote(typed.strip().rstrip("/").rpartition("/d/")[2].partition("?")[0])
    if not slug:
        return None
    found = find_published(read_session(), slug)
    if found is None:
        raise InvalidInputError(
            _("There is no published report with this link."), _("Copy the link of the report, or leave this empty.")
        )
    return found.id


def _end(typed: str, now: datetime) -> datetime | None:
    """Return the end of the day that was typed; None for good."""
    if not typed.strip():
        return None
    ends_at = last_second_of(read_day(typed), zone())
    if ends_at <= now:
        raise InvalidInputError(_("The day “%(typed)s” is over.", typed=typed), _("Write a day that is to come."))
    return ends_at


def _page(number: int, form: GiftForm, error: PaidspanError | None = None) -> Response:
    session, billing, now = read_session(), current_billing(), clock.now()
    reader = reader_of_page(session, number)
    overview = get_plan_overview(session, reader.id, billing.mode)
    titles = titles_of(session, overview.document_ids)
    standing = standing_by_rules(reader)
    gifts = [one for one in (*overview.running, *overview.coming) if one.source is GrantSource.COMPLIMENTARY]
    return show_form(
        "desk/reader.html",
        form,
        error,
        400 if form.errors else 200,
        reader=reader,
        overview=overview,
        titles=titles,
        told=tell_access(reader, overview, titles),
        unconfirmed=standing is not None and standing.unconfirmed,
        gifts=[(one, tell_scope(one, titles)) for one in gifts],
        past=[(one, tell_scope(one, titles), tell_source(one), tell_end(one)) for one in overview.over],
        devices=list_devices(session, reader.id, now),
        customers=list_customers_of(session, reader.id, billing.mode),
        mode=billing.mode,
        notes=list_staff_notes(session, reader.id),
        done_before=_done_before(session, reader),
        may_end=may_look_after(signed_in_reader(), reader),
    )


def _done_before(session: Session, reader: Reader) -> list[tuple[LoggedActivity, str, str]]:
    """Return what people of the house did for or to a reader, the latest first, and who it was."""
    about = select(LoggedActivity, Reader.email).outerjoin(Reader, Reader.id == LoggedActivity.reader_id)
    mine = about.where(LoggedActivity.subject_kind == "reader", LoggedActivity.subject_id == str(reader.id))
    latest = mine.order_by(LoggedActivity.at.desc(), LoggedActivity.id.desc()).limit(_LATEST)
    house = gettext("the command line")
    rows = session.execute(latest)
    return [
        (entry, gettext(READER_ACTIVITIES.get(entry.action, entry.action)), email or house) for entry, email in rows
    ]
