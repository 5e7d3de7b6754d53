"""Formulas in a real browser: each is set, none needs a script, and what is wide scrolls."""

import os

import pytest

from tests.factories.formulas import FORMULAS, formulas_text
from tests.journeys.serving import Server

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
# Of each formula of the page what is wrong with it
WRONG = """() => [...document.querySelectorAll('.prose math')].map((math) => {
  const box = math.getBoundingClientRect(), bad = [];
  if (!(box.height > 8 && box.width > 3)) bad.push('no box');
  if (getComputedStyle(math).display.indexOf('math') < 0) bad.push('not laid out');
  if (math.querySelector('merror, [style], script, a')) bad.push('foreign element');
  for (const part of math.querySelectorAll(':is(mi, mn, mo, mtext):not(.bar > mo)'))
    if (part.textContent.trim() && !part.getBoundingClientRect().height) bad.push('no height: ' + part.textContent);
  return bad.length ? math.getAttribute('alttext') + ': ' + bad.join() : '';
}).filter(Boolean)"""
# How much lower than its numerator's its denominator stands, and how much wider a matrix is than one of its cells
LAID_OUT = """() => {
  const find = (sign, what) => [...document.querySelectorAll('.prose math[display]')]
    .find((math) => math.getAttribute('alttext').includes(sign)).querySelector(what);
  const [over, under] = find('binom', 'mfrac:not([linethickness])').children, table = find('pmatrix', 'mtable');
  const [left, right] = [...find('aligned', 'mtable').rows ?? find('aligned', 'mtable').children]
    .map((row) => row.children[1].firstElementChild.getBoundingClientRect().left);
  return {
    fraction: under.getBoundingClientRect().top >= over.getBoundingClientRect().bottom,
    matrix: table.getBoundingClientRect().width > 1.9 * table.querySelector('mtd').getBoundingClientRect().width,
    aligned: Math.abs(left - right) < 1,
  };
}"""


@pytest.fixture(scope="module")
def formulas(server: Server, tmp_path_factory) -> str:
    """The address of a page with all formulas, the last one far too wide for any phone."""
    wide = " + ".join(f"x_{{{number}}}" for number in range(60))
    path = tmp_path_factory.mktemp("formulas") / "formulas.md"
    path.write_text(f"{formulas_text('公式 formulas')}\n$$\n{wide}\n$$\n\nA ${wide}$ sentence.\n", "utf-8")
    return f"/d/{server.run('import', str(path), '--publish').split()[0]}"


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_every_formula_is_set_and_none_widens_the_page(page, formulas, screen):
    page.set_viewport_size(screen)
    page.goto(formulas)
    assert page.locator(".prose math").count() > 2 * len(FORMULAS) - 4
    assert page.evaluate(WRONG) == []
    assert page.evaluate(LAID_OUT) == {"fraction": True, "matrix": True, "aligned": True}
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
    if folder := os.environ.get("KEEP_PICTURES"):
        for look in ("light", "dark"):
            page.emulate_media(color_scheme=look)
            page.screenshot(path=f"{folder}/formulas-{screen['width']}-{look}.png", full_page=True)


def test_a_wide_formula_scrolls_with_the_keyboard(page, formulas):
    page.set_viewport_size(PHONE)
    page.goto(formulas)
    for wide in (page.locator("div.math").last, page.locator("span.math").last):
        wide.focus()
        assert wide.evaluate("one => one === document.activeElement && one.scrollWidth > one.clientWidth")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("one => one.scrollLeft > 0", arg=wide.element_handle())


def test_formulas_are_on_paper_as_on_the_screen(page, formulas):
    page.goto(formulas)
    page.emulate_media(media="print")
    assert page.evaluate(WRONG) == []
    colours = "one => [getComputedStyle(one).color, getComputedStyle(one.closest('.prose')).color]"
    math, prose = page.locator("div.math math").first.evaluate(colours)
    assert math == prose
