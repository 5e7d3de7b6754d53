import pytest
from flask import render_template
from jinja2 import DictLoader

from webapp.kit import template_memory

TEMPLATES = {
    "base.html": "{% remember look %}<p>{{ look }}{{ count() }}</p>{% endremember %}\n{% block more %}{% endblock %}",
    "page.html": '{% extends "base.html" %}{% block more %}{{ own }}{% remember %}{{ count() }}{% endremember %}'
    "{% endblock %}",
    "lines.html": "a\n  {% remember 1, 2 %}\n  b\n  {% endremember %}\nc",
}


@pytest.fixture
def counted(app):
    made = []
    app.jinja_env.loader = DictLoader(TEMPLATES)
    app.jinja_env.globals["count"] = lambda: made.append(1) or len(made)
    return made


def rendered(app, name, language="en", root="", **values):
    headers = {"Accept-Language": language}
    with app.test_request_context("/", headers=headers, environ_overrides={"SCRIPT_NAME": root}):
        return render_template(name, **values)


def test_a_stretch_is_rendered_once_for_each_value(app, counted):
    assert rendered(app, "page.html", look="a<b", own=1) == "<p>a&lt;b1</p>12"
    assert rendered(app, "page.html", look="a<b", own=2) == "<p>a&lt;b1</p>22"
    assert rendered(app, "page.html", look="c", own=3) == "<p>c3</p>32"


def test_it_is_another_in_each_language_and_under_each_root(app, counted):
    for language, root in (("en", ""), ("zh-CN", ""), ("en", "/library"), ("en", "")):
        rendered(app, "page.html", language, root, look="a", own=1)
    assert len(counted) == 2 * 3


def test_the_lines_around_it_stay(app, counted):
    assert rendered(app, "lines.html") == rendered(app, "lines.html") == "a\n  b\nc"


def test_what_is_remembered_is_bounded(app, counted, monkeypatch):
    monkeypatch.setattr(template_memory, "_MOST", 10)
    for number in range(100):
        rendered(app, "page.html", look=number, own=1)
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        environment = app.jinja_env.get_template("page.html").environment
    assert len(environment.extensions["webapp.kit.template_memory.TemplateMemory"].kept) <= 10
