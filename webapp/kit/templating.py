"""Where templates lie, and what every template can call."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from webapp.kit import languages
from webapp.kit.addresses import local_address
from webapp.kit.appearance import DEFAULT
from webapp.kit.current_settings import settings_in
from webapp.kit.email_queue import Email, Render, RenderedEmail
from webapp.kit.template_memory import TemplateMemory
from webapp.kit.theme_colours import DARK, LIGHT
from webapp.kit.xml import xml_text

_PACKAGE = Path(__file__).parents[1]


def template_folder() -> Path:
    """Return `webapp/templates` where a wheel has put it, else the sibling of the package in a checkout."""
    packaged = _PACKAGE / "templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "templates"


def install_templating(app: Flask) -> None:
    """Give templates the language functions and have a misspelt name fail instead of showing nothing."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.add_extension(TemplateMemory)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        languages.template_words(), site_name=settings_in(app).site_name, url_for=local_address, look=DEFAULT
    )
    app.jinja_env.filters.update(
        money=languages.money,
        number=languages.number,
        date=languages.date,
        long_date=languages.long_date,
        long_moment=languages.long_moment,
        open_graph_locale=languages.open_graph_locale,
        reading_time=languages.reading_time,
        one_line=lambda text: " ".join(str(text).split()),
        xml_text=xml_text,
    )


def email_renderer(app: Flask) -> Render:
    """Return what writes a letter with the application's templates, in the language of who will read it.

    Straight from the templates, past what the application adds to every page: there is no request and no reader here.
    """

    def render(letter: Email) -> RenderedEmail:
        with languages.speaking_locale(app, letter.locale):
            subject = written(letter, "subject.txt", letter.content).strip()
            about = {"subject": subject, "base_url": settings_in(app).base_url, "light": LIGHT, "dark": DARK}
            text, html = (written(letter, part, {**about, **letter.content}) for part in ("body.txt", "body.html"))
        return RenderedEmail(subject, text.strip() + "\n", html)

    def written(letter: Email, part: str, told: Mapping[str, object]) -> str:
        return app.jinja_env.get_template(f"email/{letter.message}/{part}").render(told)

    return render
