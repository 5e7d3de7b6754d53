"""The pages on which the sandbox is paid, and where its customers look after their subscriptions."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from webapp.accounts.permissions import public
from webapp.kit.http import no_store
from webapp.stripe_sandbox import portal_actions
from webapp.stripe_sandbox.cards import TEST_CARDS, TypedCard
from webapp.stripe_sandbox.checkout_payment import PaymentEnd, PaymentOutcome, Wallet
from webapp.stripe_sandbox.portal_flow import view_switch
from webapp.stripe_sandbox.resources.checkout_session import sessions
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.view_models import (
    CheckoutView,
    ConfirmationView,
    view_checkout,
    view_confirmation,
    view_invoice_confirmation,
    view_portal,
    view_receipt,
)

_P = ParamSpec("_P")
_R = TypeVar("_R")

_STATUS = {PaymentEnd.DECLINED: 402, PaymentEnd.INVALID: 422}
_GONE = 410
_UNTRIED = PaymentOutcome(PaymentEnd.INVALID)


class CheckoutForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How the buyer pays; what is wrong with it the sandbox says itself."""

    method = StringField(default="card")
    card_number = StringField()
    expiry = StringField()
    cvc = StringField()
    wallet = StringField(default=Wallet.NOW)
    promotion_code = StringField()
    company = StringField()
    tax_id = StringField()


def sandbox_pages(sandbox: Sandbox) -> Blueprint:
    """Return the pages of one sandbox, to be registered with the application."""
    pages = Blueprint("sandbox", __name__, url_prefix="/sandbox")
    pages.after_request(no_store)
    _add_checkout(pages, sandbox)
    _add_portal(pages, sandbox)
    _add_invoice(pages, sandbox)
    return pages


