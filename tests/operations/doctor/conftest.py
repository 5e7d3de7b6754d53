"""The installation of a test, as the doctor opens it."""

import pytest

from tests.factories.postgres_database import on_postgres
from webapp.operations.doctor.examination import CHECKS, examine
from webapp.operations.doctor.examined_installation import ExaminedInstallation, open_examined

SECRET = "a secret that only the tests know" * 2


@pytest.fixture
def look(instance, database, monkeypatch):
    """Return what a check finds, as pairs of verdict and sentence, where settings are these."""
    monkeypatch.setenv("PAIDSPAN_SECRET_KEY", SECRET)
    opened = []

    def find(name, **settings):
        for setting, value in settings.items():
            monkeypatch.setenv(f"PAIDSPAN_{setting.upper()}", str(value))
        examined = open_examined(str(instance))
        opened.append(examined)
        (check,) = (one for one in CHECKS if one.name == name)
        return [
            (str(line.finding.verdict), f"{line.finding.sentence} {line.finding.mend}")
            for line in examine(examined, [check])
        ]

    del database  # which is there then
    yield find
    for examined in opened:
        examined.close()


@pytest.fixture
def verdict(look):
    """Return the verdict of the one line that a check finds, and that line."""

    def find(name, **settings):
        ((said, line),) = look(name, **settings)
        return said, line

    return find


@pytest.fixture
def asking(monkeypatch):
    """Have the doctor ask another Stripe."""

    def ask(billing):
        monkeypatch.setattr(ExaminedInstallation, "billing", property(lambda _examined: billing))

    return ask


@pytest.fixture(params=[pytest.param(None, marks=pytest.mark.skipif(on_postgres(), reason="about the file of SQLite"))])
def file(instance):
    return instance / "paidspan.sqlite"
