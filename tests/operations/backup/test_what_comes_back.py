"""What was backed up comes back: the database of one moment, the files that belong to it, and nothing else."""

import stat
import tarfile
from datetime import timedelta
from hashlib import sha256

import pytest
from alembic import command

from tests.factories.images import picture
from tests.factories.postgres_database import on_postgres
from tests.operations.backup.restored import PASSPHRASE, files_of, rows
from webapp.kit import clock, migrate
from webapp.kit.database import Database
from webapp.kit.instance_identity import InstanceIdentity
from webapp.operations import cli_backup
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.settings import load_settings


def test_what_was_backed_up_comes_back_and_nothing_else(house, put_back, tmp_path):
    file = tmp_path / "backup.tar.gz"
    manifest = take_backup(house, file, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert names[0] == "manifest.json", "any tar reads it"
    assert names[1:] == [entry.name for entry in manifest.files]
    back, live = files_of(put_back(file).place), files_of(house.instance)
    assert set(back) == {
        *(() if on_postgres() else ("paidspan.sqlite",)),
        *("sandbox.sqlite", "secret.key", "settings.toml", "标志.svg", "pages/about.en.md"),
    }
    for name in ("secret.key", "settings.toml", "标志.svg", "pages/about.en.md"):
        assert back[name] == live[name]
    assert stat.S_IMODE((tmp_path / "restored").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "restored" / "secret.key").stat().st_mode) == 0o600


def test_the_pictures_that_the_database_names_are_in_it(house, database, put_back, tmp_path):
    data = picture()
    digest = sha256(data).hexdigest()
    kept = house.instance / "uploads" / digest[:2] / f"{digest}.png"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(data)
    with database.writing() as session:
        for hash_ in (digest, "0" * 64):  # of which the file is gone
            session.connection().exec_driver_sql(
                f"INSERT INTO images VALUES ('{hash_}', 'png', 60, 40, {len(data)}, '2026-01-01 00:00:00')"
            )
    take_backup(house, tmp_path / "b", PASSPHRASE)
    place = put_back(tmp_path / "b", passphrase=PASSPHRASE).place
    assert [path.read_bytes() for path in (place / "uploads").rglob("*.png")] == [data]


def test_the_moment_of_a_backup_and_of_a_restore_is_noted(house, database, archive, put_back):
    with database.reading() as session:
        identity = session.get_one(InstanceIdentity, 1)
    assert clock.machine_now() - identity.backed_up_at < timedelta(minutes=1)
    assert identity.backed_up_to == str(archive)
    ((id_, restored_at, backed_up_at),) = put_back(archive).rows(
        "SELECT instance_id, restored_at, backed_up_at FROM instance"
    )
    assert id_ == identity.instance_id
    assert restored_at
    assert backed_up_at is None, "of this one there is no backup"


@pytest.mark.sqlite("on PostgreSQL a backup has been made since 0028 alone")
def test_a_backup_of_an_earlier_version_is_made_as_it_is_and_brought_up_to_date_when_restored(tmp_path):
    (tmp_path / "old").mkdir()
    old = load_settings(instance=tmp_path / "old")
    database = Database(old.database)
    with database.write_engine.connect() as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
        connection.commit()
    manifest = take_backup(old, tmp_path / "b", None)
    assert (manifest.schema_step, manifest.instance) == ("0020", "")
    assert rows(tmp_path / "old" / "paidspan.sqlite", "SELECT version_num FROM alembic_version") == [("0020",)]
    database.close()
    restore_backup(tmp_path / "b", tmp_path / "restored", None)
    restored = Database(f"sqlite:///{tmp_path / 'restored' / 'paidspan.sqlite'}")
    assert migrate.is_current(restored)
    with restored.reading() as session:
        assert session.get_one(InstanceIdentity, 1).restored_at
    restored.close()


@pytest.mark.parametrize("said", ['database_url = "sqlite:////tmp/other.sqlite"\n', "", "nonsense"])
def test_settings_that_lead_past_what_was_restored_are_told(tmp_path, capsys, said):
    (tmp_path / "settings.toml").write_text(said)
    cli_backup._warn_of_other_database(tmp_path)
    assert ("PAIDSPAN_DATABASE_URL names another database" in capsys.readouterr().err) is said.startswith("database")
