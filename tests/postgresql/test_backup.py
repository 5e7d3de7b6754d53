"""What of backups is about PostgreSQL: its programs, and dumps that are put back whole or not at all."""

import shutil
import tarfile

import pytest
from sqlalchemy import inspect

from tests.factories.empty_database import empty_database
from tests.factories.postgres_database import new_postgres_database
from tests.operations.backup.forged import forged
from webapp.kit.database import Database
from webapp.kit.errors import PaidspanError
from webapp.kit.instance_identity import InstanceIdentity, introduce_instance
from webapp.operations.backup import postgres_programs, restore
from webapp.operations.backup.postgres_programs import find_postgres_program
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.operations.backup.unfinished import UNFINISHED, settle_restore
from webapp.settings import load_settings

SECRET = "of the tests " * 4


@pytest.fixture
def house(app, database, tmp_path):
    introduce_instance(database, "http://127.0.0.1:8000")
    folder = tmp_path / "on-postgresql"
    (folder / "secret.key").write_text("s" * 64)
    return load_settings(instance=folder, database_url=database.url.render_as_string(hide_password=False))


@pytest.fixture
def archive(house, tmp_path):
    take_backup(house, tmp_path / "backup", None)
    return tmp_path / "backup"


@pytest.fixture
def empty(postgres, monkeypatch):
    """Return an empty database that the settings name."""
    url = new_postgres_database()
    monkeypatch.setenv("PAIDSPAN_DATABASE_URL", url)
    made = Database(url)
    yield made
    made.close()


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put a program of this name and version before all others; all of them say what they were given."""

    def put(name, said, then="exit 1"):
        folder = tmp_path / "programs" / said.replace(" ", "-")
        folder.mkdir(parents=True)
        program = folder / name
        told = tmp_path / "told"
        program.write_text(
            f"""#!/bin/sh
