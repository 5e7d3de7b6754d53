"""Who asks, in a request: what access depends on for the reader who is signed in, by the rules of this house."""

from flask import current_app

from webapp.access.policy import HouseRules, Standing, standing_of
from webapp.accounts.login import current_reader
from webapp.accounts.models import Reader
from webapp.kit.http import reading


def standing_here(document_id: int | None = None) -> Standing | None:
    """Return the standing of who is signed in, None for a visitor; as far as one document goes where it is named."""
    return standing_by_rules(current_reader(), document_id)


def standing_by_rules(reader: Reader | None, document_id: int | None = None) -> Standing | None:
    """Return the standing of a reader who shows who they are in another way, by a token."""
    rules = HouseRules(current_app.config["MODE"], current_app.config["CONFIRM_EMAIL"])
    return standing_of(reading(), reader, rules, document_id)
