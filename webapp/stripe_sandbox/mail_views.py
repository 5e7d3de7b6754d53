"""The sandbox's page of mails: what was mailed while there is no mail server, so that links can be used on one machine.

Whoever reads it can use everybody's links. So it is there in the sandbox alone, not in production, not where a mail
server is set, and it answers requests from this machine alone unless a setting says otherwise.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, make_response, render_template, request

from webapp.accounts.permissions import public
from webapp.kit.current_settings import current_settings
from webapp.kit.email_queue import QueuedEmail, RenderedEmail, get_email, list_emails, read_email
from webapp.kit.http import no_store, read_session
from webapp.kit.templating import email_renderer
from webapp.settings import Env, Settings

_MOST = 50
# A mail brings its own styles, and nothing else.
_POLICY_OF_MAILS = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SIGNS_OF_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")

mail_pages = Blueprint("sandbox_mail", __name__, url_prefix="/sandbox/mail")
mail_pages.after_request(no_store)


def install_mail_pages(app: Flask, settings: Settings) -> None:
    """Have the application show its mails where they are sent to nobody."""
    if settings.sandbox and not settings.mail_url and settings.env is not Env.PRODUCTION:
        app.register_blueprint(mail_pages)


@mail_pages.before_request
def _refuse_other_machines() -> None:
    if not (current_settings().mail_page_for_all or is_from_this_machine()):
        abort(404)


@mail_pages.get("")
@public
def mails() -> str:
    """List the latest mails."""
    written = [(mail, _rendered(mail)) for mail in list_emails(read_session(), _MOST)]
    return render_template("stripe_sandbox/mails.html", mails=written, most=_MOST)


@mail_pages.get("/<int(max=9999999999):mail_id>")
@public
def mail(mail_id: int) -> str:
    """Show a mail as text."""
    shown = _get(mail_id)
    return render_template("stripe_sandbox/mail.html", mail=shown, rendered=_rendered(shown))


@mail_pages.get("/<int(max=9999999999):mail_id>/html")
@public
def mail_as_html(mail_id: int) -> Response:
    """Show a mail as a mail program does."""
    response = make_response(_rendered(_get(mail_id)).html)
    response.headers["Content-Security-Policy"] = _POLICY_OF_MAILS
    return response


def is_from_this_machine() -> bool:
    """Return whether a browser on this machine asks, at an address of this machine.

    Behind a proxy every request seems to come from here: its headers, a base URL of another host and a `Host` that only
    resolves to here (DNS rebinding) each count as another machine.
    """
    addresses = (f"//{request.host}", current_settings().base_url)
    hosts = (request.remote_addr, *(urlsplit(address).hostname for address in addresses))
    return all(map(_is_loopback, hosts)) and not any(name in request.headers for name in _SIGNS_OF_A_PROXY)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _get(mail_id: int) -> QueuedEmail:
    return get_email(read_session(), mail_id) or abort(404)


def _rendered(kept: QueuedEmail) -> RenderedEmail:
    return email_renderer(current_app)(read_email(kept))
