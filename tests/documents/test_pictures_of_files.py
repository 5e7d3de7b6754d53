"""Pictures that a Word file or a web page brings along, and those that Obsidian's embeds name."""

import base64
import io
import shutil

import pytest
from sqlalchemy import select

from tests.factories.file_stores import files_of, kept_files
from tests.factories.images import opened, picture, written
from tests.factories.word_files import SPACES, paragraph, word_file
from webapp.documents.conversion.conversion_losses import image_name
from webapp.documents.full_editions import FullImage
from webapp.documents.image_encoding import encode_image
from webapp.documents.image_records import PublicImage, RevisionImage
from webapp.documents.image_store import ImageStore
from webapp.documents.importing import Importer, ImportOrder
from webapp.documents.models import PublicEdition
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug
from webapp.documents.sources import find_sources
from webapp.exports.atomic_folder import fill_folder
from webapp.exports.manuscript_export import ManuscriptExport

RED, BLUE = picture("red"), picture("blue")


def hash_of(data):
    return encode_image(data).file.name[:64]


def shown_by(database, kind):
    with database.reading() as session:
        return set(session.scalars(select(kind.hash)))


def addresses(database):
    with database.reading() as session:
        return sorted(session.scalars(select(RevisionImage.address)))


def html_of(database, slug):
    with database.reading() as session:
        return session.get_one(PublicEdition, get_document_by_slug(session, slug).id).html


def told(outcome):
    return [(problem.code, problem.line, problem.column) for problem in outcome.problems]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "texts"
    made.mkdir()
    return made


@pytest.fixture
def bring(database, folder, tmp_path):
    """Import the folder, or a file of it, and return the outcomes."""

    def run(path=folder, **options):
        order = ImportOrder(Options(keep_image=ImageStore(files_of(tmp_path)).keep, **options), publish=True)
        return list(Importer(database, order).run(find_sources([str(path)], 20_000_000, io.BytesIO())))

    return run


def drawing(id_="p", described="", crop="", attributes="", embed="embed"):
    """Return a run with a picture."""
    blip = f'<a:blip r:{embed}="{id_}"/>{f"<a:srcRect {crop}/>" if crop else ""}'
    graphic = f"<a:graphic><a:graphicData><pic:pic><pic:blipFill>{blip}</pic:blipFill></pic:pic></a:graphicData>"
    holder = f'<wp:inline><wp:docPr descr="{described}" {attributes}/>{graphic}</a:graphic></wp:inline>'
    return f"<w:r><w:drawing>{holder}</w:drawing></w:r>"


def report(*paragraphs, **pictures):
    """Return a Word file with pictures `p` and so on."""
    names = {id_: f"media/{id_}.png" for id_ in pictures}
    return word_file(
        paragraph("Report", style="Title"),
        *paragraphs,
        parts={f"word/{names[id_]}": data for id_, data in pictures.items()},
        links={id_: ("image", name) for id_, name in names.items()},
    )


PAID_HALF = (
    paragraph("Words."),
    paragraph(drawing("p", "Dawn")),
    paragraph("##paidbegin##"),
    paragraph(drawing("q", "Boats")),
    paragraph("##paidend##"),
)


def test_the_pictures_of_a_word_file_are_shown_by_edition(bring, folder, database):
    (folder / "report.docx").write_bytes(report(*PAID_HALF, p=RED, q=BLUE))
    (outcome,) = bring()
    assert told(outcome) == []
    assert shown_by(database, PublicImage) == {hash_of(RED)}
    assert shown_by(database, FullImage) == {hash_of(RED), hash_of(BLUE)}
    assert f'src="/media/{encode_image(RED).file.name}" alt="Dawn"' in html_of(database, "report")
    assert "Boats" not in html_of(database, "report")


