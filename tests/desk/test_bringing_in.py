"""Bringing in at the desk: uploaded, looked at in every encoding that fits, imported, told file by file."""

import errno
import io
import zipfile

import pytest
from sqlalchemy import select

from tests.desk.xss_strings import XSS_STRINGS, assert_harmless
from tests.factories.html import parse
from tests.factories.people import token_in
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.documents.import_jobs import run_waiting_imports
from webapp.documents.import_models import ImportJob, StoredOutcome
from webapp.documents.models import Document, State
from webapp.kit.file_store import FolderStore
from webapp.operations.desk_imports import import_bench

START = "/desk/documents/import"
TEXT = "仓储周转报告\n\n本报告汇总全年的入库与出库情况，供订阅读者参考。\n##paidbegin##付费的一段。##paidend##\n"
GBK = TEXT.encode("gb18030")


@pytest.fixture
def editor(people):
    return people.signed_in("mei@example.com", Role.EDITOR)


@pytest.fixture
def work(settings, database):
    return lambda: run_waiting_imports(import_bench(settings, database))


def sent(browser, path, **form):
    token = token_in(browser.get(START))
    return browser.post(path, data={"csrf_token": token, **form}, headers={"Accept-Language": "en"})


def uploaded(browser, *files):
    answer = sent(browser, START, file=[(io.BytesIO(data), name) for name, data in files])
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def page(browser, path):
    answer = browser.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return parse(answer)


def test_a_text_in_gbk_is_shown_and_read_in_another_encoding_before_anything_is_kept(editor, work, database):
    there = uploaded(editor, ("report.txt", GBK), ("bad.md", b"# Bad\n\n##paidbegin##left open\n"))
    seen = page(editor, there)
    assert "本报告汇总" in seen.css_first("#file-2 .source-lines").text()
    assert seen.css_first("#file-2 mark").text() == "##paidbegin##付费的一段。##paidend##"
    assert seen.css_first("#file-2 input[checked]").attributes["value"] == "gb18030"
    assert "3:1" in seen.css_first("#file-1 .source-lines__finding--error").text()
    other = seen.css("#file-2 input[type=radio]")[1].attributes["value"]
    answer = sent(editor, f"{there}/encodings", shown="report.txt", encoding=other, place="2")
    assert answer.headers["Location"].endswith("#file-2")
    assert page(editor, there).css_first("#file-2 input[checked]").attributes["value"] == other
    sent(editor, f"{there}/encodings", shown="report.txt", encoding="gb18030")
    with database.reading() as session:
        assert session.scalars(select(Document)).all() == []
    sent(editor, f"{there}/start", publish="y", tags="年度，仓储", price="9.90", currency="cny")
    assert page(editor, there).css_first("progress") is not None
    work()
    told = page(editor, there)
    assert [row.text(strip=True, separator=" ") for row in told.css("tbody td:nth-child(2)")] == ["refused", "added"]
    with database.reading() as session:
        assert session.scalars(select(Document)).one().state is State.PUBLISHED
        actions = session.scalars(select(LoggedActivity.action).order_by(LoggedActivity.id)).all()
    assert actions == ["uploaded", "read", "read", "started"]
    lines = editor.get(f"{there}?format=csv").get_data(as_text=True).splitlines()
    assert len(lines) == 3


def test_an_encoding_that_is_none_a_price_that_is_none_and_no_file_are_refused(editor):
    assert sent(editor, START).status_code == 400
    there = uploaded(editor, ("a.md", b"# A\n\nwords\n"))
    assert sent(editor, f"{there}/encodings", shown="a.md", encoding="klingon").status_code == 400
    answer = sent(editor, f"{there}/start", price="free", currency="cny", tags="x")
    assert answer.status_code == 400
    assert parse(answer).css_first("#tags").attributes["value"] == "x"


