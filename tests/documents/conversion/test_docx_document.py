"""Word files as Markdown: what their readers see, and nothing else."""

import io
import zipfile

import pytest

from tests.factories.word_files import SPACES, item, numbering, paragraph, part, table, text, word_file
from webapp.documents.conversion.conversion_losses import ConversionError, image_name
from webapp.documents.conversion.docx_document import convert_docx
from webapp.manuscript import SourceFormat, check

BOLD, ITALIC = "<w:b/>", "<w:i/>"
LIST = numbering(("decimal", "%1."), ("bullet", "•"), ("lowerLetter", "%3)"))
CHINESE = numbering(("chineseCounting", "%1、"), ("decimal", "%1.%2"), number=2)
BREAK = '<w:r><w:br w:type="page"/></w:r>'

SHOWN = {
    "runs": ([paragraph("甲", text("乙", BOLD), text("丙", BOLD), text(" 丁", ITALIC))], "甲**乙丙** *丁*"),
    "marks": (
        [paragraph("H", text("2", '<w:vertAlign w:val="subscript"/>'), text(" 甲", "<w:strike/>"))],
        "H<sub>2</sub> ~~甲~~",
    ),
    "headings": (
        [paragraph("题", style="Title"), paragraph("一", style="1"), paragraph("二", style="2"), paragraph("文")],
        "# 题\n\n## 一\n\n### 二\n\n文",
    ),
    "chinese headings": ([paragraph("节", style="B1"), paragraph("文")], "## 节\n\n文"),
    "outline": ([paragraph("节", properties='<w:outlineLvl w:val="1"/>')], "### 节"),
    "empty": ([paragraph("甲"), paragraph(), paragraph(""), paragraph("乙")], "甲\n\n乙"),
    "quote": ([paragraph("甲", style="Quote"), paragraph("乙", style="Quote")], "> 甲\n>\n> 乙"),
    "code": ([paragraph("a", style="Pre"), paragraph("  b", style="Pre")], "```\na\n  b\n```"),
    "line break": ([paragraph("甲", "<w:r><w:br/></w:r>", "乙")], "甲\\\n乙"),
    "carriage return": ([paragraph("甲", "<w:r><w:cr/></w:r>", "乙")], "甲\\\n乙"),
    "tab": ([paragraph("a", "<w:r><w:tab/></w:r>", "b")], "a b"),
    "hyphens": ([paragraph("a", "<w:r><w:noBreakHyphen/><w:softHyphen/></w:r>", "b")], "a\u2011b"),
    "quotes of word": ([paragraph("“甲”‘乙’")], "“甲”‘乙’"),
    "page breaks": ([paragraph("甲"), paragraph(BREAK), paragraph("乙")], "甲\n\n##pagebreak##\n\n乙"),
    "page break before": (
        [paragraph("甲"), paragraph("乙", properties="<w:pageBreakBefore/>")],
        "甲\n\n##pagebreak##\n\n乙",
    ),
    "section": (
        [paragraph("甲", properties="<w:sectPr/>"), paragraph("乙")],
        "甲\n\n##pagebreak##\n\n乙",
    ),
    "lists": (
        [item("甲"), item("乙", level=1), item("丙"), paragraph("文"), item("丁")],
        "1. 甲\n   - 乙\n2. 丙\n\n文\n\n3. 丁",
    ),
    "letters": ([item("甲"), item("乙", level=2)], "1. 甲\n   1. 乙"),
    "written numbers": (
        [item("甲", number=2), item("乙", number=2, level=1), item("丙", number=2)],
        "一、甲\n\n一.1 乙\n\n二、丙",
    ),
    "table": (
        [table(("a", "b"), ("c", paragraph("d") + paragraph("e")))],
        "| a | b |\n| --- | --- |\n| c | d<br>e |",
    ),
    "merged cells": (
        ["<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>", paragraph("a"), "</w:tc></w:tr><w:tr><w:tc>",
         paragraph("b"), "</w:tc><w:tc>", paragraph("c"), "</w:tc></w:tr></w:tbl>"],
        "| a |  |\n| --- | --- |\n| b | c |",
    ),
    "insertion": ([paragraph("甲", "<w:ins>" + text("乙") + "</w:ins>", "丙")], "甲乙丙"),
    "deletion": ([paragraph("甲", "<w:del><w:r><w:delText>乙</w:delText></w:r></w:del>", "丙")], "甲丙"),
    "deleted end": (
        [paragraph("甲", properties="<w:rPr><w:del/></w:rPr>"), paragraph("乙")],
        "甲乙",
    ),
    "moved": (
        [paragraph("<w:moveFrom>" + text("甲") + "</w:moveFrom>", "乙"),
         paragraph("<w:moveTo>" + text("甲") + "</w:moveTo>")],
        "乙\n\n甲",
    ),
    "hidden": ([paragraph("甲", text("乙", "<w:vanish/>"), text("丙", '<w:vanish w:val="0"/>'))], "甲丙"),
    "content control": (
        ["<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>", paragraph("甲"), "</w:sdtContent></w:sdt>"],
        "甲",
    ),
    "simple field": ([paragraph('<w:fldSimple w:instr="DATE">' + text("甲") + "</w:fldSimple>")], "甲"),
    "field": (
        [paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', "<w:r><w:instrText>PAGE</w:instrText></w:r>",
                   '<w:r><w:fldChar w:fldCharType="separate"/></w:r>',  "7",
                   '<w:r><w:fldChar w:fldCharType="end"/></w:r>')],
        "7",
    ),
    "ruby": (
        [paragraph("<w:r><w:ruby><w:rt>", text("kan"), "</w:rt><w:rubyBase>", text("漢"),
                   "</w:rubyBase></w:ruby></w:r>", "字")],
        "漢字",
    ),
    "formula": ([paragraph("甲", "<m:oMath><m:r><m:t>x+y</m:t></m:r></m:oMath>")], "甲x+y"),
    "contents": ([paragraph("第一章 1", style="TOC1"), paragraph("文")], "文"),
    "split marker": (
        [paragraph("##pa", text("id", BOLD), text("be", ITALIC), "gin##甲"), paragraph("乙##paidend##", "丙")],
        "##paidbegin##甲\n\n乙##paidend##丙",
    ),
    "marker in a heading": (
        [paragraph("甲##paidbegin##乙", style="1"), paragraph("丙##paidend##")],
        "## 甲##paidbegin##乙\n\n丙##paidend##",
    ),
    "marker in cells": (
        [table(("a", "##paidbegin##b"), ("c", "d##paidend##"))],
        "| a | ##paidbegin##b |\n| --- | --- |\n| c | d##paidend## |",
    ),
    "marker in a list": ([item("##paidbegin##甲"), item("乙##paidend##")], "1. ##paidbegin##甲\n2. 乙##paidend##"),
    "marker inserted": (
        [paragraph("甲", "<w:ins>" + text("##paidbegin##") + "</w:ins>", "乙##paidend##")],
        "甲##paidbegin##乙##paidend##",
    ),
    "marker corrected": (
        [paragraph("##paid", "<w:del><w:r><w:delText>bgein</w:delText></w:r></w:del>", "<w:ins>" + text("begin")
                   + "</w:ins>", "##甲##paidend##")],
        "##paidbegin##甲##paidend##",
    ),
    "marker in a content control": (
        [paragraph("<w:sdt><w:sdtContent>" + text("##paidbegin##") + "</w:sdtContent></w:sdt>", "甲##paidend##")],
        "##paidbegin##甲##paidend##",
    ),
    "marker in bold": (
        [paragraph(text("甲##paidbegin##乙", BOLD), "丙##paidend##")],
        "**甲**##paidbegin##**乙**丙##paidend##",
    ),
    "escaped marker": ([paragraph("\\##paidbegin## 甲")], "\\##paidbegin## 甲"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHOWN)