@pytest.mark.parametrize("way", ["file", "archive"])
def test_it_does_not_matter_how_a_word_file_comes(way, bring, folder, database, tmp_path):
    (folder / "report.docx").write_bytes(report(*PAID_HALF, p=RED, q=BLUE))
    bring({"file": folder / "report.docx", "archive": shutil.make_archive(str(tmp_path / "all"), "zip", folder)}[way])
    assert shown_by(database, FullImage) == {hash_of(RED), hash_of(BLUE)}


def test_the_name_of_a_public_picture_tells_nothing_of_paid_ones(bring, folder, database):
    pictures = paragraph(drawing("q"), drawing("q")), paragraph()
    for number, paid in enumerate(pictures):
        blocks = (paragraph("##paidbegin##"), paid, paragraph("##paidend##"), paragraph(drawing("p")))
        (folder / f"{number}.docx").write_bytes(report(*blocks, p=RED, q=BLUE))
    bring()
    (public,) = {address for address in addresses(database) if addresses(database).count(address) == 2}
    assert public == image_name(RED, "png")


def test_the_same_word_file_is_unchanged_and_another_picture_makes_a_revision(bring, folder, database):
    for number, (data, did) in enumerate([(RED, "added"), (RED, "unchanged"), (BLUE, "revised"), (BLUE, "unchanged")]):
        (folder / "report.docx").write_bytes(report(paragraph(drawing()), p=data))
        assert (number, bring()[0].did) == (number, did)
    assert shown_by(database, PublicImage) == {hash_of(BLUE)}


def test_a_picture_in_a_note_of_a_word_file_is_shown(bring, folder, database):
    noted = f'<w:footnote w:id="5">{paragraph("Note. ", drawing("n"))}</w:footnote>'
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    data = word_file(
        paragraph("Words", '<w:r><w:footnoteReference w:id="5"/></w:r>'),
        parts={
            "word/footnotes.xml": f"<w:footnotes {SPACES}>{noted}</w:footnotes>",
            "word/_rels/footnotes.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="n" Type="{kind}" '
            'Target="media/n.png"/></Relationships>',
            "word/media/n.png": RED,
        },
        links={"f": ("footnotes", "footnotes.xml")},
    )
    (folder / "report.docx").write_bytes(data)
    (outcome,) = bring()
    assert told(outcome) == []
    assert shown_by(database, PublicImage) == {hash_of(RED)}