[ "$1" = --version ] && echo "{name} (PostgreSQL) {said}" && exit 0
echo "$@" >> {told}; echo "password: $PGPASSWORD" >> {told}
{then}
"""
        )
        program.chmod(0o755)
        made.append(program)
        return told

    made = []
    monkeypatch.setattr(postgres_programs, "_installed", lambda name: [one for one in made if one.name == name] or [])
    return put


def real(name):
    return f'exec {shutil.which(name) or find_postgres_program(name)} "$@"'


def tables(database):
    with database.read_engine.connect() as connection:
        return inspect(connection).get_table_names()


def refused(file, place, said):
    with pytest.raises(PaidspanError, match=said) as refusal:
        restore_backup(file, place, None)
    assert not place.exists()
    return refusal.value.hint


def test_a_program_that_is_missing_or_too_old_is_told_with_the_mend(house, tmp_path, programs):
    for version, said in (
        (None, "pg_dump is not on this machine"),
        ("9 (old)", "pg_dump is of version 9, the server of"),
    ):
        if version:
            programs("pg_dump", version)
        with pytest.raises(PaidspanError, match=said) as refusal:
            take_backup(house, tmp_path / "b", None)
        assert "apt install postgresql-client" in refusal.value.hint
    assert not (tmp_path / "b").exists()
    assert not [*tmp_path.glob(".*"), *house.instance.glob(".*")]


def test_of_several_programs_the_one_of_the_servers_version_is_taken(programs):
    for version in ("17.2", "13.4", "15.8 (Debian 15.8-1)", "16.1"):
        programs("pg_dump", version)
    assert "15.8" in str(find_postgres_program("pg_dump", 15))
    assert "16.1" in str(find_postgres_program("pg_dump", 16))
    assert "17.2" in str(find_postgres_program("pg_dump"))
    with pytest.raises(PaidspanError, match="is of version 17, the server of 18"):
        find_postgres_program("pg_dump", 18)


def test_no_password_stands_in_the_list_of_processes(house, database, tmp_path, programs):
    told = programs("pg_dump", "99.0", real("pg_dump"))
    url = database.url.set(password="geheim").render_as_string(hide_password=False)
    take_backup(house.model_copy(update={"database_url": url}), tmp_path / "b", None)
    arguments, password = told.read_text().splitlines()
    assert "geheim" not in arguments
    assert password == "password: geheim"


def test_what_pg_dump_says_is_told(house, tmp_path, programs):
    programs("pg_dump", "99.0", "echo no room >&2; exit 1")
    with pytest.raises(PaidspanError, match="cannot be backed up: no room"):
        take_backup(house, tmp_path / "b", None)


def test_an_archive_of_the_other_kind_is_refused(archive, empty, tmp_path, monkeypatch):
    (tmp_path / "sqlite").mkdir(mode=0o700)
    monkeypatch.delenv("PAIDSPAN_DATABASE_URL")
    assert "paidspan db move" in refused(archive, tmp_path / "there", "backup of a PostgreSQL database")
    (tmp_path / "sqlite" / "paidspan.sqlite").write_bytes(empty_database())
    take_backup(load_settings(instance=tmp_path / "sqlite"), tmp_path / "of-sqlite", None)
    monkeypatch.setenv("PAIDSPAN_DATABASE_URL", empty.url.render_as_string(hide_password=False))
    assert "paidspan db move" in refused(tmp_path / "of-sqlite", tmp_path / "there", "backup of an SQLite database")
    assert tables(empty) == []


def test_a_database_that_holds_something_keeps_it(archive, empty, tmp_path):
    with empty.writing_plainly() as connection:
        connection.exec_driver_sql("CREATE TABLE of_somebody_else (it text)")
    assert "empty" in refused(archive, tmp_path / "there", "There is something in the database")
    assert tables(empty) == ["of_somebody_else"]


@pytest.mark.parametrize("damage", ["no dump", "half of it", "another step"])
def test_a_dump_that_cannot_be_read_to_its_end_leaves_nothing(archive, empty, tmp_path, damage):
    with tarfile.open(archive) as tar:
        dump = tar.extractfile("paidspan.dump").read()
    changes, said = {}, "The dump in the backup cannot be read|cannot be restored"
    match damage:
        case "no dump":
            dump = b"no dump"
        case "half of it":
            dump = dump[: len(dump) * 9 // 10]
        case "another step":
            changes, said = {"schema_step": "0020"}, "no backup of paidspan"
    forged(tmp_path / "forged", [("paidspan.dump", dump)], **changes)
    refused(tmp_path / "forged", tmp_path / "there", said)
    assert tables(empty) == []


def test_what_a_later_pg_restore_says_of_a_later_server_is_left_out(archive, empty, tmp_path, programs):
    """Of 17 and later (discourse/discourse#41632)."""
    later = "echo 'SET transaction_timeout = 0;'; echo '\\\\restrict abc'"
    programs("pg_restore", "99.0", f"{later}\n{real('pg_restore')}")
    restore_backup(archive, tmp_path / "there", None)
    assert "readers" in tables(empty)


def test_files_whose_database_never_came_are_no_installation_and_the_next_restore_replaces_them(
    archive, empty, tmp_path, monkeypatch
):
    place, put_in_place = tmp_path / "there", restore._put_in_place

    def killed(folder, target):
        put_in_place(folder, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restore, "_put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            restore_backup(archive, place, None)
    assert tables(empty) == []
    settings = load_settings(instance=place)
    with pytest.raises(PaidspanError, match="was not finished") as refusal:
        settle_restore(settings)
    assert "once more" in refusal.value.hint
    restore_backup(archive, place, None)
    assert not (place / UNFINISHED).exists()
    with empty.reading() as session:
        assert session.get_one(InstanceIdentity, 1).restored_at
    (place / UNFINISHED).touch()  # killed later, when the database was there
    settle_restore(settings)
    assert not (place / UNFINISHED).exists()
    with pytest.raises(PaidspanError, match="There is an installation"):
        restore_backup(archive, place, None)
