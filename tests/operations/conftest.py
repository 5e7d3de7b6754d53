"""The process from which commands are forked, one for all tests."""

import pytest

from tests.operations.forking import forking


@pytest.fixture(scope="session")
def forker(tmp_path_factory):
    with forking(tmp_path_factory.mktemp("streams")) as running:
        yield running