def test_a_word_file_becomes_the_markdown_that_shows_the_same(case):
    blocks, shown = SHOWN[case]
    assert convert_docx(word_file(*blocks, numbers=LIST + CHINESE)).markdown == shown + "\n"


MARKS = {"begin": "##paidbegin##", "end": "##paidend##", "both": "##paidbegin##x##paidend##", "slip": "##paidbegn##"}


def split(words: str, properties: str = "", tag: str = "w:t") -> str:
    """Return words divided among runs."""
    half = len(words) // 2
    pieces = (words[:3], words[3:half], words[half:])
    return "".join(f"<w:r><w:rPr>{properties}</w:rPr><{tag}>{piece}</{tag}></w:r>" for piece in pieces)


IN_TEXT = {
    "deletion": lambda mark: "<w:del>" + split(mark, tag="w:delText") + "</w:del>",
    "two deletions": lambda mark: "".join(
        f"<w:del><w:r><w:delText>{half}</w:delText></w:r></w:del>{text('x')}" for half in (mark[:7], mark[7:])
    ),
    "moved away": lambda mark: "<w:moveFrom>" + split(mark) + "</w:moveFrom>",
    "hidden": lambda mark: split(mark, "<w:vanish/>"),
    "hidden by its style": lambda mark: split(mark, '<w:rStyle w:val="Gone"/>'),
    "field code": lambda mark: (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        + split(mark, tag="w:instrText")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    ),
    "text in a field code": lambda mark: (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + split(mark) + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    ),
    "simple field": lambda mark: f'<w:fldSimple w:instr="{mark}">' + text("x") + "</w:fldSimple>",
    "text box": lambda mark: (
        f"<w:r><w:pict><v:shape><v:textbox><w:txbxContent><w:p>{split(mark)}</w:p></w:txbxContent></v:textbox>"
        "</v:shape></w:pict></w:r>"
    ),
    "text box of today": lambda mark: (
        "<w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:anchor><a:graphic><a:graphicData><w:txbxContent>"
        f"<w:p>{split(mark)}</w:p></w:txbxContent></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>"
        "<mc:Fallback/></mc:AlternateContent></w:r>"
    ),
    "other alternative": lambda mark: (
        f"<mc:AlternateContent><mc:Choice>{text('x')}</mc:Choice><mc:Fallback>{split(mark)}</mc:Fallback>"
        "</mc:AlternateContent>"
    ),
    "description": lambda mark: f'<w:r><w:drawing><wp:inline><wp:docPr descr="{mark}"/></wp:inline></w:drawing></w:r>',
    "word art": lambda mark: f'<w:r><w:pict><v:shape><v:textpath string="{mark}"/></v:shape></w:pict></w:r>',
    "formula": lambda mark: f"<m:oMath><m:r><m:t>{mark[:5]}</m:t></m:r><m:r><m:t>{mark[5:]}</m:t></m:r></m:oMath>",
    "content control's name": lambda mark: (
        f'<w:sdt><w:sdtPr><w:alias w:val="{mark}"/></w:sdtPr><w:sdtContent>{text("x")}</w:sdtContent></w:sdt>'
    ),
    "tip of a link": lambda mark: f'<w:hyperlink w:anchor="x" w:tooltip="{mark}">{text("x")}</w:hyperlink>',
    "bookmark": lambda mark: f'<w:bookmarkStart w:id="1" w:name="{mark}"/>',
    "reading": lambda mark: (
        f"<w:r><w:ruby><w:rt>{split(mark)}</w:rt><w:rubyBase>{text('x')}</w:rubyBase></w:ruby></w:r>"
    ),
    "unknown element": lambda mark: f"<w:unknown>{split(mark)}</w:unknown>",
    "contents": lambda mark: "</w:p>" + paragraph(mark, style="TOC1") + "<w:p>",
    "hidden row": lambda mark: (
        f"</w:p><w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{paragraph(mark)}</w:tc></w:tr></w:tbl><w:p>"
    ),
    "deleted row": lambda mark: (
        f"</w:p><w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph(mark)}</w:tc></w:tr></w:tbl><w:p>"
    ),
    "covered cell": lambda mark: (
        f"</w:p><w:tbl><w:tr><w:tc>{paragraph('x')}</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr>"
        f"{paragraph(mark)}</w:tc></w:tr></w:tbl><w:p>"
    ),
    "table of contents": lambda mark: (
        '</w:p><w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{paragraph(mark)}</w:sdtContent></w:sdt><w:p>"
    ),
}
GONE = '<w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:vanish/></w:rPr></w:style>'


