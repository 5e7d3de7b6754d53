"""What went wrong in other systems when texts were edited, tried here."""

import pytest

from tests.desk.test_documents import Editor
from tests.factories.html import parse
from tests.factories.shelf import REPORT
from webapp.documents.models import Document


@pytest.fixture
def mei(people):
    return Editor(people)


def test_a_tab_from_before_publishing_erases_nothing(mei, client, kept_slug):
    """TryGhost/Ghost#6288: edited in a second tab that was opened before the first one published."""
    id_ = mei.create("开头一句。\n", format="text", title="题")
    old = mei.fields(f"/{id_}")
    mei.send(f"/{id_}", source="全文都在这里。\n", action="save")
    mei.post(f"/{id_}", action="publish")
    answer = mei.post(f"/{id_}", **old | {"source": "开头一句，旧页。\n", "action": "publish"})
    assert "/conflicts/" in answer.location
    assert "全文都在这里" in client.get(f"/d/{kept_slug(id_)}").text
    assert "全文都在这里" in mei.get(f"/{id_}").text


def test_who_sends_the_same_twice_is_nobody_else(mei):
    """TryGhost/Ghost#8969: a slow answer, a second save meanwhile, and "someone else is editing"."""
    id_ = mei.create(REPORT, format="text")
    form = mei.fields(f"/{id_}") | {"source": "once\n", "action": "save"}
    for _twice in range(2):
        assert "/conflicts/" not in mei.post(f"/{id_}", **form).location


def test_the_link_to_what_is_published_has_the_new_address(mei, client):
    """wagtail/wagtail#1733: after a change of the slug "view live" led to the old one."""
    id_ = mei.create("一句。\n", format="text", title="题")
    mei.post(f"/{id_}", action="publish")
    mei.send(f"/{id_}", slug="new-place", action="save")
    mei.post(f"/{id_}", action="publish")
    links = [link.attributes["href"] for link in parse(mei.get(f"/{id_}")).css(".desk-head__actions a")]
    assert "/d/new-place" in links
    assert client.get("/d/题").status_code == 301


def test_a_changed_title_of_what_is_published_is_marked_in_the_list(mei):
    """wagtail/wagtail#529: a draft with another title looked as if it had not been saved."""
    id_ = mei.create("一句。\n", format="text", title="旧题")
    mei.post(f"/{id_}", action="publish")
    mei.send(f"/{id_}", title="新题", action="save")
    (row,) = parse(mei.get("")).css(".desk-table tbody tr")
    assert "旧题" in row.text()
    assert "Changed since publishing" in row.text()
    assert parse(mei.get(f"/{id_}")).css_first("#title").attributes["value"] == "新题"


@pytest.fixture
def kept_slug(database):
    def find(document_id):
        with database.reading() as session:
            return session.get_one(Document, document_id).slug

    return find