@pytest.mark.parametrize(
    ("name", "run", "sentence"),
    [
        ("a.emf", drawing(), "such as EMF, WMF or SVG"),
        ("a.wmf", '<w:r><w:pict><v:shape><v:imagedata r:id="p"/></v:shape></w:pict></w:r>', "such as EMF, WMF or SVG"),
        ("a.png", drawing(attributes='hidden="1"'), "Hidden text"),
        ("a.png", drawing(embed="link"), "only links to"),
        ("a.png", '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + drawing(), "Hidden text"),
    ],
)
def test_what_is_not_read_or_not_seen_of_a_word_file_is_told(name, run, sentence, bring, folder, database):
    data = word_file(
        paragraph("Words", run), parts={f"word/media/{name}": RED}, links={"p": ("image", f"media/{name}")}
    )
    (folder / "report.docx").write_bytes(data)
    (outcome,) = bring()
    assert [problem.code for problem in outcome.problems] == ["conversion-loss"]
    assert sentence in outcome.problems[0].message
    assert addresses(database) == []


def test_a_damaged_picture_of_a_word_file_is_told_where_it_stands(bring, folder, database):
    (folder / "report.docx").write_bytes(report(paragraph("Words"), paragraph(drawing()), p=b"\x89PNG"))
    (outcome,) = bring()
    assert told(outcome) == [("image-kind", 5, 1)]
    assert "Words" in html_of(database, "report")


def halves(left, right, kind="PNG"):
    """Return a picture whose left half is of one colour and whose right half of another."""
    both = opened(picture(left)).copy()
    both.paste(opened(picture(right)).crop((0, 0, 30, 40)), (30, 0))
    return written(both, kind)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize(
    "run",
    [
        drawing(crop='r="50000"'),
        drawing(crop='r="50%"'),
        drawing(crop='r="50000" l="-1000"'),
        '<w:r><w:pict><v:shape><v:imagedata r:id="p" cropright="32768f"/></v:shape></w:pict></w:r>',
        '<w:r><w:pict><v:shape><v:imagedata r:id="p" cropright="0.5"/></v:shape></w:pict></w:r>',
    ],
)
def test_what_is_cut_off_a_picture_in_word_is_not_shown(run, kind, bring, folder, database, tmp_path):
    (folder / "report.docx").write_bytes(report(paragraph(run), p=halves("red", "blue", kind)))
    bring()
    (hash_,) = shown_by(database, PublicImage)
    (kept,) = (file for file in kept_files(tmp_path, "uploads") if f"/{hash_}." in file.name)
    seen = opened(files_of(tmp_path).read(kept.name)).convert("RGB")
    assert seen.size == (30, 40)
    assert all(red > 200 > blue for red, _green, blue in seen.get_flattened_data())


def embedded(data, kind="png"):
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def test_pictures_of_a_web_page_lie_beside_it_or_within_it(bring, folder, database):
    (folder / "img").mkdir()
    (folder / "img" / "a.png").write_bytes(RED)
    page = f'<h1>Page</h1><p>Words <img src="img/a.png" alt="one"></p><p>##paidbegin##</p><img src="{embedded(BLUE)}">'
    (folder / "page.html").write_text(f"{page}<p>##paidend##</p>")
    (outcome,) = bring()
    assert told(outcome) == []
    assert shown_by(database, PublicImage) == {hash_of(RED)}
    assert shown_by(database, FullImage) == {hash_of(RED), hash_of(BLUE)}
    assert [each.did for each in bring()] == ["unchanged"]


@pytest.mark.parametrize(
    "source",
    [
        embedded(picture(kind="JPEG"), "jpeg"),
        embedded(picture(kind="JPEG"), "jpg"),
        embedded(picture(kind="GIF"), "gif"),
        embedded(picture(kind="WEBP"), "webp"),
        embedded(RED).replace("+", "%2B").replace("=", "%3D"),
        embedded(RED)[:80] + "\n  " + embedded(RED)[80:],
    ],
)
def test_a_picture_within_a_page_may_be_of_any_usual_kind(source, bring, folder, database):
    (folder / "page.html").write_text(f'<h1>Page</h1><img src="{source}">')
    (outcome,) = bring()
    assert told(outcome) == []
    assert len(shown_by(database, PublicImage)) == 1


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("https://example.org/a.png", "image-remote"),
        ("none.png", "image-missing"),
        ("../secret.png", "image-outside"),
        ("data:image/png;base64,AAAA", "image-kind"),
        ("data:image/svg+xml,x", "conversion-loss"),
        ("data:image/png;base64,A", "conversion-loss"),
        ("file:///home/a.png", "conversion-loss"),
    ],
)
def test_other_pictures_of_a_web_page_are_told(source, code, bring, folder, database, tmp_path):
    (tmp_path / "secret.png").write_bytes(RED)
    (folder / "page.html").write_text(f'<h1>Page</h1><p>Words <img src="{source}"></p>')
    (outcome,) = bring()
    assert [problem.code for problem in outcome.problems] == [code]
    assert addresses(database) == []


@pytest.fixture
def vault(folder):
    """A folder as Obsidian has it."""
    for path, data in {
        "notes/a.md": b"",
        "files/Dawn over Y.png": RED,
        "notes/near.png": BLUE,
        "files/near.png": RED,
        "one/same.png": RED,
        "two/same.png": BLUE,
        ".trash/gone.png": RED,
        "files/caf\u0065\u0301.png": RED,
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "files" / "link.png").symlink_to(folder / "notes" / "near.png")
    return folder