def around(held: str, **more) -> bytes:
    """Return a Word file of a paid span with something in its midst, where it would be cut short or made longer."""
    return word_file(
        paragraph("甲##paidbegin##乙"), paragraph("丙", held), paragraph("丁##paidend##戊"), styles=GONE, **more
    )


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("place", IN_TEXT)
def test_a_marker_outside_the_text_is_refused(place, mark):
    with pytest.raises(ConversionError) as refused:
        convert_docx(around(IN_TEXT[place](MARKS[mark])))
    assert refused.value.code == "marker-outside-text"


PARTS = {
    "word/header1.xml": ("w:hdr", "a page header"),
    "word/footer2.xml": ("w:ftr", "a page header"),
    "word/comments.xml": ("w:comments", "a comment"),
    "word/commentsExtended.xml": ("w:comments", "a comment"),
    "word/footnotes.xml": ("w:footnotes", "a footnote"),
    "word/endnotes.xml": ("w:endnotes", "an endnote"),
    "word/glossary/document.xml": ("w:document", "not its text"),
    "docProps/core.xml": ("w:core", "not its text"),
    "customXml/item1.xml": ("w:item", "not its text"),
}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("name", PARTS)
def test_a_marker_in_another_part_is_refused(name, mark):
    root, where = PARTS[name]
    with pytest.raises(ConversionError, match=where) as refused:
        convert_docx(around(text("x"), parts={name: part(MARKS[mark], root)}))
    assert refused.value.code == "marker-outside-text"


