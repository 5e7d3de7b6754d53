"""Money given back at the desk: what it does is said before, by what reckons it afterwards."""

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.permissions import Permission, requires
from webapp.accounts.proof import recently_proved
from webapp.billing.context import current_billing
from webapp.billing.models import Receipt
from webapp.billing.publisher_refunds import plan_refund
from webapp.billing.receipts import get_receipt
from webapp.billing.refund_preview import give_back_as_shown, preview_refund
from webapp.billing.refund_told import tell_refund
from webapp.desk.changes import note
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.reader_forms import RefundForm
from webapp.desk.reader_found import reader_of_page, titles_of
from webapp.kit.errors import InvalidInputError, NotFoundError, PaidspanError
from webapp.kit.http import end_read_session, read_session, show_form
from webapp.kit.limits import limited
from webapp.kit.money import Money
from webapp.kit.request_costs import asks_others
from webapp.kit.translatable import _

reader_refund_pages = desk_blueprint("desk_readers_refunds", __name__)


@reader_refund_pages.get("/readers/<int:number>/payments/<int:receipt>/refund")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_refunds.refund_page")
@limited()
@asks_others
def refund_page(number: int, receipt: int) -> Response:
    """Say what giving all of a payment back does, or the part that is asked for."""
    paid = _receipt(number, receipt)
    form = RefundForm(formdata=None)
    form.amount.data = str(Money(paid.amount - paid.refunded, paid.currency).amount)
    return _page(number, paid, form, None)


@reader_refund_pages.post("/readers/<int:number>/payments/<int:receipt>/refund/preview")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_refunds.refund_page")
@limited()
@asks_others
def preview_part(number: int, receipt: int) -> Response:
    """Say what giving this much back does."""
    paid, form = _receipt(number, receipt), RefundForm()
    return _page(number, paid, form, _typed(form, paid))


@reader_refund_pages.post("/readers/<int:number>/payments/<int:receipt>/refund")
@requires(Permission.MANAGE_READERS)
@recently_proved("desk_readers_refunds.refund_page")
@limited()
@asks_others
def refund_as_shown(number: int, receipt: int) -> Response | AnyResponse:
    """Give back what was shown, once."""
    paid, form = _receipt(number, receipt), RefundForm()
    amount = _typed(form, paid)
    if not isinstance(amount, Money) or form.known.data is None:
        return _page(number, paid, form, amount)
    end_read_session()  # nothing may be open while Stripe answers
    try:
        give_back_as_shown(current_billing(), receipt, amount, form.known.data)
    except PaidspanError as error:
        return _page(number, _receipt(number, receipt), form, error)
    told: dict[str, str | int | bool | None] = {
        "amount": amount.minor_units,
        "currency": amount.currency,
        "receipt": receipt,
    }
    note(Activity("refunded", "reader", number, after=told))
    return redirect(url_for("desk_readers_one.show_reader", number=number, done="refunded"), 303)


def _receipt(number: int, receipt: int) -> Receipt:
    reader_of_page(read_session(), number)
    found = get_receipt(read_session(), number, current_billing().mode, receipt)
    if found is None:
        raise NotFoundError(_("This reader has no such payment."))
    return found


def _typed(form: RefundForm, paid: Receipt) -> Money | InvalidInputError:
    if not form.validate():
        return InvalidInputError(_("Write how much shall go back."))
    try:
        return Money.parse(form.amount.data or "", paid.currency)
    except ValueError as error:
        return InvalidInputError(str(error.args[0]), "")


def _page(number: int, paid: Receipt, form: RefundForm, wished: Money | PaidspanError | None) -> Response:
    """Show what a refund does; where what was typed is wrong, what giving all of it back does."""
    billing = current_billing()
    error = wished if isinstance(wished, PaidspanError) else None
    end_read_session()
    plan = told = None
    try:
        plan = plan_refund(billing, paid, wished if isinstance(wished, Money) else None)
    except PaidspanError as problem:
        error = error or problem
    session = read_session()
    if plan is not None:
        change = preview_refund(session, billing, plan)
        documents = {grant.document_id for grant in (*change.before, *change.after) if grant.document_id}
        told = tell_refund(plan, change, titles_of(session, documents))
    reader, present = reader_of_page(session, number), session.get_one(Receipt, paid.number)
    return show_form("desk/reader_refund.html", form, error, reader=reader, receipt=present, plan=plan, told=told)
