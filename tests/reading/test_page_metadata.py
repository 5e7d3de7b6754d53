"""What a document's page tells machines: all of it public, and true of the page it stands on."""

import json
import struct
from xml.etree import ElementTree as ET

import pytest

from tests.factories.html import parse, texts
from tests.factories.shelf import PAID, REPORT
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock, typesetting

OPEN = "公开的报告\n人人可读的内容，说明“范围” & <方法>。\n"


def head_of(client, document) -> dict[str, list[str]]:
    page = client.get(f"/d/{document.slug}").get_data(as_text=True)
    told: dict[str, list[str]] = {}
    for element in parse(page).css("meta[content], link[href]"):
        given = element.attributes
        name = given.get("name") or given.get("property") or given["rel"]
        told.setdefault(name, []).append(given.get("content", given.get("href")))
    return told


def json_ld(client, document) -> tuple[dict, str]:
    page = client.get(f"/d/{document.slug}").get_data(as_text=True)
    (found,) = texts(page, 'script[type="application/ld+json"]')
    return json.loads(found), page


def test_links_and_cards_are_those_of_the_preview(client, shelf):
    document = shelf.put()
    told = head_of(client, document)
    assert told["og:title"] == ["关于仓储周转的年度报告"]
    assert told["og:type"] == ["article"]
    assert told["description"] == told["og:description"]
    assert told["canonical"] == told["og:url"]
    assert told["canonical"][0].startswith("http://127.0.0.1:8000/d/")
    assert not any(PAID[:8] in value for values in told.values() for value in values)


def test_json_ld_names_the_gate_that_stands_on_the_page(client, shelf):
    told, page = json_ld(client, shelf.put())
    assert told["@type"] == "Article"
    assert told["isAccessibleForFree"] is False
    (part,) = told["hasPart"]
    assert part["isAccessibleForFree"] is False
    assert parse(page).css(part["cssSelector"])


def test_an_open_document_is_free_and_has_no_gate(client, shelf):
    told, page = json_ld(client, shelf.put(OPEN, "open.txt"))
    assert told["isAccessibleForFree"] is True
    assert "hasPart" not in told
    assert "paid-gate" not in page


@pytest.mark.parametrize("title", ["</script><script>alert(1)</script>", '"}],"x":"', "&lt;b&gt; <!--"])
def test_no_title_breaks_out_of_the_data(client, shelf, title):
    told, page = json_ld(client, shelf.put(f"{title}\n内容一段。\n", "odd.txt"))
    assert told["headline"] == title
    assert "<script>alert" not in page


def test_the_full_page_says_nothing_of_gates(people, shelf):
    document, reader = shelf.put(), people.reader()
    people.grant(reader)
    page = people.browser(reader.email).get(f"/d/{document.slug}").get_data(as_text=True)
    assert "ld+json" not in page


def test_the_picture_is_a_png_of_the_public_title(client, shelf):
    document = shelf.put()
    (address,) = head_of(client, document)["og:image"]
    answer = client.get(address.removeprefix("http://127.0.0.1:8000"))
    assert answer.content_type == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert struct.unpack(">II", answer.data[16:24]) == (1200, 630)
    assert answer.headers["Cache-Control"] == "public, no-cache"


def test_where_no_font_has_chinese_there_is_no_picture_rather_than_boxes(client, shelf, monkeypatch):
    monkeypatch.setattr(typesetting, "chinese_fonts", tuple)
    document = shelf.put()
    assert "og:image" not in head_of(client, document)
    assert client.get(f"/d/{document.slug}/picture.png").status_code == 404
    english = shelf.put("English title\nSome open words.\n", "english.txt")
    assert client.get(f"/d/{english.slug}/picture.png").status_code == 200


def oembed(client, address, **more):
    return client.get("/oembed", query_string={"url": address, **more})


def test_oembed_tells_of_a_document_in_both_formats(client, shelf):
    document = shelf.put(REPORT.replace("年度报告", "年度\x08报告 & <b>", 1))
    address = f"http://127.0.0.1:8000/d/{document.slug}"
    told = oembed(client, address).get_json()
    assert told["type"] == "link"
    assert told["title"].endswith("& <b>")
    assert told["thumbnail_width"] == 1200
    written = ET.fromstring(oembed(client, address, format="xml").data)
    assert {child.tag for child in written} == set(told)
    assert "thumbnail_url" not in oembed(client, address, maxwidth="400").get_json()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("", 404),
        ("http://127.0.0.1:8000/", 404),
        ("http://127.0.0.1:8000/login", 404),
        ("http://127.0.0.1:8000/d/unknown", 404),
        ("https://evil.example/d/{slug}", 404),
        ("http://127.0.0.1:8000.evil.example/d/{slug}", 404),
        ("http://[", 404),
        ("http://127.0.0.1:8000/d/{slug}#gate-1", 200),
        ("http://127.0.0.1:8000/d/{slug}?plan=year", 200),
    ],
)
def test_oembed_answers_for_documents_of_this_site_alone(client, shelf, address, status):
    assert oembed(client, address.format(slug=shelf.put().slug)).status_code == status


def test_oembed_refuses_what_it_cannot_answer(client, shelf, database):
    document = shelf.put()
    address = f"http://127.0.0.1:8000/d/{document.slug}"
    assert oembed(client, address, format="yaml").status_code == 501
    assert oembed(client, address, maxwidth="wide").status_code == 400
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    assert oembed(client, address).status_code == 410
    assert client.get(f"/d/{document.slug}/picture.png").status_code == 410
