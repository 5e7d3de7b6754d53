"""Who asks, in a request: what access depends on for the reader who is signed in, by the rules of this house."""

from webapp.access.policy import AccessRules, Standing, standing_of
from webapp.accounts.login import current_reader
from webapp.accounts.models import Reader
from webapp.kit.current_settings import current_settings
from webapp.kit.http import read_session


def current_standing(document_id: int | None = None) -> Standing | None:
    """Return the standing of who is signed in, None for a visitor; as far as one document goes where it is named."""
    return standing_by_rules(current_reader(), document_id)


def standing_by_rules(reader: Reader | None, document_id: int | None = None) -> Standing | None:
    """Return the standing of a reader who shows who they are in another way, by a token."""
    settings = current_settings()
    rules = AccessRules(settings.mode, settings.confirm_email)
    return standing_of(read_session(), reader, rules, document_id)