LOST = {
    "deleted": ("<w:del><w:r><w:delText>x</w:delText></w:r></w:del>", "What tracked changes delete is left out (1×"),
    "hidden": (text("x", "<w:vanish/>"), "Hidden text is left out (1×, first near paragraph 2)"),
    "comment": ('<w:r><w:commentReference w:id="1"/></w:r>', "Comments are left out (1×"),
    "text box": (IN_TEXT["text box"]("x" * 12), "Text boxes are left out (1×"),
    "drawing": ("<w:r><w:drawing/></w:r>", "Drawings and charts are left out (1×"),
    "formula": (IN_TEXT["formula"]("x" * 12), "Formulas are written as a line of text (1×"),
    "internal link": (IN_TEXT["tip of a link"]("x"), "Links that lead nowhere"),
}


@pytest.mark.parametrize("kind", LOST)
def test_what_is_left_out_is_told_with_its_place(kind):
    held, told = LOST[kind]
    made = convert_docx(word_file(paragraph("甲"), paragraph("乙", held)))
    assert any(told in loss for loss in made.losses), made.losses


def test_page_headers_are_told():
    made = convert_docx(word_file(paragraph("甲"), parts={"word/header1.xml": part("乙", "w:hdr")}))
    assert made.markdown == "甲\n"
    assert made.losses == ("Page headers and footers are left out (1×).",)


def test_a_link_leads_where_it_led():
    link = f'<w:hyperlink r:id="x">{text("甲", "<w:u w:val=" + chr(34) + "single" + chr(34) + "/>")}</w:hyperlink>'
    made = convert_docx(word_file(paragraph(link), links={"x": ("hyperlink", "https://example.com/a")}))
    assert made.markdown == "[甲](<https://example.com/a>)\n"


