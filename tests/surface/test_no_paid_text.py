"""No answer to a reader who is not entitled holds 8 characters in a row of paid-only text: every route, every state."""

from urllib.parse import unquote_to_bytes

import pytest

from tests.surface.library import MANUSCRIPTS, paid_slices, slices_of
from tests.surface.states import BOUGHT_ANOTHER, STATES, SUBSCRIBED, VISITOR
from tests.surface.twins import Heard, Question
from tests.surface.walk import PAGES, places, questions
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock

WHOLE = (VISITOR, "holds nothing", BOUGHT_ANOTHER)  # who asks everything; all others ask for documents


@pytest.fixture(scope="module")
def library(twins):
    return twins.one


def leaks(heard: Heard, slices: set[str]) -> set[str]:
    headers = "\n".join(f"{name}: {unquote_to_bytes(value).decode(errors='replace')}" for name, value in heard.headers)
    return slices & (slices_of(heard.text) | slices_of(headers))


def closed_to(state: str) -> set[str]:
    """Return the slices that a reader in this state must not see."""
    return paid_slices(one.text for one in MANUSCRIPTS if not (one.alike and state == BOUGHT_ANOTHER))


@pytest.mark.parametrize("state", STATES)
def test_no_answer_holds_paid_text(state, library):
    slices = closed_to(state)
    assert len(slices) > 100
    who = library.asker(state)
    seen = 0
    for question, about in questions(library, 1, () if state in WHOLE else tuple(PAGES)):
        echoed = slices_of(about["paid"]) if "{paid}" in question.path or question.method == "POST" else set()
        found = leaks(library.answer(who, question, about), slices) - echoed
        assert not found, (str(question), about["slug"], sorted(found)[:3])
        seen += 1
    assert seen > 50


def test_the_check_would_see_a_leak(library):
    """The same check on a reader who may read finds the paid text: it is not blind."""
    who = library.asker(SUBSCRIBED)
    document = library.documents[0]
    heard = library.answer(who, Question("/d/{slug}"), places(library, document.slug))
    assert leaks(heard, closed_to(SUBSCRIBED))


def test_a_withdrawn_document_says_nothing_of_its_text(client, shelf):
    document = shelf.put()
    with shelf.database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    answer = client.get(f"/d/{document.slug}")
    assert answer.status_code == 410
    assert not slices_of(answer.get_data(as_text=True)) & closed_to("visitor")
