"""The strings themselves: that there are enough, and that an unescaped one is found."""

from html import escape

from tests.desk.xss_strings import XSS_STRINGS, assert_harmless, dangers_in


def test_there_are_a_hundred_and_all_differ():
    assert len(XSS_STRINGS) >= 100
    assert len(set(XSS_STRINGS)) == len(XSS_STRINGS)
    assert not [text for text in XSS_STRINGS if "{}" in text]


def test_most_are_found_where_a_page_does_not_escape_them_and_none_where_it_does():
    caught = [text for text in XSS_STRINGS if dangers_in(f'<p>{text}</p><input value="{text}"><a href="{text}">x</a>')]
    assert len(caught) >= 80
    for text in XSS_STRINGS:
        assert_harmless(f'<p>{escape(text)}</p><input value="{escape(text)}"><textarea>{escape(text)}</textarea>')
