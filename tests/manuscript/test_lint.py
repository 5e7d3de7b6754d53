import pytest

from webapp.manuscript import ImageFile, ManuscriptError, SourceFormat, check, render_full

TEXT, MARKDOWN = SourceFormat.TEXT, SourceFormat.MARKDOWN


def codes(source: str, fmt: SourceFormat = TEXT, **facts) -> list[tuple[str, int, int]]:
    return [(each.code.value, each.line, each.column) for each in check(source, fmt, **facts).findings]


def test_a_manuscript_with_an_error_has_no_preview_and_no_full_text():
    checked = check("题\n正文##paidbegin##密", TEXT)
    assert checked.has_errors
    assert (checked.preview, checked.title, checked.public_characters, checked.paid_characters) == (None,) * 4
    assert checked.characters == 18
    with pytest.raises(ManuscriptError) as raised:
        render_full(checked)
    assert raised.value.findings == checked.findings


def test_what_is_public_and_what_is_paid_is_counted_in_the_source():
    checked = check("题\n\\##paidbegin##甲##paidbegin##密\\##paidend##密##paidend##乙##pagebreak##", TEXT)
    assert (checked.public_characters, checked.paid_characters) == (len("题\n##paidbegin##甲乙##pagebreak##"), 14)


def test_an_open_document_has_one_text():
    checked = check("# 题\n\n正文", MARKDOWN)
    assert checked.findings == ()
    assert checked.preview == render_full(checked)


@pytest.mark.parametrize(
    ("source", "fmt", "expected"),
    [
        ("题\n##paidbegin##密\n密##paidend##", TEXT, [("nothing-public", 2, 1)]),
        ("题##paidbegin##密##paidend##\n##paidbegin##密##paidend##", TEXT, [("nothing-public", 1, 2)]),
        ("# 题\n\n---\n\n##paidbegin##密##paidend##", MARKDOWN, [("nothing-public", 5, 1)]),
        ("题\n正文##paidbegin##密##paidend##", TEXT, []),
        ("题", TEXT, []),
        ("", TEXT, []),
    ],
)
def test_nothing_public_is_found_where_only_the_title_is(source, fmt, expected):
    assert codes(source, fmt) == expected


SECRET = "甲乙丙丁戊己庚辛壬癸子丑"


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        (f"题{SECRET}\n正文##paidbegin##密{SECRET}密##paidend##", {}),
        (f"题\n正文##paidbegin##{SECRET}##paidend##", {"tags": ("甲", f"和{SECRET}")}),
        (f"题\n正文##paidbegin##{SECRET}##paidend##", {"author": SECRET}),
        (f"题\n正文##paidbegin##{SECRET}##paidend##", {"slug": SECRET}),
        ("题\n正文##paidbegin##The Secret Price of it##paidend##", {"slug": "the-secret-price"}),
    ],
)
def test_paid_text_repeated_where_all_can_read_it_is_found(source, facts):
    assert [code for code, _, _ in codes(source, **facts)] == ["repeated-publicly"]


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        (f"题\n正文##paidbegin##{SECRET}##paidend##", {"slug": SECRET[:11]}),
        (f"题\n正文{SECRET}##paidbegin##{SECRET}##paidend##", {"slug": SECRET}),
        (f"题\n正文##paidbegin##{SECRET[:6]}##paidend##甲##paidbegin##{SECRET[6:]}##paidend##", {"slug": SECRET}),
        ("题\n正文##paidbegin##密##paidend##", {"slug": SECRET}),
    ],
)
def test_what_is_short_public_or_not_paid_may_be_repeated(source, facts):
    assert codes(source, **facts) == []


def test_each_span_that_is_repeated_is_found_at_its_begin():
    source = f"题\n正文##paidbegin##{SECRET}##paidend##\n##paidbegin##密##paidend##\n##paidbegin##{SECRET}##paidend##"
    assert codes(source, author=SECRET) == [("repeated-publicly", 2, 3), ("repeated-publicly", 4, 1)]


FENCE, TABLE = "```\n代码\n```\n", "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"


@pytest.mark.parametrize(
    "source",
    [
        "##paidbegin##\n```\n代码\n##paidend##\n```\n尾",
        "```\n代码\n##paidbegin##\n```\n密\n##paidend##\n尾",
        "```\n代码\n##paidbegin##\n```\n密\n```\n##paidend##\n代码\n```\n",
        "##paidbegin##\n```\n代码\n##paidend##",
        "##paidbegin##\n~~~~\n代码\n##paidend##\n~~~~\n尾",
        "- 甲\n\n  ##paidbegin##\n  ```\n  代码\n##paidend##\n",
        "##paidbegin##\n| 甲 | 乙 |\n|---|---|\n##paidend##| 1 | 2 |\n",
    ],
)
def test_a_span_that_holds_one_end_of_a_block_is_found(source):
    found = codes(f"# 题\n\n正文\n\n{source}", MARKDOWN)
    assert [code for code, _, _ in found] == ["cuts-structure"]


