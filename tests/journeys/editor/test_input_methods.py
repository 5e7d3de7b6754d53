"""Chinese by an input method: what is being composed is left alone, and what was typed is as it was typed."""

import pytest

from tests.journeys.editor.editor_page import typed


class Hand:
    """Who types with an input method."""

    def __init__(self, page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def composes(self, *steps: str) -> None:
        """Show letters that are being composed, step by step."""
        for step in steps:
            self.session.send(
                "Input.imeSetComposition", {"text": step, "selectionStart": len(step), "selectionEnd": len(step)}
            )

    def commits(self, words: str) -> None:
        """Choose words in place of the letters."""
        self.session.send("Input.insertText", {"text": words})

    def selects(self, start: int, stop: int) -> None:
        """Select a part of the text."""
        self.page.evaluate(
            "([a, z]) => { const s = document.querySelector('#source'); s.focus(); s.setSelectionRange(a, z); }",
            [start, stop],
        )


@pytest.fixture
def text() -> str:
    return "前\n##paidbegin##中##paidend##后"


@pytest.fixture
def page(house, edit_page, text):
    house.text = text
    return edit_page()


@pytest.fixture
def hand(page) -> Hand:
    return Hand(page)


def test_words_are_composed_beside_markers(page, hand, text):
    for at in (28, 27, 16, 15, 2, 1, 0):
        hand.selects(at, at)
        hand.composes("z", "zh", "zhong", "zhong'w")
        hand.commits("中文")
        text = text[:at] + "中文" + text[at:]
        assert typed(page) == text
        assert page.evaluate("document.querySelector('#source').selectionStart") == at + 2


@pytest.mark.parametrize("text", ["", "---\ntitle: 题\n---\n", "前\n\n"])
def test_words_are_composed_where_nothing_stands_yet(page, hand, text):
    """ckeditor/ckeditor5#11290: the first sign came twice; typora/typora-issues#6554: none came behind front matter."""
    hand.selects(len(text), len(text))
    hand.composes("n", "ni", "ni'h")
    hand.commits("你好")
    hand.composes("[")
    hand.commits("【")
    assert typed(page) == f"{text}你好【"


def test_words_are_composed_over_a_selection_that_holds_markers(page, hand, text):
    hand.selects(0, 20)
    hand.composes("b", "bi", "biao")
    hand.commits("表")
    assert typed(page) == "表" + text[20:]


def test_half_a_composition_is_neither_saved_nor_shown_nor_edited(house, page, hand, text):
    hand.selects(1, 1)
    hand.commits("一")
    hand.composes("x", "xi", "xie")
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'saved'")  # in the middle
    assert house.text == "前一" + text[1:]
    assert not any("x" in asked.replace(text, "") for asked in house.asked)
    page.keyboard.press("Control+Shift+L")
    page.evaluate("document.querySelector('[data-do=lock]').click()")
    assert typed(page) == "前一xie" + text[1:]
    hand.composes("xie'z", "xie'zi")
    hand.commits("写字")
    assert typed(page) == "前一写字" + text[1:]
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'waiting'")
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'saved'")
    assert house.text == "前一写字" + text[1:]


def test_who_leaves_in_the_middle_of_a_composition_saves_what_was_whole(house, page, hand, text):
    hand.selects(1, 1)
    hand.commits("一")
    hand.composes("x", "xi")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'saved'")
    assert house.text == "前一" + text[1:]


def test_a_composition_that_is_given_up_leaves_the_text_as_it_was(page, hand, text):
    hand.selects(3, 3)
    hand.composes("x", "xi")
    hand.composes("")
    assert typed(page) == text
    hand.commits("😀𠮷")
    hand.selects(3, 7)
    page.get_by_role("button", name="Bold").click()
    assert typed(page) == text[:3] + "**😀𠮷**" + text[3:]


def test_line_ends_and_tabs_stay(house, edit_page):
    house.text = "一\r\n\t二\r\n三"
    page = edit_page()
    page.focus("#source")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\t四\n五")
    page.wait_for_function("() => document.querySelector('[data-state]').dataset.now === 'saved'")
    assert house.saves[-1]["source"] == "一\n\t二\n三\t四\n五"
