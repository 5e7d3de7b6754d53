"""An installation that is backed up, and what is made of its backups."""

import pytest

from tests.factories.postgres_database import new_postgres_database, on_postgres
from tests.operations.backup.restored import PASSPHRASE, Restored
from webapp.kit.database import Database
from webapp.kit.errors import PaidspanError
from webapp.kit.instance_identity import introduce_instance
from webapp.operations.backup import encryption
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.settings import load_settings


@pytest.fixture(autouse=True)
def scrypt_costs_little(monkeypatch):
    monkeypatch.setattr(encryption, "SCRYPT_COST", 10)


@pytest.fixture
def house(instance, settings, database):
    """Return the settings of an installation that has something of each kind."""
    introduce_instance(database, settings.base_url)
    (instance / "secret.key").write_text("s" * 64)
    (instance / "settings.toml").write_text('site_name = "甲"\nwordmark = "标志.svg"\n')
    (instance / "标志.svg").write_text('<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"></svg>')
    (instance / "pages" / ".git").mkdir(parents=True)
    (instance / "pages" / ".git" / "HEAD").write_text("x")
    (instance / "pages" / "about.en.md").write_text("# Us\n")
    for left_out in ("exports/a.pdf", "tries.sqlite", "jobs.sqlite", "uploads/aa/unknown.png"):
        (instance / left_out).parent.mkdir(parents=True, exist_ok=True)
        (instance / left_out).write_text("x")
    return load_settings(instance=instance, secret_key=settings.secret_key)


@pytest.fixture
def archive(house, tmp_path):
    take_backup(house, tmp_path / "backup.tar.gz", None)
    return tmp_path / "backup.tar.gz"


@pytest.fixture
def sealed(house, tmp_path):
    take_backup(house, tmp_path / "backup.bin", PASSPHRASE)
    return tmp_path / "backup.bin"


@pytest.fixture
def put_back(tmp_path, monkeypatch):
    """Return what restores a backup, on a server into a new database."""
    made = []

    def put(file, name="restored", passphrase=None):
        if on_postgres():
            monkeypatch.setenv("PAIDSPAN_DATABASE_URL", new_postgres_database())
        place = tmp_path / name
        restore_backup(file, place, passphrase)
        made.append(Restored(place, Database(load_settings(instance=place).database)))
        return made[-1]

    yield put
    for one in made:
        one.database.close()


@pytest.fixture
def refused(tmp_path):
    """Return what restores what must be refused, and gives the sentence, once nothing was left anywhere."""

    def refuse(file, passphrase=None):
        before = sorted(tmp_path.iterdir())
        with pytest.raises(PaidspanError) as refusal:
            restore_backup(file, tmp_path / "restored", passphrase)
        assert sorted(tmp_path.iterdir()) == before
        assert refusal.value.hint
        return str(refusal.value)

    return refuse
