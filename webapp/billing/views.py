"""The pages of payments, and the endpoint that Stripe calls."""

from contextlib import suppress
from datetime import timedelta

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.login import current_reader, signed_in_reader
from webapp.accounts.models import Reader
from webapp.accounts.permissions import public, signed_in
from webapp.billing.account_overview import (
    PurchaseStanding,
    get_held_subscription,
    get_plan_overview,
    purchase_standing,
)
from webapp.billing.context import current_billing
from webapp.billing.gateway.client import BadSignatureError
from webapp.billing.gateway.portal import open_portal
from webapp.billing.models import PlanKind
from webapp.billing.order_terms import AlreadyOpenError, Buyer, opens_already, reads_already, refuse_what_is_held
from webapp.billing.orders import choose_landing, get_ordered_document, place_order
from webapp.billing.plan_switch import preview_plan_switch, start_plan_switch
from webapp.billing.plans import Offer, offers_for, plans_on_sale
from webapp.billing.purchases import find_landing, get_purchase_of_session
from webapp.billing.reader_customers import find_portal_customer
from webapp.billing.receipts import get_receipt
from webapp.billing.stored_targets import live_subscriptions
from webapp.billing.sync import sync
from webapp.billing.webhook_inbox import receive_event
from webapp.documents.catalogue import get_documents
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.errors import ConflictError, ForbiddenError, NotFoundError, PaymentsUnavailableError
from webapp.kit.http import end_read_session, no_store, read_session
from webapp.kit.languages import locale
from webapp.kit.limits import limited
from webapp.kit.request_costs import asks_others, largest_body
from webapp.kit.translatable import _

billing_pages = Blueprint("billing", __name__)
_LARGEST_EVENT = 2**20
_LOOK_AGAIN_SECONDS = 10
_WATCHED = timedelta(minutes=15)


@billing_pages.get("/plans")
@public
def plans() -> str:
    """Show what is sold."""
    reader, mode = current_reader(), current_billing().mode
    held = get_held_subscription(read_session(), reader.id, mode) if reader else None
    offers = plans_on_sale(read_session(), mode, reader.id if reader else None)
    return render_template("billing/plans.html", offers=offers, held=held, form=_form_for_readers())


@billing_pages.get("/checkout")
@public
def confirm_order() -> str | AnyResponse:
    """Show a visitor's choice again once there is an account to buy it with; nobody is sold what they hold."""
    reader, asked = current_reader(), request.args
    if reader is None:
        plan, slug, landing = asked.get("plan"), asked.get("document"), asked.get("next")
        again = url_for("billing.confirm_order", plan=plan, document=slug, next=landing, signed_out=1)
        return redirect(url_for("signup.sign_up_page", next=again), 303)
    session, mode = read_session(), current_billing().mode
    document = get_ordered_document(session, asked.get("document", ""))
    offer = _offer(asked.get("plan", ""), document)
    landing, document_id = choose_landing(asked.get("next"), document), document.id if document else None
    try:
        refuse_what_is_held(session, mode, reader.id, offer.kind, document_id)
    except ConflictError:
        return redirect(landing if document else _way_to_plan(reader.id, offer), 303)
    if "signed_out" in asked and document_id and reads_already(session, mode, reader.id, document_id):
        return redirect(landing, 303)
    told = {
        "overlaps": opens_already(session, mode, reader.id, offer.kind, document_id),
        "first_charge_at": clock.now() + timedelta(days=offer.trial_days),
    }
    page = render_template(
        "billing/confirm.html", offer=offer, document=document, landing=landing, form=FlaskForm(), **told
    )
    return no_store(make_response(page))


