"""Two hosts that start at once on an empty database bring it to this version once."""

import os
from threading import Thread

from sqlalchemy import create_engine, inspect, make_url

from tests.factories.postgres_database import SERVER
from webapp.kit.database import Database
from webapp.kit.migrate import is_current, upgrade

NAME = f"first_starts_{os.getpid()}"


def test_two_at_once(postgres):
    server = create_engine(os.environ[SERVER], isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{NAME}" TEMPLATE template0')
    url = make_url(os.environ[SERVER]).set(database=NAME).render_as_string(hide_password=False)
    hosts, raised = [Database(url) for _host in range(3)], []

    def start(host):
        try:
            upgrade(host)
        except Exception as error:  # noqa: BLE001 - looked at below
            raised.append(error)

    threads = [Thread(target=start, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert all(map(is_current, hosts))
    assert "reader_versions" in inspect(hosts[0].read_engine).get_table_names()
    for host in hosts:
        host.close()
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{NAME}" WITH (FORCE)')
    server.dispose()
