import shutil
import stat
from multiprocessing import get_context

import pytest
from sqlalchemy import select

from tests.factories.old_editions import make_old
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import register
from webapp.billing.models import Plan
from webapp.documents.models import Document, State
from webapp.documents.rerender import has_outdated_editions
from webapp.kit import folder_state
from webapp.kit.clock import now
from webapp.kit.database import Database
from webapp.operations import first_start
from webapp.operations.first_start import prepare_instance
from webapp.operations.opened_installation import open_database
from webapp.settings import load_settings


def test_an_empty_folder_becomes_an_installation_and_a_second_start_leaves_it_alone(tmp_path):
    settings = load_settings(instance=tmp_path / "new")
    publisher = prepare_instance(settings)
    assert publisher is not None
    assert stat.S_IMODE((settings.instance / "secret.key").stat().st_mode) == 0o600
    before = contents(settings)
    assert before == (3, {"year", "month", "pass"}, [(publisher.email, Role.PUBLISHER, True)])
    secret = (settings.instance / "secret.key").read_text()
    assert prepare_instance(settings) is None
    assert contents(settings) == before
    assert (settings.instance / "secret.key").read_text() == secret
    assert (settings.instance / "pages" / "terms.zh-CN.md").exists()


@pytest.mark.parametrize(
    ("email", "role", "made"),
    [
        ("wang@example.com", Role.READER, "publisher@example.com"),
        ("publisher@example.com", Role.READER, "publisher-2@example.com"),
        ("li@example.com", Role.EDITOR, "publisher@example.com"),
        ("me@example.com", Role.PUBLISHER, None),
    ],
)
def test_accounts_before_the_first_start_do_not_take_the_publisher_away(tmp_path, email, role, made):
    settings = load_settings(instance=tmp_path / "new")
    with open_database(settings, make=True) as database:
        database.write(lambda session: register(session, email, "a long password", role=role, now=now()))
    publisher = prepare_instance(settings)
    assert (publisher.email if publisher else None) == made
    assert prepare_instance(settings) is None


def start_beside_others(folder: str, answers) -> None:
    settings = load_settings(instance=folder)
    answers.put(prepare_instance(settings) is not None)


def test_of_three_first_starts_at_once_one_makes_the_publisher(tmp_path):
    spawn = get_context("spawn")
    answers = spawn.SimpleQueue()
    starts = [spawn.Process(target=start_beside_others, args=(str(tmp_path / "new"), answers)) for _ in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join(60)
    assert [start.exitcode for start in starts] == [0, 0, 0]
    assert sorted(answers.get() for _ in starts) == [False, False, True]
    documents, _plans, people = contents(load_settings(instance=tmp_path / "new"))
    assert (documents, len(people)) == (3, 1)


def contents(settings):
    database = Database(settings.database)
    with database.reading() as session:
        published = session.scalars(select(Document).where(Document.state == State.PUBLISHED)).all()
        plans = set(session.scalars(select(Plan.code)))
        people = [
            (reader.email, reader.role, reader.must_change_password) for reader in session.scalars(select(Reader))
        ]
    database.close()
    return len(published), plans, people


def test_a_start_renders_anew_what_an_older_version_published(tmp_path, monkeypatch, capsys):
    settings = load_settings(instance=tmp_path / "new")
    prepare_instance(settings)
    database = Database(settings.database)
    make_old(database)
    monkeypatch.setattr(first_start, "RERENDER_BATCH", 2)
    prepare_instance(settings)
    assert not has_outdated_editions(database)
    database.close()
    assert capsys.readouterr().err == "paidspan: 3 documents rendered anew\n"


def test_withdrawn_samples_do_not_come_back(tmp_path):
    settings = load_settings(instance=tmp_path / "new")
    prepare_instance(settings)
    database = Database(settings.database)
    with database.writing() as session:
        for document in session.scalars(select(Document)):
            session.delete(document)
    database.close()
    assert prepare_instance(settings) is None
    assert contents(settings)[0] == 0


def test_a_start_says_which_page_of_the_house_cannot_be_used(tmp_path, capsys):
    settings = load_settings(instance=tmp_path / "new")
    prepare_instance(settings)
    assert "pages" not in capsys.readouterr().err
    (settings.instance / "pages" / "about.en.md").write_text("# Us\n\n##paidbegin##a##paidend##\n")
    prepare_instance(settings)
    (line,) = capsys.readouterr().err.splitlines()
    assert "about.en.md holds a marker for paid text" in line


def test_health_says_whether_it_can_serve(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_database_of_an_older_version_is_not_ready(client, database):
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0019'")
    assert client.get("/readyz").status_code == 503


def test_a_full_disk_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(folder_state, "LEAST_FREE", shutil.disk_usage("/").total * 1000)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("disk full: ")
    assert client.get("/healthz").status_code == 200
