"""What is found, by whom, and in which order."""

import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from tests.factories.shelf import PAID, REPORT
from webapp.access.policy import UnlockedDocuments
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.limits import forget_tries
from webapp.operations.cli import cli
from webapp.search import find as finding
from webapp.search.find import find_documents
from webapp.search.index import fill_index, rebuild_index
from webapp.search.index_interface import Asked
from webapp.search.indexes import indexes_of
from webapp.search.tokenizer import parse_query

EVERYTHING = UnlockedDocuments(everything=True)
NOTHING = UnlockedDocuments()


@pytest.fixture
def put(shelf):
    def bring(title, body="内容一段。", *tags):
        shelf.bring(f"{title}\n{body}\n", f"{title}.txt", tags=tags)
        return title

    return bring


@pytest.fixture
def seek(database):
    """Return the titles that a query finds, a star before those found in a full text alone."""

    def look(query, reach=NOTHING, tag=None):
        with database.reading() as session:
            hits = find_documents(session, parse_query(query), reach, tag).hits
            titles = dict(session.execute(text("SELECT id, title FROM documents")).all())
        return [("*" if hit.in_full else "") + titles[hit.document_id] for hit in hits]

    return look


@pytest.mark.parametrize(
    "query",
    [
        "仓储",
        "周转",
        "入库",
        "平稳",
        "出库略有增长",
        '"全年入库平稳"',
        "仓储 出库",
        "首要",
        "年度报告",
        "仓储周转年度报告",
    ],
)
def test_words_of_the_public_text_and_the_title_are_found(shelf, seek, query):
    shelf.put()
    assert seek(query) == ["关于仓储周转的年度报告"]


@pytest.mark.parametrize("query", ["库存的真实去向", "付费读者", f'"{PAID[:12]}"', "策建", "仓储 付费读者", PAID])
def test_what_only_payers_read_finds_nothing_for_others(shelf, seek, query):
    document = shelf.put()
    assert seek(query) == []
    assert seek(query, UnlockedDocuments(documents=frozenset({document.id + 1}))) == []


@pytest.mark.parametrize("reach", [EVERYTHING, "this"])
def test_who_may_read_all_of_it_finds_it_by_all_of_it(shelf, seek, reach):
    document = shelf.put()
    reach = UnlockedDocuments(documents=frozenset({document.id})) if reach == "this" else reach
    for query in ("付费读者", "仓储 付费读者", f'"{PAID[3:9]}"'):
        assert seek(query, reach) == ["*关于仓储周转的年度报告"]
    assert seek("入库", reach) == ["关于仓储周转的年度报告"]


def test_titles_come_first_and_full_texts_last(put, seek):
    put("别的题目", "说到库存一次。")
    put("库存")
    put("无关", "公开的开头。##paidbegin##库存在这里面##paidend##。")
    put("常说库存的", "库存，库存，库存。")
    assert seek("库存", EVERYTHING) == ["库存", "常说库存的", "别的题目", "*无关"]
    assert seek("库存") == ["库存", "常说库存的", "别的题目"]


def test_tags_are_found_and_can_be_asked_for(put, seek):
    put("甲", "内容。", "年度报告")
    put("乙", "年度报告说的。")
    assert seek("年度报告") == ["甲", "乙"]
    assert seek("年度报告", tag="年度报告") == ["甲"]


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ("同比增长27.4%，其中A股占比最大。", "27.4%"),
        ("同比增长27.4%，其中A股占比最大。", "A股"),
        ("按照GB/T 9704—2012排版。", "gb/t 9704"),
        ("按照GB/T 9704—2012排版。", "GB/T9704"),
        ("人均ＧＤＰ超过一万美元。", "GDP"),
        ("The Velm carried 41.7 million tonnes.", "million TONNES"),
        ("到2025年5月底完成。", "5月"),
    ],
)
def test_scripts_and_numbers_mix(put, seek, body, query):
    put("题目", body)
    assert seek(query) == ["题目"]


def test_every_two_character_word_is_found_wherever_it_stands(put, seek):
    body = "本年度报告汇总全年库存量，研究所长谈到结合成分子与市场化解风险，南京市长江大桥。"
    put("题目", body)
    for word in (
        "年度",
        "报告",
        "汇总",
        "全年",
        "库存",
        "存量",
        "研究",
        "所长",
        "成分",
        "分子",
        "化解",
        "风险",
        "长江",
    ):
        assert seek(word) == ["题目"], word


@pytest.mark.parametrize("size", [2, 3, 4])
def test_whatever_stands_side_by_side_is_found_wherever_a_dictionary_cuts(put, seek, size):
    body = "据研究生命科学的所长江大桥介绍，该项目的核心工艺由三家单位联合攻关，拟于明年投产运营。"
    put("题目", body)
    runs = re.findall("[^，。]+", body)
    found = {run[at : at + size] for run in runs for at in range(len(run) - size + 1)}
    assert [words for words in sorted(found) if seek(words) != ["题目"]] == []


