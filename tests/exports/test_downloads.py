"""Who gets which file, who may keep it, and when it is made anew."""

from errno import ENOSPC
from pathlib import Path
from urllib.parse import unquote

import pytest
import time_machine

from tests.exports.reading import text_of
from tests.factories.file_stores import kept_files
from tests.factories.shelf import PAID, REPORT
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.exports import render
from webapp.exports.file_formats import FileFormat
from webapp.kit import clock


@pytest.fixture
def counted(monkeypatch):
    """Count the files that are made."""
    made = []
    for kind, right in list(render.WRITERS.items()):
        monkeypatch.setitem(
            render.WRITERS, kind, lambda matter, kind=kind, right=right: made.append(kind) or right(matter)
        )
    return made


@pytest.mark.parametrize("kind", FileFormat)
def test_a_visitor_gets_the_preview_and_a_subscriber_all_of_it(client, subscriber, shelf, kind):
    slug = shelf.put().slug
    preview, full = (browser.get(f"/d/{slug}.{kind}") for browser in (client, subscriber))
    assert (preview.status_code, full.status_code) == (200, 200)
    assert preview.mimetype == full.mimetype == kind.media_type
    assert PAID not in text_of(kind, preview.data)
    assert "此处为付费内容：" in text_of(kind, preview.data)
    assert PAID in text_of(kind, full.data)


@pytest.mark.parametrize("kind", FileFormat)
def test_a_file_is_made_once_for_everybody_and_anew_after_a_revision(client, people, shelf, counted, kind):
    slug = shelf.put().slug
    first = client.get(f"/d/{slug}.{kind}").data
    assert client.get(f"/d/{slug}.{kind}").data == people.signed_in().get(f"/d/{slug}.{kind}").data == first
    assert counted == [kind]
    shelf.put(REPORT.replace("订阅读者", "各位读者"))
    again = client.get(f"/d/{slug}.{kind}").data
    assert "各位读者" in text_of(kind, again)
    assert counted == [kind, kind]


@pytest.mark.parametrize("kind", FileFormat)
def test_the_same_edition_makes_the_same_bytes(editions, made, kind):
    for edition in editions(REPORT):
        assert made(edition, kind) == made(edition, kind)


def test_what_was_made_of_a_former_edition_is_gone(client, subscriber, shelf, instance):
    slug = shelf.put().slug
    for kind in FileFormat:
        client.get(f"/d/{slug}.{kind}")
        subscriber.get(f"/d/{slug}.{kind}")
    assert len(kept_files(instance, "exports")) == 2 * len(FileFormat)
    shelf.put(REPORT.replace("订阅读者", "各位读者"))
    client.get(f"/d/{slug}.txt")
    assert len(kept_files(instance, "exports")) == 1


def test_access_that_ended_opens_no_file_that_was_made_before(people, shelf):
    reader, slug = people.reader(), shelf.put().slug
    grant = people.grant(reader)
    browser = people.browser(reader.email)
    assert PAID in browser.get(f"/d/{slug}.txt").get_data(as_text=True)
    with time_machine.travel(grant.ends_at, tick=False):
        assert PAID not in people.browser(reader.email).get(f"/d/{slug}.txt").get_data(as_text=True)


@pytest.mark.parametrize("kind", FileFormat)
def test_a_document_that_is_not_there_has_no_file(client, subscriber, shelf, database, kind):
    draft = shelf.put(REPORT.replace("关于", "再论"), "draft.txt", publish=False)
    assert [client.get(f"/d/{slug}.{kind}").status_code for slug in (draft.slug, "nothing")] == [404, 404]
    document = shelf.put()
    subscriber.get(f"/d/{document.slug}.{kind}")
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    assert [browser.get(f"/d/{document.slug}.{kind}").status_code for browser in (client, subscriber)] == [410, 410]


def test_who_bought_a_document_keeps_its_files_after_it_was_withdrawn(people, shelf, database):
    document, reader = shelf.put(), people.reader()
    people.grant(reader, document_id=document.id)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    assert PAID in people.browser(reader.email).get(f"/d/{document.slug}.txt").get_data(as_text=True)


