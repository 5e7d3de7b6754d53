"""Every answer is as the description says, whatever is asked: by schemathesis, with all of its checks."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.factories.shelf import REPORT
from webapp.kit.money import Money

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
PATH = "/api/v1/openapi.json"


@pytest.fixture
def stocked(app, shelf, cashier, people):
    app.config["RATELIMIT_ENABLED"] = False
    shelf.put(REPORT, price=Money(990, "cny"))
    return app


@pytest.fixture
def described(stocked):
    return schemathesis.openapi.from_wsgi(PATH, stocked)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_visitor_is_answered_as_described(case):
    case.call_and_validate()
