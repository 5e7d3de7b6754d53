"""Two libraries that differ only inside paid spans answer alike, byte for byte: every route, every state."""

import pytest

from tests.surface.states import STATES, SUBSCRIBED
from tests.surface.twins import Twins
from tests.surface.walk import questions, shown_at


@pytest.fixture(scope="module")
def twins(tmp_path_factory, empty_database):
    made = Twins(tmp_path_factory.mktemp("twins"), empty_database)
    list(
        made.differences(made.askers(SUBSCRIBED), questions(made.one, 1, shown_at(made.one)))
    )  # a payer was here before
    yield made
    made.close()


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
