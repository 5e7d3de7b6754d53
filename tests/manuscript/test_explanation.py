"""What each line of a plain text was taken for."""

import pytest

from webapp.manuscript import SourceFormat, check, explain_lines


def taken(source: str, fmt: SourceFormat = SourceFormat.TEXT) -> list[tuple[int, int, str, int]]:
    return [(each.first, each.last, each.kind.value, each.level) for each in explain_lines(check(source, fmt))]


def test_each_kind_of_line_is_told_with_its_lines_and_its_level():
    source = (
        "River freight\n\n1. Tariffs\n\nThe tariff of the river is as old as the river\nitself, and as long as it.\n\n"
        "Good       Tons\nTea        5\nRice       60\n\n    typed      by\n      hand     alone\n##pagebreak##\n"
        "Roses are red,\nviolets are blue.\n\nThe end of it is here.\n"
    )
    assert taken(source) == [
        (1, 1, "title", 0),
        (3, 3, "heading", 1),
        (5, 6, "joined", 0),
        (8, 10, "table", 0),
        (12, 13, "typed", 0),
        (14, 14, "page-break", 0),
        (15, 16, "kept", 0),
        (18, 18, "paragraph", 0),
    ]


def test_lines_with_wide_gaps_that_are_no_table_are_told_as_typed():
    source = "Stock\n\nA   B\nC   D   E\n\nFoo    bar\nFool   baz\n\nAnd so it is.\n"
    assert taken(source) == [(1, 1, "title", 0), (3, 4, "typed", 0), (6, 7, "typed", 0), (9, 9, "paragraph", 0)]


def test_lines_with_two_spaces_at_no_common_place_are_told_as_kept():
    assert taken("Stock\n\nleft a  right b\nright  c\nmore  d\n\nSo it is.\n")[1] == (3, 5, "kept", 0)


def test_wrapped_lines_are_told_as_joined():
    line = "The tariff of the river is as old as the river itself, and as long as it is wide"
    source = f"River freight\n\n{line}\n{line}\n{line}\nto the sea.\n\n{line}\n{line}\nto its end.\n"
    assert taken(source)[1:] == [(3, 6, "joined", 0), (8, 10, "joined", 0)]


def test_a_run_in_heading_and_paid_lines_are_told_to_their_publisher():
    source = "报告\n\n一、总则\n（一）关于。正文在此。\n\n##paidbegin##\n\n二、细则\n\n密。##paidend##\n"
    assert taken(source) == [
        (1, 1, "title", 0),
        (3, 3, "heading", 1),
        (4, 4, "run-in", 2),
        (8, 8, "heading", 1),
        (10, 10, "paragraph", 0),
    ]


@pytest.mark.parametrize(("source", "fmt"), [("##paidbegin##x", SourceFormat.TEXT), ("# A", SourceFormat.MARKDOWN)])
def test_nothing_is_told_of_an_error_or_of_markdown(source, fmt):
    assert taken(source, fmt) == []
