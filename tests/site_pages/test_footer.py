"""The foot of every page, and the publisher's own wordmark at its head."""

import pytest

from tests.factories.html import parse
from webapp import create_app
from webapp.settings import SettingsError, load_settings
from webapp.site_pages.wordmark import MAX_WORDMARK_BYTES, read_wordmark

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 30"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\xf0\0\0\0\x1e" + b"\0" * 20


def client_with(instance, **given):
    return create_app(load_settings(instance=instance, secret_key="s" * 40, **given)).test_client()


def footer(client, path="/", language="zh-CN") -> str:
    return parse(client.get(path, headers={"Accept-Language": language})).css_first("footer").html


@pytest.mark.parametrize("path", ["/", "/login", "/nowhere", "/sandbox/checkout/unknown"])
def test_every_page_leads_to_the_pages_of_the_house(client, path):
    for name in ("about", "terms", "refunds", "privacy", "contact"):
        assert f'href="/{name}"' in footer(client, path)


def test_chinese_filings_stand_there_with_their_links_in_both_languages(instance):
    client = client_with(instance, icp_number="京ICP备12345678号-1", police_number="京公网安备 11010502000001号")
    for language in ("zh-CN", "en"):
        shown = footer(client, language=language)
        assert '<a href="https://beian.miit.gov.cn/" rel="noopener">京ICP备12345678号-1</a>' in shown
        assert "https://beian.mps.gov.cn/#/query/webSearch?code=11010502000001" in shown
        assert '<p class="colophon__filings" lang="zh-CN">' in shown


def test_without_filings_nothing_is_said_of_them(client):
    assert "beian" not in footer(client)


def test_the_legal_name_stands_beside_the_publishers(instance):
    shown = footer(client_with(instance, site_name="研究室", company="某某科技有限公司"))
    assert "研究室" in shown
    assert "某某科技有限公司" in shown


@pytest.mark.parametrize(("name", "picture", "kind"), [("w.svg", SVG, "image/svg+xml"), ("w.png", PNG, "image/png")])
def test_the_publishers_wordmark_is_shown_and_can_do_nothing(instance, name, picture, kind):
    (instance / name).write_bytes(picture)
    client = client_with(instance, wordmark=name, site_name="研究室")
    width = "112" if kind == "image/svg+xml" else "224"
    assert f'<img src="/wordmark" alt="研究室" width="{width}" height="28">' in client.get("/").get_data(as_text=True)
    answer = client.get("/wordmark")
    assert (answer.data, answer.content_type.partition(";")[0]) == (picture, kind)
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/wordmark", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_without_one_the_products_wordmark_is_shown(client):
    assert 'aria-label="paidspan"' in client.get("/").get_data(as_text=True)
    assert client.get("/wordmark").status_code == 404


@pytest.mark.parametrize(
    "picture",
    [b"GIF89a", b"<svg>", b"\x89PNG\r\n\x1a\n", b"<svg viewBox='0 0 9 0'>", None, b"x" * (MAX_WORDMARK_BYTES + 1)],
)
def test_what_is_no_wordmark_is_refused_at_the_start(instance, picture):
    if picture is not None:
        (instance / "mark").write_bytes(picture)
    with pytest.raises(SettingsError, match="PAIDSPAN_WORDMARK"):
        read_wordmark(load_settings(instance=instance, wordmark="mark"))
