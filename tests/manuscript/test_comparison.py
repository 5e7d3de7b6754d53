"""Two sources are compared word by word, and what is paid in each is told."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manuscript.alignment import Aligner, Match
from webapp.manuscript.comparison import TextChange, compare_sources
from webapp.manuscript.comparison_rows import ComparedRow, Fold, LeftOut, comparison_page
from webapp.manuscript.marker_language.markers import MarkerKind

BEGIN, END = "##paidbegin##", "##paidend##"


def shown(before, after):
    """Return a comparison as one text: [-taken out-], {+put in+}, <opened or locked>."""
    signs = {TextChange.REMOVED: ("[-", "-]"), TextChange.ADDED: ("{+", "+}"), TextChange.SAME: ("", "")}
    pieces = compare_sources(before, after).pieces
    return "".join(f"<{piece.text}>" if piece.is_moved else piece.text.join(signs[piece.change]) for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", ""),
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
        ("出库略有增长。", "出库大有增长。", "出库[-略-]{+大+}有增长。"),
        ("The quick brown fox", "The slow brown dog", "The [-quick-]{+slow+} brown [-fox-]{+dog+}"),
        ("it's so", "its so", "[-it's-]{+its+} so"),
        ("カタログを見る", "カタログを読む", "カタログを[-見る-]{+読む+}"),
        ("ราคาสูง", "ราคาต่ำ", "ราคา[-สูง-]{+ต่ำ+}"),
        ("책을 읽다", "책을 읽고", "책을 [-읽다-]{+읽고+}"),
        ("cafe\u0301 noir", "cafe noir", "[-cafe\u0301-]{+cafe+} noir"),
        ("one\r\ntwo\r", "one\ntwo\n", "one\ntwo\n"),
        ("甲乙丙", "丁乙戊", "[-甲乙丙-]{+丁乙戊+}"),  # one sign between two changes would only confuse
        ("一\n二\n三", "一\n三", "一\n[-二\n-]三"),
    ],
)
def test_what_is_taken_out_and_put_in(before, after, told):
    assert shown(before, after) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (f"公开{BEGIN}付费{END}完", "公开付费完", f"公开[-{BEGIN}-]<付费>[-{END}-]完"),
        ("公开付费完", f"公开{BEGIN}付费{END}完", f"公开{{+{BEGIN}+}}<付费>{{+{END}+}}完"),
        (f"公开的{BEGIN}付费{END}", f"公开{BEGIN}的付费{END}", f"公开{{+{BEGIN}+}}<的>[-{BEGIN}-]付费{END}"),
        (f"甲{BEGIN}旧词{END}乙", f"甲{BEGIN}新话{END}乙", f"甲{BEGIN}[-旧词-]{{+新话+}}{END}乙"),
        (f"甲{BEGIN}付费{END}乙", f"甲{BEGIN}新付费{END}乙", f"甲{BEGIN}{{+新+}}付费{END}乙"),
        (f"甲{BEGIN}付费{END}", f"甲{BEGIN}付费{END}", f"甲{BEGIN}付费{END}"),
        (f"甲{BEGIN}付费{END}乙", f"甲{BEGIN}付费{END}丙{BEGIN}x{END}", None),
        ("甲##pagebreak##乙", "甲乙", "甲[-##pagebreak##-]乙"),
        (f"\\{BEGIN}", f"\\{BEGIN}!", f"\\{BEGIN}{{+!+}}"),
    ],
)
def test_markers_are_pieces_and_leave_the_words_the_same(before, after, told):
    if told:
        assert shown(before, after) == told
    pieces = compare_sources(before, after).pieces
    words = [piece.text for piece in pieces if piece.text in {BEGIN, END, "##pagebreak##"}]
    assert len(words) == sum(piece.marker is not None for piece in pieces)


def test_what_was_opened_and_locked_is_counted():
    both = compare_sources(f"一{BEGIN}二 二{END}三四", f"一二 二{BEGIN}三四{END}五")
    assert (both.removed, both.added, both.opened, both.locked) == (0, 1, 2, 2)
    assert not both.is_same
    assert compare_sources(f"一{BEGIN}二{END}", f"一{BEGIN}二{END}").is_same
    assert [piece.marker for piece in both.pieces if piece.marker] == [
        MarkerKind.BEGIN,
        MarkerKind.END,
        MarkerKind.BEGIN,
        MarkerKind.END,
    ]


def test_what_is_paid_in_each_is_told_of_what_changed_too():
    pieces = compare_sources(f"甲{BEGIN}乙{END}", f"甲{BEGIN}丙{END}").pieces
    assert [(piece.text, piece.was_paid, piece.is_paid) for piece in pieces if piece.change is not TextChange.SAME] == [
        ("乙", True, True),
        ("丙", True, True),
    ]


LETTERS = st.text(alphabet=f"甲乙ab \n#$\\{'́'}", max_size=40)
SOURCES = st.lists(st.one_of(LETTERS, st.sampled_from([BEGIN, END, "$$ paidend $$", "\r\n"])), max_size=8).map("".join)


@given(SOURCES, SOURCES)
def test_both_texts_can_be_read_back(before, after):
    one, other = (text.replace("\r\n", "\n").replace("\r", "\n") for text in (before, after))
    both = compare_sources(before, after)
    read = {
        TextChange.ADDED: "".join(piece.text for piece in both.pieces if piece.change is not TextChange.ADDED),
        TextChange.REMOVED: "".join(piece.text for piece in both.pieces if piece.change is not TextChange.REMOVED),
    }
    assert read == {TextChange.ADDED: one, TextChange.REMOVED: other}
    page = comparison_page(both, whole=True)
    rows = [part for row in page.rows for part in row.parts]
    assert "".join(part.text for part in rows if part.change is not TextChange.ADDED) == one


def many_words(count, seed=1):
    draw = random.Random(seed)
    return "\n".join("".join(chr(draw.randrange(0x4E00, 0x5A00)) for _ in range(59)) for _ in range(count // 60))


def test_in_a_long_text_each_change_is_found():
    before = many_words(60_000)
    after = list(before)
    for place in range(7, len(after), 997):
        after[place] = "改"
    assert compare_sources(before, "".join(after)).added == len(range(7, len(after), 997))
    without_lines = compare_sources(before.replace("\n", ""), "".join(after).replace("\n", ""))
    assert without_lines.added == len(range(7, len(after), 997))


def test_lines_in_another_order_are_found():
    before = many_words(12_000).split("\n")
    after = [*before[100:], *before[:100]]
    both = compare_sources("\n".join(before), "\n".join(after))
    assert both.removed == both.added == 100 * 59


class Counting(Aligner):
    """Counts what it is allowed to do."""

    @property
    def spent(self):
        return 1_000_000_000 - self._cells


@pytest.mark.parametrize("words", [(0, 1), (0,), (0, 1, 2, 3)])
def test_a_hostile_text_takes_no_more_work_than_is_allowed(words):
    draw = random.Random(5)
    before, after = ([draw.choice(words) for _ in range(60_000 + more)] for more in (0, 1))
    aligner = Counting()
    before[-1], after[-1] = 7, 8
    matches = list(aligner.matches(before, after, (8, 3)))
    assert 0 <= aligner.spent <= 1_000_000_000
    assert all(before[m.before : m.before + m.length] == after[m.after : m.after + m.length] for m in matches)


def test_what_takes_too_much_work_counts_as_replaced():
    assert list(Aligner(cells=3).matches([1, 2], [3, 1], ())) == []
    assert list(Aligner(cells=4).matches([1, 2], [3, 1], ())) == [Match(0, 1, 1)]


def test_rows_are_folded_around_changes():
    lines = [f"第{number}行的文字写在这里。\n" for number in range(1, 101)]
    page = comparison_page(compare_sources("".join(lines), "".join(lines).replace("第50行", "第伍拾行")))
    kinds = [row.lines if isinstance(row, Fold) else row.before for row in page.rows]
    assert kinds == [47, 48, 49, 50, 51, 52, 48]
    (changed,) = [row for row in page.rows if isinstance(row, ComparedRow) and row.is_changed]
    assert "".join(part.text for part in changed.removed_from) == lines[49]
    assert "".join(part.text for part in changed.added_to) == lines[49].replace("50", "伍拾")
    assert (changed.before, changed.after) == (50, 50)


def test_line_numbers_follow_each_text():
    page = comparison_page(
        compare_sources("甲一二三四五六七八\n乙\n", "新的一行在前面呢\n再一行\n甲一二三四五六七八\n丙\n")
    )
    assert [(row.before, row.after) for row in page.rows] == [(1, 1), (2, 4)]


def test_the_same_text_is_one_fold_and_nothing_is_nothing():
    assert comparison_page(compare_sources("甲\n乙\n", "甲\n乙\n")).rows == (Fold(2),)
    empty = comparison_page(compare_sources("", ""))
    assert (empty.rows, empty.number, empty.pages) == ((), 1, 1)


def test_the_middle_of_a_long_line_is_left_out_and_says_whether_it_is_paid():
    text = f"题{BEGIN}{many_words(6000).replace(chr(10), '')}{END}完"
    page = comparison_page(compare_sources(text, text + "了"))
    (gap,) = [part for row in page.rows for part in row.parts if isinstance(part, LeftOut)]
    assert (gap.was_paid, gap.is_paid) == (True, True)
    (row,) = page.rows
    assert gap in row.removed_from
    assert gap in row.added_to
    whole = comparison_page(compare_sources(text, text + "了"), whole=True)
    assert not any(isinstance(part, LeftOut) for row in whole.rows for part in row.parts)


def test_a_comparison_with_many_changes_has_pages():
    both = compare_sources(many_words(70_000, 1), many_words(70_000, 2))
    first, last = comparison_page(both), comparison_page(both, 99)
    assert first.pages == last.number == last.pages > 1
    texts = [
        part.text
        for number in range(1, first.pages + 1)
        for row in comparison_page(both, number).rows
        for part in row.parts
    ]
    assert "".join(texts) == "".join(piece.text for piece in both.pieces)
    assert max(len(part.text) for row in first.rows for part in row.parts) < 10_000