@billing_pages.post("/checkout")
@signed_in
@limited()
@asks_others
def checkout() -> AnyResponse:
    """Send the reader to Stripe to pay, or first to where they are warned."""
    form, buyer = request.form, _buyer()
    plan, slug, landing, warned = form.get("plan", ""), form.get("document", ""), form.get("next"), "warned" in form
    end_read_session()
    try:
        address = place_order(current_billing(), buyer, plan, slug, landing, warned=warned)
    except AlreadyOpenError:
        address = url_for("billing.confirm_order", plan=plan, document=slug or None, next=landing)
    return no_store(make_response(redirect(address, 303)))


@billing_pages.get("/checkout/return")
@signed_in
@limited()
@asks_others
def checkout_return() -> AnyResponse:
    """Meet the reader who comes from Stripe: asks what is true now, and never waits for a webhook."""
    reader = signed_in_reader()
    session_id = request.args.get("session_id")
    if session_id is None:
        return _back_from_portal(reader)
    if get_purchase_of_session(read_session(), session_id, reader.id) is None:
        return _of_another_account(session_id)
    end_read_session()
    billing, reached = current_billing(), True
    try:
        sync(billing, "checkout.session", session_id)
    except PaymentsUnavailableError:
        reached = False
    purchase = get_purchase_of_session(read_session(), session_id, reader.id)
    assert purchase is not None
    standing = purchase_standing(read_session(), purchase)
    if standing is PurchaseStanding.OPENED:
        return no_store(make_response(redirect(purchase.landing, 303)))
    shown = standing if reached else "unreached"
    page = no_store(make_response(render_template("billing/waiting.html", purchase=purchase, standing=shown)))
    waits = standing is PurchaseStanding.PENDING or not reached
    if waits and clock.now() - purchase.created_at < _WATCHED:  # nobody's forgotten tab asks Stripe on and on
        page.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
    return page


@billing_pages.get("/checkout/cancelled")
@public
def cancelled() -> AnyResponse:
    """Take who did not pay back to where the order began, signed in or not any more."""
    landing = find_landing(read_session(), purchase_id=request.args.get("purchase", ""))
    return no_store(make_response(redirect(landing or url_for("billing.plans"), 303)))


@billing_pages.get("/account/plan")
@signed_in
def account_plan() -> AnyResponse:
    """Show what the reader holds, until when, and what was paid."""
    reader = signed_in_reader()
    account = get_plan_overview(read_session(), reader.id, current_billing().mode)
    named = get_documents(read_session(), account.document_ids)
    customer = _portal_customer(reader.id)
    page = render_template(
        "billing/account_plan.html", account=account, named=named, form=FlaskForm(), portal=customer is not None
    )
    return no_store(make_response(page))


@billing_pages.get("/account/receipts/<int(max=999999999):number>")
@signed_in
def receipt(number: int) -> AnyResponse:
    """Show a receipt: what was paid then."""
    reader = signed_in_reader()
    found = get_receipt(read_session(), reader.id, current_billing().mode, number)
    if found is None:
        raise NotFoundError(_("There is no such receipt on your account."))
    return no_store(make_response(render_template("billing/receipt.html", receipt=found)))


@billing_pages.post("/billing/portal")
@signed_in
@limited()
@asks_others
def portal() -> AnyResponse:
    """Send the reader to Stripe's own pages: new card, change, cancel, receipts."""
    buyer, billing = _buyer(), current_billing()
    customer = _portal_customer(buyer.reader_id)
    if customer is None:
        raise ConflictError(_("There is no payment on your account yet."), _("Choose a plan first."))
    end_read_session()
    back = billing.base_url + url_for("billing.checkout_return")
    address = open_portal(billing.gateway, customer, back, buyer.locale)
    return no_store(make_response(redirect(address, 303)))


@billing_pages.get("/account/plan/switch")
@signed_in
@limited()
@asks_others
def switch_page() -> AnyResponse:
    """Show what a switch to another plan costs, before anything is done."""
    reader_id, code = signed_in_reader().id, request.args.get("plan", "")
    end_read_session()
    planned = preview_plan_switch(current_billing(), reader_id, code)
    return no_store(make_response(render_template("billing/switch.html", switch=planned, form=FlaskForm())))


