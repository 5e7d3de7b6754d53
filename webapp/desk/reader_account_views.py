"""An account as a whole: signed out, disabled, merged, taken along, closed. What cannot be undone is said before."""

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.access.current_standing import standing_by_rules
from webapp.accounts.activity_log import Activity
from webapp.accounts.looked_after import put_into_use, put_out_of_use
from webapp.accounts.models import Reader
from webapp.accounts.permissions import Permission, requires
from webapp.accounts.proof import recently_proved
from webapp.accounts.reclaiming import end_access
from webapp.accounts.registration import find_reader, get_reader
from webapp.billing.account_overview import get_held_subscription
from webapp.billing.closed_accounts import stop_charging
from webapp.billing.context import current_billing
from webapp.billing.outbox_runner import run_commands
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.reader_forms import OtherAccountForm, TypedAddressForm
from webapp.desk.reader_found import reader_looked_after
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaidspanError
from webapp.kit.http import end_read_session, read_session, show_form
from webapp.kit.limits import limited
from webapp.kit.request_costs import asks_others, takes_long
from webapp.kit.translatable import _
from webapp.library.owner import LibraryOwner
from webapp.personal_data.account_closing import begin_closing, finish_closing
from webapp.personal_data.account_merging import merge_accounts
from webapp.personal_data.data_files import write_json, write_value
from webapp.personal_data.download import gather_data
from webapp.personal_data.merge_preview import MergePreview, preview_merge

reader_account_pages = desk_blueprint("desk_readers_account", __name__)


@reader_account_pages.post("/readers/<int:number>/sign-out")
@requires(Permission.MANAGE_READERS)
@limited()
def sign_out_reader(number: int) -> AnyResponse:
    """Sign a reader out everywhere, programs of theirs too."""
    reader_looked_after(read_session(), number)
    change(
        lambda session: end_access(session, reader_looked_after(session, number)),
        Activity("signed out", "reader", number),
    )
    return _back(number, "signed-out")


@reader_account_pages.get("/readers/<int:number>/disable")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.disable_page")
def disable_page(number: int) -> str:
    """Say what disabling does."""
    reader = reader_looked_after(read_session(), number)
    held = get_held_subscription(read_session(), number, current_billing().mode)
    return render_template("desk/reader_disable.html", reader=reader, held=held)


@reader_account_pages.post("/readers/<int:number>/disable")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.disable_page")
@limited()
@asks_others
def disable_account(number: int) -> AnyResponse:
    """Take an account out of use; it is not charged again."""

    def rule(session: Session) -> bool:
        done = put_out_of_use(session, reader_looked_after(session, number), clock.now())
        stop_charging(session, number)
        return done

    change(rule, lambda done: Activity("disabled", "reader", number) if done else None)
    run_commands(current_billing())
    return _back(number, "disabled")


@reader_account_pages.post("/readers/<int:number>/enable")
@requires(Permission.MANAGE_READERS)
@limited()
def enable_account(number: int) -> AnyResponse:
    """Take an account into use again."""
    change(
        lambda session: put_into_use(reader_looked_after(session, number)),
        lambda done: Activity("enabled", "reader", number) if done else None,
    )
    return _back(number, "enabled")


@reader_account_pages.get("/readers/<int:number>/merge")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.merge_page")
def merge_page(number: int) -> Response:
    """Ask for the other account; where it is named, say what merging does."""
    reader = reader_looked_after(read_session(), number)
    typed = request.args.get("other", "").strip()
    form = OtherAccountForm(formdata=None)
    form.other.data = typed
    if not typed:
        return _merge_page(reader, form)
    try:
        preview = _preview_merge(reader, typed)
    except PaidspanError as error:
        return _merge_page(reader, form, error)
    return _merge_page(reader, form, preview=preview)


@reader_account_pages.post("/readers/<int:number>/merge")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.merge_page")
@limited()
@asks_others
def merge_into(number: int) -> Response | AnyResponse:
    """Have another account of the same person become part of this one."""
    reader, form = reader_looked_after(read_session(), number), OtherAccountForm()
    billing, typed = current_billing(), form.other.data or ""

    def rule(session: Session) -> int:
        giver = reader_looked_after(session, get_reader(session, typed).id)
        merge_accounts(session, giver, reader_looked_after(session, number), billing.grace, clock.now())
        return giver.id

    try:
        change(rule, lambda giver: Activity("merged", "reader", number, before={"other": giver}))
    except PaidspanError as error:
        return _merge_page(reader, form, error)
    run_commands(billing)
    return _back(number, "merged")


@reader_account_pages.get("/readers/<int:number>/data.<any(json, md):kind>")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.export_reader")
@limited()
@takes_long
def export_reader(number: int, kind: str) -> AnyResponse:
    """Return what the reader would get as the download of their data."""
    session = read_session()
    reader = reader_looked_after(session, number)
    standing = standing_by_rules(reader)
    assert standing is not None
    parts = gather_data(session, LibraryOwner(reader.id, standing, clock.now()))
    if kind == "json":
        answer = Response(write_json(parts, clock.now()), content_type="application/json")
    else:
        text = render_template("personal_data/data.txt", parts=parts, write=write_value)
        answer = Response(text, content_type="text/markdown; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="reader-{number}.{kind}"'
    return answer


@reader_account_pages.get("/readers/<int:number>/close")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.close_page")
def close_page(number: int) -> Response:
    """Say what goes and what stays, and ask for the address once more."""
    return _close_page(reader_looked_after(read_session(), number), TypedAddressForm(formdata=None))


@reader_account_pages.post("/readers/<int:number>/close")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_account.close_page")
@limited()
@asks_others
def close_for_reader(number: int) -> Response | AnyResponse:
    """Close an account for good because its reader asked for that, and erase the person."""
    reader, form = reader_looked_after(read_session(), number), TypedAddressForm()
    try:
        named = find_reader(read_session(), form.email.data or "")
        if named is None or named.id != number:
            raise InvalidInputError(_("This is not the address of this account."), _("Type it as it stands above."))
        change(
            lambda session: begin_closing(session, reader_looked_after(session, number)),
            Activity("closed", "reader", number),
        )
    except PaidspanError as error:
        return _close_page(reader, form, error)
    end_read_session()
    is_done = finish_closing(current_billing(), number)
    return _back(number, "erased" if is_done else "closing")


def _preview_merge(reader: Reader, typed: str) -> MergePreview:
    billing, other = current_billing(), get_reader(read_session(), typed)
    giver = reader_looked_after(read_session(), other.id)
    end_read_session()
    return preview_merge(billing.database, giver.id, reader.id, billing.grace, billing.mode)


def _merge_page(
    reader: Reader, form: OtherAccountForm, error: PaidspanError | None = None, preview: MergePreview | None = None
) -> Response:
    return show_form("desk/reader_merge.html", form, error, reader=reader, preview=preview)


def _close_page(reader: Reader, form: TypedAddressForm, error: PaidspanError | None = None) -> Response:
    held = get_held_subscription(read_session(), reader.id, current_billing().mode)
    return show_form("desk/reader_close.html", form, error, reader=reader, held=held)


def _back(number: int, done: str) -> AnyResponse:
    return redirect(url_for("desk_readers_one.show_reader", number=number, done=done), 303)
