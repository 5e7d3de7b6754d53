"""Which account a request is made for, signed in or by a token, so that limits count those of one account together."""

from webapp.accounts.bearer_auth import current_token_holder
from webapp.accounts.login import current_reader
from webapp.kit.http import is_api_request


def requesting_account() -> int | None:
    """Return the number of the account that asks; None for a visitor."""
    if is_api_request():
        held = current_token_holder()
        return held.reader_id if held else None
    reader = current_reader()
    return reader.id if reader else None
