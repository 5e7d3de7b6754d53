"""The page on which an account gets a second factor, new recovery codes, or neither any more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.devices import end_other_devices
from webapp.accounts.forms import BothFactorsForm, PresentPasswordForm, SealedCodeForm
from webapp.accounts.login import current_device_id, current_token, signed_in_reader
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import own_password_limits
from webapp.accounts.passwords import verify_password
from webapp.accounts.permissions import signed_in
from webapp.accounts.recovery_codes import count_recovery_codes, make_recovery_codes
from webapp.accounts.second_factor import (
    FactorChange,
    TypedCode,
    Verdict,
    check_code,
    code_refusal,
    drop_second_factor,
    get_second_factor,
    has_second_factor,
    set_second_factor,
    tell_change,
)
from webapp.accounts.second_step import code_attempt, totp_box
from webapp.accounts.totp import bare_code, make_totp_secret, matching_step, totp_address
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError, PaidspanError, WrongPasswordError
from webapp.kit.http import no_store, read_session, show_form, write
from webapp.kit.limits import limited, limited_by, uncount_try
from webapp.kit.translatable import _

SET_UP_WITHIN = timedelta(minutes=30)

second_factor_pages = Blueprint("second_factor", __name__)
second_factor_pages.after_request(no_store)
Form = PresentPasswordForm | BothFactorsForm | SealedCodeForm


@dataclass(frozen=True, slots=True)
class SetUp:
    """A secret that an app is to take: as text, as a QR code, and sealed, for the form that brings its first code."""

    secret: str
    sealed: str

    @property
    def grouped(self) -> str:
        """Return the secret as it is typed by hand."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))

    @property
    def address(self) -> str:
        """Return what an app reads, from the picture or from a link."""
        return totp_address(self.secret, signed_in_reader().email, current_settings().site_name)

    @property
    def picture(self) -> str:
        """Return the QR code as SVG, dark on light in every look, for cameras."""
        import segno  # noqa: PLC0415 - only who sets a second factor up needs it

        return segno.make(self.address, micro=False).svg_inline(scale=4, dark="#000", light="#fff", omitsize=False)


@second_factor_pages.get("/account/second-factor")
@signed_in
def overview() -> Response:
    """Show whether an account has a second factor, and what can be done about it."""
    return _page(PresentPasswordForm())


@second_factor_pages.post("/account/second-factor")
@signed_in
@limited_by(own_password_limits, lambda error: _page(PresentPasswordForm(), error))
def begin_set_up() -> Response:
    """Ask for the password, then show a secret for an authenticator app; nothing counts before its first code."""
    form = PresentPasswordForm()
    try:
        _check_password(form)
    except PaidspanError as error:
        return _page(form, error)
    secret = make_totp_secret()
    sealed = totp_box().seal(f"{_this_browser()} {secret}")
    return _set_up_page(SealedCodeForm(formdata=None), SetUp(secret, sealed))


@second_factor_pages.post("/account/second-factor/confirm")
@signed_in
@limited()
def confirm_set_up() -> Response:
    """Take the first code of an app, sign out all other devices and show the recovery codes, this once."""
    form, reader_id, here = SealedCodeForm(), signed_in_reader().id, current_device_id()
    set_up = _opened(form.sealed.data or "")
    if set_up is None:
        late = InvalidInputError(_("That took too long, or was begun in another browser."), _("Please begin anew."))
        return _page(PresentPasswordForm(formdata=None), late)
    attempt = code_attempt(form.code.data or "")
    step = matching_step(set_up.secret, bare_code(attempt.typed), attempt.at, last_step=0)
    if step is None:
        wrong = InvalidInputError(
            _("This code is not right."), _("Check that the clock of your device is right, then type the next code.")
        )
        return _set_up_page(form, set_up, wrong)
    sealed = totp_box().seal(set_up.secret)

    def rule(session: Session) -> list[str]:
        reader = session.get_one(Reader, reader_id)
        codes = set_second_factor(session, reader, sealed, step, attempt.now)
        end_other_devices(session, reader.id, here)
        tell_change(session, reader, FactorChange.SET, attempt.locale, attempt.now)
        return codes

    try:
        return _codes_page(write(rule))
    except ConflictError as error:
        return _page(PresentPasswordForm(formdata=None), error)


