"""What Markdown has beyond paragraphs, in a real browser: nothing is unreadable, torn or pulled apart."""

import pytest
from PIL import Image

from tests.journeys.conftest import slug_in
from tests.journeys.serving import Server

PHONE = {"width": 360, "height": 740}
REPORT = """# 各种标记

这一段里有一个很长的地址，写在句子里面，前面的字不应被拉开：https://example.com/report/with/a/very/long/address 。

![线条](lines.png "黑线，底是透明的")

| 港口 | 吞吐量 | 同比 | 说明 |
|------|-------:|-----:|------|
| 云泽 | 12,345 | +3.2% | 三月停航十天检修设备四月起恢复夜班并补足前月欠量 |

- [x] 做完的
- [ ] 没做的
"""
# How many lines stand in each cell of the last row
LINES = """() => [...document.querySelectorAll('.prose tr:last-child td')].map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map((box) => box.top)).size;
})"""
# How far apart two letters before the address stand, in letters
APART = """() => {
  const one = document.querySelector('.prose > p'), range = document.createRange(), text = one.firstChild;
  range.setStart(text, text.length - 3); range.setEnd(text, text.length - 1);
  return range.getBoundingClientRect().width / 2 / parseFloat(getComputedStyle(one).fontSize);
}"""
GROUND = "one => getComputedStyle(one).backgroundColor"


@pytest.fixture(scope="module")
def marked_up(server: Server, tmp_path_factory) -> str:
    """The address of a page with a picture of black lines, a long address, a table and tasks."""
    folder = tmp_path_factory.mktemp("markup")
    Image.new("RGBA", (60, 40), (0, 0, 0, 0)).save(folder / "lines.png")
    (folder / "report.md").write_text(REPORT, "utf-8")
    return f"/d/{slug_in(server.run('import', str(folder / 'report.md'), '--publish'))}"


@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", "rgba(0, 0, 0, 0)"), ("dark", "rgb(233, 228, 218)")], ids=["light", "dark"]
)
def test_black_lines_on_nothing_are_seen_on_dark_paper(page, marked_up, scheme, ground):
    page.emulate_media(color_scheme=scheme)
    page.goto(marked_up)
    assert page.locator(".prose img").evaluate(GROUND) == ground


def test_names_and_figures_in_a_table_stay_whole_and_long_cells_keep_room(page, marked_up):
    page.set_viewport_size(PHONE)
    page.goto(marked_up)
    *short, long = page.evaluate(LINES)
    assert short == [1, 1, 1]
    assert long <= 5


def test_a_line_before_an_address_is_not_pulled_apart(page, marked_up):
    page.set_viewport_size(PHONE)
    page.goto(marked_up)
    assert page.evaluate(APART) < 1.1


def test_a_done_task_is_told_from_one_to_do(page, marked_up):
    page.goto(marked_up)
    signs = "boxes => boxes.map(box => getComputedStyle(box, '::before').content)"
    assert page.locator(".task input").evaluate_all(signs) == ['"✓"', "none"]
