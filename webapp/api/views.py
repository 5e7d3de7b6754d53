"""The page on which readers make their tokens and take them back."""

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.api_tokens import NewToken, Scope, list_tokens, make_token, revoke_token
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import signed_in
from webapp.accounts.proof import recently_proved
from webapp.api.forms import TokenForm
from webapp.kit import clock
from webapp.kit.errors import InvalidInputError, NotFoundError, PaidspanError
from webapp.kit.http import no_store, read_session, write
from webapp.kit.limits import limited
from webapp.kit.translatable import _

token_pages = Blueprint("tokens", __name__)
token_pages.after_request(no_store)


@token_pages.get("/account/tokens")
@signed_in
@recently_proved("tokens.list_own_tokens", guarded_only=True)
def list_own_tokens() -> str:
    """Show a reader's tokens, and the form for another one."""
    return _page(TokenForm())


@token_pages.post("/account/tokens")
@signed_in
@limited()
@recently_proved("tokens.list_own_tokens", guarded_only=True)
def create_token() -> Response:
    """Make a token and show it, this once."""
    form = TokenForm()
    try:
        if not form.validate():
            raise InvalidInputError(_("Something is missing or too long."))
        scopes = frozenset(map(Scope, form.scopes.data or ()))
        reader_id, name, now = signed_in_reader().id, form.name.data or "", clock.now()
        made = write(lambda session: make_token(session, reader_id, name, scopes, now))
    except PaidspanError as error:
        return make_response(_page(form, error=error), error.status)
    return make_response(_page(TokenForm(formdata=None), made=made), 201)


@token_pages.post("/account/tokens/<int(max=9999999999):number>/revoke")
@signed_in
@limited()
@recently_proved("tokens.list_own_tokens", guarded_only=True)
def delete_token(number: int) -> AnyResponse:
    """Take a token back; what uses it is a visitor's program from now on."""
    reader_id = signed_in_reader().id
    if not write(lambda session: revoke_token(session, reader_id, number)):
        raise NotFoundError(_("There is no such token on your account."))
    return redirect(url_for("tokens.list_own_tokens"), 303)


def _page(form: TokenForm, *, made: NewToken | None = None, error: PaidspanError | None = None) -> str:
    present = list_tokens(read_session(), signed_in_reader().id)
    return render_template("api/tokens.html", tokens=present, scopes=Scope, form=form, made=made, error=error)
