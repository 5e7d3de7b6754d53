"""Commands where the database is named by its address."""

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect

from tests.factories.postgres_database import new_postgres_database
from webapp.kit.database import Database
from webapp.operations.cli import cli

ASKING = [("documents", "list"), ("user", "list"), ("grants", "rebuild"), ("search", "rebuild"), ("audit",)]


@pytest.mark.parametrize("arguments", ASKING, ids=" ".join)
def test_a_database_in_which_nothing_is_yet_is_no_installation_and_stays_empty(postgres, tmp_path, arguments):
    url, folder = new_postgres_database(), tmp_path / "tpyo"
    done = CliRunner().invoke(cli, [*arguments, "--instance", str(folder)], env={"PAIDSPAN_DATABASE_URL": url})
    assert done.exit_code == 2
    assert f"There is no installation in {folder}" in done.stderr
    assert not folder.exists()
    database = Database(url)
    assert inspect(database.read_engine).get_table_names() == []
    database.close()


def test_what_makes_an_installation_in_it_says_so_once(postgres, tmp_path):
    environment = {"PAIDSPAN_DATABASE_URL": new_postgres_database()}
    folder = tmp_path / "new"
    adding = ["user", "add", "--instance", str(folder)]
    first, second = (
        CliRunner().invoke(cli, [*adding, f"{name}@example.com"], env=environment) for name in ("one", "two")
    )
    assert f"paidspan: a new installation is made in {folder}\n" in first.stderr
    assert (second.exit_code, "installation" in second.stderr) == (0, False)
