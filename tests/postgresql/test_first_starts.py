"""Hosts that start at once on an empty database bring it to this version once."""

from functools import partial

from sqlalchemy import inspect

from tests.factories.at_once import at_once
from tests.factories.postgres_database import new_postgres_database
from webapp.kit.database import Database
from webapp.kit.migrate import is_current, upgrade


def test_three_at_once(postgres):
    url = new_postgres_database()
    hosts = [Database(url) for _host in range(3)]
    at_once(*(partial(upgrade, host) for host in hosts))
    assert all(map(is_current, hosts))
    assert "reader_versions" in inspect(hosts[0].read_engine).get_table_names()
    for host in hosts:
        host.close()
