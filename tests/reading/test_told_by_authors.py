"""What an author says before a text stands on its page and in all that is told and made of it."""

import io
import json
import zipfile

import feedparser
import pypdf
import pytest

from tests.factories.html import texts

TEXT = """---
title: Told
subtitle: Under it
authors: [Mei Lin, Ada <b>]
date: 2016-02-29
updated: 2019-01-01
series: Rivers
cover: boat.png
summary: What is said of it.
---
# Told

Open words. ##paidbegin##Paid words.##paidend##
"""
NAMES = ["Mei Lin", "Ada <b>"]


@pytest.fixture
def told(shelf):
    return shelf.put(TEXT, "told.md")


def test_the_page_shows_who_wrote_it_and_since_when(client, told):
    page = client.get("/d/told", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert texts(page, "h1") == ["Told"]
    assert texts(page, ".document__subtitle") == ["Under it"]
    assert "Mei Lin, Ada &lt;b&gt;" in page
    assert 'datetime="2016-02-29' in page
    assert '<meta name="author" content="Mei Lin">' in page
    (found,) = texts(page, 'script[type="application/ld+json"]')
    article = json.loads(found)
    assert [author["name"] for author in article["author"]] == NAMES
    assert (article["datePublished"][:10], article["dateModified"][:10]) == ("2016-02-29", "2019-01-01")
    assert (article["alternativeHeadline"], article["isPartOf"]["name"]) == ("Under it", "Rivers")
    assert article["description"] == "What is said of it."


def test_feeds_sitemap_and_programs_are_told_the_same(client, told):
    (entry,) = feedparser.parse(client.get("/feed.atom").data).entries
    assert (entry.author, entry.published[:10], entry.updated[:10]) == ("Mei Lin, Ada <b>", "2016-02-29", "2019-01-01")
    (item,) = client.get("/feed.json").json["items"]
    assert [author["name"] for author in item["authors"]] == NAMES
    assert "<lastmod>2019-01-01T" in client.get("/sitemaps/1.xml").get_data(as_text=True)
    document = client.get("/api/v1/documents/told").json
    assert (document["authors"], document["subtitle"], document["collection"]) == (NAMES, "Under it", "Rivers")
    assert (document["published_at"][:10], document["updated_at"][:10]) == ("2016-02-29", "2019-01-01")
    (card,) = client.get("/api/v1/documents").json["documents"]
    assert (card["authors"], card["subtitle"], card["updated_at"][:10]) == (NAMES, "Under it", "2019-01-01")
    assert client.get("/oembed?url=http://127.0.0.1:8000/d/told").json["author_name"] == "Mei Lin, Ada <b>"


def test_files_name_their_authors(client, told):
    with zipfile.ZipFile(io.BytesIO(client.get("/d/told.docx").data)) as archive:
        assert "<dc:creator>Mei Lin; Ada &lt;b&gt;</dc:creator>" in archive.read("docProps/core.xml").decode()
    with zipfile.ZipFile(io.BytesIO(client.get("/d/told.epub").data)) as archive:
        package = archive.read("EPUB/package.opf").decode()
    assert package.count("<dc:creator>") == 2
    assert '<meta property="belongs-to-collection" id="collection">Rivers</meta>' in package
    pdf = pypdf.PdfReader(io.BytesIO(client.get("/d/told.pdf").data))
    assert pdf.metadata.author == "Mei Lin, Ada <b>"


def test_a_document_of_nobody_in_particular_is_the_houses(client, shelf):
    document = shelf.put()
    page = client.get(f"/d/{document.slug}").get_data(as_text=True)
    (found,) = texts(page, 'script[type="application/ld+json"]')
    assert json.loads(found)["author"]["@type"] == "Organization"
    assert 'name="author"' not in page
