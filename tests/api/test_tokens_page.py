"""The page on which readers make tokens: shown once, kept nowhere, taken back at once."""

import re

import pytest

from tests.factories.html import attributes, texts
from tests.factories.people import token_in

PAGE = "/account/tokens"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def browser(people):
    return people.signed_in()


def make(browser, name="Phone", scopes=("documents",)):
    token = token_in(browser.get(PAGE))
    form = {"name": name, "scopes": list(scopes), "csrf_token": token}
    return browser.post(PAGE, data=form, headers={"Accept-Language": "en"})


def secret_in(page):
    found = re.search(r"paidspan_[0-9a-f]{40}", page.get_data(as_text=True))
    return found.group() if found else None


def ways_to_revoke(browser):
    """Return where the forms are sent that take the tokens on the page back."""
    return attributes(browser.get(PAGE), ".rows form", "action")


def test_a_token_is_shown_once_and_works(browser, client):
    made = make(browser, scopes=("documents", "account"))
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    secret = secret_in(made)
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).json["scopes"] == [
        "account",
        "documents",
    ]
    page = browser.get(PAGE)
    assert secret_in(page) is None
    assert "Phone" in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"


def test_a_private_feed_is_made_here_and_its_addresses_work(browser, client):
    made = make(browser, "Feed reader", ("feed",))
    secrets = texts(made, "code.secret")
    addresses = [secret.removeprefix(HERE) for secret in secrets if secret.startswith(f"{HERE}/feeds/")]
    assert [address.rpartition("/")[2] for address in addresses] == ["feed.atom", "feed.json"]
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    assert "/feeds/" not in make(browser, "Program", ("documents",)).get_data(as_text=True)


def test_a_token_is_taken_back(browser, client):
    secret = secret_in(make(browser))
    (path,) = ways_to_revoke(browser)
    form = {"csrf_token": token_in(browser.get(PAGE))}
    assert browser.post(path, data=form).status_code == 303
    assert client.get("/api/v1/plans", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert browser.post(path, data=form).status_code == 404


def test_somebody_elses_token_cannot_be_taken_back(browser, people, client):
    secret = secret_in(make(browser))
    (path,) = ways_to_revoke(browser)
    other = people.signed_in("other@example.com")
    assert other.post(path, data={"csrf_token": token_in(other.get(PAGE))}).status_code == 404
    assert client.get("/api/v1/plans", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "scopes", "sentence"),
    [
        ("", ("documents",), "A token needs a name"),
        ("x" * 61, ("documents",), "A token needs a name"),
        ("Phone", (), "A token needs something it may do"),
        ("Phone", ("everything",), "Something is missing or too long"),
    ],
)
def test_what_is_missing_is_said(browser, name, scopes, sentence):
    answer = make(browser, name, scopes)
    assert answer.status_code == 400
    assert sentence in answer.get_data(as_text=True)
    assert secret_in(answer) is None


def test_forms_of_other_sites_make_and_revoke_nothing(browser):
    make(browser)
    for path in (PAGE, f"{PAGE}/1/revoke"):
        assert browser.post(path, data={"name": "Phone", "scopes": ["documents"]}).status_code == 400
    assert len(ways_to_revoke(browser)) == 1


def test_a_visitor_is_sent_to_sign_in(client):
    assert client.get(PAGE).headers["Location"] == "/login?next=/account/tokens"
    assert client.post(PAGE).status_code in {303, 400}


def test_a_token_of_the_api_opens_no_page(browser, client):
    secret = secret_in(make(browser))
    assert client.get("/account", headers={"Authorization": f"Bearer {secret}"}).status_code == 303
