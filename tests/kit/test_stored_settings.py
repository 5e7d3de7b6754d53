"""Settings of the desk: over the file and the defaults, never over the environment; shown at once, asked for rarely."""

import logging

import pytest
from sqlalchemy import event

from webapp import create_app
from webapp.kit import clock
from webapp.kit.current_settings import live_settings, settings_in
from webapp.kit.errors import ConflictError
from webapp.kit.http import database as database_of
from webapp.kit.stored_settings import (
    StoredSetting,
    TypedSetting,
    UnusableSettingError,
    drop_setting,
    install_stored_settings,
    list_stored,
    save_settings,
    store_setting,
)
from webapp.settings import Settings, load_settings
from webapp.settings.origins import SECRETS, SET_IN_DESK, SettingOrigin, origins_of, parse_setting

DEFAULT, FILE, ENVIRONMENT = SettingOrigin.DEFAULT, SettingOrigin.FILE, SettingOrigin.ENVIRONMENT


def put(database, name, value, origin=DEFAULT):
    return database.write(lambda session: store_setting(session, name, value, origin, clock.now()))


def shown(client, path="/"):
    return client.get(path, headers={"Accept-Language": "en"}).text


def test_what_is_set_shows_at_once_for_visitors_and_readers(app, client, database, people):
    reader = people.signed_in()
    assert "Harbour Papers" not in shown(client) + shown(reader, "/account")
    assert put(database, "site_name", "Harbour  Papers\n") == ("site_name", None, "Harbour Papers")
    assert "Harbour Papers" in shown(reader, "/account")
    assert "Harbour Papers" in shown(client)
    assert settings_in(app).site_name == "Harbour Papers"
    assert database.write(lambda session: drop_setting(session, "site_name")).before == "Harbour Papers"
    assert "Harbour Papers" not in shown(client) + shown(reader, "/account")


def test_another_process_learns_of_it_with_the_next_page(app, client, database, instance):
    other = create_app(load_settings(instance=instance, secret_key="s" * 40))
    with other.app_context():
        opened = database_of()
    assert "Harbour Papers" not in shown(other.test_client())
    put(database, "site_name", "Harbour Papers")
    assert "Harbour Papers" in shown(other.test_client())
    opened.close()


def test_no_request_asks_for_settings_while_nothing_changes(client, database):
    asked = []
    shown(client)
    event.listen(database.read_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    for path in ("/plans", "/login", "/", "/"):
        shown(client, path)
    assert asked
    assert not [statement for statement in asked if "stored_settings" in statement]


def test_the_environment_is_stronger_and_the_file_is_not(instance, monkeypatch, database):
    monkeypatch.setenv("PAIDSPAN_COMPANY", "Of the environment")
    (instance / "settings.toml").write_text('timezone = "UTC"\nreceipt_note = "Of the file"\n')
    settings = load_settings(instance=instance, secret_key="s" * 40, site_name="Given")
    origins = origins_of(settings)
    wanted = {"company": ENVIRONMENT, "site_name": ENVIRONMENT, "timezone": FILE, "locale": DEFAULT}
    assert {name: origins[name] for name in wanted} == wanted
    for name in ("company", "site_name", "receipt_note"):
        put(database, name, "Of the desk")
    app = create_app(settings)
    found = settings_in(app)
    assert (found.company, found.site_name, found.receipt_note) == ("Of the environment", "Given", "Of the desk")
    with app.app_context():
        database_of().close()
    with pytest.raises(ConflictError, match="environment"):
        put(database, "company", "Mine", ENVIRONMENT)


def test_a_broken_file_says_of_no_setting_that_it_is_in_it(instance):
    settings = load_settings(instance=instance)
    (instance / "settings.toml").write_text("= nonsense")
    assert FILE not in origins_of(settings).values()


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("timezone", "Mars/Olympus", "time zone"),
        ("locale", "fr", "zh-CN or en"),
        ("contact_email", "nobody", "like name@example.com"),
        ("icp_number", "12", "京ICP备"),
        ("devices_at_once", "many", "whole number"),
        ("devices_at_once", "-1", "too small"),
        ("sign_up", "never", "at-once or confirm-first"),
        ("site_name", "x" * 201, "too long"),
    ],
)
def test_what_cannot_be_a_setting_is_refused_with_a_sentence(database, name, typed, sentence):
    with pytest.raises(UnusableSettingError, match=sentence) as error:
        put(database, name, typed)
    assert error.value.name == name
    with database.reading() as session:
        assert list_stored(session) == {}


@pytest.mark.parametrize("name", ["secret_key", "stripe_secret_key", "base_url", "confirm_email", "no_such"])
def test_what_is_about_machines_money_or_safety_is_not_set_in_the_desk(database, name):
    with pytest.raises(ConflictError, match="cannot be set"):
        put(database, name, "x")


def test_the_lists_name_settings_that_there_are():
    assert set(SET_IN_DESK) <= Settings.model_fields.keys()
    assert Settings.model_fields.keys() >= SECRETS
    assert not SECRETS & set(SET_IN_DESK)
    assert parse_setting("devices_at_once", "3") == 3


def test_what_a_later_version_wrote_is_passed_over_and_logged(app, database, caplog):
    caplog.set_level(logging.WARNING)
    with database.writing() as session:
        session.add(StoredSetting(name="timezone", value="Mars/Olympus", changed_at=clock.now()))
        session.add(StoredSetting(name="colour_of_the_year", value="vermilion", changed_at=clock.now()))
    live_settings(app).look()
    assert settings_in(app).timezone == "Asia/Shanghai"
    assert "timezone" in caplog.text


def test_set_twice_it_is_kept_once_and_what_was_never_set_can_be_dropped(database):
    put(database, "devices_at_once", "2")
    assert put(database, "devices_at_once", "3") == ("devices_at_once", 2, 3)
    assert put(database, "devices_at_once", "3") == ("devices_at_once", 3, 3)
    with database.reading() as session:
        assert list_stored(session) == {"devices_at_once": 3}
    assert database.write(lambda session: drop_setting(session, "locale")) == ("locale", None, None)


def test_where_the_database_is_away_the_settings_stay_as_they_were(app, client, database, monkeypatch):
    put(database, "site_name", "Harbour Papers")
    assert "Harbour Papers" in shown(client)
    live = live_settings(app)
    live.ask_by(lambda: None)
    live.look()
    assert live.now.site_name == "Harbour Papers"
    with database.writing_plainly() as connection:
        connection.exec_driver_sql("DROP TABLE stored_settings")
    install_stored_settings(app, database)
    live.look()
    assert live.now.site_name == "Harbour Papers"


def test_what_somebody_left_alone_is_not_written_and_nobody_is_overwritten(app, database):
    live = live_settings(app)

    def save(*typed):
        return database.write(
            lambda session: save_settings(session, live, [TypedSetting(*one) for one in typed], clock.now())
        )

    shown = ("devices_at_once", "0", "0"), ("company", "", " ")
    assert save(("site_name", "paidspan", "Harbour Papers"), *shown) == [("site_name", "paidspan", "Harbour Papers")]
    with pytest.raises(ConflictError, match="site_name"):
        save(("site_name", "paidspan", "Other Papers"), ("company", "", "Somebody"))
    assert save(("devices_at_once", "0", "00")) == []
    with database.reading() as session:
        assert list_stored(session) == {"site_name": "Harbour Papers", "devices_at_once": 0}
