"""Style sheets and scripts come in few files, packed, and are asked for again only when they have changed."""

import gzip
import re
from pathlib import Path

import pytest

from tests.factories.html import attributes
from webapp.kit import assets
from webapp.kit.assets import BUNDLES, bundle

STATIC = Path(assets.__file__).parents[1] / "static"


def address(client):
    (found,) = attributes(client.get("/plans"), '[href*="site.css"]', "href")
    return found


def test_a_bundle_is_packed_and_kept_for_a_year(client):
    answer = client.get(address(client), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.data) == bundle("site.css").body


def test_who_cannot_unpack_gets_it_plain(client):
    answer = client.get(address(client), headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == bundle("site.css").body


def test_an_address_of_another_content_is_not_kept(client):
    assert client.get("/static/site.css?v=old").headers["Cache-Control"] == "no-cache"


def test_what_a_browser_has_already_is_not_sent_again(client):
    first = client.get(address(client))
    again = client.get(address(client), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_holds_all_its_files(client, name):
    body = client.get(f"/static/{name}").get_data(as_text=True)
    for file in BUNDLES[name]:
        assert (STATIC / file).read_text().strip() in body


def test_every_style_sheet_and_script_is_in_a_bundle():
    bundled = {file for files in BUNDLES.values() for file in files}
    bundled.add("js/sw.js")  # the service worker has an address of its own (reading/offline_views.py)
    there = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.suffix in {".css", ".js"}}
    assert there == bundled


def test_colours_are_named_in_the_palette_alone():
    for path in STATIC.rglob("*.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?=[;,\s)])", path.read_text()), path
