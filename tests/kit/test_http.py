from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.exc import IntegrityError

from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.http import safe_return


@pytest.mark.parametrize("target", ["/", "/d/报告#gate-1", "/checkout?plan=year&document=a", "/d/a?x=//b"])
def test_a_path_on_this_site_is_gone_back_to(target):
    assert safe_return(target, "/elsewhere") == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "d/relative",
        "/a\r\nSet-Cookie: x",
        "/\t/evil.example",
        " //evil.example",
    ],
)
def test_nobody_is_sent_to_a_foreign_host(target):
    assert safe_return(target, "/default") == "/default"


def test_every_page_says_what_a_browser_may_do_with_it(client):
    headers = client.get("/plans").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Accept-Language"} <= set(headers["Vary"].split(", "))


@pytest.mark.parametrize("path", ["/login", "/signup"])
def test_pages_about_an_account_are_kept_nowhere(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "status"), [("/nothing-here", 404), ("/d/unknown", 404), ("/logout", 405)])
def test_an_error_is_a_page_that_says_what_to_do(client, path, status):
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    assert "Go to the catalogue" in answer.get_data(as_text=True)


@pytest.mark.sqlite("a table that is missing passes for a broken database")
@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/account", 503), ("/static/nothing", 404)])
def test_a_broken_database_gives_a_page_that_says_so(people, database, path, status):
    reader = people.signed_in()
    with database.writing() as session:
        session.connection().exec_driver_sql("DROP TABLE devices")
    answer = reader.get(path, headers={"Accept-Language": "en"})
    assert (answer.status_code, "Go to the catalogue" in answer.text) == (status, True)
    assert ("Try again" in answer.text) is (status == 503)


@pytest.mark.sqlite("its file is damaged")
@pytest.mark.parametrize("path", ["/", "/account", "/search?q=word", "/api/v1/documents"])
def test_a_damaged_database_gives_a_page_that_says_so(app, people, database, shelf, path):
    app.testing = False
    shelf.put()
    reader = people.signed_in()
    with database.writing_plainly() as connection:
        page = connection.exec_driver_sql("PRAGMA page_size").scalar()
    database.close()  # the last connection folds the log in
    with Path(database.url.database).open("r+b") as file:
        whole = len(file.read())
        file.seek(page)
        file.write(b"\xa5" * (whole - page))
    answer = reader.get(path, headers={"Accept-Language": "en"})
    assert (answer.status_code, "cannot reach its database" in answer.text) == (503, True)


def test_a_row_that_may_not_be_is_a_mistake_of_ours(app):
    app.testing = False

    def plans():
        raise IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))

    app.view_functions["billing.plans"] = plans
    answer = app.test_client().get("/plans", headers={"Accept-Language": "en"})
    assert (answer.status_code, "Something went wrong on our side" in answer.text) == (500, True)


def test_a_mistake_of_ours_gives_a_page_that_says_so(app, people):
    app.testing = False
    reader = people.signed_in()
    app.view_functions["billing.plans"] = lambda: 1 / 0
    answer = reader.get("/plans", headers={"Accept-Language": "en"})
    assert (answer.status_code, "Something went wrong on our side" in answer.text) == (500, True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_not_there_can_be_looked_for(client):
    assert 'role="search"' in client.get("/nothing-here").text


def test_who_bought_a_withdrawn_document_is_told_to_sign_in(client, people, shelf):
    document = shelf.put()
    with shelf.database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    path = f"/d/{document.slug}"
    assert f'href="/login?next={quote(path)}"' in client.get(path).text
    assert "/login" not in people.signed_in().get(path).text


def test_a_visitors_page_sets_no_cookie_and_holds_no_token(client, shelf):
    document = shelf.put()
    for path in ("/", "/plans", f"/d/{document.slug}"):
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers, path
        assert "csrf_token" not in answer.get_data(as_text=True), path