def test_another_account_finds_neither_the_upload_nor_its_outcome(editor, people, app):
    there = uploaded(editor, ("a.md", b"# A\n\nwords\n"))
    other = people.signed_in("ada@example.com", Role.OWNER)
    assert other.get(there).status_code == 404
    for act in ("start", "cancel", "discard", "encodings"):
        assert sent(other, f"{there}/{act}", shown="a.md", encoding="utf-8").status_code == 404


def test_an_upload_is_added_to_and_discarded(editor):
    there = uploaded(editor, ("a.md", b"# A\n\nwords\n"))
    sent(editor, f"{there}/files", file=[(io.BytesIO(b"# B\n\nwords\n"), "b.md")])
    assert len(page(editor, there).css("article")) == 2
    assert sent(editor, f"{there}/discard").headers["Location"] == START
    assert editor.get(there).status_code == 404


def test_many_files_are_looked_at_some_at_a_time(editor):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(25):
            archive.writestr(f"{number:02}.md", f"# Title {number}\n\nwords\n")
    there = uploaded(editor, ("all.zip", out.getvalue()))
    seen, following = [], there
    while following:
        shown = page(editor, following)
        seen += [node.text() for node in shown.css("article h2")]
        link = shown.css_first("a[rel=next]")
        following = link.attributes["href"] if link else None
    assert seen == [f"Title {number}" for number in range(25)]


def test_a_hostile_archive_is_told_line_by_line(editor, work):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("../../up.md", "inner.zip", "good.md"):
            archive.writestr(name, b"# Good\n\nwords\n")
    there = uploaded(editor, ("all.zip", out.getvalue()))
    told = page(editor, there)
    assert "leads out of the archive" in told.body.text()
    assert "An archive in an archive" in told.body.text()
    sent(editor, f"{there}/start")
    work()
    rows = [row.text(strip=True) for row in page(editor, there).css("tbody td:nth-child(2)")]
    assert sorted(rows) == ["added", "left out", "refused"]


def test_a_cancelled_import_says_so(editor):
    there = uploaded(editor, ("a.md", b"# A\n\nwords\n"))
    sent(editor, f"{there}/start")
    sent(editor, f"{there}/cancel")
    assert "Cancelled after 0 texts" in page(editor, there).body.text()


def test_when_the_disk_is_full_a_sentence_says_so_and_nothing_is_kept(editor, database, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FolderStore, "put", full)
    answer = sent(editor, START, file=[(io.BytesIO(b"# A"), "a.md")])
    assert answer.status_code == 507
    assert "disk of the server is full" in parse(answer).css_first(".trouble").text()
    with database.reading() as session:
        assert session.scalars(select(ImportJob)).all() == []


def test_no_string_of_a_file_becomes_markup(editor, work, database):
    names = [
        (f"{number}.md", f"# {text}\n\n{text}\n\n##paidbegin##".encode()) for number, text in enumerate(XSS_STRINGS)
    ]
    odd = [(text.replace("/", "_").replace("\\", "_")[:80] + ".md", b"# A\n\nwords") for text in XSS_STRINGS[:40]]
    usable = [(name, data) for name, data in odd if name.isprintable() and not name.startswith(".")]
    there = uploaded(editor, *names, *usable)
    start = 0
    while True:
        answer = editor.get(f"{there}?first={start}")
        assert_harmless(answer.get_data(as_text=True))
        link = parse(answer).css_first("a[rel=next]")
        if link is None:
            break
        start += 60
    sent(editor, f"{there}/start")
    work()
    assert_harmless(editor.get(there).get_data(as_text=True))
    with database.reading() as session:
        assert len(session.scalars(select(StoredOutcome)).all()) >= len(XSS_STRINGS)


@pytest.mark.parametrize("role", [None, Role.READER])
def test_readers_and_visitors_find_nothing(role, people, client, editor):
    there = uploaded(editor, ("a.md", b"# A\n\nwords\n"))
    browser = people.signed_in("reader@example.com", role) if role else client
    for path in (START, there):
        assert browser.get(path).status_code == (404 if role else 303)
