"""Where the setting says so, who works for the house needs a second factor before anything else."""

import pytest

from tests.factories.authenticator import set_up_second_factor
from tests.factories.mailed_links import OTHER, READER, reader_at
from tests.factories.people import People
from webapp import create_app
from webapp.accounts.models import Role
from webapp.settings import load_settings


@pytest.fixture
def strict(instance):
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, staff_second_factor=True))
    app.testing = True
    return app


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER])
def test_staff_without_one_are_led_to_set_it_up_and_reach_nothing_else(strict, database, role):
    people = People(strict, database)
    client = people.signed_in(READER, role)
    for path in ("/", "/account/tokens", "/account/plan", "/library", "/search?q=a"):
        assert client.get(path).headers["Location"] == "/account/second-factor?required=1", path
    assert 'role="status"' in client.get("/account/second-factor?required=1").text
    assert client.get("/terms").status_code == 200
    with database.reading() as session:
        program = people.program(reader_at(session, READER))
    assert program.get("/api/v1/me").status_code == 401
    set_up_second_factor(client)
    assert client.get("/").status_code == 200
    assert program.get("/api/v1/me").status_code == 200


def test_readers_need_none_and_nobody_does_where_it_is_not_set(strict, database, people):
    assert People(strict, database).signed_in(READER).get("/").status_code == 200
    assert people.signed_in(OTHER, Role.PUBLISHER).get("/").status_code == 200
