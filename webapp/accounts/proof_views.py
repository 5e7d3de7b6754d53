"""The page that asks for password or passkey again, before what could do much harm."""

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.forms import BothFactorsForm, CredentialForm, PresentPasswordForm
from webapp.accounts.login import current_device_id, signed_in_reader
from webapp.accounts.models import Reader
from webapp.accounts.passkey_browser import passkey_answer
from webapp.accounts.passkeys import passkey_refusal
from webapp.accounts.password_limits import own_password_limits
from webapp.accounts.passwords import verify_password
from webapp.accounts.permissions import signed_in
from webapp.accounts.proof import note_proof
from webapp.accounts.second_factor import Verdict, check_code, code_refusal, has_second_factor
from webapp.accounts.second_step import code_attempt, totp_box
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, PaidspanError, WrongPasswordError
from webapp.kit.http import no_store, read_session, safe_return, show_form, write
from webapp.kit.languages import locale
from webapp.kit.limits import limited, limited_by, uncount_try
from webapp.kit.translatable import _

proof_pages = Blueprint("proof", __name__)
proof_pages.after_request(no_store)


@proof_pages.get("/account/prove")
@signed_in
def ask_again() -> Response:
    """Ask for password, and code where there is a second factor, or for a passkey."""
    return _page(_form())


@proof_pages.post("/account/prove")
@signed_in
@limited_by(own_password_limits, lambda error: _page(_form(fresh=True), error))
def prove() -> Response | AnyResponse:
    """Take password and code, and lead on."""
    form, reader = _form(), signed_in_reader()
    reader_id, device_id, box = reader.id, current_device_id(), totp_box()
    typed = code_attempt(form.code.data or "") if isinstance(form, BothFactorsForm) else None
    if not form.validate():
        return _page(form, InvalidInputError(_("Something is missing or too long.")))
    if not verify_password(reader.password_hash, form.present.data or ""):
        return _page(form, WrongPasswordError())
    uncount_try()

    def rule(session: Session) -> Verdict:
        same = session.get_one(Reader, reader_id)
        verdict = check_code(session, same, typed, box) if typed else Verdict.RIGHT
        if verdict is Verdict.RIGHT:
            note_proof(session, device_id, clock.now())
        return verdict

    verdict = write(rule)
    if verdict is not Verdict.RIGHT:
        return _page(form, code_refusal(read_session(), reader_id, verdict, clock.now()))
    return redirect(_back(), 303)


@proof_pages.post("/account/prove/passkey")
@signed_in
@limited()
def prove_by_passkey() -> Response | AnyResponse:
    """Take a passkey of this account, and lead on."""
    from webapp.accounts.passkey_ceremonies import use_passkey  # noqa: PLC0415 - it loads webauthn

    reader_id, device_id, said = signed_in_reader().id, current_device_id(), locale()
    try:
        answer = passkey_answer(CredentialForm().credential.data or "")

        def rule(session: Session) -> bool:
            reader = use_passkey(session, answer, said)
            if reader is None or reader.id != reader_id:
                return False
            note_proof(session, device_id, answer.now)
            return True

        if not write(rule):
            raise passkey_refusal()
    except PaidspanError as error:
        return _page(_form(fresh=True), error)
    return redirect(_back(), 303)


@proof_pages.get("/account/prove/passkey")
@signed_in
def lead_to_proof() -> AnyResponse:
    """Lead back from a step that is not there to be looked at."""
    return redirect(url_for("proof.ask_again"), 303)


def _form(*, fresh: bool = False) -> PresentPasswordForm:
    both = has_second_factor(read_session(), signed_in_reader().id)
    kind = BothFactorsForm if both else PresentPasswordForm
    return kind(formdata=None) if fresh else kind()


def _page(form: PresentPasswordForm, error: PaidspanError | None = None) -> Response:
    return show_form("accounts/prove.html", form, error, back=_back())


def _back() -> str:
    return safe_return(request.values.get("next"), url_for("accounts.account"))
