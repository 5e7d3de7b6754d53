"""What the doctor says of settings and of the instance folder."""

import os
import resource
from functools import partial

import pytest

from tests.operations.doctor.conftest import SECRET
from webapp.kit import folder_state
from webapp.kit.instance import mark_of_key
from webapp.kit.instance_identity import adopt_instance, note_instance, note_key, note_restored
from webapp.operations.doctor import installation_checks
from webapp.settings import extras

ADDRESS = "http://127.0.0.1:8000"
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


def test_settings_that_can_be_read_are_good(verdict):
    assert verdict("settings")[0] == "good"


def test_a_setting_that_cannot_be_read_is_named(look, instance):
    (instance / "settings.toml").write_text("grace_days = 'many'\n")
    told = "PAIDSPAN_GRACE_DAYS: must be a whole number. Set it right in the environment or in settings.toml; "
    assert look("settings") == [("broken", f"{told}README.md lists all.")]


def test_settings_that_are_no_toml_are_broken(look, instance):
    (instance / "settings.toml").write_text("[[[\n")
    assert {found for found, _line in look("settings")} == {"broken"}


def test_what_production_refuses_is_named_and_all_else_looked_at(look):
    found = look("settings", env="production")
    assert any("STRIPE_SECRET_KEY: is missing" in line for _verdict, line in found)
    assert look("schema", env="production")[0][0] == "good"


@pytest.mark.parametrize(
    ("setting", "value", "extra"),
    [
        ("database_url", os.environ.get("TEST_POSTGRES_URL") or "postgresql://nobody@127.0.0.1:1/none", "postgres"),
        ("metrics_token", "sixteen or more characters", "observability"),
        ("sentry_dsn", "https://key@o1.ingest.sentry.io/2", "observability"),
    ],
)
def test_a_package_that_is_not_installed_is_broken(look, monkeypatch, setting, value, extra):
    monkeypatch.setattr(extras, "find_spec", lambda _module: None)
    found = look("extras", **{setting: value})
    assert {verdict for verdict, _line in found} == {"broken"}
    assert any(
        f"PAIDSPAN_{setting.upper()} needs" in line and f"pip install 'paidspan[{extra}]'" in line
        for _verdict, line in found
    )


def test_one_that_is_installed_is_good(verdict):
    address = os.environ.get("PAIDSPAN_DATABASE_URL") or "postgresql://nobody@127.0.0.1:1/none"
    assert verdict("extras", database_url=address)[0] == "good"


def test_a_folder_is_good(verdict):
    assert verdict("folder")[0] == "good"


def test_a_folder_that_is_not_there_is_broken(verdict, instance):
    instance.rename(instance.with_name("moved"))
    assert verdict("folder")[0] == "broken"


@needs_root
def test_a_file_of_another_user_is_broken(verdict, instance):
    assert verdict("owners")[0] == "good"
    (instance / "jobs.sqlite").touch()
    os.chown(instance / "jobs.sqlite", 65534, 65534)
    found, line = verdict("owners")
    assert (found, "jobs.sqlite" in line, f"chown -R root {instance}" in line) == ("broken", True, True)


def test_what_others_can_read_is_broken(verdict, instance):
    (instance / "secret.key").write_text("s" * 64)
    (instance / "secret.key").chmod(0o644)
    instance.chmod(0o700)
    assert verdict("permissions")[0] == "good", "nobody else gets into the folder"
    instance.chmod(0o755)
    found, line = verdict("permissions")
    assert (found, "secret.key" in line, "chmod -R go=" in line) == ("broken", True, True)


@pytest.mark.parametrize(
    ("left", "files", "found"),
    [(5_000_000_000, 1_000_000, "good"), (500_000_000, 1_000_000, "warning"), (5_000_000_000, 5000, "warning")],
)
def test_room_that_runs_short_is_warned_of(verdict, monkeypatch, left, files, found):
    monkeypatch.setattr(installation_checks, "free_bytes", lambda _folder: left)
    monkeypatch.setattr(installation_checks, "free_files", lambda _folder: files)
    assert verdict("disk")[0] == found


def test_a_full_disk_is_broken(verdict, monkeypatch):
    monkeypatch.setattr(folder_state, "LEAST_FREE", 10**18)
    assert verdict("disk")[0] == "broken"


def test_a_database_on_another_machines_disk_is_warned_of(verdict, file, monkeypatch, tmp_path):
    assert verdict("file-system")[0] == "good"
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 22 0:40 / {file.parent} rw - cifs //server/share rw\n")
    monkeypatch.setattr(folder_state, "MOUNTS", mounts)
    found, line = verdict("file-system")
    assert (found, "(cifs)" in line) == ("warning", True)


def test_few_handles_are_warned_of(verdict, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (1024, 4096))
    assert verdict("handles")[0] == "good"
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (1024, 1024))
    assert verdict("handles")[0] == "warning"


def test_an_installation_that_rests_is_warned_of(verdict, database):
    database.write(partial(note_restored, base_url=ADDRESS))
    found, line = verdict("identity")
    assert (found, "paidspan instance adopt" in line) == ("warning", True)
    database.write(partial(adopt_instance, base_url=ADDRESS))
    assert verdict("identity")[0] == "good"


def test_another_secret_key_than_the_servers_is_broken(verdict, database):
    database.write(partial(note_instance, base_url=ADDRESS))
    database.write(partial(note_key, mark=mark_of_key("another one that was here before" * 2)))
    assert verdict("secret-key")[0] == "broken"
    assert verdict("secret-key", old_secret_key="another one that was here before" * 2)[0] == "good"
    database.write(partial(note_key, mark=mark_of_key(SECRET)))
    assert verdict("secret-key", old_secret_key="")[0] == "good"


def test_no_secret_key_is_broken(verdict, monkeypatch):
    monkeypatch.delenv("PAIDSPAN_SECRET_KEY")
    assert verdict("secret-key")[0] == "broken"
