"""Every table that refers to a reader is taken along or left out for a reason, and forgotten or kept for one."""

import webapp.factory  # noqa: F401 - all tables are known once every room is
from webapp.personal_data.tables import DOWNLOADED, KEPT, LEFT_OUT, tables_of_readers


def names():
    return {table.name for table, _column in tables_of_readers()}


def test_every_table_about_a_reader_is_in_the_download_or_left_out_for_a_reason():
    assert names() == DOWNLOADED.keys() | LEFT_OUT.keys(), "say in personal_data/tables.py what becomes of a new table"
    assert not DOWNLOADED.keys() & LEFT_OUT.keys()


def test_what_stays_of_a_closed_account_is_a_table_about_readers_and_has_a_reason():
    assert names() > KEPT.keys()
    assert all([*KEPT.values(), *LEFT_OUT.values()])


def test_who_refers_to_another_is_emptied_first():
    order = [table for table, _column in tables_of_readers()]
    for place, table in enumerate(order):
        on = {key.column.table for key in table.foreign_keys} - {table}
        assert not on & set(order[:place])
