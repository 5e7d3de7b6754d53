"""Every answer is as the description says, whatever is asked: schemathesis, all its phases, all its checks."""

import os
import re
from collections import Counter

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.transport.wsgi import WSGITransport

from tests.factories.shelf import REPORT
from webapp.billing.models import PlanKind
from webapp.billing.plans import Offer
from webapp.kit import limits
from webapp.kit.money import Money

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
PATH = "/api/v1/openapi.json"


@pytest.fixture(autouse=True)
def no_settings_of_sockets(monkeypatch):
    """Keep from a WSGI application what schemathesis 4.32 passes on to it when it asks again without a token."""
    send = WSGITransport.send

    def in_process(transport, case, *, max_redirects=None, verify=None, cert=None, **rest):
        return send(transport, case, **rest)

    monkeypatch.setattr(WSGITransport, "send", in_process)


@pytest.fixture
def stocked(app, shelf, cashier, monkeypatch):
    monkeypatch.setattr(limits._Switch, "on", False)  # a run asks more often in a minute than a reader may
    shelf.put(REPORT, price=Money(990, "cny"))
    return app


def ask_everything(app, **headers):
    """Return the mistakes that were found, and how often each check was made."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            # The transport of schemathesis asks for packed answers and cannot unpack them.
            "headers": {"Accept-Encoding": "identity", **headers},
            "generation": {"max-examples": EXAMPLES},
            # To pay for a document is what this API asks for in answer to a request that is as it should be.
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 401, 402, 403, 404, 409]}},
            "continue-on-failure": True,
        }
    )
    schema = schemathesis.openapi.from_wsgi(PATH, app, config=config)
    mistakes, made = set(), Counter()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, engine.events.NonFatalError | engine.events.FatalError):
            mistakes.add(str(event))
        if isinstance(event, engine.events.ScenarioFinished):
            checks = [check for checks in event.recorder.checks.values() for check in checks]
            made.update(check.name for check in checks)
            mistakes.update(_in_words(check.failure_info) for check in checks if check.failure_info)
    return mistakes, made


def _in_words(found):
    return f"{found.failure.title}\n{found.failure.message}\n{found.code_sample}\n"


def test_a_visitor_is_answered_as_described(stocked):
    mistakes, made = ask_everything(stocked)
    assert not mistakes, "\n".join(mistakes)
    assert len(made) > 10, made
    assert min(made.values()) > 30, made


def test_a_reader_is_answered_as_described(stocked, people):
    reader = people.reader()
    people.grant(reader)
    mistakes, made = ask_everything(stocked, Authorization=f"Bearer {people.token(reader)}")
    assert not mistakes, "\n".join(mistakes)
    assert len(made) > 10, made
    assert min(made.values()) > 30, made


def test_a_mistake_would_be_found(stocked, monkeypatch):
    """The same run over an API that answers a number where a text is described: the checks are not blind."""
    monkeypatch.setattr("webapp.api.documents.plans_on_sale", lambda *_args: [Offer(1, PlanKind.YEAR, Money(1, "cny"))])
    monkeypatch.setattr("webapp.api.schemas.fields.String._serialize", lambda _self, value, *_args, **_more: value)
    mistakes, _made = ask_everything(stocked)
    assert any("is not of type" in mistake for mistake in mistakes), mistakes


def test_the_description_names_every_operation_with_its_failures(client):
    described = client.get(PATH).json
    assert described["openapi"].startswith("3.")
    operations = {
        operation["operationId"]: operation
        for path in described["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    }
    assert set(operations) == {
        *("listDocuments", "getDocument", "getFullDocument", "search", "listPlans"),
        *("getMe", "listGrants", "startCheckout"),
    }
    for operation in operations.values():
        assert operation["summary"]
        assert {"200", "401"} <= set(operation["responses"])
        assert operation["security"]
    assert operations["getMe"]["security"] == [{"token": ["account"]}]
    assert operations["getDocument"]["security"] == [{}, {"token": ["documents"]}]


def test_every_route_of_the_api_is_described(app, client):
    described = client.get(PATH).json["paths"]
    routes = {re.sub("<(.+?)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules() if "/api/" in rule.rule}
    assert routes - {PATH} == set(described)
