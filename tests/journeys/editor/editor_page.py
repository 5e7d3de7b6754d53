"""A page with the editor and nothing else, in a house that the test plays itself."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from flask import Flask, render_template_string
from playwright.sync_api import BrowserContext, Page, Route

from tests.journeys.editor.written_texts import Written
from webapp.kit import assets
from webapp.kit.assets import bundle
from webapp.manuscript import SourceFormat

SOURCES = Path(assets.__file__).parents[1] / "static/js/editor"
HOUSE = "http://localhost:9"
ADDRESS = f"{HOUSE}/desk/documents/7"
PAGE = """<!doctype html>
<html lang="{{ locale() }}"><head><meta charset="utf-8"><title>editor</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'">
<link rel="stylesheet" href="/static/site.css"><link rel="stylesheet" href="/static/editor.css">
<script type="module" src="/static/editor.js"></script></head><body>
{% from "components/editor.html" import editor_notices, editor_panes, editor_saved, editor_search,
 editor_tools with context %}
<form class="leave" method="post" action="/logout"><button>out</button></form>
<main><h1>editor</h1>
<form class="editor" method="post" data-editor data-draft="/desk/documents/7/draft"
 data-views="/desk/documents/7/views" data-document="7" data-reader="3">
<input type="hidden" name="csrf_token" value="{{ token }}">
<input type="hidden" name="version" value="{{ version }}">
{{ editor_notices() }}{{ editor_tools(format) }}{{ editor_search() }}
{% call editor_panes() %}<textarea class="editor__source" id="source" name="source" aria-label="source"
 autocomplete="off">
{{ text }}</textarea>{% endcall %}
<dl><dt>public</dt><dd data-figure="public_characters"></dd></dl>
{% call editor_saved() %}{% endcall %}<button name="action" value="save">save</button>
</form>
<section data-findings data-error="Error:" data-warning="Warning:" data-place="Line {0}, column {1}"
 data-none="None."><h2>Findings</h2></section></main></body></html>"""


@dataclass
class House:
    """What a browser finds at the other end: it keeps one text, and answers as it is told to."""

    app: Flask | None
    text: str = ""
    version: int = 4
    token: str = "good"
    format: str = SourceFormat.MARKDOWN.value
    saves: list[dict] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)  # for the next saves: a number, "cut" or "lost"
    told: dict = field(default_factory=dict)  # what is said of a text, whatever it is

    def serve(self, context: BrowserContext) -> None:
        """Answer whatever this browser asks."""
        context.route(f"{HOUSE}/**", self.answer)

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOUSE).split("?")[0]
        if path.startswith("/static/"):
            found = bundle(path.removeprefix("/static/"))
            kind = "text/css" if path.endswith("css") else "text/javascript"
            route.fulfill(body=found.body, content_type=kind) if found else route.fulfill(status=404)
        elif path.startswith("/source/"):
            route.fulfill(body=(SOURCES / path.removeprefix("/source/")).read_text(), content_type="text/javascript")
        elif path.endswith("/draft"):
            self.save(route, {name: values[0] for name, values in self.sent(route).items()})
        elif path.endswith("/views"):
            self.show(route, self.sent(route)["source"][0])
        elif path == "/desk/documents/7":
            route.fulfill(body=self.page(), content_type="text/html; charset=utf-8")
        else:
            route.fulfill(body="<p>elsewhere", content_type="text/html")

    def sent(self, route: Route) -> dict[str, list[str]]:
        return parse_qs(route.request.post_data or "", keep_blank_values=True)

    def page(self) -> str:
        with self.app.test_request_context("/", headers={"Accept-Language": "en"}):
            values = {"text": self.text, "version": self.version, "token": self.token, "format": self.format}
            return render_template_string(PAGE, **values)

    def save(self, route: Route, sent: dict[str, str]) -> None:
        what = self.answers.pop(0) if self.answers else 200
        if what == "cut":
            route.abort("connectionreset")
        elif what == "page":  # as a proxy gives one, with a status that says that all is well
            route.fulfill(body="<p>sign in", content_type="text/html")
        elif sent["csrf_token"] != self.token:
            route.fulfill(status=400)
        elif what in {200, "lost"}:
            self.keep(route, sent, is_lost=what == "lost")
        else:
            route.fulfill(status=what, headers={"Retry-After": "1"} if what == 503 else {})

    def keep(self, route: Route, sent: dict[str, str], *, is_lost: bool) -> None:
        self.saves.append(sent)
        saved = {"version": self.version, "saved_at": "2026-03-01T08:30:00+00:00", "by": "b@example.com"}
        if sent["source"] != self.text and int(sent["version"]) != self.version:
            tell(route, {**saved, "conflict": 1, "compare": "/compare"}, 409)
            return
        if sent["source"] != self.text:
            self.text, self.version = sent["source"], self.version + 1
        if is_lost:
            route.abort("connectionreset")
        else:
            tell(route, {**saved, "version": self.version})

    def show(self, route: Route, source: str) -> None:
        self.asked.append(source)
        said = {"public": f"<article><p>{len(source)}</p></article>", "full": "<article><p>all</p></article>"}
        written = Written(source, 0, 0)
        places = [(written.places[span.begin.start], written.places[span.end.stop]) for span in written.read.spans]
        spans = [{"start": start, "end": end} for start, end in places]
        rest = {"findings": [], "spans": spans, "figures": {"public_characters": len(source)}, "problem": ""}
        tell(route, said | rest | (self.told(source) if callable(self.told) else self.told))


def tell(route: Route, said: dict, status: int = 200) -> None:
    route.fulfill(status=status, body=json.dumps(said), content_type="application/json")


def typed(page: Page) -> str:
    """Return what stands in the text area."""
    return page.evaluate("document.querySelector('#source').value")
