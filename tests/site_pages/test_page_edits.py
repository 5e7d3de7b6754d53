"""Pages that were changed in the desk: over the file and the shipped text, each change kept, two editors told."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from tests.factories.mailed_links import sign_up
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import find_reader
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.site_pages.page_edits import (
    PageChangedError,
    WantedEdit,
    check_page,
    get_edit,
    latest_edit,
    list_edits,
    save_page,
)
from webapp.site_pages.page_rendering import MAX_PAGE_BYTES, facts_of
from webapp.site_pages.page_texts import SHIPPED, TextOrigin, open_page_texts

OURS = "# About {site_name}\n\nWe are a **bookshop**. <script>alert(1)</script>\n"


@pytest.fixture
def save(database, settings, people):
    editor = people.reader("editor@example.com", Role.EDITOR).id

    def put(source, *, based_on=0, name="about", language="en"):
        wanted = WantedEdit(name, language, source, based_on, editor)
        return database.write(lambda session: save_page(session, wanted, facts_of(settings), clock.now())).id

    return put


def shown(client, path="/about", language="en"):
    return client.get(path, headers={"Accept-Language": language}).text


def test_an_edit_shows_at_once_over_file_and_shipped_text(client, save, settings):
    (settings.instance / "pages").mkdir()
    for language in ("en", "zh-CN"):
        (settings.instance / "pages" / f"about.{language}.md").write_text("# About\n\nOf the file.\n")
    assert "Of the file." in shown(client)
    first = save(OURS)
    page = shown(client)
    assert "We are a <strong>bookshop</strong>." in page
    assert "About paidspan" in page
    assert "<script>alert" not in page
    assert "bookshop" not in shown(client, language="zh-CN")
    save(None, based_on=first)
    assert "Of the file." in shown(client)


def test_without_a_file_of_the_other_language_ours_is_better_than_what_is_shipped(client, save):
    save(OURS)
    assert "bookshop" in shown(client, language="zh-CN")


def test_each_change_is_kept_with_who_made_it(database, save):
    first = save(OURS)
    second = save(None, based_on=first)
    save("# Terms\n\nOthers.\n", name="terms")
    with database.reading() as session:
        kept = list_edits(session, "about", "en")
        assert [(edit.id, edit.source) for edit in kept] == [(second, None), (first, OURS)]
        assert session.get_one(Reader, kept[0].edited_by).email == "editor@example.com"
        assert latest_edit(session, "about", "en").id == second
        assert get_edit(session, "about", "en", first).source == OURS
        assert get_edit(session, "terms", "en", first) is None


def test_the_second_editor_is_told_and_nothing_is_overwritten(database, save):
    first = save(OURS)
    save("# Mine\n\nMine.\n", based_on=first)
    with pytest.raises(PageChangedError):
        save("# Theirs\n\nTheirs.\n", based_on=first)
    with pytest.raises(ConflictError):
        save(None, based_on=first)
    with database.reading() as session:
        assert latest_edit(session, "about", "en").source == "# Mine\n\nMine.\n"


def test_of_two_who_save_at_the_same_moment_one_is_told(database, save):
    both, outcomes = Barrier(2), []

    def try_to(source):
        both.wait()
        try:
            save(source)
            outcomes.append("saved")
        except PageChangedError:
            outcomes.append("told")

    threads = [Thread(target=try_to, args=(f"# A\n\nText {number}.\n",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told"]
    with database.reading() as session:
        assert len(list_edits(session, "about", "en")) == 1


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("# A\n\nOne\n##paidbegin##two##paidend##\n", "Line 4 holds a marker"),
        ("# A\n\n##paidbegin##two\n", "never closed|not closed|no end"),
        ("# A\n\n##paidbegn##two##paidend##\n", "marker"),
        (" \n", "no text"),
        ("x" * (MAX_PAGE_BYTES + 1), "larger than"),
    ],
)
def test_what_cannot_be_a_page_is_refused_with_a_sentence(client, database, settings, save, source, sentence):
    before = shown(client)
    with pytest.raises(InvalidInputError, match=sentence):
        save(source)
    with pytest.raises(InvalidInputError):
        check_page(source, "about", facts_of(settings))
    assert shown(client) == before


@pytest.mark.parametrize(("name", "language"), [("imprint", "en"), ("about", "fr")])
def test_there_are_no_other_pages(save, name, language):
    with pytest.raises(InvalidInputError, match="no such page"):
        save(OURS, name=name, language=language)


def test_who_changes_a_page_sees_where_its_text_stands(database, settings, save):
    texts = open_page_texts(settings)

    def found(language="en"):
        with database.reading() as session:
            return texts.shown_source(session, "about", language)

    shipped = (SHIPPED / "about.en.md").read_text("utf-8")
    assert (found().text, found().origin, found().based_on) == (shipped, TextOrigin.SHIPPED, 0)
    texts.folder.mkdir()
    (texts.folder / "about.en.md").write_text(shipped)
    assert found().origin is TextOrigin.SHIPPED
    (texts.folder / "about.en.md").write_text("# About\n\nOf the file.\n")
    assert (found().text, found().origin) == ("# About\n\nOf the file.\n", TextOrigin.FILE)
    first = save(OURS)
    assert (found().text, found().origin, found().based_on) == (OURS, TextOrigin.DESK, first)
    second = save(None, based_on=first)
    assert (found().origin, found().based_on) == (TextOrigin.FILE, second)


def test_what_a_later_version_finds_in_a_kept_text_is_passed_over(client, database, save):
    save(OURS)
    with database.writing() as session:
        session.execute(text("UPDATE page_edits SET source = '# A' || char(10) || '##paidbegin##x##paidend##'"))
    shown(client, "/terms")
    assert "publishes research reports" in client.get("/about", headers={"Accept-Language": "en", "Cookie": "a=b"}).text


def test_new_terms_are_another_version_for_who_signs_up(app, database, save):
    sign_up(app.test_client(), "first@example.org")
    save("# Terms\n\nNew ones.\n", name="terms", language="zh-CN")
    sign_up(app.test_client(), "second@example.org")
    with database.reading() as session:
        first, second = (find_reader(session, f"{name}@example.org").terms_version for name in ("first", "second"))
    assert first != second
