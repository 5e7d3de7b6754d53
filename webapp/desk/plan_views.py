"""What is sold: plans, passes and the prices of single documents."""

from dataclasses import asdict

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity, Told
from webapp.accounts.permissions import Permission, requires
from webapp.billing.context import current_billing
from webapp.billing.models import DocumentPrice, Grant, GrantSource, Plan, PlanKind
from webapp.billing.plan_changes import (
    NewPlan,
    PlanWords,
    get_plan,
    list_all_plans,
    list_prices_of,
    make_plan,
    move_plan,
    offer_again,
    reprice_plan,
    retire_plan,
    word_plan,
)
from webapp.billing.plans import count_holders, get_plan_codes, offer_of
from webapp.desk.changes import change, noting
from webapp.desk.data_table import Column, DataTable, show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.plan_forms import NewPlanForm, PlanWordsForm, PriceForm
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.errors import PaidspanError
from webapp.kit.http import end_read_session, read_session
from webapp.kit.languages import money
from webapp.kit.limits import limited
from webapp.kit.money import Money
from webapp.kit.paging import RowOrder
from webapp.kit.request_costs import asks_others
from webapp.kit.translatable import _

plan_pages = desk_blueprint("desk_plans", __name__)
_DONE = {
    "made": _("The plan is on sale."),
    "worded": _("Saved."),
    "priced": _("The new price holds from now on; who has the plan keeps theirs."),
    "retired": _("It is not on sale any more; who has it keeps it."),
    "offered": _("It is on sale again."),
}

_BOUGHT = (
    select(func.count(Grant.reader_id.distinct()))
    .where(Grant.document_id == Document.id, Grant.source == GrantSource.DOCUMENT, Grant.revoked.is_(None))
    .scalar_subquery()
)
DOCUMENT_PRICES = DataTable(
    "document-prices",
    (
        Column(
            "document",
            _("Document"),
            lambda title, slug, *_price: document_link(title, slug),
            lambda title, *_rest: title,
            RowOrder(DocumentPrice.document_id, Document.id),
        ),
        Column(
            "price",
            _("Price"),
            lambda _title, _slug, amount, currency, _held: money(Money(amount, currency)),
            lambda _title, _slug, amount, currency, _held: Money(amount, currency).amount,
            numeric=True,
        ),
        Column("currency", _("Currency"), lambda *row: row[3].upper(), shown=False),
        Column("held", _("Readers who bought it"), lambda *row: row[4], numeric=True),
    ),
    sort="-document",
)


def document_link(title: str, slug: str) -> Markup:
    """Return a link to a document's public page, as tables of the desk show it."""
    return Markup('<a href="{}">{}</a>').format(url_for("reading.document", slug=slug), title)


@plan_pages.get("/plans")
@requires(Permission.MANAGE_SALES)
def list_sold() -> str:
    """Show the plans on sale and those that were, who holds them, and how readers see them."""
    session, mode = read_session(), current_billing().mode
    sold, former = list_all_plans(session, mode)
    offers = [offer_of(plan) for plan in sold]
    chosen = next((offer.code for offer in offers if offer.featured), offers[0].code if offers else "")
    return render_template(
        "desk/plans.html",
        sold=sold,
        former=former,
        held=_held_by_code(sold + former),
        offers=offers,
        chosen=chosen,
        done=_DONE.get(request.args.get("done", ""), ""),
    )


@plan_pages.get("/plans/documents")
@requires(Permission.MANAGE_SALES)
def list_document_prices() -> str | Response:
    """Show which documents are sold by themselves, and for how much."""
    query = select(Document.title, Document.slug, DocumentPrice.amount, DocumentPrice.currency, _BOUGHT).join(
        DocumentPrice, DocumentPrice.document_id == Document.id
    )
    return show_table(
        DOCUMENT_PRICES, query, lambda listing: render_template("desk/document_prices.html", listing=listing)
    )


