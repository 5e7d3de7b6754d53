"""What crawlers are told: the sitemap in parts, robots.txt, llms.txt."""

from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from tests.factories.shelf import PAID
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.feeds import sitemap
from webapp.kit import clock

XML = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client, path) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return [unquote(place.text) for place in ET.fromstring(answer.data).iter(f"{XML}loc")]


def test_the_index_leads_to_every_published_document(client, shelf, database):
    first, second = shelf.put(), shelf.put("其他\n内容。\n", "other.txt")
    shelf.put("草稿\n内容。\n", "draft.txt", publish=False)
    (part,) = addresses(client, "/sitemap.xml")
    found = addresses(client, part.removeprefix("http://127.0.0.1:8000"))
    assert {f"http://127.0.0.1:8000/d/{one.slug}" for one in (first, second)} <= set(found)
    assert not any("草稿" in address for address in found)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, first.slug), clock.now())
    assert not any(first.slug in address for address in addresses(client, "/sitemaps/1.xml"))


def test_a_large_library_has_parts(client, shelf, monkeypatch):
    monkeypatch.setattr(sitemap, "SITEMAP_PART_SIZE", 2)
    for number in range(5):
        shelf.put(f"报告{number}\n内容。\n", f"{number}.txt")
    parts = addresses(client, "/sitemap.xml")
    assert len(parts) == 3
    listed = [addresses(client, part.removeprefix("http://127.0.0.1:8000")) for part in parts]
    assert [len([one for one in part if "/d/" in one]) for part in listed] == [2, 2, 1]
    assert client.get("/sitemaps/4.xml").status_code == 404
    assert client.get("/sitemaps/0.xml").status_code == 404


def test_an_empty_library_has_a_sitemap(client):
    assert addresses(client, "/sitemap.xml")
    assert addresses(client, "/sitemaps/1.xml")


def test_robots_know_the_sitemap_and_stay_out_of_accounts(client):
    page = client.get("/robots.txt").get_data(as_text=True)
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in page
    assert "Disallow: /account" in page
    assert "Disallow: /d" not in page.replace("Disallow: /desk", "")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_language_models_get_public_titles_and_summaries(client, shelf, language):
    shelf.put()
    shelf.put("方[括](号)\n内容。\n", "odd.txt")
    page = client.get("/llms.txt", headers={"Accept-Language": language}).get_data(as_text=True)
    assert page.startswith("# paidspan\n")
    assert "关于仓储周转的年度报告](http://127.0.0.1:8000/d/" in page
    assert "[方\\[括\\](号)]" in page
    assert PAID[:8] not in page


def test_no_header_of_a_request_is_believed(client, shelf):
    """Addresses come from the settings: a cache that keeps an answer to a forged host would spread it."""
    document = shelf.put()
    for path in ("/sitemap.xml", "/feed.atom", "/robots.txt", f"/d/{document.slug}"):
        answer = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in answer.get_data(as_text=True)
