"""The comparison can fail: with any one of these leaks, each of which a real system had, it tells the twins apart."""

import shutil
from contextlib import closing

import pytest

from tests.surface.mutants import files, images, keeping, lists, pages, programs, publishing, searching
from tests.surface.mutants.planting import LEAKS
from tests.surface.states import SUBSCRIBED, VISITOR
from tests.surface.twins import Question, Twins, stock_both
from tests.surface.walk import EVERYTHING, questions
from webapp.exports.file_formats import FileFormat

ROOMS = (files, images, keeping, lists, pages, programs, publishing, searching)
TURNS = {VISITOR: 1, "holds nothing": EVERYTHING}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_caught(name, monkeypatch, tmp_path, stocked, record_property):
    leak = LEAKS[name]
    leak.plant(monkeypatch)
    if leak.written:
        stock_both(tmp_path / "twins")
    else:
        shutil.copytree(stocked, tmp_path / "twins")
    told = first_difference(Twins(tmp_path / "twins"), leak.shows_at)
    record_property("leak caught", told is not None)
    assert told is not None


def test_without_a_leak_nothing_is_caught(tmp_path, stocked):
    shutil.copytree(stocked, tmp_path / "twins")
    assert first_difference(Twins(tmp_path / "twins"), ("search.results",)) is None


def first_difference(twins: Twins, shows_at: tuple[str, ...]) -> str | None:
    """Return what readers who are not entitled are told first, if anything.

    A payer has read everything before, and taken along what is looked at.
    """
    taken = [f"/d/{{slug}}.{kind}" for kind in FileFormat if f"exports.{kind}" in shows_at]
    for document in twins.one.documents:
        for path in ("/d/{slug}", *taken):
            twins.ask(twins.askers(SUBSCRIBED), Question(path), slug=document.slug)
    told = (
        difference
        for state, turn in TURNS.items()
        for difference in twins.differences(twins.askers(state), questions(twins.one, turn, shows_at))
    )
    with closing(twins):
        return next(told, None)
