"""What is counted in memory: bounded, whatever is sent."""

from threading import Thread

import pytest

from webapp.kit.shown_documents import DocumentView
from webapp.reading_figures import tally as tallies
from webapp.reading_figures.models import ReadingKind
from webapp.reading_figures.tally import ReadingKey, ReadingTally
from webapp.reading_figures.visits import OTHER_SITES, OWN_SITE, Visit

PREVIEW, FULL = DocumentView(1, full=False), DocumentView(1, full=True)
PERSON = Visit("", robot=False, ahead=False)


@pytest.fixture
def tally():
    return ReadingTally()


def from_site(site):
    return Visit(site, robot=False, ahead=False)


def test_a_page_is_counted_and_where_it_was_come_from(tally):
    tally.count_view(PREVIEW, PERSON)
    tally.count_view(PREVIEW, from_site("zhihu.com"))
    tally.count_view(FULL, from_site(OWN_SITE))
    tally.count_view(FULL, Visit("zhihu.com", robot=True, ahead=False))
    tally.count_view(FULL, Visit("", robot=False, ahead=True))
    assert tally.take() == {
        ReadingKey(1, ReadingKind.PREVIEW): 2,
        ReadingKey(1, ReadingKind.PREVIEW, 0, "zhihu.com"): 1,
        ReadingKey(1, ReadingKind.FULL): 1,
        ReadingKey(1, ReadingKind.FULL, 0, OWN_SITE): 1,
        ReadingKey(1, ReadingKind.ROBOT): 1,
    }
    assert tally.take() == {}


def test_each_gate_of_a_page_is_counted_once(tally):
    tally.count_events("one", [0, 2, 2, -1, 100_000], end=True, sender="a")
    assert tally.take() == {
        ReadingKey("one", ReadingKind.GATE): 1,
        ReadingKey("one", ReadingKind.GATE, 2): 1,
        ReadingKey("one", ReadingKind.END): 1,
    }


def test_who_tells_too_much_in_a_second_is_not_counted_on(tally, monkeypatch):
    for _ in range(tallies.MOST_OF_ONE + 5):
        tally.count_events("one", [0], end=False, sender="a")
    tally.count_events("one", [0], end=False, sender="b")
    assert tally.take().total() == tallies.MOST_OF_ONE + 1
    tally.count_events("one", [0], end=False, sender="a")
    assert tally.take().total() == 1
    monkeypatch.setattr(tallies, "MOST_EVENTS", 3)
    for sender in "abcdef":
        tally.count_events("one", [0], end=False, sender=sender)
    assert tally.take().total() == 3


def test_made_up_names_fill_nothing(tally, monkeypatch):
    monkeypatch.setattr(tallies, "MOST_KEYS", 50)
    monkeypatch.setattr(tallies, "MOST_SITES", 3)
    for number in range(200):
        tally.count_events(f"no-{number}", range(300), end=True, sender=str(number))
        tally.count_events("x" * 1000, [1], end=True, sender=str(number))
    assert len(tally.take()) == 50
    for number in range(20):
        tally.count_view(PREVIEW, from_site(f"{number}.example"))
    assert {key.site for key in tally.take()} == {"", "0.example", "1.example", "2.example", OTHER_SITES}
    tally.count_view(PREVIEW, from_site("0.example"))
    tally.begin_day()
    tally.count_view(PREVIEW, from_site("new.example"))
    assert {key.site for key in tally.take()} == {"", "0.example", "new.example"}


def test_what_could_not_be_stored_is_counted_with_what_comes_next(tally):
    tally.count_view(PREVIEW, PERSON)
    batch = tally.take()
    tally.count_view(PREVIEW, PERSON)
    tally.put_back(batch)
    assert tally.take() == {ReadingKey(1, ReadingKind.PREVIEW): 2}


def test_threads_lose_nothing(tally):
    def count():
        for _ in range(2000):
            tally.count_view(PREVIEW, PERSON)

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    total = 0
    while any(thread.is_alive() for thread in threads):
        total += tally.take().total()
    for thread in threads:
        thread.join()
    assert total + tally.take().total() == 8000
