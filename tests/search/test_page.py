"""The page of results: passages with the words marked, from texts that its reader may read."""

import pytest

from tests.factories.html import attributes
from tests.factories.shelf import PAID, REPORT
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.paging import write_cursor
from webapp.search.results import RESULTS_PER_PAGE
from webapp.search.snippets import LENGTH, snippet
from webapp.search.tokenizer import parse_query

EN = {"Accept-Language": "en"}


def seek(client, query):
    answer = client.get("/search", query_string={"q": query}, headers=EN)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def text_of(text, query):
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in snippet(text, parse_query(query)))


def test_words_are_marked_in_titles_and_passages(client, shelf):
    shelf.put()
    page = seek(client, "仓储 入库")
    assert "关于<mark>仓储</mark>周转的年度报告" in page
    assert "全年<mark>入库</mark>平稳" in page
    assert "1 report found" in page


def test_a_passage_for_a_reader_comes_from_the_part_they_may_read(client, people, shelf):
    shelf.put()
    reader = people.reader()
    member = people.browser(reader.email)
    assert "Nothing was found." in seek(member, "付费读者")
    people.grant(reader)
    page = seek(member, "付费读者")
    assert "<mark>付费</mark><mark>读者</mark>" in page
    assert "which you may read" in page
    assert "Nothing was found." in seek(client, "付费读者")


def test_the_passage_of_a_public_hit_is_public_even_for_payers(people, shelf):
    shelf.put()
    reader = people.reader()
    people.grant(reader)
    assert PAID[:8] not in seek(people.browser(reader.email), "出库")


def test_what_is_left_out_is_told_in_the_texts_own_way(client, shelf):
    shelf.put("# A report\n\nOn depots.\n\n##paidbegin##\nSecret.\n##paidend##\n", "report.md")
    shelf.put("# 报告\n\n仓储情况。\n\n##paidbegin##\n密。\n##paidend##\n", "chinese.md")
    assert "On <mark>depots</mark>. …<" in seek(client, "depots")
    assert "<mark>仓储</mark>情况。 ……<" in seek(client, "仓储")


def test_results_come_in_pages(client, shelf):
    for number in range(RESULTS_PER_PAGE + 3):
        shelf.put(f"库存{number}\n内容。\n", f"{number}.txt")
    first = seek(client, "库存")
    assert f"{RESULTS_PER_PAGE + 3} reports found" in first
    (following,) = attributes(first, '[rel="next"]', "href")
    second = client.get(following, headers=EN).text
    titles = [attributes(page, ".card__title a", "href") for page in (first, second)]
    assert [len(one) for one in titles] == [RESULTS_PER_PAGE, 3]
    assert not set(titles[0]) & set(titles[1])


def found_by(client, **place):
    answer = client.get("/api/v1/search", query_string={"q": "库存", "limit": 2} | place)
    return [result["document"]["slug"] for result in answer.json["results"]], answer.json["after"]


def test_a_hit_that_is_withdrawn_between_two_pages_takes_no_other_along(client, shelf, database):
    for number in range(7):
        shelf.put(f"库存{number}\n内容。\n", f"{number}.txt")
    whole, _after = found_by(client, limit=7)
    seen, after = found_by(client)
    while after:
        with database.writing() as session:
            withdraw(session, get_document_by_slug(session, seen[-1]), clock.now())
        more, after = found_by(client, after=after)
        seen += more
    assert seen == whole


@pytest.mark.parametrize("after", ["1", "１", "x", "MQ", "MSAx!", "KzEgMQ", "9" * 400, "é"])
def test_a_cursor_that_is_none_of_ours_begins_at_the_first_hit(client, shelf, after):
    for number in range(4):
        shelf.put(f"库存{number}\n内容。\n", f"{number}.txt")
    assert found_by(client, after=after) == found_by(client)
    assert found_by(client, after=write_cursor(1, 0)) == found_by(client)
    assert found_by(client, after=write_cursor(2**63 - 1, 0)) == ([], None)


def test_the_page_says_what_to_do_with_nothing(client):
    assert "Titles, tags and texts are searched" in seek(client, "")
    assert "Try fewer or other words" in seek(client, "库存")
    assert 'value="&lt;b&gt;"' in seek(client, "<b>")


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("全年入库平稳，出库略有增长。", "出库", "全年入库平稳，[出库]略有增长。"),
        ("the cat concatenates; a Cat", "cat", "the [cat] concatenates; a [Cat]"),
        ("按照GB/T 9704排版", "gb/t9704", "按照[GB/T 9704]排版"),
        ("到2025年5月底完成", "5月", "到2025年[5月]底完成"),
        ("人均ＧＤＰ增长", "增长", "人均ＧＤＰ[增长]"),
        ("没有这个词", "库存", "没有这个词"),
    ],
)
def test_a_short_text_is_shown_whole(text, query, shown):
    assert text_of(text, query) == shown


def test_a_long_text_is_cut_around_the_words():
    shown = text_of("前" * 300 + "库存" + "后" * 300 + "库存" + "末" * 300, "库存")
    assert shown.startswith("…前")
    assert shown.endswith("末…")
    assert shown.count("[库存]") == 2
    assert len(shown) < 2 * (LENGTH + 10)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"第40{'前' * 23}库存", "…" + "前" * 23 + "[库存]"),
        (f"the {'depots ' * 4}库存", "…" + " depots" * 3 + " [库存]"),
        (f"库存{'后' * (LENGTH - 5)} September", "[库存]" + "后" * (LENGTH - 5) + " …"),
        ("x" * LENGTH + "yz", "x" * LENGTH + "…"),
    ],
)
def test_a_passage_tears_no_word_and_no_number(text, shown):
    assert text_of(text, "库存") == shown


def test_what_is_left_out_is_written_as_the_text_writes_it(client, shelf):
    shelf.put("库存概览\n" + "全年平稳，" * 60)
    shelf.put("# Stock\n\n" + "All quiet through the year. " * 20, "stock.md")
    assert "……</p>" in seek(client, "平稳")
    assert "……" not in seek(client, "quiet")
    assert "…</p>" in seek(client, "quiet")


def test_lines_and_gates_of_a_preview_do_not_break_a_passage(client, shelf):
    shelf.put(REPORT)
    page = seek(client, "口径")
    assert "<mark>口径</mark>" in page
