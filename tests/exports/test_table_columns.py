"""How the width of a page is shared by the columns of a table."""

import pytest

from webapp.exports.table_columns import cell_run, columns_of, has_long_word
from webapp.manuscript.blocks import Table, Text


def table(*rows: str) -> Table:
    header, *others = (tuple((Text(cell),) for cell in row.split("|")) for row in rows)
    return Table(header, tuple(others), ("",) * len(header))


def test_a_column_of_numbers_keeps_them_whole_beside_columns_of_sentences():
    columns = columns_of(table("项目|数值|说明|办法", f"甲|2,345,678.90|{'说明' * 40}|{'办法' * 40}"), chinese=True)
    assert columns.smaller == 0
    assert columns.letters == (None, None, None, None)
    assert columns.shares[2] == columns.shares[3] > columns.shares[1] > columns.shares[0]


@pytest.mark.parametrize(("count", "smaller"), [(4, 0), (6, 1), (8, 2), (30, 2)])
def test_letters_are_smaller_where_the_words_of_all_columns_need_it(count, smaller):
    columns = columns_of(table("|".join(["123456789"] * count)), chinese=True)
    assert columns.smaller == smaller
    assert set(columns.letters) == ({1} if count == 30 else {None})


def test_an_address_takes_no_more_than_other_long_words():
    columns = columns_of(table(f"https://example.com/{'a' * 300}|短"), chinese=True)
    assert columns.smaller == 0
    assert columns.shares[1] > 100


def test_long_is_what_a_line_may_not_hold():
    assert has_long_word((Text("见" + "x" * 25),))
    assert not has_long_word((Text("x" * 24 + " " + "长" * 99),))


def test_a_column_of_sentences_holds_a_few_letters_beside_many_of_numbers():
    columns = columns_of(table("|".join(["1,234,567"] * 6 + ["很长的一列说明文字"])), chinese=True)
    assert columns.shares[-1] > 0.7 * columns.shares[0]


def test_a_figure_from_right_to_left_keeps_its_sign_before_it():
    assert cell_run((Text("+3.2%"),), "rtl") == (Text("\u200e"), Text("+3.2%"))
    assert cell_run((Text("+3.2%"),), "ltr") == (Text("+3.2%"),)
    assert cell_run((Text("5–10"),), "rtl") == (Text("5–10"),)
