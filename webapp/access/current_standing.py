"""Who asks, in a request: what access depends on for the reader who is signed in, by the rules of this house."""

from webapp.access.policy import AccessRules, Standing, standing_of
from webapp.accounts.login import current_reader
from webapp.accounts.models import Reader
from webapp.kit.current_settings import current_settings
from webapp.kit.http import read_session


def current_standing() -> Standing | None:
    """Return the standing of who is signed in, None for a visitor."""
    return standing_by_rules(current_reader())


def standing_by_rules(reader: Reader | None) -> Standing | None:
    """Return the standing of a reader who shows who they are in another way, by a token.

    It is asked for once, for as long as the session sees the same.
    """
    if reader is None:
        return None
    session = read_session()
    standing: Standing | None = session.info.get((Standing, reader.id))
    if standing is None:
        standing = session.info[Standing, reader.id] = standing_of(session, reader, current_rules())
    return standing


def current_rules() -> AccessRules:
    """Return what of the settings access depends on."""
    settings = current_settings()
    return AccessRules(settings.mode, settings.confirm_email)
