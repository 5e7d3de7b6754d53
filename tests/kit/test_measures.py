import pytest

from webapp.kit.measures import Measures


@pytest.fixture
def started(tmp_path):
    """Return what starts a process, as far as its numbers go; `end` is what the system does when one ends."""
    made = []

    def start(version="1"):
        measures = Measures()
        measures.keep_in(tmp_path / "metrics", version)
        made.append(measures)
        return measures

    yield start
    for measures in made:
        end(measures)


def end(measures):
    measures.close()


def test_processes_see_each_others_numbers(started):
    first, second = started(), started()
    first.add("mails")
    second.add("mails", by=2)
    second.show("threads", "reading", value=4)
    assert [one.counted.get(("mails",)) for one in first.read_all()] == [1, 2]
    assert [dict(one.gauges) for one in first.read_all()] == [{}, {("threads", "reading"): 4}]


def test_who_comes_after_one_that_ended_counts_on_and_shows_only_how_it_stands_itself(started):
    first, second = started(), started()
    first.add("mails", by=5)
    first.show("threads", "reading", value=4)
    end(first)
    assert [one.counted.get(("mails",)) for one in second.read_all()] == [5, None], "no counter falls"
    assert [dict(one.gauges) for one in second.read_all()] == [{}, {}], "what has ended has no threads"
    third = started()
    third.add("mails")
    assert third.read_all()[0].counted == {("mails",): 6}
    assert third.read_all()[0].gauges == {("threads", "reading"): 0}


def test_another_version_begins_anew(started):
    first = started()
    first.add("mails")
    end(first)
    assert started("2").read_all()[0].counted == {}


def test_what_has_no_place_left_is_not_counted_and_harms_nobody(started):
    measures = started()
    measures.add("mails")
    for number in range(3000):
        measures.add("route", str(number))
    measures.add("x" * 300)
    (told,) = measures.read_all()
    assert told.counted[("mails",)] == 1
    assert ("x" * 300,) not in told.counted
    assert len(told.counted) == 2047
    end(measures)
    assert started().read_all()[0].counted == told.counted, "nor the version in the first place"


def test_without_a_folder_a_process_tells_its_own():
    measures = Measures()
    measures.add("mails")
    assert [dict(one.counted) for one in measures.read_all()] == [{("mails",): 1}]
