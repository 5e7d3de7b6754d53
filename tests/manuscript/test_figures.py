"""Pictures in the tree and the HTML of a text, and what of them is public where a span stands in or around one."""

import re

import pytest

from webapp.manuscript import ImageFile, SourceFormat, check, image_sources, parse_manuscript, render_full
from webapp.manuscript import blocks as b
from webapp.manuscript.block_json import read_blocks

FILES = {name: ImageFile(f"{name[0] * 64}.png", 640, 480) for name in ("a.png", "b.png", "c%20d.png")}
BEGIN, END = "##paidbegin##", "##paidend##"


def read(text, images=FILES):
    return check(f"# Title\n\nSome words.\n\n{text}\n", SourceFormat.MARKDOWN, images=images)


def html(text):
    return read(text).preview.html.removeprefix("<p>Some words.</p>\n")


def shown(name="a.png", alt="", title=""):
    file = FILES[name]
    title = f' title="{title}"' if title else ""
    return f'<img src="/media/{file.name}" alt="{alt}"{title} width="640" height="480" loading="lazy" decoding="async">'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("![A boat](a.png)", f"<figure>{shown(alt='A boat')}</figure>"),
        ('![A boat](a.png "At dawn")', f"<figure>{shown(alt='A boat')}<figcaption>At dawn</figcaption></figure>"),
        ("[![A](a.png)](/more)", f'<figure><a href="/more">{shown(alt="A")}</a></figure>'),
        ("![A](a.png)\n![B](b.png)", f"<figure>{shown(alt='A')} {shown('b.png', alt='B')}</figure>"),
        ('See ![A](a.png "T").', f"<p>See {shown(alt='A', title='T')}.</p>"),
        ('![A *strong* "word"](a.png)', f"<figure>{shown(alt='A strong &quot;word&quot;')}</figure>"),
        ("![A](<c d.png>)", f"<figure>{shown('c%20d.png', alt='A')}</figure>"),
        ("![A][x]\n\n[x]: a.png", f"<figure>{shown(alt='A')}</figure>"),
        ("- ![A](a.png)", f"<ul>\n<li><figure>{shown(alt='A')}</figure></li>\n</ul>"),
        ("![Not there](z.png)", '<p><span class="image">Not there</span></p>'),
        ("before ![](z.png) after", "<p>before  after</p>"),
    ],
)
def test_a_picture_is_shown_with_room_for_it(text, told):
    assert html(text) == told


def test_a_picture_is_told_by_its_file_alone():
    """Neither the path nor the name that the author gave it stands in what is stored."""
    preview = read('![A](a.png "T")').preview
    (figure,) = [block for block in read_blocks(preview.tree) if isinstance(block, b.Figure)]
    assert figure == b.Figure((b.Image("", "A", "", FILES["a.png"].name, 640, 480),), (b.Text("T"),))
    assert preview.images == (FILES["a.png"].name,)


def test_what_describes_a_picture_is_no_text_of_the_document():
    preview = read('![Boats](a.png "Dawn") and ![ships](b.png)').preview
    assert "Boats" not in preview.text + preview.summary
    assert preview.characters == len("Somewords.and")
    figure = read('![Boats](a.png "Dawn")').preview
    assert figure.text.endswith("\n\nDawn")
    assert figure.characters == len("Somewords.Dawn")


def test_a_picture_at_the_beginning_is_no_title():
    text = '![Cover](a.png "Drawn by hand")\n\n# The harbour\n\nWords.\n'
    checked = check(text, SourceFormat.MARKDOWN, images=FILES)
    assert (checked.title, checked.preview.summary) == ("The harbour", "Words.")


def test_a_text_of_pictures_alone_shows_something():
    codes = [
        each.code for each in check(f"# T\n\n![](a.png)\n\n{BEGIN}x{END}", SourceFormat.MARKDOWN, images=FILES).findings
    ]
    assert "nothing-public" not in codes


def test_all_pictures_are_asked_for_those_of_payers_among_them():
    public = "![](a.png) ![](a.png) [x](y.png) `![](code.png)`"
    text = f"{public}\n\n{BEGIN}![](b.png)\n\n![](b c.png){END} !{BEGIN}{END}[](<c d.png>)"
    assert image_sources(parse_manuscript(text)) == ("a.png", "b.png", "c%20d.png")


PAID = [
    f"Words {BEGIN}![secret](a.png){END} after",
    f"Words {BEGIN}![secret](a.png) more{END} after",
    f"{BEGIN}\n![secret](a.png)\n{END}",
    f"![{BEGIN}secret{END}](a.png)",
    f"![secret {BEGIN}more{END}](a.png)",
    f"![{BEGIN}more{END} secret](a.png)",
    f"![secret]({BEGIN}a.png{END})",
    f"![secret](a{BEGIN}.png{END})",
    f'![secret](a.png "{BEGIN}words{END}")',
    f"![secret {BEGIN}more](a.png) and{END} after",
    f"![secret]({BEGIN}a.png) and{END} after",
    f"![secret]{BEGIN}(a.png) and{END} after",
    f"Words {BEGIN}and ![more{END} secret](a.png) after",
    f"Words {BEGIN}\nand\n\n![more{END} secret](a.png) after",
    f"![secret {BEGIN}\nmore](a.png)\n\nand{END} after",
    f"[{BEGIN}![secret](a.png){END}](/more)",
]


@pytest.mark.parametrize("text", PAID)
def test_a_picture_is_paid_as_soon_as_any_part_of_it_is(text):
    checked = read(text)
    assert not checked.has_errors
    preview = checked.preview
    assert preview.images == ()
    assert "<img" not in preview.html
    everything = "".join((preview.html, preview.text, preview.tree, preview.summary, str(preview.toc)))
    assert all(word not in everything for word in ("secret", "![", "](", "a.png"))
    assert preview.html.count('data-gate="1"') == 1


@pytest.mark.parametrize("text", PAID)
def test_who_has_paid_sees_it_whole(text):
    full = render_full(read(text))
    assert full.images == (FILES["a.png"].name,)
    assert full.html.count("<img") == 1
    # and lands on it, unless the span begins where no mark can stand
    assert ('id="gate-1"' in full.html) != bool(re.search(rf"!\[secret\][^\"]*{BEGIN}", text))


def test_who_has_paid_for_a_picture_lands_on_it():
    full = render_full(read(f"{BEGIN}\n![A](a.png)\n{END}"))
    assert f'<figure><span class="paid-passage" id="gate-1">{shown(alt="A")}</span></figure>' in full.html


@pytest.mark.parametrize(
    "text",
    [f"Wow [a {BEGIN}x{END}", f"{BEGIN}x{END} Wow](/page) b", f"`![code {BEGIN}x{END}` b", f"![A](a.png){BEGIN}x{END}"],
)
def test_what_is_no_picture_loses_little(text):
    told = read(text).preview.text
    assert ("Wow" in told) or ("/page" in told) or ("![code" in told) or read(text).preview.images


def test_a_gate_counts_what_can_be_shown():
    (gate,) = read(f"{BEGIN}![](a.png) ![](z.png) ![](https://example.org/a.png){END}").preview.gates
    assert gate.images == 1


def test_a_marker_in_a_description_is_seen():
    assert [each.code for each in read("![&#35;&#35;paidbegin&#35;&#35;](a.png)").findings] == ["near-marker"]
