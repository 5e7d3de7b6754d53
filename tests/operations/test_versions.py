"""Which version opened an installation last; one that is older than its tables says so, and goes."""

import ast
import os
from importlib.metadata import version

import pytest
from sqlalchemy import text

from webapp.kit import migrate
from webapp.kit.database import Database
from webapp.kit.instance_identity import InstanceIdentity, introduce_instance
from webapp.kit.migrate import NewerDatabaseError, refuse_newer, upgrade
from webapp.operations.database_move import move_database
from webapp.operations.first_start import prepare_instance

EVERY_VERSION = "0028"  # the step of the first version that goes on beside the next one
# What a version that still runs would miss, or could not write any more.
TAKES_AWAY = {"drop_column", "drop_table", "rename_table", "alter_column", "drop_constraint", "create_check_constraint"}


@pytest.fixture
def paidspan(forker, instance, tmp_path):
    def run(*arguments):
        return forker.run([*map(str, arguments), "--instance", str(instance)], tmp_path, os.environ)

    return run


@pytest.fixture
def newer(database, settings):
    """Have the database be as a later version left it."""
    introduce_instance(database, settings.base_url)
    with database.writing_plainly() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE instance SET version = '99.1'"))
    return database


@pytest.mark.parametrize(
    "command",
    [
        *(["serve", "--port", "1"], ["jobs", "run"], ["user", "list"], ["user", "add", "a@example.com"]),
        *(["backup", "b"], ["audit"], ["stripe", "status"], ["instance", "show"], ["documents", "list"]),
    ],
    ids=" ".join,
)
def test_commands_refuse_a_newer_database_in_a_sentence(newer, paidspan, command):
    done = paidspan(*command)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "paidspan: The database was brought to a newer paidspan (99.1). Install that version or a later one; to go "
        "back to this one, restore a backup that it made."
    )
    assert "Traceback" not in done.stderr


def test_a_newer_database_is_not_moved(newer, tmp_path):
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    for sides in ((newer, empty), (empty, newer)):
        with pytest.raises(NewerDatabaseError):
            move_database(*sides, print)
    empty.close()


def test_one_that_knew_no_versions_yet_is_refused_as_well(database):
    with database.writing_plainly() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE instance RENAME COLUMN version TO something"))
    try:
        with pytest.raises(NewerDatabaseError, match=r"\(\?\)"):
            upgrade(database)
    finally:
        with database.writing_plainly() as connection:
            connection.execute(text("ALTER TABLE instance RENAME COLUMN something TO version"))


def test_what_runs_already_stays_ready_beside_a_later_version(newer, client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "warning: a newer paidspan has changed the tables" in answer.text
    assert client.get("/").status_code == 200


def test_the_version_that_opened_it_is_known(database, settings, paidspan):
    prepare_instance(settings)
    with database.writing() as session:
        assert session.get_one(InstanceIdentity, 1).version == version("paidspan")
        session.get_one(InstanceIdentity, 1).version = None
    assert f"version\t{version('paidspan')}\n" in paidspan("instance", "show").stdout
    with database.reading() as session:
        assert session.get_one(InstanceIdentity, 1).version == version("paidspan")
    refuse_newer(database)


def steps():
    return [
        step for step in sorted((migrate._FOLDER / "versions").glob("[0-9]*.py")) if step.name > EVERY_VERSION + "_z"
    ]


def missed(source):
    """Return what a step does that a version which still runs would stumble over."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in calls:
        name = getattr(call.func, "attr", "")
        if name in TAKES_AWAY:
            yield name
        if name == "Column" and _is_added(call, calls) and not _can_be_left_out(call):
            yield f"add_column without a default: {ast.unparse(call)}"


def _is_added(column, calls):
    return any(getattr(call.func, "attr", "") == "add_column" and column in call.args for call in calls)


def _can_be_left_out(column):
    said = {word.arg: ast.unparse(word.value) for word in column.keywords}
    return "server_default" in said or said.get("nullable", "True") == "True"


def test_a_step_takes_nothing_away_from_a_version_that_still_runs():
    """Expand first; a version later, contract, and say NOTHING_USES_IT_SINCE = that version (CONTRIBUTING.md)."""
    for step in steps():
        source = step.read_text()
        if "NOTHING_USES_IT_SINCE" not in source:
            assert list(missed(source)) == [], step.name


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ('op.add_column("a", sa.Column("b", sa.Text(), nullable=True))', 0),
        ('op.add_column("a", sa.Column("b", sa.Text(), nullable=False, server_default=""))', 0),
        ('op.create_table("a", sa.Column("b", sa.Text(), nullable=False))', 0),
        ('op.add_column("a", sa.Column("b", sa.Text(), nullable=False))', 1),
        ('batch.add_column(sa.Column("b", sa.Text(), nullable=False))', 1),
        ('op.drop_column("a", "b")', 1),
        ('batch.alter_column("b", new_column_name="c")', 1),
    ],
)
def test_what_would_be_missed_is_seen(step, found):
    assert len(list(missed(step))) == found
