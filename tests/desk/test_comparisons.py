"""Two texts compared on a page: as one or beside each other, with what is paid marked and nothing of them as markup."""

import pytest
from flask import render_template_string

from tests.factories.html import parse, texts
from webapp.desk.comparisons import show_comparison

PAGE = """{% from "components/comparison.html" import comparison with context %}
{{ comparison(shown, "before", "after") }}"""
BEGIN, END = "##paidbegin##", "##paidend##"
BEFORE = f"题目\n公开的话{BEGIN}付费的旧话{END}完\n<b>照旧</b>\n"
AFTER = f"题目\n公开的话付费的{BEGIN}新话{END}完\n<b>照旧</b>\n"


@pytest.fixture
def shown(app):
    def show(query="", before=BEFORE, after=AFTER, **more):
        with app.test_request_context(f"/desk/x{query}", headers={"Accept-Language": "en"}):
            return render_template_string(PAGE, shown=show_comparison(before, after, **more))

    return show


def test_as_one_text_what_went_and_came_is_seen_and_what_was_opened(shown):
    page = shown()
    assert [texts(page, f"{kind} ")[0] for kind in ("del", "ins")] == ["taken out", "put in"]  # the legend
    changed = parse(page).css(".comparison del, .comparison ins")
    assert [each.text() for each in changed] == [BEGIN, "旧", BEGIN, "新"]
    assert texts(page, ".comparison .is-opened") == ["付费的"]
    assert texts(page, ".comparison .is-paid") == ["旧", "新", "话"]
    assert "3 characters that were paid are public." in page
    assert "They are underlined twice below." in page


def test_beside_each_other_each_side_has_its_own_text(shown):
    page = parse(shown("?view=side"))
    rows = [[cell.text() for cell in row.css(".comparison__text")] for row in page.css(".comparison__row")]
    assert [one for one, _other in rows[1:]] == [f"{line}\n" for line in BEFORE.splitlines()]
    assert [other for _one, other in rows[1:]] == [f"{line}\n" for line in AFTER.splitlines()]
    assert [cell.text() for cell in page.css(".comparison__head div")] == ["before", "after"]


def test_a_page_may_ask_for_both_sides_first(shown):
    assert "comparison--side" in shown(side=True)
    assert "comparison--side" not in shown("?view=one", side=True)


def test_what_is_the_same_is_folded_until_all_is_asked_for(shown):
    long = "".join(f"第{number}行的文字都在这里。\n" for number in range(50))
    assert "44 lines that are the same" not in shown(before=long, after=long + "完")
    assert "48 lines that are the same" in shown(before=long, after=long + "完")
    assert "第1行" in shown("?whole=1", before=long, after=long + "完")
    assert "Both say the same." in shown(before=long, after=long)


def test_many_changes_have_pages_that_keep_how_they_are_shown(shown):
    many = "".join(f"第{number}行的文字都在这里了。\n" for number in range(4000))
    page = shown("?view=side&page=1", before=many, after=many.replace("文字", "话语"))
    (link,) = parse(page).css('a[rel="next"]')
    assert link.attributes["href"] == "?view=side&page=2"
    second = shown("?page=2", before=many, after=many.replace("文字", "话语"))
    assert parse(second).css('a[rel="prev"]')
    assert parse(shown("?page=-99999999999999999999&x=1", before=many, after="")).css(".comparison__row")


def test_a_text_is_no_markup_and_line_breaks_are_seen(shown):
    page = shown(before="<script>甲</script>", after="<script>乙\n</script>")
    assert not parse(page).css(".comparison script")
    assert "↵\n" in page