def test_a_preview_may_be_kept_like_its_page_and_a_full_text_by_nobody(client, subscriber, people, shelf):
    slug = shelf.put().slug
    visitors, members, payers = (
        browser.get(f"/d/{slug}.pdf") for browser in (client, people.signed_in("other@example.com"), subscriber)
    )
    assert visitors.headers["Cache-Control"] == client.get(f"/d/{slug}").headers["Cache-Control"] == "public, no-cache"
    assert members.headers["Cache-Control"] == "private, no-cache"
    assert payers.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in payers.headers
    mark = {"If-None-Match": visitors.headers["ETag"]}
    assert client.get(f"/d/{slug}.pdf", headers=mark).status_code == 304
    assert subscriber.get(f"/d/{slug}.pdf", headers=mark).status_code == 200


def test_who_kept_the_preview_gets_all_of_it_as_soon_as_they_may_read_it(people, shelf):
    reader, slug = people.reader(), shelf.put().slug
    browser = people.browser(reader.email)
    kept = browser.get(f"/d/{slug}.txt").headers
    people.grant(reader)
    asked = {"If-None-Match": kept["ETag"], "If-Modified-Since": kept["Last-Modified"]}
    for headers in (asked, {"If-Modified-Since": kept["Last-Modified"]}):
        again = browser.get(f"/d/{slug}.txt", headers=headers)
        assert again.status_code == 200
        assert PAID in again.get_data(as_text=True)


@pytest.mark.folder("what a disk does")
@pytest.mark.parametrize("folder", ["exports", "exports/1"])
def test_a_file_that_cannot_be_kept_is_handed_out_all_the_same(client, shelf, instance, folder, caplog):
    slug = shelf.put().slug
    (instance / folder).parent.mkdir(exist_ok=True)
    (instance / folder).touch()  # a file where a folder should be: nobody can write here, root neither
    assert client.get(f"/d/{slug}.docx").status_code == 200
    assert "could not be kept" in caplog.text


@pytest.mark.folder("what a disk does")
def test_a_full_disk_leaves_no_half_file(client, shelf, instance, monkeypatch):
    slug = shelf.put().slug

    def full(*_):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert client.get(f"/d/{slug}.docx").status_code == 200
    assert not [path for path in instance.glob("exports/**/*") if path.is_file()]


def test_a_document_that_is_open_to_everybody_is_one_file_for_everybody(client, subscriber, shelf, counted):
    slug = shelf.put("公开的报告\n人人可读。\n", "open.txt").slug
    answers = [browser.get(f"/d/{slug}.epub") for browser in (client, subscriber)]
    assert answers[0].data == answers[1].data
    assert answers[0].headers["Cache-Control"] == "public, no-cache"
    assert counted == [FileFormat.EPUB]


def test_a_file_is_named_after_its_document(client, shelf):
    slug = shelf.put(REPORT.replace("关于仓储周转", "A/B: 关于“仓储”\u202e?")).slug
    named = client.get(f"/d/{slug}.docx").headers["Content-Disposition"]
    assert named == (
        "attachment; filename=report.docx; filename*=UTF-8''A%20B%20%E5%85%B3%E4%BA%8E%E2%80%9C%E4%BB%93%E5%82%A8"
        "%E2%80%9D%20%E7%9A%84%E5%B9%B4%E5%BA%A6%E6%8A%A5%E5%91%8A.docx"
    )


@pytest.mark.parametrize(("title", "name"), [("😀" * 90, "😀" * 50), ("?\u200b/", "document"), ("…/.", "…")])
def test_any_title_is_a_name_that_file_systems_take(client, shelf, title, name):
    slug = shelf.put(REPORT.replace("关于仓储周转的年度报告", f"# {title}"), "name.md").slug
    header = client.get(f"/d/{slug}.txt").headers["Content-Disposition"]
    assert unquote(header.partition("UTF-8''")[2]) == f"{name}.txt"


def test_a_part_of_a_file_and_its_head_can_be_asked_for(client, shelf):
    path = f"/d/{shelf.put().slug}.docx"
    whole, part, head = client.get(path), client.get(path, headers={"Range": "bytes=0-1"}), client.head(path)
    assert (part.status_code, part.data) == (206, b"PK")
    assert int(head.headers["Content-Length"]) == len(whole.data)


def test_one_address_has_only_so_many_files_made(client, shelf):
    text = "第{}份公开的报告\n人人可读。\n"
    slugs = [shelf.put(text.format(number), f"open{number}.txt").slug for number in range(61)]
    with time_machine.travel(clock.now(), tick=False):
        answers = [client.get(f"/d/{slug}.txt").status_code for slug in slugs]
    assert answers == [200] * 60 + [429]
    assert client.get(f"/d/{slugs[0]}.txt").status_code == 200
