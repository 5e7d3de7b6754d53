"""The people of the house: who there is, who is invited, and what each may do."""

from flask import Response, redirect, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import EmailField, SelectField

from webapp.accounts.activity_log import Activity
from webapp.accounts.email_addresses import LONGEST_EMAIL
from webapp.accounts.invitations import (
    Invitation,
    Inviter,
    invite,
    list_invitations,
    send_invitation_again,
    withdraw_invitation,
)
from webapp.accounts.login import signed_in_reader
from webapp.accounts.models import Reader, Role
from webapp.accounts.permissions import Permission, requires
from webapp.accounts.proof import recently_proved
from webapp.accounts.roles import RoleChange, list_people, set_role
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, NotFoundError, PaidspanError
from webapp.kit.http import read_session, show_form
from webapp.kit.languages import locale
from webapp.kit.limits import limited
from webapp.kit.translatable import _

people_pages = desk_blueprint("desk_people", __name__)
ROLE_NAMES = {
    Role.EDITOR: _("Editor"),
    Role.PUBLISHER: _("Publisher"),
    Role.OWNER: _("Owner"),
    Role.READER: _("None: a reader like others"),
}
_LIST = "desk_people.people"


class InviteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Who shall work in the house, and as what."""

    email = EmailField()
    role = SelectField(choices=[role.value for role in Role if role is not Role.READER])  # type: ignore[misc]  # stubs of an older version


@people_pages.get("/people")
@requires(Permission.MANAGE_PEOPLE)
@recently_proved(_LIST)
def people() -> Response:
    """Show who works in the house and who is invited to."""
    return _page(InviteForm(formdata=None))


@people_pages.post("/people/invite")
@requires(Permission.MANAGE_PEOPLE)
@recently_proved(_LIST)
@limited()
def invite_person() -> Response | AnyResponse:
    """Mail an invitation."""
    form, inviter = InviteForm(), _inviter()
    email = (form.email.data or "")[:LONGEST_EMAIL]
    if not form.validate():
        return _page(form, InvalidInputError(_("Something is missing or too long.")))
    role = Role(form.role.data)
    try:
        change(
            lambda session: invite(session, email, role, inviter, clock.now()),
            lambda made: _about(made, "invited", after=str(made.role)),
        )
    except PaidspanError as error:
        return _page(form, error)
    return redirect(url_for(_LIST, done="invited"), 303)


@people_pages.post("/people/invitations/<int(max=999999999):invitation_id>/send")
@requires(Permission.MANAGE_PEOPLE)
@recently_proved(_LIST)
@limited()
def send_again(invitation_id: int) -> AnyResponse:
    """Mail an invitation anew."""
    inviter = _inviter()
    sent = change(
        lambda session: send_invitation_again(session, invitation_id, inviter, clock.now()),
        lambda made: _about(made, "invited again", after=str(made.role)) if made else None,
    )
    return redirect(url_for(_LIST, done="sent" if sent else "gone"), 303)


@people_pages.post("/people/invitations/<int(max=999999999):invitation_id>/withdraw")
@requires(Permission.MANAGE_PEOPLE)
@recently_proved(_LIST)
@limited()
def take_back(invitation_id: int) -> AnyResponse:
    """Take an invitation back."""
    change(
        lambda session: withdraw_invitation(session, invitation_id),
        lambda gone: _about(gone, "withdrew invitation", before=str(gone.role)) if gone else None,
    )
    return redirect(url_for(_LIST, done="withdrawn"), 303)


@people_pages.post("/people/<int(max=999999999):reader_id>/role")
@requires(Permission.MANAGE_PEOPLE)
@recently_proved(_LIST)
@limited()
def change_role(reader_id: int) -> Response | AnyResponse:
    """Give somebody another role, or take it back."""
    wanted = request.form.get("role", "")
    if wanted not in set(Role):
        return _page(InviteForm(formdata=None), InvalidInputError(_("There is no such role.")))

    def rule(session: Session) -> RoleChange:
        reader = session.get(Reader, reader_id)
        if reader is None or reader.role is Role.READER:
            raise NotFoundError
        return set_role(session, reader, Role(wanted))

    try:
        done = change(rule, _changed)
    except PaidspanError as error:
        return _page(InviteForm(formdata=None), error)
    own = done.reader_id == signed_in_reader().id and done.after is not Role.OWNER
    if own:
        return redirect(url_for("reading.catalogue"), 303)
    return redirect(url_for(_LIST, done="taken" if done.after is Role.READER else "changed"), 303)


def _changed(done: RoleChange) -> Activity | None:
    if done.before is done.after:
        return None
    return Activity("changed role", "person", done.reader_id, {"role": done.before}, {"role": done.after})


def _about(invitation: Invitation, action: str, *, before: str | None = None, after: str | None = None) -> Activity:
    """Return what became of an invitation, which the log knows by its address."""
    told = {"before": {"role": before} if before else None, "after": {"role": after} if after else None}
    return Activity(action, "invitation", invitation.email[:120], **told)


def _inviter() -> Inviter:
    reader = signed_in_reader()
    return Inviter(reader.id, reader.email, locale())


def _page(form: InviteForm, error: PaidspanError | None = None) -> Response:
    session, now = read_session(), clock.now()
    if not form.role.data:
        form.role.data = Role.EDITOR.value
    return show_form(
        "desk/people.html",
        form,
        error,
        people=list_people(session),
        invitations=list_invitations(session),
        role_names=ROLE_NAMES,
        now=now,
        own_id=signed_in_reader().id,
        done=request.args.get("done", ""),
    )