CHANGED = [
    "##paidbegin##\n```\n代码\n##paidend##\n```\n尾",
    "```\n代码\n##paidbegin##\n```\n密\n##paidend##\n尾",
    "##paidbegin##\n~~~\n密\n##paidend##\n代码\n\n代码\n~~~\n",
    "##paidbegin##\n| 甲 | 乙 |\n|---|---|\n##paidend##| 一 | 二 |\n",
    "| 甲 | 乙 |##paidbegin##\n|---|---|\n##paidend##| 一 | 二 |\n",
    "##paidbegin##\n| 甲 | 乙 |\n|---|---|\n| 丙 | 丁 |\n##paidend##| 一 | 二 |\n|---|---|\n| 三 | 四 |\n",
    "##paidbegin##\n- 密\n\n##paidend##\n\n    续一段\n",
]
KEPT = [
    "甲 ##paidbegin##`密##paidend##` 乙 `丙` ##paidbegin##密`##paidend##",
    "```\n代码\n##paidbegin##\n```\n密\n```\n##paidend##\n代码\n```\n尾\n",
    "##paidbegin##\n- 密\n\n##paidend##    续一段\n",
    "##paidbegin##\n```\n密\n##paidend##\n```\n",
    "```\n代码\n##paidbegin##\n```\n\n密\n##paidend##",
    "甲 `代码 ##paidbegin##密` 密##paidend## 尾",
    "甲 ##paidbegin##密 `密##paidend## 代码` 尾 `码`",
]


@pytest.mark.parametrize("source", CHANGED)
def test_public_text_that_becomes_another_thing_by_it_is_an_error(source):
    checked = check(f"# 题\n\n正文\n\n{source}", MARKDOWN)
    assert [each.code for each in checked.findings if each.severity == "error"] == ["cuts-structure"]
    assert (checked.preview, checked.document, checked.public_characters) == (None, None, None)


@pytest.mark.parametrize("source", KEPT)
def test_where_it_stays_what_it_is_there_is_a_warning_at_most(source):
    checked = check(f"# 题\n\n正文\n\n{source}", MARKDOWN)
    assert checked.preview
    assert {each.code for each in checked.findings} <= {"cuts-structure", "empty-span"}


@pytest.mark.parametrize(
    "source",
    [
        f"##paidbegin##\n{FENCE}##paidend##\n尾",
        f"##paidbegin##{FENCE}##paidend##",
        "```\n代码##paidbegin##\n密\n##paidend##代码\n```\n",
        f"{FENCE}##paidbegin##\n密\n##paidend##\n{FENCE}",
        f"##paidbegin##\n{TABLE}##paidend##\n尾",
        "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n##paidbegin##| 3 | 4 |\n\n密\n##paidend##",
        "| 甲 | 乙 |\n|---|---|\n| 1 | ##paidbegin##2##paidend## |\n",
        "甲 | 乙##paidbegin##|密##paidend##",
    ],
)
def test_a_span_that_holds_a_whole_block_or_stays_inside_one_is_fine(source):
    assert codes(f"# 题\n\n正文\n\n{source}", MARKDOWN) == []


def test_plain_text_has_no_structure_to_cut():
    assert codes("题\n正文##paidbegin##\n```\n##paidend##\n```", TEXT) == []


def test_warnings_stand_in_the_order_of_the_text():
    source = f"题{SECRET}\n##paidbegin## ##paidend##\n##paidbegin##{SECRET}##paidend##"
    assert codes(source) == [("empty-span", 2, 1), ("nothing-public", 2, 1), ("repeated-publicly", 3, 1)]


@pytest.mark.parametrize(
    ("fmt", "paid", "facts"),
    [
        (TEXT, "一、甲\n（一）乙。丙。\n正文", (2, 0)),
        (TEXT, "## 甲\n![图](a)", (0, 0)),
        (MARKDOWN, "## 甲\n\n乙\n===\n\n![图](a) ![图](b)\n\n> # 丙", (3, 2)),
        (MARKDOWN, "![图](a) ![不在](c)", (0, 1)),
        (MARKDOWN, "```\n# 代码\n```\n\\# 不是", (0, 0)),
        (MARKDOWN, "续写的半句。\n\n一、不是标题", (0, 0)),
    ],
)
def test_a_gate_counts_headings_and_images_in_its_paid_piece(fmt, paid, facts):
    images = {address: ImageFile(f"{address}.png", 2, 1) for address in "ab"}
    checked = check(f"题目\n\n正文##paidbegin##{paid}##paidend##\n", fmt, images=images)
    (gate,) = checked.preview.gates
    assert (gate.headings, gate.images) == facts
    assert gate.characters == render_full(checked).characters - checked.preview.characters


@pytest.mark.parametrize(
    ("public", "characters", "minutes"),
    [
        ("正文", 0, 1),
        ("正文", 600, 1),
        ("正文", 900, 2),
        ("正文", 4500, 10),
        ("English", 1200, 1),
        ("English", 3600, 3),
    ],
)
def test_minutes_are_a_function_of_the_characters_and_the_public_language(public, characters, minutes):
    (gate,) = check(f"{public}\n\n{public}##paidbegin##{'密' * characters}##paidend##", TEXT).preview.gates
    assert gate.minutes == minutes
