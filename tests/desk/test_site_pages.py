"""The pages of the house at the desk: looked at before they are saved, compared, returned; no text in the log."""

import pytest
from sqlalchemy import select

from tests.desk.xss_strings import XSS_STRINGS, assert_harmless
from tests.factories.html import parse
from tests.factories.people import token_in
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.site_pages.page_edits import list_edits

ABOUT = "/desk/pages/about/en"
OURS = "# About {site_name}\n\nWe are a **bookshop**.\n"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def editor(people):
    return people.signed_in("editor@example.com", Role.EDITOR)


def press(client, action, source=OURS, based_on=0, path=ABOUT):
    form = {"csrf_token": token_in(client.get("/account")), "action": action, "source": source, "based_on": based_on}
    return client.post(path, data=form, headers=ENGLISH, follow_redirects=True)


def based_on(page):
    return parse(page).css_first('[name="based_on"]').attributes["value"]


def edits(database):
    with database.reading() as session:
        return list_edits(session, "about", "en")


def test_all_pages_are_listed_in_both_languages(editor):
    page = editor.get("/desk/pages", headers=ENGLISH)
    assert len(parse(page).css("tbody tr")) == 10
    assert page.text.count("as paidspan ships it") == 10


def test_a_text_is_looked_at_saved_and_returned(editor, client, database):
    page = press(editor, "preview")
    assert "<strong>bookshop</strong>" in parse(page).css_first(".desk-preview").html
    assert "About paidspan" in parse(page).css_first(".desk-preview h3").text()
    assert (edits(database), "bookshop" in client.get("/about", headers=ENGLISH).text) == ([], False)
    page = press(editor, "save")
    assert "Readers see it now" in page.text
    assert "bookshop" in client.get("/about", headers=ENGLISH).text
    page = press(editor, "return", based_on=based_on(page))
    assert "is back" in page.text
    assert "bookshop" not in client.get("/about", headers=ENGLISH).text
    with database.reading() as session:
        told = session.scalars(select(LoggedActivity).order_by(LoggedActivity.id)).all()
        assert [(row.action, row.subject_kind, row.subject_id) for row in told] == [
            ("changed page", "page", "about.en"),
            ("returned page", "page", "about.en"),
        ]
        assert "bookshop" not in str([(row.before, row.after) for row in told])


def test_the_second_of_two_editors_sees_both_texts_and_may_save_theirs(editor, people, database):
    press(editor, "save")
    other = people.signed_in("other@example.com", Role.EDITOR)
    page = press(other, "save", "# About\n\nOther words.\n")
    assert page.status_code == 409
    assert "meanwhile" in parse(page).css_first("[role=alert]").text()
    assert "Other words." in parse(page).css_first("#source").text()
    assert "bookshop" in parse(page).css_first("#theirs").text()
    assert len(edits(database)) == 1
    press(other, "save", "# About\n\nOther words.\n", based_on(page))
    assert [edit.source for edit in edits(database)] == ["# About\n\nOther words.\n", OURS]


def test_a_former_text_is_compared_and_put_into_the_form(editor, database):
    press(editor, "save")
    first = edits(database)[0].id
    press(editor, "save", OURS.replace("bookshop", "press"), first)
    page = editor.get(f"{ABOUT}?compare={first}", headers=ENGLISH)
    assert [node.text() for node in parse(page).css(".comparison del, .comparison ins")] == ["bookshop", "press"]
    assert "bookshop" in parse(editor.get(f"{ABOUT}?from={first}")).css_first("#source").text()
    for wrong in ("from=999", "compare=x", f"from={'9' * 30}", "compare=-1"):
        assert editor.get(f"{ABOUT}?{wrong}").status_code == 404
    assert editor.get(f"/desk/pages/terms/en?from={first}").status_code == 404


@pytest.mark.parametrize("action", ["preview", "save"])
def test_a_marker_is_refused_with_its_line_and_the_text_stays(editor, database, action):
    page = press(editor, action, "# About\n\nFor\n##paidbegin##payers##paidend##\n")
    assert page.status_code == 400
    assert "Line 4" in parse(page).css_first("[role=alert]").text()
    assert "payers" in parse(page).css_first("#source").text()
    assert edits(database) == []


def test_a_long_chinese_text_fits_into_the_form(editor, database):
    text = "# 关于\n\n" + "字" * 60_000
    assert press(editor, "save", text).status_code == 200
    assert edits(database)[0].source == text
    assert "larger than" in press(editor, "save", "字" * 70_000, edits(database)[0].id).text


def test_no_text_becomes_markup_beyond_markdown(editor, client):
    number = 0
    text = "# About\n\n" + "\n\n".join(one.replace("\x0c", " ") for one in XSS_STRINGS)
    page = press(editor, "preview", text)
    assert page.status_code == 200
    assert_harmless(page.text)
    page = press(editor, "save", text, number)
    assert_harmless(page.text)
    assert_harmless(client.get("/about", headers=ENGLISH).text)


def test_pages_that_there_are_not_are_not_there(editor):
    assert editor.get("/desk/pages/imprint/en").status_code == 404
    assert editor.get("/desk/pages/about/fr").status_code == 404
