"""`paidspan user role`: at once, logged as done by nobody, and never the last that runs the house."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.kit.current_settings import settings_in
from webapp.operations.cli import cli


@pytest.fixture
def role(app):
    def run(*given):
        return CliRunner().invoke(cli, ["user", "role", *given, "--instance", str(settings_in(app).instance)])

    return run


def test_a_role_is_given_and_taken_and_logged(role, people, database):
    people.reader("owner@example.com", Role.OWNER)
    people.reader("wang@example.com")
    assert role("WANG@example.com", "publisher").output == "wang@example.com\treader\tpublisher\n"
    assert role("wang@example.com", "publisher").exit_code == 0
    assert role("wang@example.com", "reader").output == "wang@example.com\tpublisher\treader\n"
    with database.reading() as session:
        told = session.scalars(select(LoggedActivity).order_by(LoggedActivity.id)).all()
    assert [(row.reader_id, row.action, row.after) for row in told] == [
        (None, "changed role", {"role": "publisher"}),
        (None, "changed role", {"role": "reader"}),
    ]


def test_the_last_that_runs_the_house_keeps_its_role(role, people):
    people.reader("owner@example.com", Role.OWNER)
    refused = role("owner@example.com", "editor")
    assert (refused.exit_code, people.kept(1).role) == (1, Role.OWNER)
    assert role("nobody@example.com", "editor").exit_code == 1
    assert role("owner@example.com", "emperor").exit_code == 2
