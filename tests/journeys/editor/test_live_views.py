"""Visitor and subscriber beside the text: asked for after the last stroke, put in safely, there where the caret is."""

import pytest

from tests.journeys.editor.editor_page import typed

PARAGRAPHS = [f"第{n}段的文字说的是第{n}件事。" for n in range(80)]
TEXT = "\n\n".join([*PARAGRAPHS[:40], "##paidbegin##要付费的##paidend##", *PARAGRAPHS[40:]])


def rendered(source: str) -> dict:
    parts = source.split("\n\n")
    shown = [f"<p>{part}</p>" for part in parts]
    public = [
        '<div class="paid-gate" id="gate-1">gate</div>' if "paidbegin" in part else f"<p>{part}</p>" for part in parts
    ]
    around = '<article class="document"><div class="prose" id="text">{}</div></article>'
    return {"public": around.format("".join(public)), "full": around.format("".join(shown))}


def view(page, name: str = "public") -> str:
    return page.evaluate(
        "(name) => document.querySelector(`[data-view=${name}]`).shadowRoot.lastElementChild.innerHTML", name
    )


@pytest.fixture
def page(house, edit_page):
    house.text, house.told = TEXT, rendered
    page = edit_page()
    page.wait_for_function("() => document.querySelector('[data-view=public]').shadowRoot.querySelector('article')")
    return page


def test_the_views_hold_the_answer_as_it_came_and_change_where_it_changed(house, page):
    assert view(page) == rendered(TEXT)["public"]
    page.evaluate("window.first = document.querySelector('[data-view=full]').shadowRoot.querySelectorAll('p')[3]")
    page.focus("#source")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("尾")
    page.wait_for_function("() => document.querySelector('[data-view=full]').shadowRoot.textContent.includes('尾')")
    assert view(page, "full") == rendered(typed(page))["full"]
    assert view(page) == rendered(typed(page))["public"]
    assert page.evaluate("first.isConnected")
    assert page.locator("[data-figure=public_characters]").inner_text() == f"{len(typed(page)):,}"


def test_the_views_follow_the_caret(page):
    seen = """(words) => {
      const pane = document.querySelector('#pane-public'), frame = pane.getBoundingClientRect();
      const found = [...document.querySelector('[data-view=public]').shadowRoot.querySelectorAll('p, .paid-gate')]
        .find((each) => each.textContent === words).getBoundingClientRect();
      return found.top >= frame.top && found.bottom <= frame.bottom;
    }"""
    for words, shown in ((PARAGRAPHS[70], PARAGRAPHS[70]), (PARAGRAPHS[3], PARAGRAPHS[3]), ("要付费的", "gate")):
        at = TEXT.index(words) + 2
        page.evaluate(
            "(at) => { const s = document.querySelector('#source'); s.focus(); s.setSelectionRange(at, at); }", at
        )
        page.wait_for_function(seen, arg=shown)


def test_a_view_that_cannot_be_made_says_why_and_the_last_one_stays(house, page):
    house.told = {"problem": "A span has no end.", "public": "", "full": ""}
    page.focus("#source")
    page.keyboard.insert_text("x")
    page.wait_for_selector("[data-problem]:not([hidden])")
    assert page.locator("[data-problem]").inner_text() == "A span has no end."
    assert "第3段" in view(page)


def test_an_answer_to_an_older_text_is_dropped(house, page):
    page.evaluate(
        """() => {
          const real = window.fetch, held = [];
          window.release = () => held.forEach((go) => go());
          window.fetch = async (address, how) => {
            if (!String(address).includes("views") || window.late) return real(address, how);
            window.late = true;
            await new Promise((go) => held.push(go));
            return real(address, { ...how, signal: null });
          };
        }"""
    )
    page.focus("#source")
    page.keyboard.insert_text("旧")
    page.wait_for_function("() => window.late")
    page.keyboard.insert_text("新")
    page.wait_for_function("() => document.querySelector('[data-view=full]').shadowRoot.textContent.includes('旧新')")
    page.evaluate("release()")
    page.wait_for_load_state("networkidle")
    assert "旧新" in view(page, "full")


def test_what_is_in_a_view_leads_nowhere_and_runs_nothing(house, edit_page):
    house.told = {
        "full": '<article><p><a href="/away">x</a> <a href="#there">y</a><script>hit=1</script></p>'
        '<h2 id="there">z</h2><form action="/buy"><button>buy</button></form></article>'
    }
    page = edit_page()
    page.wait_for_function("() => document.querySelector('[data-view=full]').shadowRoot.querySelector('article')")
    page.evaluate(
        "() => document.querySelector('[data-view=full]').shadowRoot.querySelectorAll('a, button')"
        ".forEach((one) => one.click())"
    )
    assert page.evaluate("typeof hit") == "undefined"
    assert "/desk/documents/7" in page.url


def test_on_a_phone_the_three_are_tabs(page):
    page.set_viewport_size({"width": 390, "height": 740})
    for name, pane in (("Text", "text"), ("Visitor", "public"), ("Subscriber", "full")):
        page.get_by_role("tab", name=name).click()
        for each in ("text", "public", "full"):
            assert page.locator(f"#pane-{each}").is_visible() == (each == pane)
    page.keyboard.press("ArrowRight")
    assert page.locator("#pane-text").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