def _add_checkout(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.get("/checkout/<session_id>")
    @public
    @_or_not_found
    def checkout(session_id: str) -> Response:
        """Show what is bought and ask for the payment."""
        with sandbox.reading() as uow:
            view = view_checkout(uow, session_id)
        if view.status == sessions.COMPLETE:
            return redirect(view.success_url, 303)
        return _expired(view.cancel_url) if view.status == sessions.EXPIRED else _form(view, _UNTRIED, 200)

    @pages.post("/checkout/<session_id>")
    @public
    @_or_not_found
    def pay(session_id: str) -> Response:
        """Pay, or only enter a promotion code or take it off."""
        outcome = _act(sandbox, session_id, CheckoutForm(), request.form.get("action", "pay"))
        return _after_payment(sandbox, session_id, outcome)

    @pages.get("/checkout/<session_id>/confirm", endpoint="confirmation")
    @public
    @_or_not_found
    def ask(session_id: str) -> Response:
        """Stand for the bank, which wants the payment confirmed."""
        back = url_for("sandbox.checkout", session_id=session_id)
        with sandbox.reading() as uow:
            return _bank(view_confirmation(uow, session_id, back), back)

    @pages.post("/checkout/<session_id>/confirm", endpoint="confirm")
    @public
    @_or_not_found
    def confirm(session_id: str) -> Response:
        """Confirm the payment, or fail to."""
        return _after_payment(sandbox, session_id, sandbox.confirm(session_id, passes=_confirmed()))


def _after_payment(sandbox: Sandbox, session_id: str, outcome: PaymentOutcome) -> Response:
    """Lead on to where a payment has led, or show its page again with what is wrong."""
    match outcome.end:
        case PaymentEnd.PAID | PaymentEnd.ASKED:
            return redirect(outcome.url or "/", 303)
        case PaymentEnd.REDUCED:
            return redirect(url_for("sandbox.checkout", session_id=session_id), 303)
        case PaymentEnd.EXPIRED:
            return _expired(outcome.url)
    with sandbox.reading() as uow:
        view = view_checkout(uow, session_id)
    return _form(view, outcome, _STATUS[outcome.end])


def _act(sandbox: Sandbox, session_id: str, form: CheckoutForm, action: str) -> PaymentOutcome:
    code = form.promotion_code.data or ""
    if action in {"enter", "remove"}:
        return sandbox.enter_code(session_id, code if action == "enter" else "")
    return sandbox.pay(
        session_id,
        form.method.data or "",
        form.card_number.data or "",
        form.expiry.data or "",
        form.cvc.data or "",
        wallet=form.wallet.data or Wallet.NOW,
        promotion_code=code,
        company=form.company.data or "",
        tax_id=(form.tax_id.data or "").strip(),
    )


def _add_portal(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.get("/portal/<session_id>", endpoint="portal")
    @public
    @_or_not_found
    def show(session_id: str) -> Response:
        """Show a customer's subscriptions, card and receipts."""
        return _portal(sandbox, session_id, _UNTRIED, 200)

    @pages.post("/portal/<session_id>")
    @public
    @_or_not_found
    def change(session_id: str) -> Response:
        """Let a subscription end or go on, switch it, or take a new card."""
        action, subscription = request.form.get("action"), request.form.get("subscription", "")
        back: str | None = None
        with sandbox.writing() as uow:
            outcome = PaymentOutcome(PaymentEnd.PAID)
            match action:
                case "cancel":
                    portal_actions.cancel_in_portal(uow, session_id, subscription)
                case "resume":
                    portal_actions.resume_in_portal(uow, session_id, subscription)
                case "switch":
                    price = request.form.get("price", "")
                    back = portal_actions.switch_plan(uow, session_id, subscription, price)
                case "card":
                    outcome = portal_actions.save_card(uow, session_id, _typed_card())
                case _:
                    abort(400)
        if outcome.end is not PaymentEnd.PAID:
            return _portal(sandbox, session_id, outcome, _STATUS[outcome.end])
        return redirect(back or url_for("sandbox.portal", session_id=session_id), 303)


def _add_invoice(pages: Blueprint, sandbox: Sandbox) -> None:
    @pages.get("/invoice/<invoice_id>")
    @public
    @_or_not_found
    def invoice(invoice_id: str) -> Response:
        """Show an invoice, to be printed or paid."""
        return _invoice(sandbox, invoice_id, _UNTRIED, 200)

    @pages.post("/invoice/<invoice_id>")
    @public
    @_or_not_found
    def pay_invoice(invoice_id: str) -> Response:
        """Pay an invoice."""
        with sandbox.writing() as uow:
            outcome = portal_actions.pay_invoice(uow, invoice_id, _typed_card())
        if outcome.end is PaymentEnd.ASKED:
            return redirect(url_for("sandbox.invoice_confirmation", invoice_id=invoice_id), 303)
        return _after_invoice(sandbox, invoice_id, outcome)

    @pages.get("/invoice/<invoice_id>/confirm", endpoint="invoice_confirmation")
    @public
    @_or_not_found
    def ask(invoice_id: str) -> Response:
        """Stand for the bank, which wants the payment confirmed."""
        back = url_for("sandbox.invoice", invoice_id=invoice_id)
        with sandbox.reading() as uow:
            return _bank(view_invoice_confirmation(uow, invoice_id, back), back)

    @pages.post("/invoice/<invoice_id>/confirm", endpoint="confirm_invoice")
    @public
    @_or_not_found
    def confirm(invoice_id: str) -> Response:
        """Confirm the payment, or fail to."""
        with sandbox.writing() as uow:
            outcome = portal_actions.confirm_invoice(uow, invoice_id, passes=_confirmed())
        return _after_invoice(sandbox, invoice_id, outcome)


def _after_invoice(sandbox: Sandbox, invoice_id: str, outcome: PaymentOutcome) -> Response:
    if outcome.end is not PaymentEnd.PAID:
        return _invoice(sandbox, invoice_id, outcome, _STATUS[outcome.end])
    return redirect(url_for("sandbox.invoice", invoice_id=invoice_id), 303)


def _confirmed() -> bool:
    return request.form.get("answer") == "confirm"


def _bank(view: ConfirmationView | None, back: str) -> Response:
    """Show the page of the bank, or lead back where it has nothing to ask."""
    if view is None:
        return redirect(back, 303)
    return make_response(render_template("stripe_sandbox/confirm.html", view=view, form=CheckoutForm()))


def _or_not_found(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return 404 for what the sandbox does not have."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return view(*args, **kwargs)
        except RefusedError:
            abort(404)

    return guarded


def _form(view: CheckoutView, outcome: PaymentOutcome, status: int) -> Response:
    return _with_card_form("stripe_sandbox/checkout.html", view, outcome, status)


def _portal(sandbox: Sandbox, session_id: str, outcome: PaymentOutcome, status: int) -> Response:
    with sandbox.reading() as uow:
        switch, view = view_switch(uow, session_id), view_portal(uow, session_id)
    if switch:
        page = render_template("stripe_sandbox/switch.html", view=switch, form=CheckoutForm())
        return make_response(page, status)
    return _with_card_form("stripe_sandbox/portal.html", view, outcome, status)


def _invoice(sandbox: Sandbox, invoice_id: str, outcome: PaymentOutcome, status: int) -> Response:
    with sandbox.reading() as uow:
        view = view_receipt(uow, invoice_id)
    return _with_card_form("stripe_sandbox/invoice.html", view, outcome, status)


def _with_card_form(template: str, view: object, outcome: PaymentOutcome, status: int) -> Response:
    page = render_template(template, view=view, form=CheckoutForm(), outcome=outcome, cards=TEST_CARDS)
    return make_response(page, status)


def _typed_card() -> TypedCard:
    form = CheckoutForm()
    return TypedCard(form.card_number.data or "", form.expiry.data or "", form.cvc.data or "")


def _expired(cancel_url: str | None) -> Response:
    return make_response(render_template("stripe_sandbox/expired.html", back=cancel_url), _GONE)
