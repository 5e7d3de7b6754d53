"""The texts of the house: the publisher's own where they can be used, those that are shipped where not."""

import logging
import os

import pytest

from tests.factories.html import parse
from webapp import create_app
from webapp.settings import load_settings
from webapp.site_pages.page_texts import LOCALES, MAX_PAGE_BYTES, PAGES, SHIPPED, copy_drafts, open_page_texts

OWN = "# 我们是谁\n\n一家书店。\n"


@pytest.fixture
def written(settings):
    """Return what writes a page of the publisher's, at a moment of its own."""
    folder = settings.instance / "pages"
    folder.mkdir()
    times = iter(range(1, 100))

    def write(text: str | bytes, name: str = "about.zh-CN.md") -> None:
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        moment = next(times) * 10**9
        os.utime(path, ns=(moment, moment))

    return write


def shown(client, path: str = "/about", language: str = "zh-CN") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("language", "lang"), [("zh-CN", "zh"), ("en", "en")])
def test_every_page_is_there_in_both_languages_before_anybody_wrote_one(client, name, language, lang):
    page = shown(client, f"/{name}", language)
    assert f'<article lang="{lang}" dir="ltr">' in page
    assert len(parse(page).css("h1")) == 1
    assert "{" not in page


def test_what_is_shipped_is_laid_out_once_and_never_overwritten(settings):
    copy_drafts(settings)
    folder = settings.instance / "pages"
    assert {path.name for path in folder.iterdir()} == {f"{name}.{spoken}.md" for name in PAGES for spoken in LOCALES}
    (folder / "about.en.md").write_text("# Ours\n")
    (folder / "terms.en.md").unlink()
    copy_drafts(settings)
    assert (folder / "about.en.md").read_text() == "# Ours\n"
    assert not (folder / "terms.en.md").exists()


def test_a_change_shows_at_once_without_a_restart(client, written):
    written(OWN)
    first = client.get("/about")
    assert "一家书店" in first.text
    assert client.get("/about", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    written(OWN.replace("书店", "报社"))
    assert "一家报社" in client.get("/about", headers={"If-None-Match": first.headers["ETag"]}).text


def test_an_unchanged_page_is_read_once(client, written, monkeypatch):
    written(OWN)
    shown(client)
    monkeypatch.setattr("webapp.site_pages.page_texts.decode", None)
    assert "一家书店" in shown(client)


def test_the_other_language_is_better_than_somebody_elses_words(client, written):
    written(OWN)
    page = shown(client, language="en")
    assert "一家书店" in page
    assert '<article lang="zh" dir="ltr">' in page
    written("# Who we are\n\nA bookshop.\n", "about.en.md")
    assert "A bookshop." in shown(client, language="en")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\x00\x01\x02" * 9, "cannot be read"),
        (b"", "cannot be read"),
        (b"# A\n\n" + b"a" * MAX_PAGE_BYTES, "larger than"),
        ("# 题\n\n公开##paidbegin##付费##paidend##\n", "marker for paid text"),
        ("# 题\n\n公开##paidbegn##付费\n", "marker for paid text"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_in_the_log_and_the_shipped_text_on_the_page(
    client, settings, written, caplog, text, said
):
    caplog.set_level(logging.WARNING, "webapp.site_pages.page_texts")
    written(text)
    assert "关于我们</h1>" in shown(client)
    assert "关于我们</h1>" in shown(client)
    (line,) = caplog.messages
    assert said in line
    assert "付费##" not in line
    assert len(list(open_page_texts(settings).unusable())) == 1


def test_a_folder_where_a_file_should_be_changes_nothing(client, settings):
    (settings.instance / "pages" / "about.zh-CN.md").mkdir(parents=True)
    assert "关于我们</h1>" in shown(client)


def test_no_html_of_a_text_becomes_html_of_the_page(client, written):
    written("# 题\n\n<script>alert(1)</script> [x](javascript:alert)\n")
    page = shown(client)
    assert "<script>alert" not in page
    assert "javascript:" not in page


def test_facts_are_filled_in_as_they_are_written(instance):
    given = {"site_name": "A_b*c*_d <b>", "company": "", "contact_email": "", "mail_from": "X <desk@example.com>"}
    client = create_app(load_settings(instance=instance, secret_key="s" * 40, **given)).test_client()
    about = shown(client, "/about", "en")
    assert "A_b*c*_d &lt;b&gt; publishes research reports. It is published by A_b*c*_d &lt;b&gt;." in about
    assert '<a href="mailto:desk@example.com">desk@example.com</a>' in shown(client, "/contact")


def test_other_braces_stay_as_they_are(client, written):
    written("# 题\n\n{unknown} {site_name.upper}\n")
    assert "{unknown} {site_name.upper}" in shown(client)


def test_what_is_shipped_can_be_shown(settings):
    for path in SHIPPED.iterdir():
        assert path.stat().st_size < MAX_PAGE_BYTES
    assert list(open_page_texts(settings).unusable()) == []
