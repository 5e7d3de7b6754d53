"""The reading page in a real browser: its measure, its contents that follow, and what a reader sets."""

import re

import pytest

CHINESE = "云泽市图书馆2025年度工作报告"
ENGLISH = "river-freight-in-2026-what-low-water-cost-the-velm"

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


def test_the_contents_follow_the_reader(page):
    page.goto(f"/d/{CHINESE}")
    current = page.locator(".toc [aria-current]")
    assert current.inner_text() == "开头"
    heading = page.locator(".prose h2[id]").first
    heading.evaluate("heading => scrollTo(0, heading.offsetTop)")
    page.wait_for_function(
        "text => document.querySelector('.toc [aria-current]').textContent === text", arg=heading.inner_text()
    )
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
    phone = 360
    page.set_viewport_size({"width": phone, "height": 740})
    page.goto(f"/d/{CHINESE}")
    assert not page.locator(".toc__list").is_visible()
    assert not page.locator(".tools__list").is_visible()
    page.locator(".toc summary").click()
    page.locator(".toc a").last.click()
    assert not page.locator(".toc__list").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= phone