def test_a_picture_is_handed_on_with_its_description_where_it_stands():
    drawing = (
        '<w:r><w:drawing><wp:inline><wp:docPr descr="图一"/><a:graphic><a:graphicData><pic:pic><pic:blipFill>'
        '<a:blip r:embed="p"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )
    old = '<w:r><w:pict><v:shape alt="图二"><v:imagedata r:id="p"/></v:shape></w:pict></w:r>'
    data = word_file(
        paragraph("甲", drawing, "乙", old),
        parts={"word/media/a.png": b"\x89PNG"},
        links={"p": ("image", "media/a.png")},
    )
    made = convert_docx(data)
    name = image_name(b"\x89PNG", "png")
    assert made.markdown == f"甲![图一](<{name}>)乙![图二](<{name}>)\n"
    assert made.images == {name: b"\x89PNG"}


DOCTYPE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;&a;&a;">]>'


def packed(**members: str) -> bytes:
    """Return a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


REFUSED = {
    "an old file or a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old-word-file"),
    "no zip": (b"PK\x03\x04 but nothing more", "broken-word-file"),
    "empty": (b"", "broken-word-file"),
    "cut short": (word_file(paragraph("甲"))[:-40], "broken-word-file"),
    "no word file": (packed(x="y"), "not-a-word-file"),
    "macros": (word_file(paragraph("甲"), parts={"word/vbaProject.bin": b"x"}), "word-macros"),
    "no xml": (word_file(paragraph("甲"), parts={"word/styles.xml": "<w:styles"}), "broken-word-file"),
    "entities": (
        word_file(paragraph("甲"), parts={"word/comments.xml": f"{DOCTYPE}<x>&b;</x>"}),
        "broken-word-file",
    ),
    "bomb": (
        word_file(paragraph("甲"), parts={"customXml/item1.xml": b"<x>" + b" " * 70_000_000 + b"</x>"}),
        "too-large",
    ),
    "nested": (word_file(paragraph("甲"), "<w:sdt>" * 500 + "</w:sdt>" * 500), "too-deep"),
    "no number where one is": (
        word_file(f"<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='x'/></w:tcPr>{paragraph('a')}</w:tc></w:tr></w:tbl>"),
        "broken-word-file",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(kind):
    data, code = REFUSED[kind]
    with pytest.raises(ConversionError) as refused:
        convert_docx(data)
    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_a_list_of_another_numbering_counts_by_itself():
    two = (
        LIST + CHINESE + '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    made = convert_docx(word_file(item("甲"), item("乙"), item("丙", number=3), numbers=two))
    assert made.markdown == "1. 甲\n2. 乙\n\n1) 丙\n"


def notes(kind: str, *words: str) -> str:
    """Return the part that holds notes, numbered from 1."""
    held = "".join(
        f'<w:{kind} w:id="{place}">{paragraph(each)}</w:{kind}>' for place, each in enumerate(words, start=1)
    )
    return f"<w:{kind}s {SPACES}>{held}</w:{kind}s>"


def cited(number: int, kind: str = "footnote") -> str:
    return f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:{kind}Reference w:id="{number}"/></w:r>'


NOTES = {"f": ("footnotes", "footnotes.xml"), "e": ("endnotes", "endnotes.xml")}


def test_footnotes_and_endnotes_become_footnotes():
    data = word_file(
        paragraph("甲", cited(2), "。乙", cited(1, "endnote"), "丙", cited(2)),
        parts={"word/footnotes.xml": notes("footnote", "无人", "注一"), "word/endnotes.xml": notes("endnote", "注二")},
        links=NOTES,
    )
    assert convert_docx(data).markdown == "甲[^1]。乙[^2]丙[^1]\n\n[^1]: 注一\n\n[^2]: 注二\n"


def test_a_note_that_only_paid_text_cites_is_not_public():
    data = word_file(
        paragraph("甲", cited(1), "##paidbegin##乙", cited(2), "##paidend##"),
        parts={"word/footnotes.xml": notes("footnote", "公开的注", "付费的注")},
        links=NOTES,
    )
    checked = check(convert_docx(data).markdown, SourceFormat.MARKDOWN)
    assert not checked.has_errors
    assert "公开的注" in checked.preview.html
    assert "付费的注" not in checked.preview.html + checked.preview.text + checked.preview.tree


def test_a_note_that_is_cited_in_code_is_cited_nowhere():
    """Behind the code, and behind the span that it stands in, the citation of a paid note would be public."""
    word = word_file(
        paragraph("甲"),
        paragraph("a = ##paidbegin##1", cited(2), "##paidend##", style="Pre"),
        parts={"word/footnotes.xml": notes("footnote", "无人", "付费的注")},
        links=NOTES,
    )
    markdown = convert_docx(word).markdown
    assert "```\na = ##paidbegin##1##paidend##\n```" in markdown
    assert "付费的注" not in repr(check(markdown, SourceFormat.MARKDOWN).preview)


def test_a_note_that_is_cited_and_not_there_is_empty():
    made = convert_docx(word_file(paragraph("甲", cited(7))))
    assert made.markdown.startswith("甲[^1]\n")
    assert not check(made.markdown, SourceFormat.MARKDOWN).has_errors
