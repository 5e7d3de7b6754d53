"""No scenario of the list is left out."""

import re
from pathlib import Path

SCENARIOS = set(range(1, 60))


def test_every_number_has_a_test_that_bears_it():
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert {int(number) for number in re.findall(r"^def test_(\d\d)_", source, re.MULTILINE)} == SCENARIOS
