"""Where a request leads is known before Flask sees it: what takes long has threads of its own."""

import pytest
from werkzeug.routing.converters import NumberConverter

from webapp.front.routes import Routes, Work
from webapp.kit.request_costs import LARGEST_FORM, does_ask_others, does_search, is_long

LONG = [f"/d/report.{kind}" for kind in ("docx", "epub", "md", "pdf", "txt")]
LONG += ["/account/data.json", "/account/data.md", "/library/notes.md"]
ASKING = {
    "GET": ["/checkout/return", "/account/plan/switch"],
    "POST": [
        *("/checkout", "/billing/portal", "/account/plan/switch", "/account/close"),
        *("/webhooks/stripe", "/api/v1/checkout"),
    ],
}


SEARCHING = ["/search", "/api/v1/search"]


@pytest.fixture
def routes(app):
    return Routes(app)


@pytest.mark.parametrize("path", LONG)
def test_what_makes_a_file_is_long_work(routes, path):
    assert routes.find("GET", path).work is Work.LONG


@pytest.mark.parametrize(("method", "path"), [(method, path) for method in ASKING for path in ASKING[method]])
def test_what_asks_stripe_has_threads_that_wait(routes, method, path):
    assert routes.find(method, path).work is Work.ASKING


@pytest.mark.parametrize("path", SEARCHING)
def test_what_looks_through_the_library_keeps_no_page_waiting(routes, path):
    assert routes.find("GET", path).work is Work.SEARCHING


def test_no_view_that_declares_so_is_missing_here(app):
    adapter = app.url_map.bind("")
    long = {adapter.match(path, "GET")[0] for path in LONG}
    asking = {adapter.match(path, method)[0] for method in ASKING for path in ASKING[method]}
    searching = {adapter.match(path, "GET")[0] for path in SEARCHING}
    assert searching == {endpoint for endpoint, view in app.view_functions.items() if does_search(view)}
    assert long == {endpoint for endpoint, view in app.view_functions.items() if is_long(view)}
    assert asking == {endpoint for endpoint, view in app.view_functions.items() if does_ask_others(view)}


@pytest.mark.parametrize(
    ("method", "path", "work"),
    [
        ("GET", "/", Work.READING),
        ("HEAD", "/d/report", Work.READING),
        ("HEAD", "/d/report.pdf", Work.LONG),
        ("OPTIONS", "/login", Work.READING),
        ("POST", "/login", Work.WRITING),
        ("POST", "/d/report/position", Work.WRITING),
        ("GET", "/no/such/page", Work.READING),
        ("POST", "/no/such/page", Work.WRITING),
        ("DELETE", "/", Work.WRITING),
        ("BREW", "/", Work.WRITING),
        ("GET", "//evil.example", Work.READING),
        ("GET", "", Work.READING),
        ("GET", "*", Work.READING),
        ("GET", f"/sandbox/mail/{'9' * 10_000}", Work.READING),
        ("GET", "/d/\udcff\0", Work.READING),
    ],
)
def test_all_else_reads_or_writes(routes, method, path, work):
    assert routes.find(method, path).work is work


def test_a_body_is_as_large_as_a_form_and_stripes_events_larger(routes):
    assert routes.find("POST", "/login").largest_body == LARGEST_FORM
    assert routes.find("POST", "/nowhere").largest_body == LARGEST_FORM
    assert routes.find("POST", "/webhooks/stripe").largest_body == 2**20


def test_a_number_in_an_address_fits_into_the_database(app):
    numbers = [
        converter
        for rule in app.url_map.iter_rules()
        for converter in rule._converters.values()
        if isinstance(converter, NumberConverter)
    ]
    assert numbers
    assert all(number.fixed_digits or (number.max or 2**63) < 2**63 for number in numbers)
