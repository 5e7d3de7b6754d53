"""Nothing that was typed is lost, whatever ends: the page, the network, the session, the server's patience."""

import pytest
from playwright.sync_api import Error

from tests.journeys.editor.editor_page import ADDRESS, typed

COPIES = """async () => {
  const request = indexedDB.open("paidspan-editor");
  const database = await new Promise((answer) => { request.onsuccess = () => answer(request.result); });
  const found = database.objectStoreNames.length
    ? database.transaction("texts").objectStore("texts").getAll() : { result: [] };
  if (found.readyState) await new Promise((answer) => { found.onsuccess = answer; });
  database.close();
  return found.result.map((each) => each.text);
}"""
STATE = "[data-state]"
IS = "(state) => document.querySelector('[data-state]').dataset.now === state"


@pytest.fixture
def page(house, edit_page):
    house.text = "甲"
    return edit_page()


def types(page, words: str) -> None:
    page.focus("#source")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(words)


def saves(page) -> None:
    page.keyboard.press("Control+s")


def until(page, state: str) -> None:
    page.wait_for_function(IS, arg=state)


def kept(page) -> list[str]:
    return page.evaluate(COPIES)


def test_a_text_is_saved_after_the_last_stroke_and_its_copy_is_gone(house, page):
    types(page, "乙")
    page.wait_for_function(f"async () => (await ({COPIES})()).length === 1")
    until(page, "saved")
    assert house.text == "甲乙"
    page.wait_for_function(f"async () => (await ({COPIES})()).length === 0")
    assert page.locator(STATE).inner_text().startswith("Saved at ")
    types(page, "丙")
    page.get_by_role("button", name="save").click()
    page.wait_for_load_state()
    assert house.text == "甲乙丙"
    assert [each["version"] for each in house.saves] == ["4", "5"]


def test_a_page_that_is_killed_gives_its_text_to_the_next(house, browser_context, page, edit_page):
    house.answers = ["cut"] * 9
    for sign in "乙丙丁":
        types(page, sign)
    page.wait_for_function(f"async () => (await ({COPIES})())[0] === '甲乙丙丁'")
    with pytest.raises(Error, match="crash"):
        page.goto("chrome://crash")
    house.answers = []
    page = edit_page()
    page.wait_for_selector('[data-notice="restored"]:not([hidden])')
    assert typed(page) == "甲乙丙丁"
    until(page, "saved")
    assert house.text == "甲乙丙丁"


def test_a_restored_text_can_be_taken_out_again(house, page, edit_page):
    house.answers = ["cut"] * 9
    types(page, "乙")
    page.wait_for_function(f"async () => (await ({COPIES})()).length === 1")
    page.close()
    house.answers = ["cut"]
    page = edit_page()
    page.get_by_role("button", name="Take it out again").click()
    assert typed(page) == "甲"


def test_a_text_is_sent_again_when_no_answer_came(house, page):
    for trouble, sign in (("cut", "乙"), ("lost", "丁")):
        house.answers = [trouble]
        types(page, sign)
        saves(page)
        until(page, "offline")
        types(page, "丙")
        until(page, "saved")
    assert house.text == "甲乙丙丁丙"
    assert page.locator('[data-notice="conflict"]').is_hidden()


def test_an_answer_that_is_none_does_not_count_as_saved(house, page):
    """BookStackApp/BookStack#2150: an editor said "saved" for a day, and nothing was."""
    house.answers = ["page"]
    types(page, "乙")
    saves(page)
    until(page, "offline")
    assert kept(page) == ["甲乙"]
    until(page, "saved")
    assert house.text == "甲乙"


def test_who_types_while_it_is_saved_loses_no_stroke_and_keeps_the_place(house, page):
    """TryGhost/Ghost#10661: automatic saving took the last words and the focus."""
    page.focus("#source")
    page.keyboard.press("Control+Home")
    for number in range(12):
        page.keyboard.type(f"{number},")
        saves(page)
    written = "".join(f"{number}," for number in range(12))
    assert typed(page) == f"{written}甲"
    assert page.evaluate("[document.activeElement.id, document.activeElement.selectionStart]") == [
        "source",
        len(written),
    ]
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'saved'")
    assert house.text == typed(page)


def test_what_the_server_refuses_is_told_and_kept(house, page):
    for status, state in ((503, "busy"), (401, "signedOut"), (413, "tooLong"), (404, "gone")):
        house.answers = [status]
        types(page, "乙")
        saves(page)
        until(page, state)
        assert kept(page) == [typed(page)]
        assert page.locator(STATE).inner_text()
        assert page.locator("[data-said]").inner_text() == page.locator(STATE).inner_text()
        saves(page)
        until(page, "saved")
    assert house.text == "甲乙乙乙乙"


def test_a_form_token_that_is_outdated_is_fetched_anew(house, page):
    house.token = "better"
    types(page, "乙")
    saves(page)
    until(page, "saved")
    assert house.text == "甲乙"


def test_another_version_is_not_overwritten_and_shown_beside(house, page):
    house.text, house.version = "别人的", 9
    types(page, "乙")
    saves(page)
    until(page, "conflict")
    box = page.locator('[data-notice="conflict"]')
    assert "b@example.com" in box.inner_text()
    assert box.get_by_role("link").get_attribute("href") == "/compare"
    assert house.text == "别人的"
    types(page, "丙")
    saves(page)
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'conflict'")
    assert [house.saves[-1][name] for name in ("source", "conflict")] == ["甲乙丙", "1"]


def test_a_copy_of_an_older_version_goes_beside_the_newer_one(house, page, edit_page):
    house.answers = ["cut"] * 9
    types(page, "乙")
    page.wait_for_function(f"async () => (await ({COPIES})()).length === 1")
    page.close()
    house.answers, house.text, house.version = [], "别人的", 9
    page = edit_page()
    page.wait_for_selector('[data-notice="conflict"]:not([hidden])')
    assert typed(page) == "别人的"
    assert (house.saves[-1]["source"], house.saves[-1]["version"]) == ("甲乙", "4")
    page.wait_for_function(f"async () => (await ({COPIES})()).length === 0")


def test_a_second_tab_is_told_before_anybody_types(page, edit_page):
    other = edit_page()
    other.wait_for_selector('[data-notice="elsewhere"]:not([hidden])')
    types(page, "乙")
    saves(page)
    other.wait_for_selector('[data-notice="changed"]:not([hidden])')
    assert page.locator('[data-notice="elsewhere"]').is_hidden()


def test_who_signs_out_leaves_nothing_here_and_loses_nothing(house, page):
    types(page, "乙")
    page.click("form.leave button")
    page.wait_for_url("**/logout")
    assert house.text == "甲乙"
    page.goto(ADDRESS)
    assert kept(page) == []


def test_who_signs_out_without_a_server_is_warned_first(house, page):
    house.answers = ["cut"] * 9
    types(page, "乙")
    page.click("form.leave button")
    page.wait_for_function("() => document.querySelector('[data-state]').textContent.includes('Press once more')")
    page.click("form.leave button")
    page.wait_for_url("**/logout")


def test_what_is_taken_back_need_not_be_saved(house, page):
    types(page, "乙")
    page.keyboard.press("Control+z")
    page.wait_for_function(f"async () => (await ({COPIES})()).length === 0")
    until(page, "saved")
    assert typed(page) == "甲"
