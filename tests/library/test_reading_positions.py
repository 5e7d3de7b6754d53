"""Where a reader stopped is kept on the way, offered on return, and found again in another edition."""

from datetime import timedelta
from urllib.parse import unquote

import pytest

from tests.factories.html import attributes, texts
from tests.factories.shelf import PAID, REPORT
from webapp.kit import clock

PLACE = '<span id="place" class="place"></span>'
MIDDLE = "全年入库平稳"
LISTED = ".rows a"


def tells(desk, document, turn=1, view="a", **told):
    told = {"permille": 620, "passage": MIDDLE, "anchor": "s-一-总体情况", **told}
    answer = desk.post(f"/d/{document.slug}/position", view=view, turn=turn, **told)
    assert answer.status_code == 204
    return answer


def stop(desk, document):
    """Return how much was read, as the link to the place says."""
    offered = texts(desk.page(f"/d/{document.slug}"), 'a[href="#place"]')
    return int(offered[0].removeprefix("Continue reading ").removesuffix("%")) if offered else None


def test_a_reader_is_offered_to_read_on_from_the_very_passage(desk, shelf):
    document = shelf.put()
    assert stop(desk, document) is None
    tells(desk, document)
    assert stop(desk, document) == 62
    assert PLACE + MIDDLE in desk.page(f"/d/{document.slug}")


def test_it_is_offered_on_every_device_and_to_nobody_else(desk, desk_of, people, shelf, client):
    document = shelf.put()
    tells(desk, document)
    assert "62%" in people.browser("reader@example.com").get(f"/d/{document.slug}").get_data(as_text=True)
    assert stop(desk_of("other@example.com"), document) is None
    assert "62%" not in client.get(f"/d/{document.slug}").get_data(as_text=True)


@pytest.mark.parametrize("permille", [0, 980, 1000])
def test_who_has_read_nothing_or_everything_is_offered_nothing(desk, shelf, permille):
    document = shelf.put()
    tells(desk, document, permille=permille)
    assert stop(desk, document) is None


def test_opening_a_page_does_not_undo_where_its_reader_stopped(desk, shelf):
    document = shelf.put()
    tells(desk, document, turn=1)
    desk.post(f"/d/{document.slug}/position", view="b", turn=0)
    assert stop(desk, document) == 62


def test_what_a_page_told_later_stays_whichever_comes_last(desk, shelf):
    document = shelf.put()
    tells(desk, document, turn=2, permille=500)
    tells(desk, document, turn=1, permille=300)
    tells(desk, document, turn=2, permille=300)
    assert stop(desk, document) == 50
    tells(desk, document, turn=3, permille=510)
    assert stop(desk, document) == 51


def test_of_two_devices_the_one_that_was_read_on_last_counts_whatever_its_clock_says(desk, shelf):
    document = shelf.put()
    tells(desk, document, view="phone", turn=90, permille=300)
    tells(desk, document, view="desk", turn=1, permille=400)
    assert stop(desk, document) == 40


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda text: text, MIDDLE),
        (lambda text: text.replace("本报告汇总", "修订说明。\n本报告汇总"), MIDDLE),
        (lambda text: text.replace(MIDDLE, "全年出库下降"), "一、总体情况"),
        (lambda text: text.replace(MIDDLE, "全年出库下降").replace("总体情况", "概况"), ""),
    ],
)
def test_in_another_edition_it_is_the_passage_else_the_heading_else_the_share(desk, shelf, change, after):
    document = shelf.put()
    tells(desk, document)
    shelf.put(change(REPORT))
    assert stop(desk, document) == 62
    assert PLACE + after in desk.page(f"/d/{document.slug}")
    assert f'href="/d/{document.slug}#place"' in unquote(desk.page("/library"))


def test_a_passage_of_paid_text_is_not_given_back_when_access_has_ended(desk, people, shelf):
    document = shelf.put()
    people.grant(desk.reader, lasts=timedelta(days=1))
    tells(desk, document, passage=PAID[:32], permille=700)
    assert PLACE + PAID[:10] in desk.page(f"/d/{document.slug}")
    clock.set_clock_offset(lambda: timedelta(days=2))
    page = desk.page(f"/d/{document.slug}")
    assert PAID[:6] not in page
    assert stop(desk, document) == 70


def test_what_is_told_is_kept_within_bounds(desk, shelf):
    document = shelf.put()
    tells(desk, document, permille=10**9, view="v" * 900, turn=10**30, passage="x" * 900, anchor="y" * 900)
    assert "100% read" in desk.page("/library/history")
    desk.post(f"/d/{document.slug}/position", view="b", turn="x", permille="many")
    assert "100% read" in desk.page("/library/history")


