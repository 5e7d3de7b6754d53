import pytest
from flask import url_for

from webapp.kit.addresses import local_address

ODD = "年度 报告/2025?x=1&y=#2+3%20'\"<é>;,:@!$*()~"


@pytest.mark.parametrize("root", ["", "/library"])
@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("reading.catalogue", {}),
        ("reading.catalogue", {"after": "x.y"}),
        ("reading.document", {"slug": "report"}),
        ("reading.document", {"slug": ODD}),
        ("reading.document", {"slug": ODD, "gate": 2}),
        ("exports.docx", {"slug": ODD}),
        ("reading.oembed", {"url": f"http://127.0.0.1:8000/{ODD}", "format": "json"}),
        ("reading.oembed", {"format": "xml", "url": ODD}),
        ("accounts.choose_language", {"language": "en", "next": f"/d/{ODD}"}),
        ("accounts.choose_language", {"next": ODD, "language": "zh-CN"}),
        ("accounts.sign_in_page", {"next": None}),
        ("accounts.sign_in_page", {"next": ""}),
        ("reading.archived", {"year": 2026}),
        ("feeds.sitemap_part", {"part": 3}),
        ("site_pages.page", {"name": "about"}),
        ("static", {"filename": "site.css", "v": "abc"}),
        ("library.history", {"after": ODD}),
        ("reading.document", {"slug": "report", "_anchor": "place"}),
    ],
)
def test_an_address_is_what_flask_makes_of_it(app, endpoint, values, root):
    for _again in range(2):
        with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            assert local_address(endpoint, **values) == url_for(endpoint, **values)
