"""Half a minute of mixed traffic, on either database; `make soak` goes on for an hour."""

import pytest

from tests.factories.postgres_server import MISSING, postgres_programs
from tests.faults.soak import LINES, Held, _growth, soak
from tests.faults.writing_load import loaded_house

SECONDS = 25


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_grows_that_has_no_reason_to(kind, tmp_path, record_property):
    if kind == "postgresql" and postgres_programs() is None:
        pytest.skip(MISSING)
    said = []
    with loaded_house(tmp_path, on_postgresql=kind == "postgresql") as loaded:
        (tmp_path / "texts").mkdir()
        wrong = soak(loaded, tmp_path / "texts", SECONDS, said.append)
    record_property(f"soak, {kind}", "\n".join(said))
    assert len(said) == LINES + 2
    assert wrong == []


def test_what_grows_is_found():
    awake = Held(10, 5, 500_000_000, 100, 50, 10_000_000, 0, 100)
    more = Held(40, 5, 600_000_000, 200, 50, 90_000_000, 0, 200)
    assert len(list(_growth(awake, more))) == 3
    assert list(_growth(awake, awake)) == []