def test_a_document_that_is_not_there_has_no_place(desk, shelf):
    draft = shelf.put(publish=False)
    for slug in ("nothing", draft.slug):
        assert desk.post(f"/d/{slug}/position", view="a", turn=1, permille=5).status_code == 404
        assert desk.post(f"/d/{slug}/bookmark").status_code == 404


def test_the_history_is_newest_first_and_can_be_forgotten_one_by_one_or_at_once(desk, shelf):
    documents = [shelf.put(f"报告{number}\n正文{number}。\n", f"{number}.txt") for number in range(3)]
    for number, document in enumerate(documents):
        clock.set_clock_offset(lambda number=number: timedelta(minutes=number))
        desk.post(f"/d/{document.slug}/position", view="a", turn=0)
    assert texts(desk.page("/library/history"), LISTED) == ["报告2", "报告1", "报告0"]
    desk.post("/library/history/forget", document=documents[1].slug)
    assert texts(desk.page("/library/history"), LISTED) == ["报告2", "报告0"]
    desk.post("/library/history/forget")
    assert "You have not read anything yet" in desk.page("/library/history")


def test_a_bookmark_is_put_and_taken_and_putting_it_twice_is_putting_it_once(desk, shelf):
    document = shelf.put()
    path = f"/d/{document.slug}"
    assert 'aria-pressed="false"' in desk.page(path)
    for _ in range(2):
        assert desk.post(f"{path}/bookmark", keep="yes").status_code == 303
    assert 'aria-pressed="true"' in desk.page(path)
    listed = desk.page("/library/bookmarks")
    assert texts(listed, LISTED) == [document.title]
    (remove,) = attributes(listed, ".rows form", "action")
    desk.post(f"{path}/bookmark", keep="no")
    assert 'aria-pressed="false"' in desk.page(path)
    assert "You have no bookmarks" in desk.page("/library/bookmarks")
    assert desk.post(remove).status_code == 404


def test_a_section_can_be_bookmarked(desk, shelf):
    document = shelf.put()
    answer = desk.post(f"/d/{document.slug}/bookmark", anchor="s-一-总体情况")
    assert answer.headers["Location"].endswith("#s-%E4%B8%80-%E6%80%BB%E4%BD%93%E6%83%85%E5%86%B5")
    assert '<li><a href="#s-一-总体情况">一、总体情况</a></li>' in desk.page(f"/d/{document.slug}")
    assert "一、总体情况" in desk.page("/library/bookmarks")


def test_a_heading_behind_the_gate_is_not_named_when_access_has_ended(desk, people, shelf):
    document = shelf.put()
    people.grant(desk.reader, lasts=timedelta(days=1))
    desk.post(f"/d/{document.slug}/bookmark", anchor="s-三-下一步打算")
    for path in (f"/d/{document.slug}", "/library", "/library/bookmarks"):
        assert "三、下一步打算" in desk.page(path)
    clock.set_clock_offset(lambda: timedelta(days=2))
    for path in (f"/d/{document.slug}", "/library", "/library/bookmarks"):
        assert "下一步打算" not in desk.page(path)
    listed = desk.page("/library/bookmarks")
    assert document.title in listed
    (remove,) = attributes(listed, ".rows form", "action")
    desk.post(remove)
    assert "You have no bookmarks" in desk.page("/library/bookmarks")


def test_there_is_an_end_to_the_bookmarks_in_one_report(desk, shelf, database):
    from webapp.library.models import Bookmark
    from webapp.library.reading_positions import MOST_BOOKMARKS

    document = shelf.put()
    with database.writing() as session:
        session.add_all(
            Bookmark(reader_id=desk.reader.id, document_id=document.id, anchor=f"s-{number}", created_at=clock.now())
            for number in range(MOST_BOOKMARKS)
        )
    assert desk.post(f"/d/{document.slug}/bookmark", anchor="s-one-more").status_code == 409
    assert desk.post(f"/d/{document.slug}/bookmark", anchor="s-0").status_code == 303
    assert desk.post(f"/d/{document.slug}/bookmark", anchor="x" * 81).status_code == 400


def test_a_visitor_is_sent_to_sign_in_and_forms_of_other_sites_keep_nothing(client, desk, shelf):
    document = shelf.put()
    assert client.get("/library").headers["Location"].startswith("/login?next=")
    for act in ("position", "bookmark", "notes"):
        assert client.post(f"/d/{document.slug}/{act}").status_code == 400
        assert desk.client.post(f"/d/{document.slug}/{act}", data={"view": "a"}).status_code == 400
