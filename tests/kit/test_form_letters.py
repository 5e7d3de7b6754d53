import pytest
from flask import render_template
from jinja2 import DictLoader, UndefinedError
from markupsafe import Markup

from webapp.kit.blanks import Blank
from webapp.kit.form_letters import fill_page, fill_rows

ODD = "a <b> & \"c\" 'd' é 年/100% {{ x }}"
TEMPLATES = {
    "letter.html": '{% extends "frame.html" %}{% block main %}'
    '<a href="{{ url_for("reading.document", slug=words.slug) }}">{{ words.title }}</a>'
    "{% if words.note is not none %}<i>{{ words.note }}</i>{% endif %}{{ words.html }}{% endblock %}",
    "frame.html": '{{ _("Sign out") }}{{ look }}'
    '<form data-next="{{ url_for("accounts.sign_in_page", next=words.slug) }}">{{ token() }}</form>'
    "{% block main %}{% endblock %}{{ words.title }}",
    "rows.html": '{% macro row(tag, number, language) %}<li lang="{{ language }}"><a href="'
    '{{ url_for("reading.tagged", tag=tag) }}">{{ tag }}{{ number }}</a>{% endmacro %}',
}


@pytest.fixture(params=["en", "zh-CN"])
def request_of(app, request):
    app.jinja_env.loader = DictLoader(TEMPLATES)
    return lambda: app.test_request_context("/d/x", headers={"Accept-Language": request.param})


@pytest.mark.parametrize("note", [None, ODD])
@pytest.mark.parametrize("look", ["dark", "light"])
def test_a_form_letter_is_what_its_template_writes(request_of, note, look):
    with request_of():
        for word in (ODD, "other", ""):
            words = {"slug": word, "title": word, "note": note and word, "html": Markup("<p>&amp;"), "key": word}
            whole = render_template("letter.html", words=words, look=look, token=lambda word=word: word)
            assert fill_page("letter.html", words, {"token": "key"}, look=look) == whole


def test_rows_are_what_their_macro_writes(app, request_of):
    with request_of():
        macro = app.jinja_env.get_template("rows.html").module.row
        rows = [(ODD, 1), ("b", 2), (Markup("<c>"), 3)]
        for language in ("zh", "en"):
            whole = "".join(macro(*row, language) for row in rows)
            assert fill_rows(("rows.html", "row"), ("tag", "number"), rows, language) == whole


@pytest.mark.parametrize(
    "hangs_on_it",
    [
        "{% if words.title %}a{% endif %}",
        "{{ words.title | length }}",
        "{{ words.title ~ 'a' }}",
        "{{ words.title == 'a' }}",
        "{% for letter in words.title %}{% endfor %}",
        "{{ words.title[0] }}",
        "{{ words.title | upper }}",
        "{{ '%s' | format(words.title) }}",
        "{% remember words.title %}a{% endremember %}",
    ],
)
def test_what_hangs_on_a_word_is_no_form_letter(app, hangs_on_it):
    app.jinja_env.loader = DictLoader({"page.html": hangs_on_it})
    # Jinja has its own words for what cannot be looked up.
    with app.test_request_context("/d/x"), pytest.raises((TypeError, UndefinedError)):
        fill_page("page.html", {"title": "words"}, {})


def test_a_blank_is_written_as_its_mark_alone():
    assert Blank("title").__html__() != Blank("slug").__html__()
    with pytest.raises(TypeError):
        str(Blank("title"))
