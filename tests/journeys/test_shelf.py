"""A subscriber's shelf in a real browser: on two devices, by mouse and by keyboard, and without a script."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import slug_in
from tests.journeys.readers import sign_in, sign_up
from webapp.kit import randomness

PARAGRAPH = "第{number}段讲第{number}件事，正文较长，一行写不下，分列数字、原因与对策，并附各单位的意见。" * 3
SECTION = "一二三四五六七八"


def manuscript(title: str, first: str = "") -> str:
    lines = [title, first] if first else [title]
    for part, numeral in enumerate(SECTION):
        lines.append(f"{numeral}、第{numeral}部分")
        lines += [PARAGRAPH.format(number=part * 10 + number) for number in range(1, 8)]
    lines.insert(-3, "##paidbegin##只有付费读者才能看到的结论##paidend##")
    return "\n".join(lines) + "\n"


@pytest.fixture
def report(server, tmp_path):
    path = tmp_path / f"{randomness.token(4)}.txt"
    title = f"长篇报告{randomness.token(4)}"

    def publish(first: str = "") -> str:
        path.write_text(manuscript(title, first), encoding="utf-8")
        return f"/d/{slug_in(server.run('import', str(path), '--publish'))}"

    return publish


@pytest.fixture
def account(page, server):
    email = sign_up(page)
    server.run("grant", email)
    return email


@pytest.fixture
def device(chromium, server, account):
    """Return another device of the same reader."""
    contexts = []

    def another(**more):
        context = chromium.new_context(base_url=server.address, locale="zh-CN", **more)
        contexts.append(context)
        other = context.new_page()
        sign_in(other, account)
        return other

    yield another
    for context in contexts:
        context.close()


def scroll_to(page, words):
    with page.expect_response(
        lambda answer: answer.url.endswith("/position") and "permille" in answer.request.post_data
    ):
        page.evaluate(
            "words => [...document.querySelectorAll('.prose p')].find(p => p.textContent.startsWith(words))"
            ".scrollIntoView({ block: 'start' })",
            words,
        )


def select(page, words):
    """Select words as a mouse does, and let the page hear of it."""
    page.evaluate(
        """words => {
          const walker = document.createTreeWalker(document.querySelector('.prose'), NodeFilter.SHOW_TEXT);
          while (walker.nextNode() && !walker.currentNode.data.includes(words));
          const [node, range] = [walker.currentNode, document.createRange()];
          range.setStart(node, node.data.indexOf(words));
          range.setEnd(node, node.data.indexOf(words) + words.length);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        words,
    )


def test_who_has_read_a_preview_has_not_read_all_of_it(page, server, tmp_path):
    report = tmp_path / "mostly-paid.txt"
    report.write_text(
        f"多半付费的报告{randomness.token(4)}\n公开的一段。\n##paidbegin##{PARAGRAPH}##paidend##\n", "utf-8"
    )
    path = f"/d/{slug_in(server.run('import', str(report), '--publish'))}"
    sign_up(page)
    page.set_viewport_size({"width": 360, "height": 500})
    page.goto(path)
    with page.expect_response(lambda answer: "permille" in (answer.request.post_data or "")):
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.goto("/library/history")
    share = re.search(r"已读 (\d+)%", page.locator("main").inner_text())
    assert share
    assert 0 < int(share[1]) < 20


def test_a_report_that_fits_on_the_screen_is_read_when_it_is_opened(page, server, tmp_path, account):
    title = f"短讯{randomness.token(4)}"
    (tmp_path / "short.txt").write_text(f"{title}\n只有##paidbegin##一句##paidend##。\n", "utf-8")
    path = f"/d/{slug_in(server.run('import', str(tmp_path / 'short.txt'), '--publish'))}"
    with page.expect_response("**/position"):
        page.goto(path)
    page.goto("/library/history")
    assert "已读 100%" in page.locator("li", has_text=title).inner_text()