@billing_pages.post("/account/plan/switch")
@signed_in
@limited()
@asks_others
def switch() -> AnyResponse:
    """Send the reader to Stripe to confirm a switch."""
    buyer, billing = _buyer(), current_billing()
    end_read_session()
    back = billing.base_url + url_for("billing.checkout_return")
    address = start_plan_switch(billing, buyer.reader_id, request.form.get("plan", ""), back, buyer.locale)
    return no_store(make_response(redirect(address, 303)))


@billing_pages.post("/webhooks/stripe")
@public
@asks_others
@largest_body(_LARGEST_EVENT)
def webhook() -> tuple[str, int]:
    """Take an event of Stripe's: 2xx once it is dealt with, 5xx to have it sent again."""
    billing = current_billing()
    if not billing.gateway.webhook_secret:
        abort(404)
    try:
        notice = billing.gateway.read_notice(request.get_data(cache=False), request.headers.get("Stripe-Signature", ""))
    except RequestEntityTooLarge:
        return "larger than 1 MiB", 413
    except (BadSignatureError, ValueError) as error:
        current_app.logger.warning("webhook refused: %s", error)
        return "not a signed event for this endpoint", 400
    if notice.livemode != billing.gateway.livemode:
        return "wrong mode", 400
    try:
        return ("", 204) if receive_event(billing, notice) else ("kept, and dealt with in a moment", 202)
    except PaymentsUnavailableError:
        return "please send it again", 503


def _portal_customer(reader_id: int) -> str | None:
    session, mode = read_session(), current_billing().mode
    subscribed = [facts.customer_id for facts in live_subscriptions(session, reader_id, mode)]
    return find_portal_customer(session, reader_id, mode, subscribed)


def _back_from_portal(reader: Reader) -> AnyResponse:
    """Ask what became of the reader's subscriptions in the portal, and show the account."""
    billing = current_billing()
    held = live_subscriptions(read_session(), reader.id, billing.mode)
    end_read_session()
    with suppress(PaymentsUnavailableError):  # then the webhook tells it
        for subscription in held:
            sync(billing, "subscription", subscription.id)
    return no_store(make_response(redirect(url_for("billing.account_plan"), 303)))


def _form_for_readers() -> FlaskForm | None:
    """Return a form with its token for who is signed in; a visitor's page carries none and stays cacheable."""
    return FlaskForm() if current_reader() else None


def _buyer() -> Buyer:
    reader = signed_in_reader()
    if reader.disabled_at is not None:
        raise ForbiddenError
    return Buyer(reader.id, reader.email, locale())


def _of_another_account(session_id: str) -> AnyResponse:
    """Show the way back, and to the right account, to who came from Stripe and is signed in as somebody else."""
    landing = find_landing(read_session(), session_id=session_id)
    if landing is None:
        raise NotFoundError(_("There is no such payment on your account."))
    page = render_template("billing/other_account.html", landing=landing, form=FlaskForm())
    return no_store(make_response(page, NotFoundError.status))


def _way_to_plan(reader_id: int, offer: Offer) -> str:
    """Return where a subscriber goes who chose a plan: to switch to it, or to their account."""
    held = get_held_subscription(read_session(), reader_id, current_billing().mode)
    if held and held.can_switch and held.kind is not offer.kind:
        return url_for("billing.switch_page", plan=offer.code)
    return url_for("billing.account_plan")


def _offer(code: str, document: Document | None) -> Offer:
    session, mode, reader = read_session(), current_billing().mode, signed_in_reader()
    offers = offers_for(session, mode, document.id, reader.id) if document else plans_on_sale(session, mode, reader.id)
    for offer in offers:
        if offer.code == code:
            return offer
    missing = _("This document is not sold by itself.") if code == PlanKind.DOCUMENT else _("This plan is not on sale.")
    raise NotFoundError(missing)
