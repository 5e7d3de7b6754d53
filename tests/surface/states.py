"""The readers of the access table who are not entitled, each with a browser and a token of every scope.

All of them have marked paid passages, as if they had been entitled before."""

from dataclasses import dataclass
from datetime import timedelta

from flask.testing import FlaskClient

from tests.factories.people import People
from tests.surface.marks import leave_marks
from webapp.accounts.api_tokens import Scope, make_token
from webapp.accounts.models import Reader
from webapp.accounts.registration import confirm_email
from webapp.billing.models import GrantSource, Revoked
from webapp.kit import clock

DAY = timedelta(days=1)
NO_TOKEN = "unknown"
VISITOR, DISABLED, UNCONFIRMED = "visitor", "disabled", "address not confirmed"
BOUGHT_ANOTHER = "bought another document"
BEGUN = "visitor who opened a form"  # has a session, so that no page comes from the cache for all
SUBSCRIBED, GIVEN = "subscribed", "given this document"  # who may read, to compare with
PASSING_BY = "pass running", "another pass running"  # who keep nothing, so that they are all given the same

# What each holds; `document_id` is "this" or "other", `starts_at` is from now.
STATES = {
    VISITOR: None,
    BEGUN: None,
    "holds nothing": (),
    BOUGHT_ANOTHER: ({"source": GrantSource.DOCUMENT, "document_id": "other", "lasts": None},),
    "pass over": ({"source": GrantSource.PASS, "lasts": DAY, "starts_at": -2 * DAY},),
    "pass not begun": ({"source": GrantSource.PASS, "starts_at": DAY},),
    "subscription over": ({"source": GrantSource.SUBSCRIPTION, "lasts": DAY, "starts_at": -2 * DAY},),
    **{f"subscription {why}": ({"source": GrantSource.SUBSCRIPTION, "revoked": why},) for why in Revoked},
    "this document refunded": (
        {"source": GrantSource.DOCUMENT, "document_id": "this", "revoked": Revoked.REFUNDED, "lasts": None},
    ),
    "gift over": ({"source": GrantSource.COMPLIMENTARY, "lasts": DAY, "starts_at": -2 * DAY},),
    DISABLED: ({"source": GrantSource.SUBSCRIPTION},),
    UNCONFIRMED: ({"source": GrantSource.SUBSCRIPTION},),
}
ENTITLED = {
    SUBSCRIBED: ({"source": GrantSource.SUBSCRIPTION},),
    **dict.fromkeys(PASSING_BY, ({"source": GrantSource.PASS},)),
    GIVEN: ({"source": GrantSource.COMPLIMENTARY, "document_id": "this"},),
}


@dataclass(frozen=True)
class Asker:
    """Somebody who asks: a browser, and the secret of a token."""

    client: FlaskClient
    token: str

    def twin(self) -> FlaskClient:
        """Return another browser with the same cookies, so that what it does leaves this one as it is."""
        client = self.client.application.test_client()
        client._cookies = dict(self.client._cookies or {})
        return client


def asker(state: str, people: People, documents: dict[str, int]) -> Asker:
    """Return who is in this state; `documents` are the ids of "this" and the "other" document."""
    held = (STATES | ENTITLED)[state]
    if held is None:
        return Asker(people.app.test_client(use_cookies=state == BEGUN), NO_TOKEN)
    reader = people.reader(f"{state.replace(' ', '-')}@example.com")
    for terms in held:
        people.grant(reader, **_granted(terms, documents))
    with people.database.writing() as session:
        kept = session.get_one(Reader, reader.id)
        if state != UNCONFIRMED:
            confirm_email(kept, clock.now())
        if state not in PASSING_BY:
            leave_marks(session, reader.id)
        token = make_token(session, reader.id, "all", frozenset(Scope), clock.now()).secret
    client = people.browser(reader.email)
    if state == DISABLED:
        with people.database.writing() as session:
            session.get_one(Reader, reader.id).disabled_at = clock.now()
    return Asker(client, token)


def _granted(terms: dict, documents: dict[str, int]) -> dict:
    given = dict(terms)
    if "document_id" in given:
        given["document_id"] = documents[given["document_id"]]
    if "starts_at" in given:
        given["starts_at"] = clock.now() + given["starts_at"]
    return given