def test_reading_goes_on_where_it_stopped_on_another_device_and_in_another_edition(page, report, device):
    path = report()
    page.goto(path)
    assert page.get_by_role("link", name="继续阅读").count() == 0
    scroll_to(page, "第34段")

    phone = device(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    report("这一版添了一段新的前言，说明修订的缘由。")
    phone.goto(path)
    phone.locator(".tools > details > summary").click()
    link = phone.get_by_role("link", name="继续阅读")
    assert re.search(r"[4-6]\d%", link.inner_text())
    assert phone.evaluate("scrollY") == 0, "the page offers and never jumps by itself"
    link.click()
    phone.wait_for_function("scrollY > 1000")
    at_top = "document.elementFromPoint(180, 60).closest('p')?.textContent"
    phone.wait_for_function(f"/^第3[34]段/.test({at_top})")

    phone.goto("/library")
    assert phone.locator(".rows a").first.evaluate("link => decodeURI(link.pathname)") == path


def test_opening_a_report_puts_it_into_the_history(page, report, account):
    path = report()
    with page.expect_response("**/position"):
        page.goto(path)
    page.goto("/library/history")
    assert page.locator(".rows li").count() == 1
    page.get_by_role("button", name="移除").click()
    expect(page.locator("main")).to_contain_text("您还没有阅读记录")


def test_a_bookmark_is_put_without_leaving_the_place(page, report, account):
    path = report()
    page.goto(path)
    scroll_to(page, "第34段")
    before = page.evaluate("scrollY")
    button = page.get_by_role("button", name="书签")
    with page.expect_response("**/bookmark"):
        button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("scrollY") == before
    page.reload()
    assert button.get_attribute("aria-pressed") == "true"


def test_a_passage_is_marked_with_the_mouse_and_survives_a_revision(page, report, account):
    path = report()
    page.goto(path)
    paragraph = page.locator(".prose p", has_text="第12段讲")
    paragraph.scroll_into_view_if_needed()
    box = paragraph.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 90, box["y"] + 16)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 16, steps=4)
    page.mouse.up()
    chosen = page.evaluate("getSelection().toString()")
    assert len(chosen) > 5
    marker = page.locator(".marker")
    expect(marker).to_contain_text(chosen.strip()[:10])
    marker.get_by_role("button", name="划线").click()
    page.wait_for_url("**#highlight-1")
    assert page.locator("mark.highlight").inner_text() == chosen.strip()

    report("这一版添了一段新的前言，说明修订的缘由。")
    page.goto(path)
    assert page.locator("mark.highlight").inner_text() == chosen.strip()


def test_a_passage_is_marked_with_the_keyboard_alone_with_a_note(page, report, account):
    page.goto(report())
    select(page, "分列数字、原因与对策")
    button = page.locator("[data-mark]")
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "note"
    page.keyboard.type("待核实")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#highlight-1")
    assert page.locator("mark.highlight").inner_text() == "分列数字、原因与对策"
    page.get_by_role("link", name="待核实").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/notes#note-1")
    assert page.locator("textarea").first.input_value() == "待核实"


def test_a_passage_across_paragraphs_and_headings_is_marked_as_one(page, report, account):
    page.goto(report())
    page.evaluate(
        """() => {
          const parts = [...document.querySelectorAll('.prose > *')];
          const heading = parts.findIndex((part) => part.tagName === 'H2' && part.textContent.startsWith('二'));
          const range = document.createRange();
          range.setStart(parts[heading - 1].firstChild, 4);
          range.setEnd(parts[heading + 1].firstChild, 6);
          getSelection().addRange(range);
        }"""
    )
    page.locator(".marker").wait_for()
    page.locator(".marker").get_by_role("button", name="划线").click()
    page.wait_for_url("**#highlight-1")
    marks = page.locator("mark.highlight").all_inner_texts()
    assert len(marks) == 3
    assert marks[1] == "二、第二部分"


def test_without_a_selection_the_button_says_what_to_do_and_escape_closes_it(page, report, account):
    page.goto(report())
    page.locator("[data-mark]").click()
    assert "请先选中要划线的文字" in page.locator(".marker").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".marker").is_hidden()


def test_the_shelf_works_without_a_script(report, device):
    path = report()
    page = device(java_script_enabled=False)
    page.goto(path)
    assert page.locator(".marker").is_hidden()
    assert page.locator("[data-mark]").is_hidden()
    page.get_by_role("button", name="书签").click()
    expect(page.get_by_role("button", name="书签")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="划线与笔记").click()
    page.get_by_label("原文").fill("分列数字、原因与对策")
    page.get_by_role("button", name="划线", exact=True).click()
    expect(page.locator("mark.highlight")).to_have_text("分列数字、原因与对策")
    page.get_by_role("link", name="划线与笔记").click()
    page.get_by_label("章节").select_option(label="三、第三部分")
    page.get_by_role("button", name="加书签").click()
    expect(page.get_by_role("list", name="已加书签的章节")).to_have_text("三、第三部分")
    page.goto("/library")
    assert page.locator("main").inner_text().count("长篇报告") == 3


@pytest.mark.parametrize("width", [360, 1280])
def test_its_pages_fit_a_phone(page, report, account, width):
    path = report()
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(path)
    select(page, "分列数字、原因与对策")
    page.locator(".marker").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".marker").get_by_role("button", name="划线").click()
    page.wait_for_url("**#highlight-1")
    for address in (f"{path}/notes", "/library", "/library/history", "/library/notes"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
