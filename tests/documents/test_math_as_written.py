"""A text with formulas, money and a span of dollars, as publishers bring it (texts/10-math.md)."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import undefer

from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.models import PublicEdition
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.markdown_writer import markdown_of

MATH = (Path(__file__).parent / "texts/10-math.md").read_text(encoding="utf-8")


def editions(shelf, database, text: str):
    id_ = shelf.put(text, "10-math.md").id
    with database.reading() as session:
        return [session.get_one(kind, id_, options=[undefer("*")]) for kind in (PublicEdition, FullEdition)]


def test_10_math_keeps_every_backslash_star_and_line(shelf, database):
    public, full = editions(shelf, database, MATH)
    assert public.title == "Model"
    assert (public.html.count("<math"), full.html.count("<math")) == (4, 5)
    assert "<em>" not in full.html
    assert len(public.gates) == 2
    assert "y^2" in full.text
    assert "y^2" not in public.text + public.html
    written = markdown_of(read_blocks(full.tree))
    matrix = "$$\n\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}\n$$"
    for formula in (r"$L = \{x\}_i * y_{i} * z$", "$a_1$", "$a*b*c$", matrix):
        assert formula in written
    assert r"L = \{x\}_i * y_{i} * z and a_1, also a*b*c." in public.text


def test_a_source_is_kept_as_written_where_a_span_cuts_a_formula(shelf, database):
    text = "# Model\n\nLet $x + ##paidbegin##y$ and##paidend## more.\n"
    public, full = editions(shelf, database, text)
    assert "x" not in public.text.removeprefix("Model")
    assert full.html.count("<math") == 1
    with database.reading() as session:
        assert session.scalars(select(Revision.source)).one() == text
