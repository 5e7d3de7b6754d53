"""The twin libraries, stocked once; each test module has copies of its own."""

import shutil

import pytest

from tests.surface.twins import Twins, stock_both


@pytest.fixture(scope="session")
def stocked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stocked")
    stock_both(folder)
    return folder


@pytest.fixture(scope="module")
def twins(tmp_path_factory, stocked):
    made = Twins(shutil.copytree(stocked, tmp_path_factory.mktemp("twins"), dirs_exist_ok=True))
    yield made
    made.close()
