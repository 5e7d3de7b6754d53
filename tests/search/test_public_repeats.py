"""Whether a paid text stands publicly somewhere in the library."""

import pytest

from webapp.search.public_repeats import find_public_repeats

OTHER = "另一篇\n开头一句。库存的真实去向要到年底才能查清，各仓口径不一。结尾。\n"


@pytest.fixture
def repeats(shelf, database):
    shelf.put(OTHER, "other.txt")

    def find(paid, public="", own_id=99):
        with database.reading() as session:
            return [(one.passage, one.title) for one in find_public_repeats(session, paid, public, own_id)]

    return find


def test_a_sentence_that_another_document_publishes_is_found(repeats):
    paid = "没有别人说过的一句话在这里。库存的真实去向要到年底才能查清，各仓口径不一。\n短句。"
    assert repeats(paid) == [("库存的真实去向要到年底才能查清，各仓口径不一", "另一篇")]


def test_what_is_short_or_stands_in_the_own_public_text_or_document_is_not_told(repeats):
    sentence = "库存的真实去向要到年底才能查清，各仓口径不一"
    assert repeats("各仓口径不一。") == []
    assert repeats(f"{sentence}。", public=f"引言：{sentence}。") == []
    assert repeats(f"{sentence}。", own_id=1) == []
    assert repeats("库存的真实去向要到明年年初才能查清，口径一致。") == []
