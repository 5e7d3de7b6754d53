import pytest
from hypothesis import given

from tests.manuscript.strategies import ANYTHING, joined, sources
from webapp.manuscript import ManuscriptError, parse_manuscript, redact, repaired
from webapp.manuscript.marker_language.markers import marker_stretches

B, E = "##paidbegin##", "##paidend##"


def codes(source: str) -> list[tuple[str, int, int]]:
    return [(each.code.value, each.line, each.column) for each in parse_manuscript(source).findings]


def paid(source: str) -> list[str]:
    manuscript = parse_manuscript(source)
    assert manuscript.findings == ()
    return [span.paid(source) for span in manuscript.spans]


@pytest.mark.parametrize(
    "begin",
    [
        "##paidbegin##",
        "$$paidbegin$$",
        "##PAIDBEGIN##",
        "## p a i d b e g i n ##",
        "# #paidbegin# #",
        "##\tpaidbegin\u3000##",
        "＃＃ｐａｉｄｂｅｇｉｎ＃＃",
        "#＃paidbegin﹟#",
        "﹩$paidbegin＄$",
        "##\ufeffpaid\u00adbegin\u200d##",
        "#\u2060#paidbegin#\u200b#",
        "##𝐩𝐚𝐢𝐝𝐛𝐞𝐠𝐢𝐧##",
        "##㎩ⓘⅾbeg㏌##",
        "##pai㏈egin##",
        "##\U000e0020paidbegin\U000e007f##",
    ],
)
def test_a_marker_is_recognised_however_it_is_typed(begin):
    assert paid(f"甲{begin}乙##paidend##丙") == ["乙"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"甲{B}乙{E}丙", ["乙"]),
        (f"{B}{B[:-2]}", None),
        (f"{B}甲{E}{B}乙{E}", ["甲", "乙"]),
        (f"#####paidbegin##甲{E}", ["甲"]),
        (f"{B}甲##paidend#####", ["甲"]),
        (f"$##paidbegin##$甲{E}", ["$甲"]),
        (f"##$$paidbegin$$##甲{E}", ["##甲"]),
        (f"{B}甲\\##paidend##乙{E}", ["甲\\##paidend##乙"]),
        (f"{B}\r\n甲\r\n{E}", ["\r\n甲\r\n"]),
    ],
)
def test_markers_take_the_symbols_nearest_to_the_word(source, expected):
    if expected is None:
        with pytest.raises(ManuscriptError):
            redact(parse_manuscript(source))
    else:
        assert paid(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"甲{B}", [("unclosed-span", 1, 2)]),
        (E, [("stray-end", 1, 1)]),
        (f"{B}x{E}{E}{E}", [("stray-end", 1, 26), ("stray-end", 1, 37)]),
        (f"{B}{B}x{E}{E}", [("nested-begin", 1, 14)]),
        (f"{B}{B}{B}x{E}{E}{E}", [("nested-begin", 1, 14), ("nested-begin", 1, 27)]),
        (f"{B}{B}x{E}", [("unclosed-span", 1, 1), ("nested-begin", 1, 14)]),
        (f"{B}{B}x", [("unclosed-span", 1, 1), ("unclosed-span", 1, 14), ("nested-begin", 1, 14)]),
        (f"{E}\n{B}", [("stray-end", 1, 1), ("unclosed-span", 2, 1)]),
        (f"a\r\nb\rc\n甲{E}", [("stray-end", 4, 2)]),
        (f"😀甲{E}", [("stray-end", 1, 3)]),
        (f"\u2028{E}", [("stray-end", 1, 2)]),
        (f"{B} \u3000\r\n{E}", [("empty-span", 1, 1)]),
        (f"{B}{E}", [("empty-span", 1, 1)]),
        (f"{B}{E}{E}", [("empty-span", 1, 1), ("stray-end", 1, 25)]),
        (f"##paidbegn##\n{E}\n{B}", [("near-marker", 1, 1), ("stray-end", 2, 1), ("unclosed-span", 3, 1)]),
    ],
)
def test_findings_stand_in_order_and_do_not_hide_one_another(source, expected):
    assert codes(source) == expected


