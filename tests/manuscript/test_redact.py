import pytest
from hypothesis import assume, given

from tests.manuscript.strategies import BEGIN, END, joined, sources
from webapp.manuscript import ManuscriptError, parse_manuscript, redact, reveal


def clean(public, hidden):
    """The manuscript of these pieces, where no piece brings a marker, an escape or an error of its own."""
    manuscript = parse_manuscript(joined(public, hidden))
    assume([span.paid(manuscript.source) for span in manuscript.spans] == hidden)
    assume(not any(each.severity == "error" for each in manuscript.findings))
    assume(not manuscript.marks)
    return manuscript


@given(sources())
def test_redacting_keeps_every_public_character_in_order_and_no_paid_one(pieces):
    public, hidden = pieces
    assert list(redact(clean(public, hidden)).texts) == public


@given(sources())
def test_revealing_gives_the_source_without_its_markers(pieces):
    manuscript = clean(*pieces)
    assert reveal(manuscript).texts == (manuscript.source.replace(BEGIN, "").replace(END, ""),)


@given(sources())
def test_pieces_and_markers_together_are_the_source(pieces):
    public, hidden = pieces
    manuscript = clean(public, hidden)
    source, texts = manuscript.source, redact(manuscript).texts
    rebuilt = texts[0] + "".join(
        source[span.begin.start : span.end.stop] + text for span, text in zip(manuscript.spans, texts[1:], strict=True)
    )
    assert rebuilt == source


@pytest.mark.parametrize("cut", [redact, reveal])
@pytest.mark.parametrize("source", [f"甲{BEGIN}", END, "##paidbegn##", f"{BEGIN}{BEGIN}{END}{END}"])
def test_a_manuscript_with_an_error_is_never_cut(cut, source):
    manuscript = parse_manuscript(source)
    with pytest.raises(ManuscriptError) as raised:
        cut(manuscript)
    assert raised.value.findings == manuscript.findings


def test_a_warning_does_not_keep_a_manuscript_from_being_cut():
    assert redact(parse_manuscript(f"甲{BEGIN}{END}乙")).texts == ("甲", "乙")


def test_escapes_are_undone_on_both_sides_and_page_breaks_stay():
    manuscript = parse_manuscript(f"甲\\##paidend##{BEGIN}乙\\##paidbegin####pagebreak##{END}##pagebreak##丙")
    assert redact(manuscript).texts == ("甲##paidend##", "##pagebreak##丙")
    assert reveal(manuscript).texts == ("甲##paidend##乙##paidbegin####pagebreak####pagebreak##丙",)
