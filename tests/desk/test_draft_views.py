"""What the editor's script asks for, and that both views are byte for byte what readers then get."""

import re
from pathlib import Path

import pytest
import time_machine

import webapp
from tests.desk.test_documents import EN, LIN, MEI, Editor
from tests.factories.images import picture
from tests.factories.shelf import PAID, REPORT
from tests.manuscript.markdown_kinds import KINDS, document_with
from tests.surface.library import ENGLISH, FIRST_LINE_PAID, MARKDOWN, OPEN, TOLD
from webapp.documents.models import Document
from webapp.kit import clock
from webapp.kit.money import Money

SAMPLES = sorted((Path(webapp.__file__).parent / "samples").glob("*.*"))
CORPUS = Path(__file__).parents[1] / "documents" / "texts"
MATH = r"""# Sum

Euler: $e^{i\pi}+1=0$ and

$$
\sum_{n=1}^{\infty} \frac{1}{n^2}
$$

##paidbegin##
Now $x^2$ is paid.
##paidend##
"""
ASTRAL = "# 𠀀 one\n\n😀 public ##paidbegin##𠀁 paid##paidend## after\n"
READ = ("10-math", "11-front-matter", "12-anchors", "13-footnotes")
PLACED = ("the word", "to the paragraph after", "around the kind")
TEXTS = [
    *((path.read_text("utf-8"), path.suffix) for path in SAMPLES),
    *(
        (CORPUS.joinpath(name).read_text("utf-8"), ".md")
        for name in ("10-math.md", "11-front-matter.md", "13-footnotes.md")
    ),
    *((text, ".md") for text in (MARKDOWN, ENGLISH, TOLD, MATH, ASTRAL)),
    *((text, ".txt") for text in (REPORT, OPEN, FIRST_LINE_PAID)),
    *(
        (document_with(list(KINDS), placement), ".md")
        for placement in ("the word", "to the paragraph after", "around the kind")
    ),
]
# Each form of a page has the token of its session; the view, in which nothing can be sent, has none.
_TOKEN = re.compile(r'(name="csrf_token" value=")[^"]*')


@pytest.fixture
def mei(people):
    return Editor(people)


def article(client, slug):
    page = client.get(f"/d/{slug}", headers=EN).text
    body = page[page.index('<article class="document"') : page.rindex("</article>") + len("</article>")]
    return _TOKEN.sub(r"\1", body)


def asked(editor, id_, part, status=200, **form):
    return editor.post(f"/{id_}/{part}", status=status, **form).get_json()


def test_both_views_are_byte_for_byte_what_readers_then_get(mei, people, client, database, shelf, tmp_path):
    subscriber = people.reader("subscriber@example.com")
    people.grant(subscriber)
    browser = people.browser(subscriber.email)
    (tmp_path / "harbour.png").write_bytes(picture("red"))
    shelf.put(MARKDOWN, "analysis.md", publish=False, price=Money(990, "cny"), tags=("报告", "渠道"))
    made = 0
    with time_machine.travel(clock.machine_now(), tick=False):
        mei.post("/1", action="save", source=MARKDOWN + "\n再加一段。\n")
        ids = [1, *(mei.create(text, format="text" if kind == ".txt" else "markdown") for text, kind in TEXTS)]
        for id_ in ids:
            told = asked(mei, id_, "views")
            if told["problem"]:
                continue
            for side in ("visitor", "subscriber"):
                page = mei.get(f"/{id_}/{side}").text
                assert told["public" if side == "visitor" else "full"] in page
            mei.post(f"/{id_}", action="publish")
            with database.reading() as session:
                slug = session.get_one(Document, id_).slug
            assert told["public"] == article(client, slug), id_
            assert told["full"] == article(browser, slug), id_
            made += 1
    assert made >= len(TEXTS) - 2


def test_the_views_say_what_was_found_and_where_as_javascript_counts(mei):
    id_ = mei.create(REPORT, format="text")
    told = asked(mei, id_, "views", source="𠀀😀 begins\r\nand ##paidbegin## never ends\n")
    assert (told["public"], told["full"]) == (None, None)
    (found,) = told["findings"]
    text = "𠀀😀 begins\nand ##paidbegin## never ends\n".encode("utf-16-le")
    assert text[2 * found["start"] : 2 * found["end"]].decode("utf-16-le") == "##paidbegin##"
    assert (found["code"], found["severity"], found["line"], found["column"]) == ("unclosed-span", "error", 2, 5)
    assert told["problem"].startswith("Line 2, column 5: This paid span has no end")
    whole = asked(mei, id_, "views", source=ASTRAL)
    (span,) = whole["spans"]
    units = ASTRAL.encode("utf-16-le")
    assert units[2 * span["start"] : 2 * span["end"]].decode("utf-16-le") == "##paidbegin##𠀁 paid##paidend##"
    assert units[2 * span["paid_start"] : 2 * span["paid_end"]].decode("utf-16-le") == "𠀁 paid"
    assert whole["figures"] == {
        "public_characters": 12,
        "paid_characters": 5,
        "minutes": 1,
        "gates": 1,
        "findings": 0,
        "errors": 0,
        "share": 29,
    }
    assert "paid##" not in whole["public"]


def test_asking_for_views_saves_nothing(mei):
    id_ = mei.create(REPORT, format="text")
    asked(mei, id_, "views", source="something else")
    assert "something else" not in mei.get(f"/{id_}").text


def test_a_script_saves_and_is_told_of_somebody_else(mei, people):
    id_ = mei.create(REPORT, format="text")
    first = asked(mei, id_, "draft", source="of Mei", version=1)
    assert (first["version"], first["by"], first["others"]) == (2, MEI, [])
    assert asked(mei, id_, "draft", source="of Mei", version=1)["version"] == 2
    lin = Editor(people, LIN)
    told = asked(lin, id_, "draft", status=409, source="of Lin", version=1)
    assert (told["version"], told["by"]) == (2, MEI)
    assert [one["name"] for one in told["others"]] == [MEI]
    again = asked(lin, id_, "draft", status=409, source="of Lin, longer", version=1, conflict=told["conflict"])
    assert again["conflict"] == told["conflict"]
    page = lin.client.get(told["compare"], headers=EN).text
    assert "of Lin, longer" in page
    assert "of Mei" in page


@pytest.mark.parametrize("part", ["draft", "views"])
def test_a_text_beyond_all_measure_and_a_document_that_is_not_there_are_refused(mei, settings, part):
    mei.post(f"/99/{part}", status=404, source="x")
    id_ = mei.create(REPORT, format="text")
    assert PAID in mei.get(f"/{id_}").text
    settings_most = settings.max_source_bytes
    mei.post(f"/{id_}/draft", status=413, source="x" * (settings_most + 1), version=1)
