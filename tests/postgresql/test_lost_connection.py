"""A connection that is lost after a page was read: the page is right, and the next one has a connection of its own."""

from flask import g
from sqlalchemy import create_engine

from tests.factories.postgres_database import OTHERS_LEAVE
from webapp.kit.http import read_session


def test_a_page_that_was_read_is_answered_though_its_connection_is_gone(app, url):
    server = create_engine(url, isolation_level="AUTOCOMMIT")

    @app.after_request
    def cut(answer):
        if "read_session" in g:
            with server.connect() as connection:
                connection.exec_driver_sql(OTHERS_LEAVE)
        return answer

    client = app.test_client()
    assert [client.get("/").status_code for _again in range(3)] == [200, 200, 200]
    server.dispose()


def test_what_is_asked_after_that_is_read_anew(app, url):
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with app.test_request_context("/"):
        read_session().connection()
        with server.connect() as connection:
            connection.exec_driver_sql(OTHERS_LEAVE)
    with app.test_request_context("/"):
        assert read_session().connection().exec_driver_sql("SELECT 1").scalar() == 1
    server.dispose()
