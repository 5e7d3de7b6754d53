"""README is held to the code where it repeats it."""

import re
from pathlib import Path

import pytest

from webapp.settings import PREFIX, Settings

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_readme_with_its_sentence(name):
    row = next(
        (
            line
            for line in README.read_text().splitlines()
            if f"`{PREFIX}{name.upper()}`" in line and line.startswith("|")
        ),
        "",
    )
    assert Settings.model_fields[name].description in row


def test_no_setting_in_the_readme_is_unknown():
    named = set(re.findall(rf"{PREFIX}([A-Z_]+)", README.read_text()))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_pictures_and_pages_that_the_readme_shows_are_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target