@plan_pages.route("/plans/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def new_plan() -> AnyResponse:
    """Have a plan filled in, and put it on sale."""
    form, error = NewPlanForm(), None
    if request.method == "GET":
        form.currency.data, form.kind.data = _usual_currency().upper(), PlanKind.PASS.value
    elif form.validate_on_submit():
        try:
            kind = PlanKind(form.kind.data or "")
            wish = NewPlan(kind, form.price, form.pass_days, form.words)
            end_read_session()
            make_plan(current_billing(), wish, noting(Activity("made", "plan", wish.code, None, _told(wish.price))))
            return _back("made")
        except PaidspanError as told:
            error = told
    return _filled_in("desk/new_plan.html", form, error)


@plan_pages.route("/plans/<int(max=999999999):plan_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def edit_plan(plan_id: int) -> AnyResponse:
    """Show a plan with the prices that it had, and have it worded otherwise."""
    plan = get_plan(read_session(), current_billing().mode, plan_id)
    form, error = PlanWordsForm(obj=plan), None
    if request.method == "POST" and form.validate_on_submit():
        try:
            end_read_session()
            activity = Activity("worded", "plan", plan.code, _words_told(_words_of(plan)), _words_told(form.words))
            word_plan(current_billing(), plan_id, form.words, noting(activity))
            return _back("worded")
        except PaidspanError as told:
            error = told
    session = read_session()
    prices, held = list_prices_of(session, plan), count_holders(session, plan.mode, clock.now())
    return _filled_in("desk/plan.html", form, error, plan=plan, prices=prices, held=held)


@plan_pages.route("/plans/<int(max=999999999):plan_id>/price", methods=["GET", "POST"])
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def change_plan_price(plan_id: int) -> AnyResponse:
    """Say what another price changes for whom, and have it asked for from now on."""
    session, mode = read_session(), current_billing().mode
    plan = get_plan(session, mode, plan_id)
    held = sum(count_holders(session, mode, clock.now()).get(one.id, 0) for one in list_prices_of(session, plan))
    form, error, wished = PriceForm(), None, None
    if request.method == "GET":
        form.currency.data = plan.currency.upper()
    elif form.validate_on_submit():
        try:
            wished = form.price
            if "sure" in request.form:
                activity = Activity("priced", "plan", plan.code, _told(plan.price), _told(wished))
                end_read_session()
                reprice_plan(current_billing(), plan_id, wished, noting(activity))
                return _back("priced")
        except PaidspanError as told:
            error, wished = told, None
    return _filled_in("desk/plan_price.html", form, error, plan=plan, held=held, wished=wished)


@plan_pages.post("/plans/<int(max=999999999):plan_id>/retire")
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def retire(plan_id: int) -> AnyResponse:
    """Sell a plan to nobody any more."""
    end_read_session()
    retire_plan(current_billing(), plan_id, noting(Activity("took off sale", "plan", plan_id)))
    return _back("retired")


@plan_pages.post("/plans/<int(max=999999999):plan_id>/offer")
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def offer(plan_id: int) -> AnyResponse:
    """Sell a plan again."""
    end_read_session()
    offer_again(current_billing(), plan_id, noting(Activity("put on sale", "plan", plan_id)))
    return _back("offered")


@plan_pages.post("/plans/<int(max=999999999):plan_id>/move")
@requires(Permission.MANAGE_SALES)
@limited()
def shift_plan(plan_id: int) -> AnyResponse:
    """Have a plan stand one place further up or down."""
    mode, up = current_billing().mode, request.form.get("to") == "up"
    change(
        lambda session: move_plan(session, mode, plan_id, up=up),
        lambda plan: Activity("moved", "plan", plan.code, None, {"position": plan.position}),
    )
    return redirect(url_for("desk_plans.list_sold"), 303)


def _back(done: str) -> AnyResponse:
    return redirect(url_for("desk_plans.list_sold", done=done), 303)


def _filled_in(template: str, form: FlaskForm, error: PaidspanError | None, **more: object) -> AnyResponse:
    status = error.status if error else 422 if form.errors else 200
    return make_response(render_template(template, form=form, error=error, **more), status)


def _held_by_code(plans: list[Plan]) -> dict[str, int]:
    """Return how many readers hold each plan, at whatever price."""
    session, mode = read_session(), current_billing().mode
    held, codes = count_holders(session, mode, clock.now()), get_plan_codes(session)
    sums = dict.fromkeys((plan.code for plan in plans), 0)
    for plan_id, count in held.items():
        sums[codes[plan_id]] = sums.get(codes[plan_id], 0) + count
    return sums


def _usual_currency() -> str:
    sold, former = list_all_plans(read_session(), current_billing().mode)
    return next((plan.currency for plan in (*sold, *former)), "cny")


def _told(price: Money) -> Told:
    return {"price": str(price.amount), "currency": price.currency}


def _words_of(plan: Plan) -> PlanWords:
    return PlanWords(plan.name, plan.description, plan.trial_days, plan.featured)


def _words_told(words: PlanWords) -> Told:
    return asdict(words)
