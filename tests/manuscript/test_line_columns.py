import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.manuscript.line_columns import line_columns


@pytest.mark.parametrize(
    ("source", "offset", "place"),
    [
        ("", 0, (1, 1)),
        ("甲乙", 1, (1, 2)),
        ("甲\n乙", 2, (2, 1)),
        ("甲\r\n乙丙", 4, (2, 2)),
        ("甲\r乙", 2, (2, 1)),
        ("甲\n\r乙", 3, (3, 1)),
        ("甲\u2028\x0b\x85乙", 4, (1, 5)),
    ],
)
def test_lines_end_with_line_feed_carriage_return_or_both(source, offset, place):
    assert list(line_columns(source, [offset])) == [place]


@given(st.text("甲\r\n", max_size=30))
def test_many_places_are_found_in_one_pass(source):
    offsets = [index for index, char in enumerate(source) if char != "\n"]
    expected = []
    for offset in offsets:
        lines = source[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        expected.append((len(lines), len(lines[-1]) + 1))
    assert list(line_columns(source, offsets)) == expected
