"""Passkeys: the page on which readers make and remove them, and signing in with one."""

from flask import Blueprint, Response, redirect, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.authentication import OpenedDevice, open_device
from webapp.accounts.forms import CredentialForm, PasskeyForm, SignInForm
from webapp.accounts.login import signed_in_reader, start_session
from webapp.accounts.models import Reader
from webapp.accounts.passkey_browser import ask_for_passkey, keep_handle, kept_handle, passkey_answer
from webapp.accounts.passkeys import list_passkeys, passkey_refusal, remove_passkey
from webapp.accounts.permissions import public, signed_in
from webapp.accounts.proof import recently_proved
from webapp.accounts.relying_party import passkey_address, relying_party
from webapp.accounts.second_factor import FactorChange, tell_change
from webapp.kit import clock
from webapp.kit.errors import NotFoundError, PaidspanError
from webapp.kit.http import no_store, read_session, safe_return, show_form, write
from webapp.kit.languages import locale
from webapp.kit.limits import limited, source
from webapp.kit.translatable import _

passkey_pages = Blueprint("passkeys", __name__)
passkey_pages.after_request(no_store)
passkey_pages.app_context_processor(lambda: {"passkeys_here": lambda: relying_party() is not None})
_OWN = "passkeys.own_passkeys"


@passkey_pages.get("/account/passkeys")
@signed_in
def own_passkeys() -> Response:
    """Show a reader's passkeys, and the form for another one where this address can have any."""
    return _page(PasskeyForm())


@passkey_pages.post("/account/passkeys/options")
@signed_in
@limited()
@recently_proved(_OWN)
def ask_for_new_passkey() -> Response:
    """Return what a script asks the browser for a new passkey with."""
    from webapp.accounts.passkey_ceremonies import options_to_register  # noqa: PLC0415 - it loads webauthn

    reader = signed_in_reader()
    present = list_passkeys(read_session(), reader.id)
    handle, asked = keep_handle(present[0].user_handle if present else None), ask_for_passkey()
    party = asked.party
    return _json(options_to_register(reader, present, handle, asked.challenge, host=party.host, site_name=party.name))


@passkey_pages.post("/account/passkeys")
@signed_in
@limited()
@recently_proved(_OWN)
def save_passkey() -> Response | AnyResponse:
    """Keep a passkey that a browser has just made."""
    from webapp.accounts.passkey_ceremonies import add_passkey  # noqa: PLC0415 - it loads webauthn

    form, reader_id, said = PasskeyForm(), signed_in_reader().id, locale()
    try:
        name, handle, answer = form.name.data or "", kept_handle(), passkey_answer(form.credential.data or "")

        def rule(session: Session) -> None:
            reader = session.get_one(Reader, reader_id)
            add_passkey(session, reader, name, handle, answer)
            tell_change(session, reader, FactorChange.PASSKEY_ADDED, said, answer.now)

        write(rule)
    except PaidspanError as error:
        return _page(form, error)
    return redirect(url_for(_OWN, done="added"), 303)


@passkey_pages.post("/account/passkeys/<int(max=9999999999):number>/remove")
@signed_in
@limited()
@recently_proved(_OWN)
def delete_passkey(number: int) -> AnyResponse:
    """Forget a passkey; it signs nobody in any more."""
    reader_id, said, now = signed_in_reader().id, locale(), clock.now()

    def rule(session: Session) -> bool:
        removed = remove_passkey(session, reader_id, number)
        if removed:
            tell_change(session, session.get_one(Reader, reader_id), FactorChange.PASSKEY_REMOVED, said, now)
        return removed

    if not write(rule):
        raise NotFoundError(_("There is no such passkey on your account."))
    return redirect(url_for(_OWN, done="removed"), 303)


@passkey_pages.post("/login/passkey/options")
@public
@limited(by=source)
def ask_for_any_passkey() -> Response:
    """Return what a script asks the browser for a passkey with; the same for everybody."""
    from webapp.accounts.passkey_ceremonies import options_to_sign_in  # noqa: PLC0415 - it loads webauthn

    asked = ask_for_passkey()
    return _json(options_to_sign_in(asked.party.host, asked.challenge))


@passkey_pages.post("/login/passkey")
@public
@limited(by=source)
def sign_in_with_passkey() -> Response | AnyResponse:
    """Sign in with a passkey, which counts as both factors."""
    from webapp.accounts.passkey_ceremonies import use_passkey  # noqa: PLC0415 - it loads webauthn

    said, browser = locale(), request.user_agent.string
    try:
        answer = passkey_answer(CredentialForm().credential.data or "")

        def rule(session: Session) -> OpenedDevice | None:
            reader = use_passkey(session, answer, said)
            return open_device(session, reader, browser, answer.now) if reader else None

        opened = write(rule)
        if opened is None:
            raise passkey_refusal()
    except PaidspanError as error:
        return show_form("accounts/sign_in.html", SignInForm(formdata=None), error)
    start_session(opened, remember=False)
    return redirect(safe_return(request.form.get("next"), url_for("reading.catalogue")), 303)


@passkey_pages.get("/login/passkey")
@public
def lead_to_sign_in() -> AnyResponse:
    """Lead back from a step that is not there to be looked at."""
    return redirect(url_for("accounts.sign_in_page"), 303)


def _json(options: str) -> Response:
    return Response(options, content_type="application/json")


def _page(form: PasskeyForm, error: PaidspanError | None = None) -> Response:
    return show_form(
        "accounts/passkeys.html",
        form,
        error,
        removal=FlaskForm(formdata=None),
        passkeys=list_passkeys(read_session(), signed_in_reader().id),
        elsewhere=passkey_address(),
    )
