import pytest

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
    assert "To the catalogue" in answer.get_data(as_text=True)


def test_a_visitors_page_sets_no_cookie_and_holds_no_token(client, shelf):
    document = shelf.put()
    for path in ("/", "/plans", f"/d/{document.slug}"):
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers, path
        assert "csrf_token" not in answer.get_data(as_text=True), path
