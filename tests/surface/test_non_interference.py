"""Two libraries that differ only inside paid spans answer alike, byte for byte: every route, every state."""

import pytest
from werkzeug.routing import Rule

from tests.surface.states import PASSING_BY, STATES, SUBSCRIBED
from tests.surface.walk import questions, shown_at
from tests.surface.ways import WAYS, routes


@pytest.fixture(scope="module", autouse=True)
def payers_were_here_before(twins):
    """Have two payers read everything, so that the front door remembers full texts."""
    remembered = 0
    for state in (SUBSCRIBED, *PASSING_BY * 3):
        remembered = twins.one.door.remembered
        for _ in twins.differences(twins.askers(state), questions(twins.one, 1, shown_at(twins.one))):
            pass
    assert twins.one.door.remembered > remembered


@pytest.mark.parametrize("state", STATES)
def test_no_answer_depends_on_paid_text(state, twins, record_property):
    before = twins.compared
    told = list(twins.differences(twins.askers(state), questions(twins.one, list(STATES).index(state))))
    record_property("compared", twins.compared - before)
    assert not told, "\n".join([f"{len(told)} answers differ for: {state}", *told[:10]])


def test_the_comparison_sees_paid_text(twins):
    """Who may read it all is answered differently by the two: the comparison is not blind."""
    told = list(twins.differences(twins.askers(SUBSCRIBED), questions(twins.one, 1, ("reading.document",))))
    assert told


def test_a_route_that_nobody_can_call_is_an_error_that_says_where_to_add_it(app):
    app.url_map.add(Rule("/news", endpoint="news.page"))
    with pytest.raises(AssertionError, match=r"news\.page .* say in WAYS of tests/surface/ways\.py how it is called"):
        list(routes(app))


def test_no_way_leads_nowhere(app):
    assert WAYS.keys() == {rule.endpoint for rule in app.url_map.iter_rules()}
