"""Pictures at their own addresses: to everybody what a preview shows, to payers the rest, and nothing to others."""

import pytest

from tests.factories.images import picture
from webapp.documents.image_encoding import encode_image
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock

PUBLIC, PAID = (encode_image(picture(colour)) for colour in ("red", "blue"))
TEXT = "# Essay\n\n![A](public.png)\n\n##paidbegin##\n![B](paid.png)\n##paidend##\n"


@pytest.fixture
def essay(shelf):
    for name, colour in (("public.png", "red"), ("paid.png", "blue")):
        (shelf.folder / name).write_bytes(picture(colour))
    return shelf.put(TEXT, "essay.md")


@pytest.fixture
def payer(people):
    people.grant(people.reader())
    return people.browser("reader@example.com")


def at(image):
    return f"/media/{image.file.name}"


def told(browser, path, **question):
    """Return all that an answer says, but for the address, which it names."""
    answer = browser.open(path, **question)
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    return answer.status_code, headers, answer.get_data().replace(path.rpartition("/")[2].encode(), b"?")


def test_what_a_preview_shows_is_for_everybody(essay, client, payer):
    for browser in (client, payer):
        answer = browser.get(at(PUBLIC))
        assert (answer.status_code, answer.get_data()) == (200, PUBLIC.data)
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert {"Accept-Encoding", "Accept-Language", "Cookie"} <= set(answer.vary)
        assert "Set-Cookie" not in answer.headers


def test_what_is_paid_is_for_payers_alone_and_nobody_else_keeps_it(essay, payer):
    answer = payer.get(at(PAID))
    assert (answer.status_code, answer.get_data()) == (200, PAID.data)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers", [{}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"If-None-Match": f'"{PAID.file.name[:32]}"'}]
)
def test_to_others_there_is_none_whether_it_is_kept_or_not(method, headers, essay, client, people):
    for browser in (client, people.signed_in("nobody@example.com")):
        paths = (at(PAID), f"/media/{'0' * 64}.png")
        paid, none = (told(browser, path, method=method, headers=headers) for path in paths)
        assert paid[:2] == none[:2]
        assert browser is not client or paid == none, "a signed-in reader's forms carry a token, new each time"
        assert paid[0] == 404


def test_a_picture_is_asked_about_in_parts_and_again(essay, client):
    part = client.get(at(PUBLIC), headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.get_data()) == (206, PUBLIC.data[:8])
    again = client.get(at(PUBLIC), headers={"If-None-Match": part.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert client.head(at(PUBLIC)).headers["Content-Length"] == str(len(PUBLIC.data))


def test_what_is_public_elsewhere_is_public(essay, shelf, client):
    assert client.get(at(PAID)).status_code == 404
    shelf.put("# Other\n\n![B](paid.png)\n", "other.md")
    assert client.get(at(PAID)).status_code == 200


def test_a_withdrawn_document_takes_its_pictures_along(essay, database, client, payer, people):
    buyer = people.reader("buyer@example.com")
    people.grant(buyer, document_id=essay.id)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, essay.slug), clock.now())
    assert [browser.get(at(PUBLIC)).status_code for browser in (client, payer)] == [404, 404]
    owner = people.browser("buyer@example.com")
    assert [owner.get(at(image)).status_code for image in (PUBLIC, PAID)] == [200, 200]


@pytest.mark.parametrize(
    "name", ["x", "..%2fpaidspan.sqlite", f"{PUBLIC.file.name[:64]}.jpg", PUBLIC.file.name.upper()]
)
def test_no_other_name_leads_anywhere(name, essay, client):
    assert client.get(f"/media/{name}").status_code == 404


def test_feeds_show_public_pictures_by_whole_addresses(essay, client):
    for path in ("/feed.atom", "/feed.json"):
        feed = client.get(path).get_data(as_text=True)
        assert f"http://127.0.0.1:8000{at(PUBLIC)}" in feed
        assert PAID.file.name not in feed
