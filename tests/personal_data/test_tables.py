"""Every table that refers to a reader is taken along or left out for a reason, and forgotten or kept for one."""

import webapp.factory  # noqa: F401 - all tables are known once every room is
from webapp.accounts.leaving import erase_reader
from webapp.accounts.models import Reader
from webapp.kit import clock
from webapp.personal_data.download import _ACCOUNT
from webapp.personal_data.tables import DOWNLOADED, KEPT, LEFT_OUT, tables_of_readers


def names():
    return {table.name for table, _column in tables_of_readers()}


def test_every_table_about_a_reader_is_in_the_download_or_left_out_for_a_reason():
    assert names() == DOWNLOADED.keys() | LEFT_OUT.keys(), "say in personal_data/tables.py what becomes of a new table"
    assert not DOWNLOADED.keys() & LEFT_OUT.keys()


def test_what_stays_of_a_closed_account_is_a_table_about_readers_and_has_a_reason():
    assert names() > KEPT.keys()
    assert all([*KEPT.values(), *LEFT_OUT.values()])


def test_every_column_of_an_account_is_in_the_download_or_says_nothing_to_a_person():
    ours = {"id", "email_key", "password_hash", "must_change_password", "disabled_at", "closing_at", "erased_at"}
    assert {column.name for column in Reader.__table__.columns} == _ACCOUNT.keys() | ours


def test_an_erased_account_says_nothing_but_when_it_was_made_and_closed():
    now = clock.now()
    reader = Reader(**{column.name: "a person" for column in Reader.__table__.columns} | {"id": 7, "created_at": now})
    reader.closing_at = reader.disabled_at = None
    erase_reader(reader, now)
    assert "a person" not in {getattr(reader, column.name) for column in Reader.__table__.columns}


def test_who_refers_to_another_is_emptied_first():
    order = [table for table, _column in tables_of_readers()]
    for place, table in enumerate(order):
        on = {key.column.table for key in table.foreign_keys} - {table}
        assert not on & set(order[:place])
