"""The reading page in a real browser: its measure, its contents that follow, and what a reader sets."""

import re

import pytest

from tests.journeys.conftest import slug_in

CHINESE = "云泽市图书馆2025年度工作报告"
ENGLISH = "river-freight-in-2026-what-low-water-cost-the-velm"
WITH_CHIPS = "2026年城市阅读市场观察"
PHONE = {"width": 360, "height": 740}

# How many characters stand in each line of the first paragraph, the last line left out.
LINES = """() => {
  const text = document.querySelector('.prose > p').firstChild, range = document.createRange(), lines = [];
  let top = null, count = 0;
  for (let at = 0; at < text.length; at++) {
    range.setStart(text, at); range.setEnd(text, at + 1);
    const here = range.getBoundingClientRect();
    if (top !== null && here.top > top + 5) { lines.push(count); count = 0; }
    top = here.top; count++;
  }
  return lines;
}"""

# The words of the page's tables that stand on more than one line.
TORN = """() => {
  const torn = [], range = document.createRange();
  for (const cell of document.querySelectorAll('.prose :is(th, td)')) {
    const text = cell.firstChild;
    for (const { 0: word, index } of text?.nodeType === Node.TEXT_NODE ? text.data.matchAll(/\\w+/g) : []) {
      range.setStart(text, index); range.setEnd(text, index + word.length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) torn.push(word);
    }
  }
  return torn;
}"""
# How far apart neighbouring Chinese characters of paragraphs with chips stand at most, in widths of one.
APART = """() => {
  const range = document.createRange();
  let most = 0;
  for (const one of document.querySelectorAll('.prose > p:has(.paid-gate--inline)')) {
    const em = parseFloat(getComputedStyle(one).fontSize);
    const pairs = (text) => text.data?.matchAll(/\\p{sc=Han}(?=\\p{sc=Han})/gu) ?? [];
    for (const text of one.childNodes) for (const { index } of pairs(text)) {
      const [left, right] = [0, 1].map((step) => {
        range.setStart(text, index + step); range.setEnd(text, index + step + 1);
        return range.getBoundingClientRect();
      });
      if (left.top === right.top) most = Math.max(most, (right.left - left.left) / em);
    }
  }
  return most;
}"""
# The last lines of the page's paragraphs.
LAST_LINES = """() => [...document.querySelectorAll('.prose > p')].filter((one) => one.lastChild?.data).map((one) => {
  const text = one.lastChild, range = document.createRange();
  range.selectNodeContents(one);
  const bottom = Math.max(...[...range.getClientRects()].map((box) => box.bottom));
  let at = text.length;
  for (; at > 0; at--) {
    range.setStart(text, at - 1); range.setEnd(text, at);
    if (range.getBoundingClientRect().bottom < bottom - 5) break;
  }
  return text.data.slice(at);
})"""


@pytest.mark.parametrize("width", ["narrow", "medium", "wide"])
@pytest.mark.parametrize("size", ["small", "medium", "largest"])
def test_a_line_holds_as_many_characters_as_are_easy_to_read(page, width, size):
    page.goto(f"/look?width={width}&size={size}&next=/d/{CHINESE}")
    indent = 2
    lines = page.evaluate(LINES)
    assert 34 <= lines[0] + indent <= 40, lines
    page.goto(f"/look?width={width}&size={size}&next=/d/{ENGLISH}")
    lines = page.evaluate(LINES)
    assert 60 <= sum(lines) / len(lines) <= 75, lines


def test_no_word_in_a_table_is_torn(page):
    for screen in (PHONE, {"width": 1280, "height": 900}):
        page.set_viewport_size(screen)
        page.goto(f"/d/{ENGLISH}")
        assert page.locator(".prose td").count()
        assert not page.evaluate(TORN)
        assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]


def test_a_line_with_a_chip_is_not_pulled_apart(page):
    page.set_viewport_size(PHONE)
    page.goto(f"/d/{WITH_CHIPS}")
    assert 0.9 < page.evaluate(APART) < 1.1


def test_no_paragraph_ends_on_a_line_of_one_character(page):
    page.set_viewport_size(PHONE)
    page.goto(f"/d/{CHINESE}")
    lines = [re.sub(r"\W", "", line) for line in page.evaluate(LAST_LINES)]
    assert lines
    assert all(len(line) > 1 for line in lines), lines


def test_every_paragraph_begins_two_characters_in_whatever_is_paid_of_it(page, server, tmp_path):
    report = tmp_path / "indented.txt"
    report.write_text(
        "各段缩进\n开头公开。\n前文。##paidbegin##后文付费。##paidend##\n前##paidbegin##中##paidend##后。\n", "utf-8"
    )
    page.goto(f"/d/{slug_in(server.run('import', str(report), '--publish'))}")
    indents = "ps => ps.map(p => parseFloat(getComputedStyle(p).textIndent) / parseFloat(getComputedStyle(p).fontSize))"
    assert page.locator(".prose > p").evaluate_all(indents) == [2, 2, 2]


@pytest.mark.parametrize("width", [1152, 1280])
def test_contents_and_tools_have_room_beside_the_largest_letters(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/look?width=wide&size=largest&next=/d/{CHINESE}")
    toc, tools = (page.locator(name).bounding_box()["width"] for name in (".toc", ".tools"))
    assert toc >= 144
    assert tools >= 112


def test_the_contents_follow_the_reader(page):
    page.goto(f"/d/{CHINESE}")
    current = page.locator(".toc [aria-current]")
    assert current.inner_text() == "开头"
    last = page.locator(".toc a").last.inner_text()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("text => document.querySelector('.toc [aria-current]').textContent === text", arg=last)
    assert current.count() == 1


def test_reading_settings_show_at_once_and_stay(page):
    page.goto(f"/d/{CHINESE}")
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.locator("summary", has_text="Aa").click()
    with page.expect_response(re.compile("/look")):
        page.get_by_label("米黄").check()
    chosen = page.evaluate(paper)
    assert chosen != before
    page.keyboard.press("Escape")
    assert not page.get_by_label("米黄").is_visible()
    page.goto("/plans")
    assert page.evaluate(paper) == chosen


def test_reading_settings_need_no_script(chromium, server):
    context = chromium.new_context(base_url=server.address, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/d/{CHINESE}")
    page.locator("summary", has_text="Aa").click()
    page.get_by_label("深色").check()
    page.get_by_role("button", name="保存").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.url.startswith(f"{server.address}/d/")
    context.close()


def test_paper_shows_the_text_alone_whatever_the_theme(page):
    page.goto(f"/look?theme=dark&next=/d/{CHINESE}")
    page.emulate_media(media="print")
    shown = {
        name: page.locator(name).first.is_visible() for name in (".prose", ".masthead", ".toc", ".tools", ".colophon")
    }
    assert shown == {".prose": True, ".masthead": False, ".toc": False, ".tools": False, ".colophon": False}
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_contents_and_tools_are_folded_away_on_a_phone(page):
    page.set_viewport_size(PHONE)
    page.goto(f"/d/{CHINESE}")
    assert not page.locator(".toc__list").is_visible()
    assert not page.locator(".tools__list").is_visible()
    page.locator(".toc summary").click()
    page.locator(".toc a").last.click()
    assert not page.locator(".toc__list").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
