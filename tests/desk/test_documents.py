"""Documents at the desk: the list, a new one, the editor without a script, its proof, and both of its views."""

import re

import pytest
from sqlalchemy import select

from tests.factories.html import parse
from tests.factories.people import token_in
from tests.factories.shelf import PAID, REPORT
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.documents.models import Document, State

EN = {"Accept-Language": "en"}
MEI, LIN = "mei@example.com", "lin@example.com"


class Editor:
    """Somebody at the desk with a browser that runs no script."""

    def __init__(self, people, email=MEI, role=Role.EDITOR):
        self.client = people.signed_in(email, role)

    def get(self, path, status=200):
        answer = self.client.get(f"/desk/documents{path}", headers=EN)
        assert answer.status_code == status, answer.text
        return answer

    def fields(self, path):
        """Return what the form of a page would send."""
        form = parse(self.get(path)).css_first(".desk-body form[method=post]")
        told = {one.attributes["name"]: one.attributes.get("value") or "" for one in form.css("input[name]")}
        return told | {area.attributes["name"]: area.text()[1:] for area in form.css("textarea")}

    def send(self, path, status=303, **more):
        """Fill in the form of a page and send it; return what comes."""
        return self.post(path, status, **{**self.fields(path), **more})

    def post(self, path, status=303, **form):
        form.setdefault("csrf_token", token_in(self.client.get("/account")))
        answer = self.client.post(f"/desk/documents{path}", data=form, headers=EN)
        assert answer.status_code == status, answer.text
        return answer

    def create(self, text=REPORT, **more):
        answer = self.send("/new", source=text, **more)
        return int(re.search(r"/desk/documents/(\d+)", answer.location)[1])


@pytest.fixture
def mei(people):
    return Editor(people)


@pytest.fixture
def kept(database):
    def find(document_id):
        with database.reading() as session:
            return session.get_one(Document, document_id)

    return find


def test_a_text_is_pasted_saved_published_and_withdrawn(mei, kept, client):
    id_ = mei.create(format="text")
    assert (kept(id_).title, kept(id_).state) == ("关于仓储周转的年度报告", State.DRAFT)
    page = mei.get(f"/{id_}")
    assert REPORT in page.text.replace("\r\n", "\n")
    mei.send(f"/{id_}", source=REPORT + "尾声。\n", action="save")
    slug = kept(id_).slug
    assert client.get(f"/d/{slug}").status_code == 404
    proof = mei.get(f"/{id_}/publish")
    assert "stands nowhere public" in proof.text
    assert PAID not in proof.text.split('id="seen"')[1]
    mei.post(f"/{id_}", action="publish", version=2)
    page = client.get(f"/d/{slug}").text
    assert "尾声。" in page
    assert PAID not in page
    mei.post(f"/{id_}", action="withdraw")
    assert client.get(f"/d/{slug}").status_code == 410


def test_the_list_is_filtered_sorted_and_taken_along(mei, shelf):
    shelf.put(tags=("仓储",))
    id_ = mei.create("另一篇\n=HYPERLINK(1)\n", format="text", title="=1+1 < 2")
    page = mei.get("")
    rows = parse(page).css(".desk-table tbody tr")
    assert [row.css_first("a").text() for row in rows] == ["=1+1 < 2", "关于仓储周转的年度报告"]
    assert MEI in rows[0].text()
    counts = {"?state=draft": 1, "?tag=仓储": 1, "?q=周转": 1, "?view=findings": 0, "?sort=published": 1}
    for query, count in counts.items():
        assert len(parse(mei.get(query)).css(".desk-table tbody tr")) == count, query
    told = mei.get("?format=csv").text
    assert "'=1+1 < 2" in told
    assert PAID not in told + page.text
    mei.send(f"/{id_}", source="开头 ##paidbegin## 不完\n", action="save")
    assert len(parse(mei.get("?view=findings")).css(".desk-table tbody tr")) == 1


def test_an_unclosed_marker_is_shown_at_its_place_and_nothing_is_published(mei, client, kept):
    id_ = mei.create("题目\n公开的一句。\n首要政##paidbegin##策建议如下。\n", format="text")
    found = parse(mei.get(f"/{id_}")).css_first(".finding--error")
    assert found.css_first(".finding__place").text() == "3:4"
    assert "首要政##paidbegin##策建议如下" in found.text()
    for path in (f"/{id_}/publish", f"/{id_}/visitor", f"/{id_}/subscriber"):
        assert "##paidend## where it ends" in mei.get(path).text
    answer = mei.post(f"/{id_}", status=409, action="publish")
    assert "cannot be published" in answer.text
    assert client.get(f"/d/{kept(id_).slug}").status_code == 404


