"""Who shows a token: in the Authorization header of a program, or in the address of a private feed."""

from datetime import timedelta
from functools import partial
from typing import cast

from flask import after_this_request, g, request

from webapp.accounts.api_tokens import AccessToken, get_token, record_use
from webapp.accounts.staff_factor import lacks_second_factor
from webapp.kit import clock
from webapp.kit.errors import UnknownTokenError
from webapp.kit.http import read_session, write_when_sent

NOTED_EVERY = timedelta(days=1)
_LONGEST = 200


def use_token(secret: str) -> AccessToken | None:
    """Return the token that a secret is, with its reader, and note its use; None where it opens nothing."""
    held = get_token(read_session(), secret)
    if held is None or held.reader.disabled_at is not None or lacks_second_factor(held.reader):
        return None
    now = clock.now()
    if held.last_used_at is None or now - held.last_used_at >= NOTED_EVERY:
        note = partial(record_use, token_id=held.id, now=now)
        after_this_request(lambda answer: write_when_sent(answer, note))
    return held


def current_token_holder() -> AccessToken | None:
    """Return the token that this request bears, None where it bears none.

    Raise UnknownTokenError for one that opens nothing, also where a visitor would be let in: who believes to be known
    shall not take a preview for all there is.
    """
    if "bearer" not in g:
        g.bearer = _shown() if "Authorization" in request.headers else None
    return cast("AccessToken | None", g.bearer)


def _shown() -> AccessToken:
    kind, _, secret = request.headers["Authorization"].partition(" ")
    held = use_token(secret.strip()) if kind.lower() == "bearer" and len(secret) <= _LONGEST else None
    if held is None:
        raise UnknownTokenError(shown=True)
    return held
