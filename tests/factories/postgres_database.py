"""A database for each process that tests, on what `python -m tests.on_postgresql` serves, emptied for each test."""

import os
from functools import cache
from itertools import count

from sqlalchemy import Connection, create_engine, make_url

from webapp.kit.database import Database
from webapp.kit.migrate import upgrade

_numbers = count(1)
SERVER = "TEST_POSTGRES_URL"  # in the environment: where one is served
ALL_TESTS = "TEST_ON_POSTGRES"  # likewise: it is what all tests run on, and not only those that are about it
_KEPT = "as_it_was"  # a schema with what the steps themselves put into tables
OTHERS_LEAVE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_COUNT_ANEW = """SELECT setval(quote_ident(schemaname) || '.' || quote_ident(sequencename), 1, false) FROM pg_sequences
    WHERE last_value IS NOT NULL"""


def on_postgres() -> bool:
    """Return whether the tests run on PostgreSQL."""
    return ALL_TESTS in os.environ


def empty_postgres_database() -> str:
    """Return the address of this process's database, in which all tables are as the steps leave them."""
    url, tables = _made(os.getpid())
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            is_whole = set(_tables(connection, "public")) == tables
            if is_whole:
                _empty(connection)
    finally:
        engine.dispose()
    if not is_whole:  # a test took some away
        _made.cache_clear()
        return empty_postgres_database()
    return url


def new_postgres_database() -> str:
    """Return the address of a new database in which there is nothing, which stays as long as the server."""
    return _create(f"new_{os.getpid()}_{next(_numbers)}")


@cache
def _made(process: int) -> tuple[str, set[str]]:
    url = _create(f"test_{process}")
    database = Database(url)
    upgrade(database)
    with database.writing_plainly() as connection:
        _keep(connection, _KEPT)
        tables = set(_tables(connection, "public"))
    database.close()
    return url, tables


def _create(name: str) -> str:
    """Make a database anew and return its address."""
    server = create_engine(os.environ[SERVER], isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    server.dispose()
    return make_url(os.environ[SERVER]).set(database=name).render_as_string(hide_password=False)


def _empty(connection: Connection) -> None:
    """Have everybody else leave, and put everything as it was."""
    connection.exec_driver_sql(OTHERS_LEAVE)
    _put_back(connection, _KEPT)
    connection.exec_driver_sql(_COUNT_ANEW)


def keep_tables(url: str, schema: str) -> None:
    """Keep what is in all tables of a database in a schema of its own."""
    engine = create_engine(url)
    with engine.begin() as connection:
        _keep(connection, schema)
    engine.dispose()


def put_tables_back(url: str, schema: str) -> None:
    """Have all tables hold again what was kept; numbers go on."""
    engine = create_engine(url)
    with engine.begin() as connection:
        _put_back(connection, schema)
    engine.dispose()


def _keep(connection: Connection, schema: str) -> None:
    connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    for table in _filled(connection):
        connection.exec_driver_sql(f'CREATE TABLE {schema}."{table}" AS SELECT * FROM public."{table}"')


def _put_back(connection: Connection, schema: str) -> None:
    """Put tables back past all triggers and foreign keys."""
    connection.exec_driver_sql("SET session_replication_role = replica")
    kept = set(_tables(connection, schema))
    for table in {*_filled(connection), *kept}:
        connection.exec_driver_sql(f'DELETE FROM public."{table}"')
        if table in kept:
            connection.exec_driver_sql(f'INSERT INTO public."{table}" SELECT * FROM {schema}."{table}"')


def _filled(connection: Connection) -> list[str]:
    looks = [
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM public.\"{table}\")" for table in _tables(connection, "public")
    ]
    return list(connection.exec_driver_sql(" UNION ALL ".join(looks)).scalars())


def _tables(connection: Connection, schema: str) -> list[str]:
    return list(connection.exec_driver_sql(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'").scalars())