@second_factor_pages.post("/account/second-factor/codes")
@signed_in
@limited_by(own_password_limits, lambda error: _page(BothFactorsForm(), error))
def renew_codes() -> Response:
    """Make new recovery codes and show them, this once; those of before no longer work."""

    def rule(session: Session, reader: Reader, attempt: TypedCode) -> list[str]:
        tell_change(session, reader, FactorChange.RENEWED, attempt.locale, attempt.now)
        return make_recovery_codes(session, reader.id)

    form = BothFactorsForm()
    try:
        return _codes_page(_with_both_factors(form, rule))
    except PaidspanError as error:
        return _page(form, error)


@second_factor_pages.post("/account/second-factor/remove")
@signed_in
@limited_by(own_password_limits, lambda error: _page(BothFactorsForm(), error))
def remove_second_factor() -> Response | AnyResponse:
    """Have the password alone sign in again."""

    def rule(session: Session, reader: Reader, attempt: TypedCode) -> list[str]:
        drop_second_factor(session, reader.id)
        tell_change(session, reader, FactorChange.REMOVED, attempt.locale, attempt.now)
        return []

    form = BothFactorsForm()
    try:
        _with_both_factors(form, rule)
    except PaidspanError as error:
        return _page(form, error)
    return redirect(url_for("second_factor.overview", removed=1), 303)


@second_factor_pages.get("/account/second-factor/<any(confirm, codes, remove):_step>")
@signed_in
def lead_back(_step: str) -> AnyResponse:
    """Lead back from a step that is not there to be looked at, as after a change of language."""
    return redirect(url_for("second_factor.overview"), 303)


def _check_password(form: Form) -> None:
    """Raise InvalidInputError where the form is not filled in, WrongPasswordError where its password is another."""
    if not form.validate():
        raise InvalidInputError(_("Something is missing or too long."))
    if not verify_password(signed_in_reader().password_hash, form.present.data or ""):
        raise WrongPasswordError
    uncount_try()


def _with_both_factors(form: BothFactorsForm, rule: Callable[[Session, Reader, TypedCode], list[str]]) -> list[str]:
    """Run a rule for whoever shows password and code; raise the error that is told where one is not right."""
    _check_password(form)
    reader_id, attempt, box = signed_in_reader().id, code_attempt(form.code.data or ""), totp_box()

    def checked(session: Session) -> list[str] | Verdict:
        if not has_second_factor(session, reader_id):
            raise NotFoundError(_("Your account has no authenticator app."))
        reader = session.get_one(Reader, reader_id)
        verdict = check_code(session, reader, attempt, box)
        return rule(session, reader, attempt) if verdict is Verdict.RIGHT else verdict

    done = write(checked)
    if isinstance(done, Verdict):
        raise code_refusal(read_session(), reader_id, done, attempt.now)
    return done


def _opened(sealed: str) -> SetUp | None:
    """Return the set-up that a form goes on with; None where it is too late, or was begun elsewhere."""
    browser, _space, secret = (totp_box().open(sealed, SET_UP_WITHIN) or "").partition(" ")
    return SetUp(secret, sealed) if secret and browser == _this_browser() else None


def _this_browser() -> str:
    return sha256(current_token().encode()).hexdigest()


def _page(form: Form, error: PaidspanError | None = None) -> Response:
    session, reader_id = read_session(), signed_in_reader().id
    factor, left = get_second_factor(session, reader_id), count_recovery_codes(session, reader_id)
    both = form if isinstance(form, BothFactorsForm) else BothFactorsForm(formdata=None)
    return show_form("accounts/second_factor.html", both if factor else form, error, factor=factor, left=left)


def _set_up_page(form: SealedCodeForm, set_up: SetUp, error: PaidspanError | None = None) -> Response:
    return show_form("accounts/second_factor_set_up.html", form, error, set_up=set_up)


def _codes_page(codes: list[str]) -> Response:
    return make_response(render_template("accounts/recovery_codes.html", codes=codes), 201)