@pytest.mark.parametrize(
    ("embed", "found", "alt"),
    [
        ("![[Dawn over Y.png]]", RED, ""),
        ("![[Dawn over Y.png|At dawn]]", RED, "At dawn"),
        ("![[Dawn over Y.png|At dawn|300]]", RED, "At dawn"),
        ("![[Dawn over Y.png|300x200]]", RED, ""),
        ("![[dawn over y.PNG]]", RED, ""),
        ("![[files/Dawn over Y.png]]", RED, ""),
        ("![[../files/near.png]]", RED, ""),
        ("![[near.png]]", BLUE, ""),
        ("![[one/same.png]]", RED, ""),
        ("![[café.png]]", RED, ""),
    ],
)
def test_an_embed_finds_its_picture_wherever_it_lies(embed, found, alt, bring, vault, database):
    (vault / "notes" / "a.md").write_text(f"# Note\n\nWords {embed} words\n")
    (outcome,) = bring()
    assert told(outcome) == []
    assert f'src="/media/{encode_image(found).file.name}" alt="{alt}"' in html_of(database, "note")


@pytest.mark.parametrize("embed", ["![[Dawn over Y.png]]", "![[files/Dawn over Y.png]]", "![[café.png]]"])
def test_an_embed_finds_its_picture_in_an_archive(embed, bring, vault, database, tmp_path):
    (vault / "notes" / "a.md").write_text(f"# Note\n\nWords {embed} words\n")
    (outcome,) = bring(shutil.make_archive(str(tmp_path / "all"), "zip", vault))
    assert told(outcome) == []
    assert shown_by(database, PublicImage) == {hash_of(RED)}


@pytest.mark.parametrize(
    ("embed", "code"),
    [
        ("![[same.png]]", "image-ambiguous"),
        ("![[gone.png]]", "image-missing"),
        ("![[link.png]]", "image-missing"),
        ("![[none.png|300]]", "image-missing"),
        ("![[../../secret.png]]", "image-outside"),
        ("![](files-near.png) ![](same.png)", "image-missing"),
    ],
)
def test_an_embed_that_does_not_say_which_picture_is_told_where_it_stands(embed, code, bring, vault, tmp_path):
    (tmp_path / "secret.png").write_bytes(RED)
    (vault / "notes" / "a.md").write_text(f"# Note\n\nWords {embed} words\n")
    (outcome,) = bring()
    assert {told_code for told_code, *_place in told(outcome)} == {code}
    assert told(outcome)[0][1:] == (3, 7)


def test_an_embed_of_a_document_is_a_link_to_it(bring, vault, database):
    (vault / "notes" / "a.md").write_text("# Note\n\nSee ![[Other]] and ![[Other#Part|that]].\n")
    (vault / "other.md").write_text("# Other\n\nWords.\n")
    bring()
    html = html_of(database, "note")
    assert '<a data-page="Other">Other</a>' in html
    assert '<a data-page="Other#Part">that</a>' in html
    assert "!" not in html


def test_an_embed_in_a_paid_span_is_paid(bring, vault, database):
    (vault / "notes" / "a.md").write_text(
        "# Note\n\nWords ##paidbegin##![[near.png]]##paidend## and ![[one/same.png]]\n"
    )
    bring()
    assert shown_by(database, PublicImage) == {hash_of(RED)}
    assert shown_by(database, FullImage) == {hash_of(RED), hash_of(BLUE)}


def test_an_export_brings_embeds_and_pictures_of_files_back(bring, vault, database, tmp_path):
    (vault / "notes" / "a.md").write_text("# Note\n\n![[Dawn over Y.png]] ![[files/near.png]] ![[near.png]]\n")
    (vault / "report.docx").write_bytes(report(paragraph(drawing()), p=picture("green")))
    bring()
    before = [shown_by(database, kind) for kind in (PublicImage, FullImage)]
    with database.reading() as session:
        fill_folder(tmp_path / "out", ManuscriptExport(session, ImageStore(files_of(tmp_path))).files())
    assert [told(outcome) for outcome in bring(tmp_path / "out")] == [[], []]
    assert [shown_by(database, kind) for kind in (PublicImage, FullImage)] == before
