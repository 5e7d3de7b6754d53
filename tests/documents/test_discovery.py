"""Tags, years and relatives: of what is published, and of its public side alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from webapp.documents import latest_of_tags
from webapp.documents.catalogue import DocumentFilter, catalogue_page, find_document
from webapp.documents.discovery import Counted, related_to, tags_in_use, year_span, years_in_use
from webapp.documents.models import Document
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def put(shelf):
    def bring(name, *tags, text="内容。"):
        (outcome,) = shelf.bring(f"{name}\n{text}\n", f"{name}.txt", tags=tags)
        return outcome.slug

    return bring


def took_down(database, slug):
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, slug), clock.now())


def test_tags_are_counted_over_what_is_published(database, put):
    put("甲", "年度", "仓储")
    put("乙", "年度")
    took_down(database, put("丙", "仓储", "旧"))
    with database.reading() as session:
        assert tags_in_use(session) == [Counted("年度", 2), Counted("仓储", 1)]


def test_a_year_is_one_of_the_publishers_calendar(database, put, client):
    new_year, before = put("元旦"), put("除夕")
    with database.writing() as session:
        for slug, hour in ((new_year, 16), (before, 15)):
            moment = datetime(2024, 12, 31, hour, tzinfo=UTC)
            session.execute(update(Document).where(Document.slug == slug).values(published_at=moment))
    with database.reading() as session:
        assert years_in_use(session, SHANGHAI) == [Counted("2025", 1), Counted("2024", 1)]
        begins, ends = year_span(2025, SHANGHAI)
        assert [card.title for card in catalogue_page(session, DocumentFilter(begins=begins, ends=ends)).rows] == [
            "元旦"
        ]
    assert "除夕" in client.get("/archive/2024").get_data(as_text=True)
    assert "除夕" not in client.get("/archive/2025").get_data(as_text=True)


@pytest.mark.parametrize("year", ["0000", "0001", "0999", "9999", "2023"])
def test_a_year_without_a_report_is_not_there(client, put, year):
    put("甲")
    assert client.get(f"/archive/{year}").status_code == 404


def test_the_archive_and_the_tags_lead_on(client, put):
    empty = client.get("/archive", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Nothing is published yet." in empty
    put("甲", "年度")
    assert f'href="/archive/{clock.now().astimezone(SHANGHAI).year}"' in client.get("/archive").get_data(as_text=True)
    assert "/tags/%E5%B9%B4%E5%BA%A6" in client.get("/tags").get_data(as_text=True)


def test_relatives_share_tags_most_first_and_are_published(database, put):
    own = put("本篇", "甲", "乙", "丙")
    put("无关", "丁")
    one, three, two = put("一同", "甲"), put("三同", "甲", "乙", "丙"), put("二同", "乙", "丙")
    took_down(database, put("撤下", "甲", "乙", "丙"))
    with database.reading() as session:
        related = related_to(session, find_document(session, own))
    assert [card.slug for card in related] == [three, two, one]


def test_a_tag_added_later_counts(database, put, shelf):
    own, other = put("本篇", "甲"), put("另篇")
    shelf.bring("另篇\n内容。\n", "另篇.txt", tags=("甲",))
    with database.reading() as session:
        assert [card.slug for card in related_to(session, find_document(session, own))] == [other]


def test_the_oldest_can_come_first_and_languages_be_chosen(database, put):
    names = [put(name) for name in ("甲", "乙", "丙")]
    put("English words", text="Some open words in English, enough to tell.")
    with database.reading() as session:
        wanted = DocumentFilter(language="zh", oldest_first=True)
        first = catalogue_page(session, wanted, limit=2)
        second = catalogue_page(session, wanted, after=first.after, limit=2)
    assert [card.slug for card in (*first.rows, *second.rows)] == names


def test_relatives_are_those_of_this_moment(database, put):
    own, other, last = put("本篇", "甲"), put("另篇", "甲"), put("后篇", "甲")
    assert related(database, own) == [last, other]
    took_down(database, last)
    assert related(database, own) == [other]
    later = put("又一篇", "甲")
    assert related(database, own) == [later, other]


def test_many_tags_are_not_all_kept(database, put, monkeypatch):
    monkeypatch.setattr(latest_of_tags, "_MOST_TAGS", 3)
    slugs = [put(f"第{number}篇", "共有", f"其{number}", f"又{number}") for number in range(5)]
    for slug in slugs:
        assert related(database, slug) == [one for one in reversed(slugs) if one != slug]
    _version, lists = latest_of_tags._kept[database.read_engine]
    assert len(lists) == 3


def related(database, slug):
    with database.reading() as session:
        return [card.slug for card in related_to(session, find_document(session, slug))]
