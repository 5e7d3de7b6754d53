"""Promotion codes: what each takes off, how often it was used, and the button that ends it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.accounts.activity_log import Activity
from webapp.accounts.permissions import Permission, requires
from webapp.billing.context import current_billing
from webapp.billing.gateway.promotions import Promotion, PromotionPage, list_promotion_page
from webapp.billing.models import Plan
from webapp.billing.plan_changes import list_all_plans
from webapp.billing.promotion_rules import bills_of, end_of_day, end_promotion, start_promotion
from webapp.billing.stripe_refusals import telling_refusals
from webapp.desk.changes import note
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.plan_forms import FOREVER, PromotionForm
from webapp.kit import randomness
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import NotFoundError, PaidspanError
from webapp.kit.http import end_read_session, read_session
from webapp.kit.limits import limited
from webapp.kit.request_costs import asks_others
from webapp.kit.translatable import _

promotion_pages = desk_blueprint("desk_promotions", __name__)
_ROWS, _LONGEST_ID = 50, 255
_DONE = {"made": _("The code is taken from now on."), "ended": _("The code is taken by nobody any more.")}


@promotion_pages.get("/promotions")
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def list_codes() -> Response:
    """Show the promotion codes, as Stripe has them at this moment."""
    plans, after = _plans(), request.args.get("after", "")[:_LONGEST_ID]
    end_read_session()
    page, error = PromotionPage((), None), None
    try:
        with telling_refusals():
            page = list_promotion_page(current_billing().gateway, after, _ROWS)
    except PaidspanError as told:
        error = told
    done = _DONE.get(request.args.get("done", ""), "")
    shown = render_template("desk/promotions.html", page=page, plans=_by_product(plans), error=error, done=done)
    return make_response(shown, error.status if error else 200)


@promotion_pages.route("/promotions/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def new_code() -> Response:
    """Have a promotion code filled in, and made at Stripe."""
    form, error, plans = PromotionForm(), None, _plans()
    if request.method == "GET":
        form.form_key.data = randomness.uuid()
        form.currency.data = next((plan.currency for plan in plans), "cny").upper()
    elif form.validate_on_submit():
        try:
            wish = _wish(form, plans)
            end_read_session()
            start_promotion(current_billing(), wish, form.form_key.data or "")
            note(Activity("made", "promotion", wish.code))
            return _back("made")
        except PaidspanError as told:
            error = told
    status = error.status if error else 422 if form.errors else 200
    return make_response(render_template("desk/new_promotion.html", form=form, error=error, plans=plans), status)


@promotion_pages.post("/promotions/end")
@requires(Permission.MANAGE_SALES)
@limited()
@asks_others
def end_code() -> Response:
    """Have a code taken by nobody any more; who has used it keeps what they have."""
    code = request.form.get("code", "")
    end_read_session()
    if not end_promotion(current_billing(), code):
        raise NotFoundError(
            _("There is no active code “%(code)s”.", code=code), _("Somebody may have ended it already.")
        )
    note(Activity("ended", "promotion", code))
    return _back("ended")


def _wish(form: PromotionForm, plans: list[Plan]) -> Promotion:
    sold = {plan.stripe_product_id for plan in plans}
    return Promotion(
        code=(form.code.data or "").strip(),
        percent=form.percent_off,
        amount=form.amount_off,
        duration=bills_of(form.month_count, forever=form.duration.data == FOREVER),
        months=form.month_count,
        max_redemptions=form.most.data,
        expires_at=_expires_at(form),
        products=tuple(one for one in form.products.data or () if one in sold),
        first_time=bool(form.first_time.data),
    )


def _expires_at(form: PromotionForm) -> datetime | None:
    day = form.last_day
    return end_of_day(day, ZoneInfo(current_settings().timezone)) if day else None


def _plans() -> list[Plan]:
    """Return the plans that a code may be for: those on sale whose product at Stripe is known."""
    sold, _former = list_all_plans(read_session(), current_billing().mode)
    return [plan for plan in sold if plan.stripe_product_id]


def _by_product(plans: list[Plan]) -> dict[str | None, Plan]:
    return {plan.stripe_product_id: plan for plan in plans}


def _back(done: str) -> Response:
    return redirect(url_for("desk_promotions.list_codes", done=done), 303)
