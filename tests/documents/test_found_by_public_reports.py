"""What people reported of other readers and publishers of texts, tried on ours; the right value stays as a test.

Each names the report: owner/repository#number, on GitHub.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from tests.factories.images import opened, written
from tests.factories.word_files import paragraph, text, word_file
from webapp.documents.author_dates import is_ahead
from webapp.documents.conversion.converters import convert
from webapp.documents.decoding import decode
from webapp.documents.image_encoding import encode_image
from webapp.documents.sources import SourceKind
from webapp.manuscript import SourceFormat, check, parse_manuscript

MARKDOWN, TEXT = SourceFormat.MARKDOWN, SourceFormat.TEXT


def preview(source, fmt=MARKDOWN):
    checked = check(source, fmt, title_hint="untitled")
    assert checked.preview is not None, checked.findings
    return checked.preview


def test_what_only_members_read_has_no_note_in_public():
    """TryGhost/Ghost#13925, Automattic/wp-calypso#44554: the feed told what the page hid."""
    shown = preview("# T\n\nOpen.##paidbegin## The claim.[^a]##paidend##\n\n[^a]: Its source.\n")
    assert "source" not in shown.html + shown.text + shown.summary + shown.tree


@pytest.mark.parametrize(
    ("source", "headings"),
    [
        ("夜航\n\n第一封信\n信里说平安。\n\n第七封信\n仍旧平安。\n", []),
        ("夜航\n\n第四本书记载着锤法，来自孙家，可惜对他用处不大了，他已经彻底掌握。\n其余从略。\n", []),
        ("夜航\n\n第一章天地初开\n\n正文。\n\n第二章 远行\n\n正文。\n", ["第一章天地初开", "第二章 远行"]),
        ("夜航\n\n番外 第1章 旗开得胜\n\n正文。\n\n番外 灰猫\n\n正文。\n", ["番外 第1章 旗开得胜", "番外 灰猫"]),
        ("Notes\n\nAs Chapter 3 shows, sections may be long.\n\nThe rest follows.\n", []),
    ],
)
def test_chapters_are_chapters_and_letters_are_letters(source, headings):
    """readest/readest#4658, #4016 and #3570: measure words made chapters, extras were lost, prose was cut."""
    assert [entry.text for entry in preview(source, TEXT).toc] == headings


@pytest.mark.parametrize(
    "sentence",
    [
        "Please donate $50 to $100 to the organization.",
        "It requested $3,500 in 2022, $5,000 a year later, and $6,750 the next.",
        "$400 is certainly more than $300.",
        "Cost **$1788 yr @ $149 per month**",
        "`ROWS($A$1:$A$9)` counts 9, `ROWS($A$1:A1)` grows.",
    ],
)
def test_money_is_money(sentence):
    """typora/typora-issues#3178 and #1298, jackyzha0/quartz#2208, LuRenJiasWorld/WP-Editor.md#538."""
    html = preview(f"# T\n\n{sentence}\n").html
    assert "<math" not in html
    assert html.count("$") == sentence.count("$")


def test_a_day_without_a_zone_is_the_publishers():
    """gohugoio/hugo#12940: midnight was UTC's, and what was written this morning lay in the future."""
    front = parse_manuscript("---\ndate: 2026-06-01\n---\n# T\n\nText.\n").front
    just_after_midnight = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)
    assert not is_ahead(front, ZoneInfo("Asia/Shanghai"), just_after_midnight)
    assert is_ahead(front, ZoneInfo("America/New_York"), just_after_midnight)


def test_a_note_that_is_cited_twice_has_two_ways_back():
    """marktext/marktext#5488, Python-Markdown/markdown#468: both citations had one id."""
    html = preview("# T\n\na[^1] b[^1].\n\n[^1]: shared\n").html
    for id_ in ("fnref-1", "fnref-1-2"):
        assert html.count(f'id="{id_}"') == html.count(f'href="#{id_}"') == 1


@pytest.mark.parametrize("mark", "，。、；：？！”’）】》…～")
def test_emphasis_holds_beside_chinese_punctuation(mark):
    """commonmark/commonmark-spec#650, xoofx/markdig#583, mdx-js/mdx#2580."""
    assert f"<strong>真{mark}</strong>她" in preview(f"# 题\n\n他说**真{mark}**她信。\n").html
    assert "<strong>《姑妈》</strong>" in preview("# 题\n\n不如人意的**《姑妈》**已经上映。\n").html


def test_a_tracked_change_is_told_and_a_deleted_line_end_joins():
    """bloknayrb/tandem#1256, mwilliamson/mammoth.js#243: changes were applied and nobody heard of it."""
    deletion = '<w:del w:id="1" w:author="a"><w:r><w:delText>twelve (12)</w:delText></w:r></w:del>'
    insertion = '<w:ins w:id="2" w:author="a"><w:r><w:t>twenty-four (24)</w:t></w:r></w:ins>'
    mark = '<w:rPr><w:del w:id="3" w:author="a"/></w:rPr>'
    file = word_file(
        paragraph(text("The term is "), deletion, insertion, text(" months.")),
        paragraph(text("Test"), properties=mark),
        paragraph(text("Test")),
    )
    made = convert(SourceKind.DOCX, file)
    assert "The term is twenty-four (24) months." in made.markdown
    assert "TestTest" in made.markdown
    assert "twelve" not in made.markdown
    assert made.losses


def test_a_photo_tells_neither_place_nor_camera_and_stands_upright():
    """Doenet/DoenetApps#2936, jointakahe/takahe#75, GetPublii/Publii#985: GPS was served, or the turn was lost."""
    photo, exif = Image.new("RGB", (4, 2), "red"), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"  # turned by a quarter; its maker
    exif.get_ifd(0x8825)[1] = "N"
    kept = encode_image(written(photo, "JPEG", exif=exif)).data
    assert b"Camera" not in kept
    assert not opened(kept).getexif()
    assert opened(kept).size == (2, 4)


def test_headings_of_one_name_are_two_places():
    """CleverCloud/mdr#65, PaddlePaddle/PaddleOCR#17749: both led to the first, and Chinese ones nowhere."""
    source = (
        "# 题\n\n[a](#setup) [b](#setup-1) [c](#2-快速开始)\n\n## Setup\n\nx\n\n## Setup\n\ny\n\n## 2. 快速开始\n\nz\n"
    )
    shown = preview(source)
    assert [f'<a href="#{entry.anchor}">' in shown.html for entry in shown.toc[:2]] == [True, True]
    assert shown.html.count("<a href=") == 3


def test_a_rare_sign_far_down_a_chinese_file_is_read():
    """sinelaw/fresh#947: by its beginning a file was GBK, which lacks what GB18030 has."""
    whole = "本年度报告汇总全年库存，各项指标总体平稳。\n" * 4000 + "署名：𠮷野。\n"
    read = decode(whole.encode("gb18030"))
    assert read.text == whole