@pytest.mark.parametrize(
    ("source", "public"),
    [
        (r"\##paidbegin##", ["##paidbegin##"]),
        (r"\\\##paidbegin##", [r"\\##paidbegin##"]),
        (r"\##pagebreak##", ["##pagebreak##"]),
        (r"\##paidbegn##", ["##paidbegn##"]),
        (r"\#paidbegin", ["#paidbegin"]),
        (r"\paidbegin##", ["paidbegin##"]),
        (r"\$$ PaidEnd $$", ["$$ PaidEnd $$"]),
        (r"\##paidbegin##\##paidend##", ["##paidbegin####paidend##"]),
        ("##pagebreak##", ["##pagebreak##"]),
    ],
)
def test_an_escape_makes_literal_and_only_its_last_backslash_goes(source, public):
    manuscript = parse_manuscript(source)
    assert manuscript.findings == ()
    assert list(redact(manuscript).texts) == public


def test_what_looks_like_a_marker_is_found_with_the_backslashes_before_it():
    text = r"a \##paidbegin## b [paidend] c \\## paidend##"
    found = [(text[each.start : each.stop], str(each.kind)) for each in marker_stretches(text)]
    assert found == [(r"\##paidbegin##", "literal"), ("[paidend]", "bare"), (r"\\## paidend##", "paidend")]


def test_an_even_number_of_backslashes_escapes_nothing():
    assert paid(f"甲\\\\{B}乙{E}") == ["乙"]


def test_a_span_knows_where_its_markers_stand():
    (span,) = parse_manuscript(f"甲\n乙{B}丙\n丁\n戊己{E}").spans
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 2, 4, 3)
    assert span.characters == len("丙\n丁\n戊己")


def test_an_excerpt_shows_the_marker_alone():
    near, unclosed = parse_manuscript(f"{B}机密机密##paidedn##机密").findings[::-1]
    assert (near.excerpt, unclosed.excerpt) == ("##paidedn##", B)


def test_an_excerpt_of_a_marker_with_text_between_leaves_the_text_out():
    (near,) = parse_manuscript("#密paidbegin密#").findings
    assert near.excerpt == "paidbegin"


def test_a_long_excerpt_is_cut():
    (near, *_) = parse_manuscript("##paid" + "\u200b" * 500 + "begn##").findings
    assert len(near.excerpt) == 40
    assert near.excerpt.endswith("…")


@pytest.mark.parametrize("ending", ["", "\n", "#", "$$", "\\\\", " ##", "&#35", "\r", "\ud800"])
def test_an_unclosed_span_is_closed_at_the_end_of_the_text(ending):
    source = f"甲{B}乙{ending}"
    mended = repaired(source)
    assert mended.startswith(source)
    assert [span.paid(mended) for span in parse_manuscript(mended).spans] == [f"乙{ending}"]


def test_a_backslash_at_the_end_does_not_escape_the_mend():
    mended = repaired(f"甲{B}乙\\")
    assert [span.paid(mended) for span in parse_manuscript(mended).spans] == ["乙\\\n"]


@pytest.mark.parametrize("source", ["甲", f"甲{B}乙{E}", E, "##paidbegn##", f"{B}{B}x{E}{E}", ""])
def test_nothing_else_is_mended(source):
    assert repaired(source) == source


@given(ANYTHING)
def test_a_mended_text_needs_no_second_mending(source):
    mended = repaired(source)
    assert repaired(mended) == mended
    assert mended.startswith(source)


@given(ANYTHING)
def test_no_text_makes_parse_raise_and_every_finding_has_a_place_in_it(source):
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for each in parse_manuscript(source).findings:
        assert 1 <= each.column <= len(lines[each.line - 1])


@given(sources())
def test_spans_hold_what_was_put_between_markers(pieces):
    public, hidden = pieces
    source = joined(public, hidden)
    manuscript = parse_manuscript(source)
    if not any(
        each.code in {"near-marker", "stray-end", "nested-begin", "unclosed-span"} for each in manuscript.findings
    ):
        escaped = sum(piece.endswith("\\") for piece in [*public, *hidden])
        assert escaped or [span.paid(source) for span in manuscript.spans] == hidden
