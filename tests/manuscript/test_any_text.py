from hypothesis import given
from hypothesis import strategies as st

from tests.factories.html import parse
from tests.manuscript.strategies import ANYTHING
from webapp.manuscript import SourceFormat, check, render_full


@given(ANYTHING, st.sampled_from(SourceFormat), ANYTHING)
def test_no_text_makes_check_raise_and_what_is_rendered_can_be_sent(source, fmt, label):
    checked = check(source, fmt, title_hint=label, tags=(label,), author=label, slug=label)
    assert checked.has_errors == (checked.preview is None)
    if checked.preview:
        for edition in (checked.preview, render_full(checked)):
            shown = edition.title + edition.summary + edition.html + edition.text + repr(edition.toc)
            assert shown.encode().decode() == shown
            assert not set(shown) & {"\0", "\x0b", "\ufffe", "\ufdd0", "\ufdee"}


@given(ANYTHING, st.sampled_from(SourceFormat))
def test_each_span_has_one_gate_or_there_is_an_error(source, fmt):
    checked = check(source, fmt)
    if checked.preview:
        page = parse(checked.preview.html)
        standing = [len(page.css(f"#gate-{number}")) for number in range(1, len(checked.manuscript.spans) + 2)]
        assert standing == [1] * len(checked.manuscript.spans) + [0]
