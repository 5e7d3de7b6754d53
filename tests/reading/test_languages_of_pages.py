"""A page says in which language and which way each part of it is written."""

import json

import pytest

from tests.factories.html import attributes, parse

ARABIC = "# تقرير الشحن النهري\n\nنقلت السفن 41 مليون طن.\n\nThe board answered.\n\n##paidbegin##\nسر\n##paidend##\n"


@pytest.mark.parametrize(
    ("text", "language", "direction"),
    [
        ("تقرير\n\nنقلت السفن 41 مليون طن.", "ar", "rtl"),
        ("דוח\n\nהדוח הזה עוסק בהובלת סחורות בנהר.", "he", "rtl"),
        ("川の輸送\n\nこの報告書は、川の輸送について書かれています。", "ja", "ltr"),
        ("보고서\n\n이 보고서는 강 운송에 관한 것입니다.", "ko", "ltr"),
        ("Отчёт\n\nОтчёт о перевозках по реке за год ещё не готов.", "ru", "ltr"),
        ("報告\n\n這份報告說明河運的情況。", "zh-Hant", "ltr"),
        ("报告\n\n这份报告说明河运的情况。", "zh", "ltr"),
    ],
)
def test_the_article_has_the_language_of_its_text(client, shelf, text, language, direction):
    page = client.get(f"/d/{shelf.put(text).slug}")
    assert attributes(page, "article", "lang") == [language]
    assert attributes(page, "article", "dir") == [direction]


def test_what_the_house_says_in_an_arabic_article_runs_its_own_way(client, shelf):
    page = client.get(f"/d/{shelf.put(ARABIC, 'report.md').slug}")
    for part in parse(page).css("article [lang]"):
        assert part.attributes["dir"] == ("rtl" if part.attributes["lang"] == "ar" else "ltr"), part.html
    assert attributes(page, "#text > p", "dir") == [None, "ltr"]


def test_a_feed_says_the_language_of_each_entry(client, shelf):
    shelf.put(ARABIC, "report.md")
    (item,) = json.loads(client.get("/feed.json").data)["items"]
    assert item["language"] == "ar"
    assert item["content_html"].startswith('<div lang="ar" dir="rtl">')


@pytest.mark.parametrize(
    ("words", "told"),
    [(200, "about 1 minute"), (4400, "about 22 minutes"), (24_000, "about 2 h"), (64_000, "about 5 h 20 min")],
)
def test_long_readings_are_told_in_hours(client, shelf, words, told):
    page = client.get(
        f"/d/{shelf.put('Title' + chr(10) * 2 + 'word ' * words).slug}", headers={"Accept-Language": "en"}
    )
    assert f"<span>{told}</span>" in page.get_data(as_text=True)


def test_hours_are_told_in_chinese(client, shelf):
    page = client.get(f"/d/{shelf.put('题' + chr(10) + '字' * 144_000).slug}")
    assert "约 5 小时 20 分钟" in page.get_data(as_text=True)
