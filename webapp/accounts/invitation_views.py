"""The page that a mailed invitation leads to: it says what it gives, and a button accepts it."""

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.authentication import OpenedDevice, open_device
from webapp.accounts.forms import NewPasswordForm, ProofForm
from webapp.accounts.invitations import Acceptance, UnusableInvitationError, accept_invitation, find_invitation
from webapp.accounts.link_answers import refuse_link, signed_in_id, tell_no_referrer
from webapp.accounts.login import start_session
from webapp.accounts.password_limits import link_password_limits
from webapp.accounts.permissions import public
from webapp.accounts.sign_up_views import current_terms_version
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, LinkOfAnotherError, PaidspanError, WrongPasswordError
from webapp.kit.http import no_store, read_session, show_form, write
from webapp.kit.limits import limited_by, uncount_try

_FIRST_PAGE = "desk_overview.show_overview"
invitation_pages = Blueprint("invitations", __name__)
invitation_pages.after_request(no_store)
invitation_pages.after_request(tell_no_referrer)


@invitation_pages.get("/invitation/<token>")
@public
def invitation_page(token: str) -> Response:
    """Show what an invitation gives, with the button that accepts it."""
    return _page(token)


@invitation_pages.post("/invitation/<token>")
@public
@limited_by(link_password_limits)
def accept(token: str) -> Response | AnyResponse:
    """Accept an invitation: as who is signed in, with the password of the account, or by making one."""
    password = (NewPasswordForm().password.data or "") or (ProofForm().present.data or "")
    given = Acceptance(signed_in_id(), password, current_terms_version())
    try:
        opened = write(lambda session: _accept(session, token, given))
    except WrongPasswordError as error:
        return _page(token, error)
    except (UnusableInvitationError, LinkOfAnotherError) as error:
        uncount_try()
        return refuse_link(None, error)
    except InvalidInputError as error:
        uncount_try()
        return _page(token, error)
    uncount_try()
    if opened is not None:
        start_session(opened, remember=False, announced=False)
    desk = url_for(_FIRST_PAGE)
    is_in = opened is not None or given.signed_in is not None
    return redirect(desk if is_in else url_for("accounts.sign_in_page", next=desk), 303)


def _accept(session: Session, token: str, given: Acceptance) -> OpenedDevice | None:
    """Return the device of a new account, which is signed in at once; None where the account was there."""
    reader, is_new = accept_invitation(session, token, given, clock.now())
    return open_device(session, reader, request.user_agent.string, clock.now()) if is_new else None


def _page(token: str, error: PaidspanError | None = None) -> Response:
    try:
        found, has_account = find_invitation(read_session(), token, signed_in_id(), clock.now())
    except (UnusableInvitationError, LinkOfAnotherError) as refused:
        return refuse_link(None, refused)
    form = ProofForm(formdata=None) if has_account else NewPasswordForm(formdata=None)
    told = {"email": found.email, "role": found.role, "has_account": has_account}
    return show_form("accounts/accept_invitation.html", form, error, 200, **told)
