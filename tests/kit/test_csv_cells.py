"""Cells that a spreadsheet would run are shown as they are."""

import csv
import io

import pytest

from webapp.kit.csv_cells import csv_lines, defused


@pytest.mark.parametrize("cell", ["=1+1", "+49 30 1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_begins_like_a_formula_does_so_no_more(cell):
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "kept"), [("a=b", "a=b"), (-5, -5), (None, ""), ("", ""), ("报告，一", "报告，一")])
def test_all_else_stays(cell, kept):
    assert defused(cell) == kept


def test_a_table_is_read_back_as_it_was():
    rows = [["a,b", 'say "x"', "two\nlines"], ["库存", 7, None]]
    whole = "".join(csv_lines(["一", "two", "3"], rows))
    assert whole.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(whole.removeprefix("\ufeff"), newline=""))) == [
        ["一", "two", "3"],
        ["a,b", 'say "x"', "two\nlines"],
        ["库存", "7", ""],
    ]
