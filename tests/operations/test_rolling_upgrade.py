"""The former version goes on answering while and after this one changes the tables (rolling_upgrade.py)."""

import pytest

from tests.factories.postgres_database import new_postgres_database, on_postgres
from tests.operations.rolling_upgrade import Version, unpack_former, upgrade_and_go_back


def test_one_version_gives_way_to_the_next_and_back(tmp_path):
    missing = unpack_former(tmp_path / "former")
    if missing:
        pytest.skip(f"the former version is not there: {missing}")
    told = upgrade_and_go_back(tmp_path, new_postgres_database if on_postgres() else None)
    assert told["failed"] == []
    for version in ("former", "present"):
        assert told[version]["read"] > 10
        assert told[version]["written"] > 3
    if Version(tmp_path / "former").refuses:
        assert "newer paidspan" in told["refused"]
        assert "Traceback" not in told["refused"]
        assert told["ready"] == 200
    assert told["went back"]
