import pytest
from flask import render_template
from jinja2 import DictLoader

SENTENCES = {
    "plain.html": '{{ locale() }}{{ gap() }}|{{ _("Sign out") }}|{{ _("Skip to the text") | length }}',
    "named.html": '{% macro m(_) %}{{ _("Sign out") }}{% endmacro %}{{ m(shout) }}',
    "filled.html": '{{ _("%(count)s at a time", count=3) }}|{{ _(given) }}',
    "escaped.html": '{{ _("a < b") }}',
    "within.html": '{% extends "plain.html" %}',
}


@pytest.fixture
def say(app):
    app.jinja_env.loader = DictLoader(SENTENCES)

    def said(name, language, **values):
        with app.test_request_context("/", headers={"Accept-Language": language}):
            return render_template(name, **values)

    return said


@pytest.mark.parametrize("name", ["plain.html", "within.html"])
def test_each_language_has_its_own_sentences(say, name):
    for _again in range(2):
        assert say(name, "en") == "en |Sign out|16"
        assert say(name, "zh-CN") == "zh-CN|退出|4"


def test_a_name_that_means_something_else_in_a_template_is_left_alone(say):
    assert say("named.html", "zh-CN", shout=str.upper) == "SIGN OUT"


def test_what_is_filled_in_later_is_said_later(say):
    assert say("filled.html", "en", given="Sign out") == "3 at a time|Sign out"
    assert say("filled.html", "zh-CN", given="Sign out").endswith("|退出")


def test_what_is_written_in_is_escaped_as_ever(say):
    assert say("escaped.html", "en") == "a &lt; b"