def test_what_cannot_be_saved_is_shown_again_with_what_is_wrong(mei):
    id_ = mei.create(format="text")
    answer = mei.send(f"/{id_}", status=400, source="改了很多", slug="no such address!", action="save")
    assert "cannot be an address" in answer.text
    assert "改了很多" in answer.text
    assert 'value="no such address!"' in answer.text
    assert "改了很多" not in mei.get(f"/{id_}").text


def test_two_people_lose_nothing_and_the_second_is_told_before(mei, people):
    id_ = mei.create(format="text")
    lin = Editor(people, LIN)
    mei.get(f"/{id_}")
    assert MEI in parse(lin.get(f"/{id_}")).css_first("[data-others]").text()
    theirs = lin.fields(f"/{id_}")
    mei.send(f"/{id_}", source="of Mei\n", action="save")
    answer = lin.post(f"/{id_}", **theirs | {"source": "of Lin\n", "action": "publish"})
    assert "/conflicts/" in answer.location
    path = answer.location.removeprefix("/desk/documents").partition("?")[0]
    page = lin.get(path).text
    assert "of Mei" in page
    assert "of Lin" in page
    assert "Compare the two" in mei.get(f"/{id_}").text
    lin.send(path, source="of Mei and Lin\n", choice="text")
    assert "of Mei and Lin" in mei.get(f"/{id_}").text
    assert "Compare the two" not in mei.get(f"/{id_}").text
    mei.get(path, status=404)


@pytest.mark.parametrize(("choice", "left"), [("saved", "of Mei"), ("copy", "of Lin")])
def test_one_of_two_versions_is_chosen(mei, people, choice, left):
    id_ = mei.create(format="text")
    lin = Editor(people, LIN)
    theirs = lin.fields(f"/{id_}")
    mei.send(f"/{id_}", source="of Mei\n", action="save")
    path = lin.post(f"/{id_}", **theirs | {"source": "of Lin\n"}).location.removeprefix("/desk/documents")
    lin.send(path.partition("?")[0], choice=choice)
    assert left in mei.get(f"/{id_}").text


def test_opening_paid_text_wants_a_confirmed_choice(mei, shelf, client, document):
    mei.send("/1", source=REPORT.replace("##paidbegin##", "").replace("##paidend##", ""), action="save")
    answer = mei.post("/1", action="publish", version=2)
    assert answer.location.endswith("/desk/documents/1/publish?asked=opens")
    assert PAID not in client.get(f"/d/{document.slug}").text
    assert "Much of what was for payers" in mei.get("/1/publish").text
    mei.post("/1", action="publish", version=2, confirmed="opens-document")
    assert PAID in client.get(f"/d/{document.slug}").text


def test_a_passage_that_stands_publicly_elsewhere_is_told_in_the_proof(mei, shelf):
    shelf.put(f"另一篇\n{PAID}。\n", "other.txt")
    id_ = mei.create(format="text")
    page = mei.get(f"/{id_}/publish").text
    assert "stand where everybody reads them" in page
    assert "另一篇" in page


def test_what_withdrawing_dropping_and_deleting_do_is_said_before(mei, shelf, document, cashier, people, kept):
    buyer = people.signed_in("buyer@example.com")
    buyer.get(f"/checkout/return?session_id={cashier.buy(buyer, 'document', document.slug)}")
    assert "1 reader who bought it keeps reading it" in mei.get("/1/withdraw").text
    mei.send("/1", source="changed\n", action="save")
    assert "cannot be brought back" in mei.get("/1/discard").text
    mei.post("/1/discard")
    assert REPORT in mei.get("/1").text
    assert "1 reader bought it and can read it no longer" in mei.get("/1/delete").text
    assert mei.post("/1/withdraw", source=REPORT, version=3).location.endswith("/1/withdraw")
    mei.post("/1/delete")
    assert kept(1).slug == "deleted-1"
    mei.get("/1", status=404)


def test_everything_that_changes_something_is_in_the_log_and_no_text_is(mei, database):
    id_ = mei.create(format="text")
    mei.send(f"/{id_}", source=REPORT + "尾声。\n", action="save")
    mei.post(f"/{id_}", action="publish")
    mei.post(f"/{id_}", action="withdraw")
    mei.post(f"/{id_}", action="withdraw")
    mei.post(f"/{id_}/delete")
    with database.reading() as session:
        entries = session.scalars(select(LoggedActivity).order_by(LoggedActivity.id)).all()
    assert [entry.action for entry in entries] == ["created", "published", "withdrawn", "deleted"]
    assert PAID not in str([(entry.before, entry.after, entry.subject_id) for entry in entries])


def test_a_button_that_is_none_and_what_a_script_may_not_say(mei):
    id_ = mei.create(format="text")
    mei.post(f"/{id_}", status=400, action="erase")
    mei.post("/new", status=400, source="text", title="a ##paidbegin## b")
