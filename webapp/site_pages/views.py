"""The pages of the house, and the publisher's wordmark."""

from typing import cast

from flask import Blueprint, Flask, Response, current_app, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.permissions import public
from webapp.kit.cacheable import cacheable
from webapp.kit.errors import NotFoundError
from webapp.kit.languages import locale
from webapp.settings import Settings
from webapp.site_pages.page_texts import PAGES, PageTexts, Stand, open_page_texts
from webapp.site_pages.wordmark import SHOWN_HEIGHT, Wordmark, read_wordmark

site_pages = Blueprint("site_pages", __name__)
_TEXTS, _WORDMARK = "paidspan.texts", "paidspan.wordmark"
# A picture cannot run anything in our pages; opened by itself it is shut in, too.
_SHUT_IN = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def install_site_pages(app: Flask, settings: Settings) -> None:
    """Give the application the texts and the wordmark of its installation; raise SettingsError."""
    app.extensions[_TEXTS] = open_page_texts(settings)
    app.extensions[_WORDMARK] = mark = read_wordmark(settings)
    app.jinja_env.globals.update(publishers_wordmark=mark, wordmark_height=SHOWN_HEIGHT)
    app.register_blueprint(site_pages)


def terms_version(language: str) -> str:
    """Return which terms and privacy this installation shows now."""
    return _texts().terms_version(language)


def _texts() -> PageTexts:
    return cast("PageTexts", current_app.extensions[_TEXTS])


def _stand(name: str) -> Stand:
    return _texts().stand(name, locale())


@site_pages.get(f"/<any({', '.join(PAGES)}):name>")
@public
@cacheable(also=_stand)
def page(name: str) -> str:
    """Show a text of the house."""
    return render_template("site_pages/page.html", text=_texts().read(name, locale()))


@site_pages.get("/wordmark")
@public
def wordmark() -> AnyResponse:
    """Show the publisher's own wordmark."""
    mark: Wordmark | None = current_app.extensions[_WORDMARK]
    if mark is None:
        raise NotFoundError
    answer = Response(mark.picture, content_type=mark.content_type)
    answer.headers["Content-Security-Policy"] = _SHUT_IN
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.add_etag()
    return answer.make_conditional(request)
