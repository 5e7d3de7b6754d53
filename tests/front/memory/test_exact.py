"""Whatever is remembered is what Flask itself would answer at that moment, and for who asks."""

import pytest

pytestmark = pytest.mark.sqlite("tests/postgresql/test_remembered.py is the same there")

ASKED, SEEDS = 5000, range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_what_flask_would_say(life_of, seed, record_property):
    life = life_of(seed)
    life.tour()
    while life.asked < ASKED:
        life.step()
        assert not life.differences, f"seed {seed}, after {life.asked}: {life.differences[0]}"
    for asker, count in life.compared.items():
        record_property(f"remembered for a {asker}", count)
    assert min(life.compared[asker] for asker in ("visitor", "reader", "program")) > ASKED // 100, life.compared
