"""Documents at the desk: the list, a new one, the editor without a script, its proof, and both of its views."""

import re

import pytest

from tests.factories.html import parse
from tests.factories.people import token_in
from tests.factories.shelf import PAID, REPORT
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
