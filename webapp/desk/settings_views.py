"""What is set: changed here where the desk may, shown where it may not; a mail to try it out, and Stripe as a walk."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.accounts.proof import recently_proved
from webapp.billing.context import current_billing
from webapp.billing.setup_steps import set_up_at_stripe, setup_walk
from webapp.billing.stripe_setup import SetupStep
from webapp.desk.changes import change, note
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.setting_fields import FIELDS, SettingField
from webapp.kit import clock
from webapp.kit.current_settings import LiveSettings, current_settings, live_settings
from webapp.kit.email_queue import EmailBacklog, carrier_for, email_backlog
from webapp.kit.errors import PaidspanError
from webapp.kit.http import read_session
from webapp.kit.instance_identity import RestingError, find_rest_reason
from webapp.kit.languages import locale
from webapp.kit.limits import limited
from webapp.kit.mail_trial import try_mail
from webapp.kit.request_costs import asks_others
from webapp.kit.stored_settings import (
    SettingChange,
    TypedSetting,
    UnusableSettingError,
    drop_setting,
    lay_over,
    list_stored,
    save_settings,
    written_setting,
)
from webapp.kit.templating import email_renderer
from webapp.settings import PREFIX, Settings
from webapp.settings.origins import SECRETS, SettingOrigin

settings_pages = desk_blueprint("desk_settings", __name__)
_FORM = "desk_settings.show_settings"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as the page shows it: `shown` as it is, `typed` as somebody wants it."""

    field: SettingField
    shown: str
    typed: str
    origin: SettingOrigin
    wrong: bool = False


@settings_pages.get("/settings")
@requires(Permission.MANAGE_SETTINGS)
def show_settings() -> Response:
    """Show what can be set here."""
    return _page()


@settings_pages.post("/settings")
@requires(Permission.MANAGE_SETTINGS)
@limited()
def save() -> Response | AnyResponse:
    """Set what was changed; what was left alone is not written."""
    live = _live()
    typed = [
        TypedSetting(name, request.form.get(f"was-{name}", ""), request.form.get(name, ""))
        for name in FIELDS
        if name in request.form and live.origins[name] is not SettingOrigin.ENVIRONMENT
    ]
    try:
        change(lambda session: save_settings(session, live, typed, clock.now()), _changed)
    except PaidspanError as error:
        return _page(error, {one.name: one.typed for one in typed})
    live.look()
    return redirect(url_for(_FORM, done="saved"), 303)


@settings_pages.post("/settings/reset")
@requires(Permission.MANAGE_SETTINGS)
@limited()
def reset() -> AnyResponse:
    """Have a setting be again what the file or the default says."""
    name = request.form.get("reset", "")
    change(
        lambda session: drop_setting(session, name), lambda done: _changed([done] if done.before is not None else [])
    )
    _live().look()
    return redirect(url_for(_FORM, done="reset"), 303)


@settings_pages.get("/settings/all")
@requires(Permission.MANAGE_SETTINGS)
def list_settings() -> str:
    """Show every setting: its value, and where that comes from; of secrets only whether they are set."""
    live = _live()
    stored = list_stored(read_session())
    present = lay_over(live.base, live.origins, stored.items())
    rows = [
        (f"{PREFIX}{name.upper()}", name in SECRETS, written_setting(getattr(present, name)), origin)
        for name in Settings.model_fields
        for origin in (_origin(live, name, stored),)
    ]
    return render_template("desk/all_settings.html", rows=rows)


@settings_pages.post("/settings/test-mail")
@requires(Permission.MANAGE_SETTINGS)
@limited()
@asks_others
def send_test_mail() -> Response:
    """Mail something to who is signed in, at once, and tell what came of it."""
    settings = current_settings()
    reason = find_rest_reason(read_session(), settings.base_url)
    if reason is not None:
        return _page(RestingError(reason))
    carrier = carrier_for(settings.mail_url, settings.instance / "outbox")
    said = try_mail(signed_in_reader().email, locale(), email_renderer(current_app), carrier, settings.sender)
    note(Activity("tried mail", "setting", "mail", after={"sent": not said}))
    return _page(mail_said=said, mail_tried=True)


@settings_pages.get("/settings/stripe")
@requires(Permission.MANAGE_SETTINGS)
@asks_others
def stripe_walk() -> str:
    """Show how far Stripe is set up, and what to do next."""
    return _stripe_page(())


@settings_pages.post("/settings/stripe")
@requires(Permission.MANAGE_SETTINGS)
@recently_proved("desk_settings.stripe_walk")
@limited()
@asks_others
def set_up_stripe() -> str:
    """Make what is missing at Stripe, and say what was done: a new secret of the endpoint is shown this once."""
    try:
        done = set_up_at_stripe(current_billing())
    except PaidspanError as error:
        return _stripe_page((), error)
    note(Activity("set up stripe", "setting", "stripe", after={step.what[:60]: step.did for step in done}))
    return _stripe_page(done)


def _stripe_page(done: Sequence[SetupStep], error: PaidspanError | None = None) -> str:
    return render_template("desk/stripe_walk.html", steps=setup_walk(current_billing()), done=done, error=error)


def _changed(changes: list[SettingChange]) -> Activity | None:
    if not changes:
        return None
    before, after = {one.name: one.before for one in changes}, {one.name: one.after for one in changes}
    return Activity("changed settings", "setting", ", ".join(before)[:120], before, after)


def _live() -> LiveSettings:
    return live_settings(current_app)


def _origin(live: LiveSettings, name: str, stored: dict[str, str | int | bool]) -> SettingOrigin:
    origin = live.origins[name]
    return SettingOrigin.DESK if name in stored and origin is not SettingOrigin.ENVIRONMENT else origin


def _page(
    error: PaidspanError | None = None,
    typed: dict[str, str] | None = None,
    *,
    mail_said: str = "",
    mail_tried: bool = False,
) -> Response:
    live, session = _live(), read_session()
    stored = list_stored(session)
    present = lay_over(live.base, live.origins, stored.items())
    wrong = error.name if isinstance(error, UnusableSettingError) else ""
    fields = [
        ShownSetting(
            field,
            written_setting(getattr(present, name)),
            (typed or {}).get(name, written_setting(getattr(present, name))),
            _origin(live, name, stored),
            wrong=name == wrong,
        )
        for name, field in FIELDS.items()
    ]
    backlog: EmailBacklog = email_backlog(session)
    page = render_template(
        "desk/settings.html",
        fields=fields,
        error=error,
        done=request.args.get("done", ""),
        backlog=backlog,
        mail_said=mail_said,
        mail_tried=mail_tried,
        sender=present.sender,
    )
    return current_app.make_response((page, error.status if error else 200))
