"""The layer under the text: marks stand where their words stand, whatever is typed, scrolled and how wide it is."""

import pytest

from tests.journeys.editor.editor_page import typed

LINE = "这一行要足够长，长到放不下，折到下一行去，ＡＢＣ and English words，“引号”、——破折号……\t制表符  two spaces"
TEXT = "\n".join(
    ["# 标题", "", f"##paidbegin##{LINE}##paidend##", "", *[f"{n} {LINE * (n % 4)}" for n in range(60)], "a" * 300, ""]
    + [f"结尾##paidbegin##付费{n}##paidend##😀 عربي" for n in range(5)]
)
# Whether what is marked lies where the text area has the same words: its own answer to what stands at a point.
APART = """(name) => {
  const area = document.querySelector("#source"), frame = area.getBoundingClientRect();
  const marks = [...document.querySelectorAll(`.editor__lines:not(.editor__ruler) .shade--${name}`)].filter((mark) => {
    const [{ top, bottom }] = mark.getClientRects();
    return top > frame.top && bottom < frame.bottom;
  });
  return marks.map((mark) => {
    const [box] = mark.getClientRects();
    const found = document.caretPositionFromPoint(box.left + 1, box.top + box.height / 2);
    return area.value.slice(found.offset, found.offset + mark.textContent.length) === mark.textContent
      ? "" : `${mark.textContent} / ${area.value.slice(found.offset, found.offset + 12)}`;
  });
}"""
ONE_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def page(house, edit_page):
    house.text = TEXT
    return edit_page()


def drawn(page, name: str) -> list[str]:
    page.evaluate(ONE_FRAME)
    return page.locator(f".editor__lines:not(.editor__ruler) .shade--{name}").all_text_contents()


@pytest.mark.parametrize("width", [390, 820, 1280, 1281.5])
def test_marks_lie_under_their_words(page, width):
    page.set_viewport_size({"width": int(width), "height": 1400})
    if width != int(width):  # a text as wide as no whole number of pixels
        page.evaluate("() => { document.querySelector('form').style.width = '1011.37px'; }")
    if width < 896:
        page.get_by_role("tab", name="Text").click()
    for top in (0, 700, 10**6):
        page.evaluate("(top) => { document.querySelector('#source').scrollTop = top; }", top)
        page.evaluate(ONE_FRAME)
        assert [each for each in page.evaluate(APART, "marker") if each] == []
    assert "付费4" in "".join(drawn(page, "paid"))


def test_a_stroke_moves_the_marks_behind_it(page):
    before = drawn(page, "paid")
    page.focus("#source")
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("新的一行\n##paidbegin##新##paidend##\n")
    assert drawn(page, "paid")[:6] == ["##paidbegin##", "新", "##paidend##", *before[:3]]
    assert [each for each in page.evaluate(APART, "marker") if each] == []


def test_findings_are_underlined_listed_and_said_where_the_caret_is(house, edit_page):
    house.text = "一\n二 ##paidbegn## 三"
    house.told = {
        "findings": [
            {
                "code": "near-marker",
                "severity": "error",
                "line": 2,
                "column": 3,
                "start": 4,
                "end": 16,
                "message": "So.",
            }
        ]
    }
    page = edit_page()
    page.wait_for_selector("[data-findings] li")
    assert drawn(page, "finding") == ["##paidbegn##"]
    assert page.locator("[data-findings] li").inner_text() == "Error: Line 2, column 3 So."
    page.locator("[data-findings] button").press("Enter")
    assert page.evaluate("[document.activeElement.id, document.activeElement.selectionStart]") == ["source", 4]
    page.wait_for_selector("[data-here]:not([hidden])")
    assert page.locator("[data-here]").inner_text() == "So."
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("零")
    assert drawn(page, "finding") == ["##paidbegn##"]


def test_buttons_and_keys_do_the_same_and_the_browser_takes_them_back_at_once(house, edit_page):
    house.text = "甲乙丙\n丁"
    page = edit_page()
    page.focus("#source")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+Shift+L")
    assert typed(page) == "##paidbegin##甲##paidend##乙丙\n丁"
    page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelector('#source').value === '甲乙丙\\n丁'")
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function("() => document.querySelector('#source').value.startsWith('##paidbegin##甲##paidend##')")
    page.get_by_role("button", name="Unlock").click()
    assert typed(page) == house.text
    assert page.evaluate("document.activeElement.id") == "source"
    page.keyboard.press("Control+b")
    page.keyboard.insert_text("粗")
    assert "**粗**" in typed(page) or "粗" in typed(page)


def test_a_button_with_nothing_to_do_says_so(house, edit_page):
    house.text = "甲"
    page = edit_page()
    page.get_by_role("button", name="Unlock").click()
    assert page.locator("[data-said]").inner_text() == "This is public already."


def test_words_are_found_and_replaced(house, edit_page):
    house.text = "甲乙甲丙甲"
    page = edit_page()
    page.focus("#source")
    page.keyboard.press("Control+Alt+f")
    page.keyboard.insert_text("甲")
    assert drawn(page, "hit") == ["甲", "甲", "甲"]
    page.get_by_label("Replace with").fill("丁")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert typed(page).count("丁") >= 1
    page.get_by_role("button", name="Replace all").click()
    assert typed(page) == "丁乙丁丙丁"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "source"


def test_tab_leaves_the_text(page):
    page.focus("#source")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "source"
    assert typed(page) == TEXT


def test_plain_text_has_no_buttons_of_markdown(house, edit_page):
    house.format = "text"
    page = edit_page()
    names = page.locator("[data-tools] button").all_inner_texts()
    assert names == ["Lock", "Lock to the end", "Unlock", "Page break", "Find"]