@pytest.mark.parametrize("query", ["目题", '"合成成分"', '"所长研究"'])
def test_words_that_are_only_listed_side_by_side_are_no_phrase(put, seek, query):
    put("题目", "结合成分子与市场化解风险，研究所长谈到。")
    assert seek(query) == []


@pytest.mark.parametrize("asked", [Asked((), tag="年报"), Asked((), among=frozenset({1, 2, 3}))])
@pytest.mark.sqlite("how FTS5 plans a search")
@pytest.mark.parametrize("ask", ["newest", "best"])
def test_a_search_among_some_documents_is_one_search(database, asked, ask):
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
    with database.reading() as session:
        among = replace(asked, phrases=parse_query("库存").phrases)
        connection = session.connection()
        most = [10] if ask == "newest" else []
        getattr(indexes_of(connection), ask)(connection, "search_public", among, *most)
        statement, parameters = statements[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    index = re.search(r"search_public VIRTUAL TABLE INDEX \d+:(.*)", "\n".join(row.detail for row in plan))
    assert index and "=" not in index[1]  # noqa: PT018


def test_what_moves_behind_a_gate_leaves_the_public_index_at_once(put, seek):
    put("简报", "先是公开的流向说明。")
    assert seek("流向") == ["简报"]
    put("简报", "先是公开的##paidbegin##流向说明##paidend##。")
    assert seek("流向") == []
    assert seek("流向", EVERYTHING) == ["*简报"]
    put("简报", "又是公开的流向说明。")
    assert seek("流向") == ["简报"]
    assert seek("流向", EVERYTHING) == ["简报"]


def test_what_is_withdrawn_is_in_no_index(shelf, seek, database):
    document = shelf.put()
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    for reach in (UnlockedDocuments(), EVERYTHING):
        assert seek("仓储", reach) == []
        assert seek("付费读者", reach) == []
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM search_entries")) == 0


def test_a_tag_given_later_is_found(put, seek):
    put("甲")
    put("甲", "内容一段。", "滞后")
    assert seek("滞后") == ["甲"]


@pytest.mark.sqlite("the check of FTS5")
def test_the_index_is_whole_after_many_changes(put, shelf, seek, database):
    for number in range(5):
        put("简报", f"第{number}版，编号{number}{number}{number}。")
        put(f"其他{number}")
    shelf.put(REPORT)
    shelf.put(REPORT.replace("入库", "到库"))
    with database.writing() as session:
        for table in ("search_titles", "search_public", "search_full"):
            session.execute(text(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')"))
    assert seek("333") == []
    assert seek("444") == ["简报"]


def test_it_can_be_made_anew_and_filled(put, shelf, seek, database):
    put("甲")
    shelf.put()
    before = {query: seek(query, EVERYTHING) for query in ("内容", "仓储", "付费读者")}
    assert sum(rebuild_index(database)) == 2
    assert {query: seek(query, EVERYTHING) for query in before} == before
    assert list(fill_index(database)) == []


def test_where_there_is_too_much_the_newest_come_first_and_nothing_is_counted(put, seek, database, monkeypatch):
    monkeypatch.setattr(finding, "MAX_HITS", 3)
    for number in range(5):
        put(f"题目{number}", "到处都有的工作。")
    with database.reading() as session:
        found = find_documents(session, parse_query("工作"), EVERYTHING)
    assert found.more
    assert seek("工作", EVERYTHING) == ["题目4", "题目3", "题目2"]


def test_a_visitor_never_asks_the_full_index(shelf, seek, database):
    shelf.put()
    statements = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    seek("仓储 入库")
    assert not [one for one in statements if "search_full" in one]
    seek("仓储 入库", EVERYTHING)
    assert [one for one in statements if "search_full" in one]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=60), st.text(alphabet='"*^:(){}-+ANDORNEAR 库存报告', max_size=30)))
def test_no_query_is_an_error(client, query):
    forget_tries(client.application)
    assert client.get("/search", query_string={"q": query}).status_code == 200


@pytest.mark.parametrize(
    "query", ['"', "NEAR", "NEAR(a, b", "*", "库" * 10_000, "😀😀", "a\0b", "'; DROP TABLE documents"]
)
@pytest.mark.parametrize("after", ["", "x", "-1", "99999999999999999999", "0"])
def test_odd_input_gets_a_page(client, shelf, query, after):
    shelf.put()
    assert client.get("/search", query_string={"q": query, "after": after}).status_code == 200


def test_the_command_makes_the_index_anew(settings, database, shelf, seek, monkeypatch):
    monkeypatch.setenv("PAIDSPAN_INSTANCE", str(settings.instance))
    shelf.put()
    with database.writing() as session:
        indexes_of(session.connection()).empty(session.connection())
    assert seek("仓储") == []
    done = CliRunner().invoke(cli, ["search", "rebuild"])
    assert done.output.startswith("1 documents indexed, ")
    assert seek("仓储") == ["关于仓储周转的年度报告"]
