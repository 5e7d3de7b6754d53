import io
import os
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from tests.factories.shelf import PAID, REPORT
from tests.factories.stored import count_rows
from tests.factories.word_files import paragraph, word_file
from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.importing import ImportAction, Importer, ImportOrder
from webapp.documents.models import Document, PublicEdition
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.documents.sources import find_sources
from webapp.kit.clock import now

MOST = 1_000_000


@pytest.fixture
def bring(database, tmp_path):
    def run(*paths, standard_input=b"", **order):
        sources = find_sources([str(path) for path in paths], MOST, io.BytesIO(standard_input))
        return list(Importer(database, ImportOrder(**order)).run(sources))

    return run


def test_the_same_bytes_do_nothing_and_changed_ones_make_a_revision(bring, database, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    assert [bring(path)[0].did for _ in range(2)] == [ImportAction.ADDED, ImportAction.UNCHANGED]
    path.write_text(REPORT + "补充一句。\n")
    assert bring(path)[0].did is ImportAction.REVISED
    assert (count_rows(database, Document), count_rows(database, Revision)) == (1, 2)


def test_a_draft_has_no_edition_and_publishing_makes_both(bring, database, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    bring(path)
    assert (count_rows(database, PublicEdition), count_rows(database, FullEdition)) == (0, 0)
    assert bring(path, publish=True)[0].did is ImportAction.PUBLISHED
    assert bring(path, publish=True)[0].did is ImportAction.UNCHANGED
    with database.reading() as session:
        public, full = session.scalars(select(PublicEdition)).one(), session.scalars(select(FullEdition)).one()
    assert PAID in full.html
    assert PAID in full.text
    assert PAID not in public.html + public.text + public.title + public.summary + str(public.toc) + str(public.gates)
    paid = REPORT[REPORT.index("策建议") : REPORT.index("##paidend##")]
    assert public.gates[0].characters == len("".join(paid.split()))


def test_one_bad_file_stops_none_of_the_others(bring, database, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    bad = {
        "unclosed.txt": ("题目\n甲##paidbegin##乙", "2:2: unclosed-span"),
        "nested.txt": ("题目\n甲##paidbegin##乙##paidbegin##丙##paidend####paidend##", "2:16: nested-begin"),
        "stray.txt": ("题目\n甲##paidend##乙", "2:2: stray-end"),
        "misspelt.txt": ("题目\n甲##paidbegn##乙", "2:2: near-marker"),
        "empty.txt": ("", "1:1: empty-file"),
        "word.docx": ("PK", "1:1: broken-word-file"),
        "old.doc": ("x", "1:1: format-not-supported"),
        "page.html": ("<p>甲<!-- ##paidbegin## -->", "1:1: marker-outside-text"),
    }
    for name, (text, _where) in bad.items():
        (folder / name).write_text(text)
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 4)
    (folder / "a name with 空格 和中文.txt").write_text(REPORT)
    outcomes = {Path(outcome.shown).name: outcome for outcome in bring(folder)}
    for name, (_text, where) in bad.items():
        assert outcomes[name].did is ImportAction.REFUSED
        assert outcomes[name].problems[0].place.endswith(f"{name}:{where}")
    assert outcomes["binary.txt"].problems[0].place.endswith("1:1: binary-file")
    assert outcomes["a name with 空格 和中文.txt"].did is ImportAction.ADDED
    assert count_rows(database, Document) == 1


def test_a_file_that_is_not_there_or_too_large_says_so(bring, tmp_path):
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(MOST + 1)
    missing, too_large = bring(tmp_path / "missing.txt", large)
    assert missing.problems[0].code == "not-found"
    assert too_large.problems[0].code == "too-large"
    assert "1 MB" in too_large.problems[0].message


def test_a_folder_that_may_not_be_read_says_so_and_the_rest_goes_on(database, tmp_path, monkeypatch):
    locked = tmp_path / "locked"
    locked.mkdir()
    (tmp_path / "good.txt").write_text(REPORT)
    scandir = os.scandir

    def refuse(path="."):
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    sources = find_sources([str(locked), str(tmp_path)], MOST, io.BytesIO())
    outcomes = list(Importer(database, ImportOrder()).run(sources))
    assert [outcome.did for outcome in outcomes].count(ImportAction.ADDED) == 1
    assert {outcome.problems[0].code for outcome in outcomes if outcome.problems} == {"unreadable"}


def test_two_files_of_one_name_from_two_folders_are_not_mixed_up(bring, database, tmp_path):
    for name, text in (("one", REPORT), ("two", "另一份\n别的内容。\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.txt").write_text(text)
    first, second = bring(tmp_path / "one", tmp_path / "two")
    assert (first.did, second.did) == (ImportAction.ADDED, ImportAction.REFUSED)
    assert second.problems[0].code == "same-name"
    assert count_rows(database, Revision) == 1


def test_the_same_file_twice_is_imported_once(bring, database, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    assert [outcome.did for outcome in bring(path, path)] == [ImportAction.ADDED, ImportAction.UNCHANGED]
    assert (count_rows(database, Document), count_rows(database, Revision)) == (1, 1)


def test_two_documents_of_one_title_get_two_slugs(bring, database, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(REPORT + name)
    assert [outcome.slug for outcome in bring(tmp_path / "a.txt", tmp_path / "b.txt")] == [
        "关于仓储周转的年度报告",
        "关于仓储周转的年度报告-2",
    ]


def test_a_zip_archive_gives_its_files_with_chinese_names(bring, tmp_path):
    path = tmp_path / "reports.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("年度/报告.txt", REPORT)
        archive.writestr("说明.md", "# 说明\n\n公开。\n")
        archive.writestr("__MACOSX/._报告.txt", b"\0\1")
        archive.writestr("cover.png", b"\x89PNG")
    outcomes = bring(path)
    assert [(outcome.did, outcome.shown.rpartition(".zip/")[2]) for outcome in outcomes] == [
        (ImportAction.ADDED, "年度/报告.txt"),
        (ImportAction.ADDED, "说明.md"),
    ]


def test_a_damaged_archive_says_so(bring, tmp_path):
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK\3\4 this is no archive")
    assert bring(path)[0].problems[0].code == "unreadable"


def test_standard_input_is_known_by_its_title(bring, database):
    for _ in range(2):
        outcome = bring("-", standard_input=REPORT.encode())[0]
    assert outcome.did is ImportAction.UNCHANGED
    assert count_rows(database, Document) == 1


def test_a_dry_run_writes_nothing(bring, database, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    assert bring(path, dry_run=True, publish=True)[0].did is ImportAction.CHECKED
    assert count_rows(database, Document) == 0


def test_repair_closes_an_open_span_at_the_end_and_nothing_else(bring, tmp_path):
    (tmp_path / "open.txt").write_text("题目\n公开。\n甲##paidbegin##乙")
    (tmp_path / "slip.txt").write_text("题目\n公开。\n甲##paidbegn##乙##paidend##")
    outcomes = bring(tmp_path / "open.txt", tmp_path / "slip.txt", options=Options(repair=True))
    assert [outcome.did for outcome in outcomes] == [ImportAction.ADDED, ImportAction.REFUSED]


def test_what_was_withdrawn_stays_so_until_it_is_published_by_name(bring, database, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    slug = bring(path, publish=True)[0].slug
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, slug), now())
    for text in (REPORT, REPORT + "补充一句。\n"):
        path.write_text(text)
        outcome = bring(path, publish=True)[0]
        assert [problem.code for problem in outcome.problems] == ["withdrawn"]
        assert count_rows(database, PublicEdition) == 0


def test_a_name_that_is_not_utf_8_is_read_as_windows_in_china_wrote_it(bring, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for raw in ("年报.txt".encode("gb18030"), b"bad\xff\xff.txt", b"good.txt"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + raw)).write_text(REPORT)
    outcomes = bring(folder, duplicates=True)
    assert [outcome.did for outcome in outcomes] == [ImportAction.ADDED] * 3
    assert any(outcome.shown.endswith("年报.txt") for outcome in outcomes)


def test_a_pipe_in_a_folder_is_refused_and_not_waited_for(bring, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    os.mkfifo(folder / "pipe.txt")
    assert bring(folder)[0].problems[0].code == "unreadable"


def test_word_files_and_pages_become_documents_whose_source_is_markdown(bring, database, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "word.docx").write_bytes(
        word_file(paragraph("题", style="Title"), paragraph("甲##paidbegin##乙##paidend##"))
    )
    with zipfile.ZipFile(folder / "pages.zip", "w") as archive:
        archive.writestr("page.htm", "<h1>页</h1><p>丙##paidbegin##丁##paidend##</p><nav>x</nav>")
    outcomes = [*bring(folder, publish=True), *bring(folder / "pages.zip", publish=True)]
    assert [(outcome.did, outcome.slug) for outcome in outcomes] == [
        (ImportAction.ADDED, "题"),
        (ImportAction.ADDED, "页"),
    ]
    assert [problem.code for problem in outcomes[1].problems] == ["conversion-loss"]
    assert bring(folder)[0].did is ImportAction.UNCHANGED
    with database.reading() as session:
        revisions = session.scalars(select(Revision).options(undefer(Revision.source))).all()
        public = session.scalars(select(PublicEdition)).all()
    assert [(each.format, each.source) for each in revisions] == [
        ("markdown", "# 题\n\n甲##paidbegin##乙##paidend##\n"),
        ("markdown", "# 页\n\n丙##paidbegin##丁##paidend##\n"),
    ]
    assert not any("乙" in each.html or "丁" in each.html for each in public)
